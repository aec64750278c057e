// SPDX-License-Identifier: GPL-2.0
/* State transfer: who gives what to whom, and who is waited for. */
#include "net.h"
#include "../core/group.h"
#include "../core/learner.h"

#define GROUP	42

static int send(struct net *net, u32 i, u32 port, u8 kind, u8 flags, u64 arg,
		u32 len)
{
	struct samr_event ev = {
		.type = SAMR_EV_SUBMIT,
		.submit = {
			.group	= GROUP,
			.port	= port,
			.kind	= kind,
			.flags	= flags,
			.arg	= arg,
			.len	= len,
			.owner	= net,
		},
	};
	int err;

	if (len)
		ev.submit.payload = net_payload(1, len);
	err = net_step(net, i, &ev);
	samr_blob_put(ev.submit.payload);
	net_flush(net, i);
	return err;
}

static int join(struct net *net, u32 i, u32 port)
{
	int err = send(net, i, port, SAMR_KIND_JOIN, SAMR_MSG_STATEFUL,
		       NET_WINDOW, 0);

	net_settle(net);
	return err;
}

static struct samr_group *group_at(struct net *net, u32 i)
{
	return samr_group_find(net->head[i].node, GROUP);
}

static u64 transfer_at(struct net *net, u32 i)
{
	const struct samr_group *g = group_at(net, i);

	return g && g->transfer ? g->transfer->id : 0;
}

/* Flags of member @k, which must be the same everywhere. */
static u32 flags_of(struct net *net, u32 k)
{
	u32 i, flags = group_at(net, 0)->members->m[k].flags;

	for (i = 1; i < net->heads; i++)
		KUNIT_EXPECT_EQ(net->test,
				group_at(net, i)->members->m[k].flags, flags);
	return flags;
}

static u64 ask(struct net *net, u32 i, u32 port, u64 instead)
{
	KUNIT_ASSERT_EQ(net->test, send(net, i, port, SAMR_KIND_SNAPSHOT, 0,
					instead, 0), 0);
	net_settle(net);
	return transfer_at(net, 0);
}

static int give(struct net *net, u32 i, u64 id, u32 len, u8 flags)
{
	int err = send(net, i, 1, SAMR_KIND_STATE, flags, id, len);

	net_settle(net);
	return err;
}

static void took(struct net *net, u32 i, u32 port, u64 place)
{
	KUNIT_ASSERT_EQ(net->test, send(net, i, port, SAMR_KIND_READ, 0, place,
					0), 0);
	net_settle(net);
}

/* Heads whose port 1 holds the state, all but the last, which lacks it. */
static struct net *stateful(struct kunit *test, u32 heads)
{
	struct net *net = test->priv;
	u64 id;
	u32 i;

	net_heads(net, heads, NULL);
	net_view(net);
	for (i = 0; i < heads; i++) {
		KUNIT_ASSERT_EQ(test, join(net, i, 1), 0);
		if (!i || i + 1 == heads)
			continue;
		id = ask(net, i, 1, 0);
		KUNIT_ASSERT_NE(test, id, 0ULL);
		give(net, (u32)group_at(net, 0)->transfer->donor.node - 1, id,
		     10, SAMR_MSG_LAST);
		took(net, i, 1, group_at(net, 0)->last);
	}
	return net;
}

static void transfer_joiner_lacks_and_gets(struct kunit *test)
{
	struct net *net = stateful(test, 2);
	u64 id, last;

	KUNIT_EXPECT_EQ(test, flags_of(net, 0), (u32)SAMR_ID_STATEFUL);
	KUNIT_EXPECT_EQ(test, flags_of(net, 1),
			(u32)(SAMR_ID_STATEFUL | SAMR_ID_LACKS));
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->nodes, 1U);
	id = ask(net, 1, 1, 0);
	KUNIT_ASSERT_NE(test, id, 0ULL);
	KUNIT_EXPECT_EQ(test, transfer_at(net, 1), id);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 100, 0), 0);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 0, SAMR_MSG_LAST), 0);
	last = group_at(net, 0)->last;
	KUNIT_EXPECT_EQ(test, last, id + 2);
	took(net, 1, 1, last - 1);
	KUNIT_EXPECT_EQ(test, transfer_at(net, 0), id);
	took(net, 1, 1, last);
	KUNIT_EXPECT_EQ(test, transfer_at(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, flags_of(net, 1), (u32)SAMR_ID_STATEFUL);
	/* From that place on it is waited for. */
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->nodes, 3U);
	KUNIT_EXPECT_GE(test, group_at(net, 0)->read[1], last + 1);
}

/* Not the sequencer's head, not a receiver's, and one that failed at last. */
static void transfer_donor_is_chosen(struct kunit *test)
{
	struct net *net = stateful(test, 4);
	u64 id;

	KUNIT_ASSERT_EQ(test, join(net, 1, 2), 0);
	id = ask(net, 3, 1, 0);
	KUNIT_ASSERT_NE(test, id, 0ULL);
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->transfer->donor.node, 3ULL);
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->transfer->count, 2U);
	KUNIT_EXPECT_EQ(test, give(net, 2, id, 0, SAMR_MSG_FAILED), 0);
	KUNIT_EXPECT_EQ(test, transfer_at(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, flags_of(net, 2),
			(u32)(SAMR_ID_STATEFUL | SAMR_ID_FAILED));
	id = ask(net, 3, 1, 0);
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->transfer->donor.node, 2ULL);
	KUNIT_EXPECT_EQ(test, give(net, 1, id, 0, SAMR_MSG_FAILED), 0);
	id = ask(net, 3, 1, 0);
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->transfer->donor.node, 1ULL);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 0, SAMR_MSG_FAILED), 0);
	/* All have failed: it begins anew. */
	id = ask(net, 3, 1, 0);
	KUNIT_EXPECT_EQ(test, group_at(net, 0)->transfer->donor.node, 3ULL);
	KUNIT_EXPECT_EQ(test, flags_of(net, 0), (u32)SAMR_ID_STATEFUL);
}

static void transfer_stale_is_refused(struct kunit *test)
{
	struct net *net = stateful(test, 2);
	u64 id = ask(net, 1, 1, 0);

	KUNIT_EXPECT_EQ(test, give(net, 1, id, 10, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, give(net, 0, id + 1, 10, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 10, SAMR_MSG_FAILED), -EINVAL);
	KUNIT_EXPECT_EQ(test, send(net, 0, 1, SAMR_KIND_DATA,
				   SAMR_MSG_STATEFUL, 0, 0), -EINVAL);
	/* The receiver has not read what is not there, nor before it began. */
	took(net, 1, 1, id);
	KUNIT_EXPECT_TRUE(test, net_last(net, 1)->refused);
	took(net, 1, 1, id + 100);
	KUNIT_EXPECT_TRUE(test, net_last(net, 1)->refused);
	took(net, 0, 1, id + 1);
	KUNIT_EXPECT_TRUE(test, net_last(net, 0)->refused);
	/* It asks again without knowing that it is served. */
	KUNIT_EXPECT_EQ(test, ask(net, 1, 1, 0), id);
	KUNIT_EXPECT_TRUE(test, net_last(net, 1)->refused);
	KUNIT_EXPECT_GT(test, ask(net, 1, 1, id), id);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 10, 0), -ESTALE);
	id = transfer_at(net, 0);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 10, SAMR_MSG_LAST), 0);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 10, 0), -ESTALE);
}

static void transfer_waits_for_the_slowest(struct kunit *test)
{
	struct net *net = stateful(test, 2);
	u64 id = ask(net, 1, 1, 0);
	u32 pieces = 0;
	int err;

	do {
		err = give(net, 0, id, 65536, 0);
		pieces += !err;
	} while (!err && pieces < 100);
	KUNIT_EXPECT_EQ(test, err, -EAGAIN);
	KUNIT_EXPECT_EQ(test, pieces, (u32)(SAMR_TRANSFER_WINDOW /
					    samr_flow_cost(65536)));
	KUNIT_EXPECT_FALSE(test, samr_node_room(net->head[0].node,
						SAMR_KIND_STATE, GROUP, 65536));
	net->head[0].writable = false;
	took(net, 1, 1, id + 4);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, give(net, 0, id, 65536, 0), 0);
	/* Ordinary messages do not wait for a receiver at all. */
	KUNIT_EXPECT_EQ(test, net_send(net, 0, GROUP, 100, 0), 0);
}

static void transfer_state_is_lost(struct kunit *test)
{
	struct net *net = stateful(test, 2);

	ask(net, 1, 1, 0);
	KUNIT_ASSERT_EQ(test, send(net, 0, 1, SAMR_KIND_LEAVE, 0, 0, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, transfer_at(net, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, flags_of(net, 0),
			(u32)(SAMR_ID_STATEFUL | SAMR_ID_LACKS));
	KUNIT_EXPECT_EQ(test, ask(net, 1, 1, 0), 0ULL);
	KUNIT_EXPECT_TRUE(test, net_last(net, 1)->refused);
	/* Who comes now is the founder. */
	KUNIT_ASSERT_EQ(test, join(net, 0, 2), 0);
	KUNIT_EXPECT_EQ(test, flags_of(net, 1), (u32)SAMR_ID_STATEFUL);
}

/* What finds no memory has not happened, and happens later. */
static void transfer_without_memory(struct kunit *test)
{
	struct net *net = stateful(test, 1);
	u32 nth, failed = 0;
	u64 id;

	KUNIT_ASSERT_EQ(test, join(net, 0, 2), 0);
	for (nth = 1; nth <= 6; nth++) {
		net->fail_nth = nth;
		if (send(net, 0, 2, SAMR_KIND_SNAPSHOT, 0, 0, 0)) {
			net->fail_nth = 0;
			failed++;
			continue;
		}
		failed += net->head[0].failed;
		net->fail_nth = 0;
		net_settle(net);
		id = transfer_at(net, 0);
		KUNIT_ASSERT_NE(test, id, 0ULL);
		net->fail_nth = nth;
		if (send(net, 0, 1, SAMR_KIND_STATE, SAMR_MSG_FAILED, id, 0)) {
			net->fail_nth = 0;
			give(net, 0, id, 0, SAMR_MSG_FAILED);
		}
		net->fail_nth = 0;
		net_settle(net);
		KUNIT_EXPECT_EQ(test, transfer_at(net, 0), 0ULL);
		KUNIT_EXPECT_EQ(test, flags_of(net, 0),
				(u32)(SAMR_ID_STATEFUL | SAMR_ID_FAILED));
	}
	id = ask(net, 0, 2, 0);
	KUNIT_ASSERT_EQ(test, give(net, 0, id, 10, SAMR_MSG_LAST), 0);
	net->fail_nth = 2;
	if (send(net, 0, 2, SAMR_KIND_READ, 0, id + 1, 0)) {
		net->fail_nth = 0;
		took(net, 0, 2, id + 1);
	}
	net->fail_nth = 0;
	net_settle(net);
	KUNIT_EXPECT_EQ(test, transfer_at(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, flags_of(net, 1), (u32)SAMR_ID_STATEFUL);
	if (!failed)
		kunit_skip(test, "no fault injection");
}

static void expect_same(struct kunit *test, const struct samr_member_id *a,
			const struct samr_member_id *b)
{
	KUNIT_EXPECT_EQ(test, a->node, b->node);
	KUNIT_EXPECT_EQ(test, a->inc, b->inc);
	KUNIT_EXPECT_EQ(test, a->port, b->port);
	KUNIT_EXPECT_EQ(test, a->window, b->window);
	KUNIT_EXPECT_EQ(test, a->flags, b->flags);
}

/* What a learner is told is what it then has, and nonsense is seen. */
static void transfer_learnt(struct kunit *test)
{
	struct net *net = stateful(test, 3);
	struct samr_group copy = { };
	const struct samr_group *g;
	struct samr_members *m;
	u64 id;
	u32 i;

	KUNIT_ASSERT_EQ(test, join(net, 2, 2), 0);
	id = ask(net, 2, 1, 0);
	g = group_at(net, 1);
	m = samr_members_new(g->members->count, g->members->id);
	KUNIT_ASSERT_NOT_NULL(test, m);
	for (i = 0; i < m->count; i++) {
		m->m[i] = g->members->m[i];
		m->m[i].flags = samr_transfer_flags(g, &m->m[i]);
	}
	KUNIT_EXPECT_TRUE(test, samr_transfer_sane(m, id, 0));
	KUNIT_EXPECT_TRUE(test, samr_transfer_sane(m, id, id + 1));
	KUNIT_EXPECT_FALSE(test, samr_transfer_sane(m, 0, 0));
	for (i = 0; i < m->count; i++) {
		m->m[i].flags ^= SAMR_ID_GETS;
		KUNIT_EXPECT_EQ(test, samr_transfer_sane(m, id, 0), i >= 2);
		m->m[i].flags ^= SAMR_ID_GETS | SAMR_ID_GIVES;
		KUNIT_EXPECT_FALSE(test, samr_transfer_sane(m, id, 0));
		/* The first has no part in it: it need not be stateful. */
		m->m[i].flags ^= SAMR_ID_GIVES | SAMR_ID_STATEFUL;
		KUNIT_EXPECT_EQ(test, samr_transfer_sane(m, id, 0), !i);
		m->m[i].flags ^= SAMR_ID_STATEFUL | 0x20;
		KUNIT_EXPECT_FALSE(test, samr_transfer_sane(m, id, 0));
		m->m[i].flags ^= 0x20;
	}
	KUNIT_ASSERT_TRUE(test, samr_transfer_learn(&copy, m, id, 0));
	KUNIT_EXPECT_EQ(test, copy.transfer->id, id);
	KUNIT_EXPECT_EQ(test, copy.transfer->count, g->transfer->count);
	expect_same(test, &copy.transfer->donor, &g->transfer->donor);
	for (i = 0; i < g->transfer->count; i++)
		expect_same(test, &copy.transfer->to[i], &g->transfer->to[i]);
	for (i = 0; i < m->count; i++)
		KUNIT_EXPECT_EQ(test, m->m[i].flags, g->members->m[i].flags);
	samr_transfer_forget(&copy);
	samr_members_put(m);
}

static struct kunit_case transfer_cases[] = {
	KUNIT_CASE(transfer_joiner_lacks_and_gets),
	KUNIT_CASE(transfer_donor_is_chosen),
	KUNIT_CASE(transfer_stale_is_refused),
	KUNIT_CASE(transfer_waits_for_the_slowest),
	KUNIT_CASE(transfer_state_is_lost),
	KUNIT_CASE(transfer_without_memory),
	KUNIT_CASE(transfer_learnt),
	{}
};

static struct kunit_suite transfer_suite = {
	.name = "samr_transfer",
	.init = net_init,
	.exit = net_exit,
	.test_cases = transfer_cases,
};

kunit_test_suite(transfer_suite);
