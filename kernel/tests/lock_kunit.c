// SPDX-License-Identifier: GPL-2.0
/* Locks of groups: who has them, who waits, and what is refused. */
#include "net.h"
#include "../core/group.h"

static u32 payload(u8 *bytes, u8 flags, const char *name, const char *value)
{
	struct samr_lock_payload p = {
		.flags = flags,
		.name_len = strlen(name),
		.value_len = strlen(value),
	};

	memcpy(bytes, &p, sizeof(p));
	memcpy(bytes + sizeof(p), name, p.name_len);
	memcpy(bytes + sizeof(p) + p.name_len, value, p.value_len);
	return sizeof(p) + p.name_len + p.value_len;
}

static int request(struct net *net, u32 i, u8 kind, u32 group, u32 port,
		   u8 flags, const char *name, const char *value)
{
	struct samr_event ev = {
		.type = SAMR_EV_SUBMIT,
		.submit = {
			.group	= group,
			.port	= port,
			.kind	= kind,
			.arg	= 100 + port,
			.owner	= net,
		},
	};
	u8 bytes[SAMR_LOCK_PAYLOAD_MAX];
	struct samr_blob *b;
	int err;

	ev.submit.len = payload(bytes, flags, name, value);
	b = samr_blob_new(ev.submit.len);
	KUNIT_ASSERT_NOT_NULL(net->test, b);
	samr_blob_put_data(b, bytes, ev.submit.len);
	ev.submit.payload = b;
	err = net_step(net, i, &ev);
	samr_blob_put(b);
	net_flush(net, i);
	return err;
}

static int lock(struct net *net, u32 i, u32 port, const char *name)
{
	return request(net, i, SAMR_KIND_LOCK, NET_GROUP, port, 0, name, "");
}

static int unlock(struct net *net, u32 i, u32 port, const char *name)
{
	return request(net, i, SAMR_KIND_UNLOCK, NET_GROUP, port, 0, name, "");
}

static int store(struct net *net, u32 i, u32 port, const char *name,
		 const char *value)
{
	return request(net, i, SAMR_KIND_UNLOCK, NET_GROUP, port,
		       SAMR_LKF_KEEP | SAMR_LKF_VALUE, name, value);
}

static const struct samr_lock *find(struct net *net, u32 i, const char *name)
{
	const struct samr_group *g = samr_group_find(net->head[i].node,
						     NET_GROUP);
	const struct samr_lock *l;

	if (!g)
		return NULL;
	list_for_each_entry(l, &g->locks.locks, link)
		if (l->name_len == strlen(name) &&
		    !memcmp(l->name, name, l->name_len))
			return l;
	return NULL;
}

/* Every head has this lock of @node's member @port. */
static void owned(struct net *net, const char *name, u64 node, u32 port,
		  u32 waiting, bool dead)
{
	const struct samr_lock *l;
	u32 i;

	for (i = 0; i < net->heads; i++) {
		l = find(net, i, name);
		KUNIT_ASSERT_NOT_NULL(net->test, l);
		KUNIT_EXPECT_EQ(net->test, l->owner.node, node);
		KUNIT_EXPECT_EQ(net->test, l->owner.port, port);
		KUNIT_EXPECT_EQ(net->test, l->waiting, waiting);
		KUNIT_EXPECT_EQ(net->test, l->dead, dead);
	}
}

static void told(struct net *net, u32 i, u32 notes, u8 first, u8 second)
{
	const struct net_delivery *d = net_last(net, i);

	KUNIT_ASSERT_EQ(net->test, d->notes, notes);
	KUNIT_EXPECT_EQ(net->test, d->result[0], first);
	if (notes > 1)
		KUNIT_EXPECT_EQ(net->test, d->result[1], second);
}

static void lock_goes_from_one_to_the_next(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	KUNIT_ASSERT_EQ(test, lock(net, 0, 1, "a"), 0);
	net_settle(net);
	told(net, 0, 1, SAMR_LK_GRANTED, 0);
	KUNIT_ASSERT_EQ(test, lock(net, 1, 1, "a"), 0);
	net_settle(net);
	told(net, 1, 1, SAMR_LK_QUEUED, 0);
	KUNIT_ASSERT_EQ(test, lock(net, 2, 1, "a"), 0);
	net_settle(net);
	owned(net, "a", 1, 1, 2, false);
	KUNIT_ASSERT_EQ(test, unlock(net, 2, 1, "b"), 0);
	net_settle(net);
	told(net, 2, 1, SAMR_LK_FOREIGN, 0);
	KUNIT_ASSERT_EQ(test, unlock(net, 0, 1, "a"), 0);
	net_settle(net);
	told(net, 1, 2, SAMR_LK_RELEASED, SAMR_LK_GRANTED);
	owned(net, "a", 2, 1, 1, false);
	/* Who waits gives up. */
	KUNIT_ASSERT_EQ(test, unlock(net, 2, 1, "a"), 0);
	net_settle(net);
	told(net, 2, 1, SAMR_LK_WITHDRAWN, 0);
	KUNIT_ASSERT_EQ(test, unlock(net, 1, 1, "a"), 0);
	net_settle(net);
	KUNIT_EXPECT_NULL(test, find(net, 0, "a"));
}

static void lock_outlives_its_owner(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i;

	KUNIT_ASSERT_EQ(test, lock(net, 0, 1, "a"), 0);
	KUNIT_ASSERT_EQ(test, store(net, 0, 1, "a", "half"), 0);
	KUNIT_ASSERT_EQ(test, lock(net, 1, 1, "a"), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP, 1,
					 0), 0);
	net_settle(net);
	told(net, 1, 1, SAMR_LK_GRANTED, 0);
	owned(net, "a", 2, 1, 0, true);
	/* The last member goes: the group is kept for its lock. */
	KUNIT_ASSERT_EQ(test, net_member(net, 1, SAMR_KIND_LEAVE, NET_GROUP, 1,
					 0), 0);
	net_settle(net);
	owned(net, "a", 0, 0, 0, true);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, find(net, i, "a")->value_len, 4);
		KUNIT_EXPECT_EQ(test, samr_group_next(net->head[i].node, 0),
				(u32)NET_GROUP);
		KUNIT_EXPECT_EQ(test, samr_node_group(net->head[i].node, 0),
				0U);
	}
	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN, NET_GROUP, 2,
					 NET_WINDOW), 0);
	KUNIT_ASSERT_EQ(test, lock(net, 0, 2, "a"), 0);
	net_settle(net);
	owned(net, "a", 1, 2, 0, true);
	KUNIT_ASSERT_EQ(test, request(net, 0, SAMR_KIND_UNLOCK, NET_GROUP, 2,
				      SAMR_LKF_VALUE, "a", ""), 0);
	net_settle(net);
	KUNIT_EXPECT_NULL(test, find(net, 0, "a"));
	KUNIT_EXPECT_EQ(test, net->head[0].node->groups.locks, 0U);
}

static void lock_of_no_member(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);

	KUNIT_ASSERT_EQ(test, lock(net, 0, 9, "a"), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_last(net, 0)->notes, 0U);
	KUNIT_EXPECT_TRUE(test, net_last(net, 0)->owned);
	KUNIT_EXPECT_NULL(test, find(net, 0, "a"));
}

/* Of one group, and then of as many groups as it takes to fill the total. */
static void lock_table_full(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 groups = SAMR_LOCKS_ALL / SAMR_LOCKS_MAX, g, i;
	char name[8];

	for (g = NET_GROUP; g <= NET_GROUP + groups; g++) {
		if (g != NET_GROUP)
			KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN,
							 g, 1, NET_WINDOW), 0);
		for (i = 0; i <= SAMR_LOCKS_MAX; i++) {
			net->head[0].logged = 0;
			scnprintf(name, sizeof(name), "%u", i);
			KUNIT_ASSERT_EQ(test, request(net, 0, SAMR_KIND_LOCK, g,
						      1, 0, name, ""), 0);
			told(net, 0, 1, i < SAMR_LOCKS_MAX &&
					g < NET_GROUP + groups ?
					SAMR_LK_GRANTED : SAMR_LK_FULL, 0);
		}
	}
	KUNIT_EXPECT_EQ(test, net->head[0].node->groups.locks,
			(u32)SAMR_LOCKS_ALL);
	/* One less, and the next one has room. */
	KUNIT_ASSERT_EQ(test, unlock(net, 0, 1, "0"), 0);
	KUNIT_ASSERT_EQ(test, lock(net, 0, 1, "new"), 0);
	told(net, 0, 1, SAMR_LK_GRANTED, 0);
}

static void lock_queue_full(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 port, queued = 0;
	char name[8];

	for (port = 2; port <= SAMR_MEMBERS_MAX; port++)
		KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN,
						 NET_GROUP, port, NET_WINDOW),
				0);
	for (; queued <= SAMR_LOCK_QUEUE_MAX; queued++) {
		port = queued % (SAMR_MEMBERS_MAX - 1) + 2;
		scnprintf(name, sizeof(name), "%u",
			  queued / (SAMR_MEMBERS_MAX - 1));
		if (port == 2)
			KUNIT_ASSERT_EQ(test, lock(net, 0, 1, name), 0);
		net->head[0].logged = 0;
		KUNIT_ASSERT_EQ(test, lock(net, 0, port, name), 0);
		told(net, 0, 1, queued < SAMR_LOCK_QUEUE_MAX ? SAMR_LK_QUEUED :
							       SAMR_LK_FULL, 0);
	}
	KUNIT_EXPECT_EQ(test, net->head[0].node->groups.waiting,
			(u32)SAMR_LOCK_QUEUE_MAX);
	/* All of them wait no longer than they are members. */
	for (port = 2; port <= SAMR_MEMBERS_MAX; port++)
		KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE,
						 NET_GROUP, port, 0), 0);
	KUNIT_EXPECT_EQ(test, net->head[0].node->groups.waiting, 0U);
}

static void lock_refuses_nonsense(struct kunit *test)
{
	static const struct {
		u8 kind;
		u8 flags;
		const char *name;
		const char *value;
	} bad[] = {
		{ SAMR_KIND_LOCK, 0, "", "" },
		{ SAMR_KIND_LOCK, 0, "a", "v" },
		{ SAMR_KIND_LOCK, SAMR_LKF_KEEP, "a", "" },
		{ SAMR_KIND_LOCK, SAMR_LKF_VALUE, "a", "v" },
		{ SAMR_KIND_LOCK, SAMR_LKF_TRY | SAMR_LKF_NEXT, "a", "" },
		{ SAMR_KIND_LOCK, 0x80, "a", "" },
		{ SAMR_KIND_LOCK, 0, "a name that has forty-eight bytes, one too many.", "" },
		{ SAMR_KIND_UNLOCK, 0, "", "" },
		{ SAMR_KIND_UNLOCK, 0, "a", "v" },
		{ SAMR_KIND_UNLOCK, SAMR_LKF_TRY, "a", "" },
		{ SAMR_KIND_UNLOCK, SAMR_LKF_CANCEL | SAMR_LKF_VALUE, "a", "v" },
		{ SAMR_KIND_UNLOCK, SAMR_LKF_CANCEL | SAMR_LKF_KEEP, "a", "" },
	};
	struct samr_lock_ask ask;
	u8 bytes[256] = {};
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		len = payload(bytes, bad[i].flags, bad[i].name, bad[i].value);
		KUNIT_EXPECT_FALSE_MSG(test, samr_lock_parse(bad[i].kind, bytes,
							     len, &ask),
				       "number %u", i);
	}
	len = payload(bytes, SAMR_LKF_VALUE, "abc", "value");
	KUNIT_EXPECT_TRUE(test, samr_lock_parse(SAMR_KIND_UNLOCK, bytes, len,
						&ask));
	KUNIT_EXPECT_EQ(test, memcmp(ask.value, "value", 5), 0);
	for (i = 0; i < len; i++)
		KUNIT_EXPECT_FALSE(test, samr_lock_parse(SAMR_KIND_UNLOCK,
							 bytes, i, &ask));
	KUNIT_EXPECT_FALSE(test, samr_lock_parse(SAMR_KIND_UNLOCK, bytes,
						 len + 1, &ask));
	bytes[5] = 0;
	KUNIT_EXPECT_FALSE(test, samr_lock_parse(SAMR_KIND_UNLOCK, bytes, len,
						 &ask));
}

static void lock_submitted_wrongly(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);

	KUNIT_EXPECT_EQ(test, lock(net, 0, 1, ""), -EINVAL);
	KUNIT_EXPECT_EQ(test, request(net, 0, SAMR_KIND_LOCK, 99, 1, 0, "a", ""),
			-ENOTCONN);
	KUNIT_EXPECT_EQ(test, net->head[0].node->groups.locks, 0U);
}

/* What finds no memory has not happened, and happens later. */
static void lock_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 nth, failed = 0;

	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN, NET_GROUP, 2,
					 NET_WINDOW), 0);
	for (nth = 1; nth <= 6; nth++) {
		u32 port = 10 + nth;

		KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN,
						 NET_GROUP, port, NET_WINDOW),
				0);
		net->fail_nth = nth;
		if (lock(net, 0, port, "a")) {
			net->fail_nth = 0;
			failed++;
			KUNIT_ASSERT_EQ(test, lock(net, 0, port, "a"), 0);
		}
		failed += net->head[0].failed;
		net->fail_nth = 0;
		net_settle(net);
		KUNIT_ASSERT_EQ(test, lock(net, 0, 2, "a"), 0);
		net_settle(net);
		owned(net, "a", 1, port, 1, false);

		net->fail_nth = nth;
		if (net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP, port, 0)) {
			net->fail_nth = 0;
			KUNIT_ASSERT_EQ(test,
					net_member(net, 0, SAMR_KIND_LEAVE,
						   NET_GROUP, port, 0), 0);
		}
		net->fail_nth = 0;
		net_settle(net);
		owned(net, "a", 1, 2, 0, true);
		told(net, 0, 1, SAMR_LK_GRANTED, 0);
		KUNIT_ASSERT_EQ(test, unlock(net, 0, 2, "a"), 0);
		net_settle(net);
		KUNIT_EXPECT_NULL(test, find(net, 0, "a"));
	}
	if (!failed)
		kunit_skip(test, "no fault injection");
}

static enum samr_drop learn(struct samr_lock_table *t, const char *name,
			    const char *value, bool dead, u64 node)
{
	struct samr_lock_who who = { .node = node, .inc = node, .port = 1 };
	struct samr_lock_ask ask = { };

	if (!name)
		return samr_lock_learn(t, NULL, false, &who);
	ask.name_len = strlen(name);
	ask.value_len = strlen(value);
	memcpy(ask.name, name, ask.name_len);
	memcpy(ask.value, value, ask.value_len);
	return samr_lock_learn(t, &ask, dead, &who);
}

static void lock_learnt_piece_by_piece(struct kunit *test)
{
	struct samr_lock_table t;
	struct samr_lock_cursor c;
	u32 steps = 0;

	samr_lock_init(&t);
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 1), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, "b", "", false, 0), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, "b", "", true, 0), SAMR_DROP_NONE);
	/* Nobody waits for what nobody has. */
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 1), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, "a", "v", false, 0), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, "b", "v", false, 0), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, "c", "v", false, 1), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 1), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 0), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 2), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 2), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, learn(&t, NULL, "", false, 3), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, t.count, 2U);
	KUNIT_EXPECT_EQ(test, t.waiting, 2U);
	for (samr_lock_first(&t, &c); c.lock; samr_lock_next(&t, &c))
		steps++;
	KUNIT_EXPECT_EQ(test, steps, 4U);
	samr_lock_clear(&t);
	KUNIT_EXPECT_EQ(test, t.count, 0U);
	KUNIT_EXPECT_EQ(test, t.waiting, 0U);
}

static struct kunit_case lock_cases[] = {
	KUNIT_CASE(lock_goes_from_one_to_the_next),
	KUNIT_CASE(lock_outlives_its_owner),
	KUNIT_CASE(lock_of_no_member),
	KUNIT_CASE(lock_table_full),
	KUNIT_CASE(lock_queue_full),
	KUNIT_CASE(lock_refuses_nonsense),
	KUNIT_CASE(lock_submitted_wrongly),
	KUNIT_CASE(lock_without_memory),
	KUNIT_CASE(lock_learnt_piece_by_piece),
	{}
};

static struct kunit_suite lock_suite = {
	.name = "samr_lock",
	.init = net_init,
	.exit = net_exit,
	.test_cases = lock_cases,
};

kunit_test_suite(lock_suite);
