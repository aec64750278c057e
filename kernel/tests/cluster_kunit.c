// SPDX-License-Identifier: GPL-2.0
/* Clusters: their life, the order that they hand on, their end under load. */
#include <linux/delay.h>
#include <linux/kthread.h>

#include "hub.h"

#define MESSAGES	50

static bool serves(struct head *h)
{
	return head_state(h) == SAMR_CLUSTER_SERVING;
}

static void join(struct kunit *test, struct head *h)
{
	KUNIT_ASSERT_EQ(test, head_send(h, 0, 1 << 20, SAMR_KIND_JOIN), 0);
}

static void cluster_checks_what_it_is_made_of(struct kunit *test)
{
	struct samr_cluster_params good = { .name = "k", .id = 1, .node = 1 }, p;
	static DEFINE_MUTEX(config);
	struct samr_cluster *c;

	mutex_lock(&config);
	p = good;
	p.node = 0;
	KUNIT_EXPECT_PTR_EQ(test, samr_cluster_new(&init_net, &config, &p, NULL, NULL),
			    (struct samr_cluster *)ERR_PTR(-EINVAL));
	p.node = 64;
	KUNIT_EXPECT_PTR_EQ(test, samr_cluster_new(&init_net, &config, &p, NULL, NULL),
			    (struct samr_cluster *)ERR_PTR(-EINVAL));
	p = good;
	p.id = 0;
	KUNIT_EXPECT_PTR_EQ(test, samr_cluster_new(&init_net, &config, &p, NULL, NULL),
			    (struct samr_cluster *)ERR_PTR(-EINVAL));
	p = good;
	memset(p.name, 'x', sizeof(p.name));
	KUNIT_EXPECT_PTR_EQ(test, samr_cluster_new(&init_net, &config, &p, NULL, NULL),
			    (struct samr_cluster *)ERR_PTR(-EINVAL));
	c = samr_cluster_new(&init_net, &config, &good, NULL, NULL);
	KUNIT_EXPECT_FALSE(test, IS_ERR(c));
	if (!IS_ERR(c))
		samr_cluster_end(c);
	mutex_unlock(&config);
}

static void cluster_of_one_needs_no_wire(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	int i;

	KUNIT_EXPECT_EQ(test, head_state(h), SAMR_CLUSTER_STOPPED);
	KUNIT_EXPECT_EQ(test, head_send(h, 10, 0, SAMR_KIND_DATA), -ENOTCONN);
	head_start(test, h, 1);
	KUNIT_ASSERT_TRUE(test, hub_wait(serves(h)));
	join(test, h);
	for (i = 0; i < MESSAGES; i++)
		KUNIT_EXPECT_EQ(test, head_send(h, 100, i, SAMR_KIND_DATA), 0);
	KUNIT_EXPECT_TRUE(test, hub_wait(h->logged == MESSAGES + 1));
	for (i = 0; i < MESSAGES; i++)
		KUNIT_EXPECT_EQ(test, h->log[i + 1].arg, i);
	KUNIT_EXPECT_EQ(test, h->owners, MESSAGES + 1);
	KUNIT_EXPECT_EQ(test, head_link(h).frame_max, SAMR_FRAME_LIMIT);
}

static void loop_gives_back_what_it_gets(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	struct samr_transport *t = samr_transport_get("loop");
	struct samr_node_stats *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct samr_frame_info info = {
		.type = SAMR_FRAME_CORE, .cluster = 99, .src = 1, .inc = 5,
		.len = sizeof(struct samr_hdr),
	};
	struct samr_blob *b = samr_blob_new(info.len);
	struct samr_link *l;
	struct sk_buff *skb;
	struct samr_hdr hdr;

	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_ASSERT_NOT_NULL(test, b);
	samr_wire_put_header(&hdr, &info);
	samr_blob_put_data(b, &hdr, sizeof(hdr));
	local_bh_disable();
	rcu_read_lock();
	l = list_first_or_null_rcu(&h->c->links, struct samr_link, node);
	skb = samr_link_seal(h->c, samr_blob_skb(b));
	if (l && skb)
		t->send(l, skb, SAMR_CAST_MULTI, NULL);
	rcu_read_unlock();
	local_bh_enable();
	samr_cluster_stats(h->c, s);
	KUNIT_EXPECT_EQ(test, s->drops[SAMR_DROP_SELF], 1);
	KUNIT_EXPECT_EQ(test, s->drops[SAMR_DROP_CRC], 0);
	samr_transport_put(t);
}

static void cluster_heads_agree(struct kunit *test)
{
	u32 want = 3 + 3 * MESSAGES;
	struct head *h[3];
	int i, k;

	for (i = 0; i < 3; i++)
		h[i] = head_new(test, i + 1, "hub");
	for (i = 0; i < 3; i++)
		head_start(test, h[i], 3);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, hub_wait(serves(h[i])));
	for (i = 0; i < 3; i++)
		join(test, h[i]);
	/* A join is seen by those only who are in: wait for the last. */
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, hub_wait(h[i]->owners == 1));
	KUNIT_ASSERT_TRUE(test, hub_wait(h[0]->logged == h[1]->logged ||
					 h[0]->logged == 3));
	for (k = 0; k < MESSAGES; k++)
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_EQ(test, head_send(h[i], 200, k, SAMR_KIND_DATA), 0);
	for (i = 0; i < 3; i++) {
		u32 got;

		hub_wait(h[i]->owners == MESSAGES + 1 &&
			 h[i]->logged >= 3 * MESSAGES);
		got = h[i]->logged;
		KUNIT_EXPECT_LE(test, got, want);
		KUNIT_ASSERT_GE(test, got, 3 * MESSAGES);
	}
	msleep(100);
	for (i = 1; i < 3; i++)
		for (k = 1; k <= 3 * MESSAGES; k++) {
			KUNIT_EXPECT_EQ(test, h[i]->log[h[i]->logged - k].gseq,
					h[0]->log[h[0]->logged - k].gseq);
			KUNIT_EXPECT_EQ(test, h[i]->log[h[i]->logged - k].origin,
					h[0]->log[h[0]->logged - k].origin);
			KUNIT_EXPECT_EQ(test, h[i]->log[h[i]->logged - k].arg,
					h[0]->log[h[0]->logged - k].arg);
		}
}

static void cluster_large_message(struct kunit *test)
{
	struct head *h[2];
	int i;

	for (i = 0; i < 2; i++)
		h[i] = head_new(test, i + 1, "hub");
	for (i = 0; i < 2; i++)
		head_start(test, h[i], 2);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_TRUE(test, hub_wait(serves(h[i])));
		KUNIT_ASSERT_EQ(test, head_send(h[i], 0, 4 << 20, SAMR_KIND_JOIN), 0);
		KUNIT_ASSERT_TRUE(test, hub_wait(h[i]->owners == 1));
	}
	KUNIT_EXPECT_EQ(test, head_send(h[0], 1 << 20, 0, SAMR_KIND_DATA), 0);
	KUNIT_EXPECT_EQ(test, head_send(h[0], (1 << 20) + 1, 0, SAMR_KIND_DATA), -EMSGSIZE);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, hub_wait(h[i]->len == 1 << 20));
}

/* The fence that @h asks for since nothing goes on without it. */
static bool blocked(struct head *h, struct samr_fence *f)
{
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++)
		if (samr_cluster_fence(h->c, i, f) &&
		    f->why == SAMR_FENCE_BLOCKED)
			return true;
	return false;
}

static void cluster_goes_on_once_the_other_is_fenced(struct kunit *test)
{
	struct samr_node_stats *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct head *h[2];
	struct samr_view_info v;
	struct samr_fence f;
	struct samr_cluster *c;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < 2; i++)
		h[i] = head_new(test, i + 1, "hub");
	for (i = 0; i < 2; i++)
		head_start(test, h[i], 2);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_TRUE(test, hub_wait(serves(h[i])));
	hub.cut = true;
	c = h[1]->c;
	KUNIT_ASSERT_TRUE(test, hub_wait(blocked(h[1], &f)));
	KUNIT_EXPECT_EQ(test, f.id, 1ULL);
	KUNIT_EXPECT_EQ(test, f.inc, h[0]->c->inc);
	KUNIT_EXPECT_EQ(test, head_state(h[1]), SAMR_CLUSTER_WEDGED);
	mutex_lock(c->config);
	KUNIT_EXPECT_EQ(test, samr_cluster_stop(c, NULL), -EAGAIN);
	mutex_unlock(c->config);
	KUNIT_EXPECT_EQ(test, samr_cluster_fenced(c, 1, f.inc, f.token + 1, NULL), -ESTALE);
	KUNIT_EXPECT_EQ(test, samr_cluster_fenced(c, 1, f.inc + 1, f.token, NULL), -ESTALE);
	KUNIT_EXPECT_EQ(test, samr_cluster_fenced(c, 2, f.inc, f.token, NULL), -ESTALE);
	KUNIT_EXPECT_EQ(test, head_state(h[1]), SAMR_CLUSTER_WEDGED);
	KUNIT_EXPECT_EQ(test, samr_cluster_fenced(c, 1, f.inc, f.token, NULL), 0);
	KUNIT_ASSERT_TRUE(test, hub_wait(serves(h[1])));
	samr_cluster_view(c, &v);
	KUNIT_EXPECT_EQ(test, v.count, 1);
	KUNIT_EXPECT_EQ(test, v.sequencer, 2ULL);
	samr_cluster_stats(c, s);
	KUNIT_EXPECT_EQ(test, s->recoveries, 1ULL);
	KUNIT_EXPECT_GE(test, s->recovery_ns, HEAD_DEAD_MS * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, s->recovery_ns, s->recovery_ns_last);
	KUNIT_EXPECT_EQ(test, s->recovery_ns, s->recovery_ns_max);
}

static void cluster_configuration_is_guarded(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct mutex *config = h->c->config;
	u32 id;

	mutex_lock(config);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_add(h->c, 1, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_add(h->c, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_add(h->c, 64, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_del(h->c, 1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_del(h->c, 2, NULL), -ENOENT);
	for (id = 2; id <= SAMR_HEADS_MAX; id++)
		KUNIT_EXPECT_EQ(test, samr_cluster_node_add(h->c, id, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_add(h->c, id, NULL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, samr_cluster_start(h->c, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_cluster_start(h->c, 0, NULL), 0);
	/* It has no view yet: whom it wants can be changed. */
	KUNIT_EXPECT_EQ(test, samr_cluster_node_del(h->c, 2, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_cluster_start(h->c, BIT_ULL(2), NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_cluster_start(h->c, BIT_ULL(3), NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_cluster_stop(h->c, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_cluster_node_del(h->c, 2, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "hub", "", NULL, &id, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "hub", "eth0", NULL, &id, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "smoke", "", NULL, &id, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, samr_link_del(h->c, 7, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, samr_link_del(h->c, h->link, NULL), 0);
	mutex_unlock(config);
}

static void cluster_answers_after_its_end(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	struct samr_submit s = { .group = 1, .kind = SAMR_KIND_DATA };
	struct samr_cluster_info info;
	struct samr_view_info v;
	struct samr_cluster *c = h->c;
	u32 id;

	head_start(test, h, 1);
	KUNIT_ASSERT_TRUE(test, samr_cluster_tryget(c));
	head_end(h);
	KUNIT_EXPECT_EQ(test, h->halted, ENETDOWN);
	KUNIT_EXPECT_EQ(test, samr_cluster_submit(c, &s), -ENETDOWN);
	KUNIT_EXPECT_TRUE(test, samr_cluster_room(c, SAMR_KIND_DATA, 1, 10));
	KUNIT_EXPECT_NULL(test, samr_cluster_members(c, 1));
	samr_cluster_consumed(c, 1, 1, 1);
	samr_cluster_view(c, &v);
	KUNIT_EXPECT_EQ(test, v.epoch, 0);
	samr_cluster_info(c, &info);
	mutex_lock(c->config);
	KUNIT_EXPECT_EQ(test, samr_cluster_start(c, 0, NULL), -ENODEV);
	KUNIT_EXPECT_EQ(test, samr_link_add(c, "loop", "", NULL, &id, NULL), -ENODEV);
	mutex_unlock(c->config);
	samr_cluster_put(c);
}

/**
 * struct sender - a thread that sends until it is told that the cluster is gone
 * @h: its head
 * @c: with a reference
 * @done: it has ended
 * @sent: messages that were taken
 */
struct sender {
	struct head *h;
	struct samr_cluster *c;
	struct completion done;
	u32 sent;
};

static int sender(void *arg)
{
	struct sender *s = arg;
	struct samr_submit m = {
		.group = 1,
		.port = 1,
		.kind = SAMR_KIND_DATA,
		.owner = s->h,
	};
	int ret;

	do {
		ret = samr_cluster_submit(s->c, &m);
		s->sent += !ret;
		cond_resched();
	} while (ret != -ENETDOWN);
	samr_cluster_put(s->c);
	complete(&s->done);
	return 0;
}

static void cluster_ends_under_load(struct kunit *test)
{
	struct sender s[3];
	struct head *h[3];
	u32 sent;
	int i;

	for (i = 0; i < 3; i++)
		h[i] = head_new(test, i + 1, "hub");
	for (i = 0; i < 3; i++)
		head_start(test, h[i], 3);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, hub_wait(serves(h[i])));
	join(test, h[0]);
	for (i = 0; i < 3; i++) {
		s[i] = (struct sender){ .h = h[i], .c = h[i]->c };
		samr_cluster_tryget(s[i].c);
		init_completion(&s[i].done);
		kthread_run(sender, &s[i], "samr-kunit-%d", i);
	}
	msleep(100);
	for (i = 0; i < 3; i++)
		head_end(h[i]);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&s[i].done, 5 * HZ), 0);
		/* Each message taken was delivered here, or given back. */
		sent = s[i].sent + (i == 0);
		KUNIT_EXPECT_EQ(test, h[i]->owners, sent);
	}
}

static struct kunit_case cluster_cases[] = {
	KUNIT_CASE(cluster_checks_what_it_is_made_of),
	KUNIT_CASE(cluster_of_one_needs_no_wire),
	KUNIT_CASE(loop_gives_back_what_it_gets),
	KUNIT_CASE(cluster_heads_agree),
	KUNIT_CASE(cluster_large_message),
	KUNIT_CASE(cluster_goes_on_once_the_other_is_fenced),
	KUNIT_CASE(cluster_configuration_is_guarded),
	KUNIT_CASE(cluster_answers_after_its_end),
	KUNIT_CASE(cluster_ends_under_load),
	{ }
};

static struct kunit_suite cluster_suite = {
	.name = "samr_cluster",
	.init = hub_init,
	.exit = hub_exit,
	.test_cases = cluster_cases,
};
kunit_test_suite(cluster_suite);
