// SPDX-License-Identifier: GPL-2.0
/* Digests of replies: said in time, compared at one place, and who is told. */
#include "net.h"
#include "../core/digest.h"
#include "../core/group.h"

#define ID		555
#define PORT		90
#define SAME		0x1111
#define OTHER		0x2222

static int submit(struct net *net, struct samr_submit *s, const void *bytes)
{
	struct samr_event ev = { .type = SAMR_EV_SUBMIT };
	int err;

	s->group = NET_GROUP;
	s->port = PORT;
	s->payload = samr_blob_new(s->len);
	KUNIT_ASSERT_NOT_NULL(net->test, s->payload);
	samr_blob_put_data(s->payload, bytes, s->len);
	ev.submit = *s;
	err = net_step(net, 0, &ev);
	samr_blob_put(s->payload);
	net_flush(net, 0);
	return err;
}

/* A session, and its first @count requests. Return: its name. */
static u64 asked(struct net *net, u32 count)
{
	struct samr_session_payload open = {
		.op = SAMR_SESSION_OPEN, .id = cpu_to_be64(ID),
		.reply_max = cpu_to_be32(1000), .expiry = cpu_to_be32(1000),
	};
	struct samr_request_payload p = { .id = cpu_to_be64(ID) };
	struct samr_submit s = {
		.kind = SAMR_KIND_SESSION, .len = sizeof(open),
	};
	u32 k;

	KUNIT_ASSERT_EQ(net->test, submit(net, &s, &open), 0);
	net_settle(net);
	for (k = 1; k <= count; k++) {
		s = (struct samr_submit){ .kind = SAMR_KIND_REQUEST, .arg = k,
					  .len = sizeof(p) };
		KUNIT_ASSERT_EQ(net->test, submit(net, &s, &p), 0);
	}
	net_settle(net);
	return samr_session_find(net->head[0].node, NET_GROUP, ID)->name;
}

static int reply(struct net *net, u32 i, u64 session, u64 number, u32 port,
		 u32 digest)
{
	struct samr_event ev = { .type = SAMR_EV_REPLY };
	int err;

	ev.reply.group = NET_GROUP;
	ev.reply.session = session;
	ev.reply.request = number;
	ev.reply.port = port;
	ev.reply.digested = true;
	ev.reply.digest = digest;
	err = net_step(net, i, &ev);
	net_flush(net, i);
	return err;
}

static const struct samr_divergence *told_at(struct net *net, u32 i)
{
	u32 k;

	for (k = net->head[i].logged; k--; )
		if (net->head[i].log[k].meta.kind == SAMR_KIND_DIGEST)
			return &net->head[i].log[k].diverged;
	return NULL;
}

/* What was told last, or NULL; all heads were told the same. */
static const struct samr_divergence *told(struct net *net)
{
	const struct samr_divergence *first = told_at(net, 0), *other;
	u32 i;

	for (i = 1; i < net->heads; i++) {
		other = told_at(net, i);
		KUNIT_EXPECT_EQ(net->test, !other, !first);
		if (first && other)
			KUNIT_EXPECT_EQ(net->test, 0,
					memcmp(first, other, sizeof(*first)));
	}
	return first;
}

static const struct samr_digest *digest(struct net *net, u32 i)
{
	return &samr_group_find(net->head[i].node, NET_GROUP)->digest;
}

static void digest_of_the_same(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = asked(net, 2);
	u32 i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, reply(net, i, name, 1, 1, SAME), 0);
	KUNIT_EXPECT_EQ(test, digest(net, 1)->fresh, 1U);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, digest(net, i)->fresh, 0U);
		KUNIT_EXPECT_EQ(test, digest(net, i)->next, 2ULL);
		KUNIT_EXPECT_TRUE(test, digest(net, i)->claim[0][0].flags &
					SAMR_CLAIM_SETTLED);
		KUNIT_EXPECT_FALSE(test, digest(net, i)->claim[0][1].flags);
	}
	KUNIT_EXPECT_NULL(test, told(net));
}

static void digest_of_one_in_three(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = asked(net, 2);
	const struct samr_divergence *d;
	u32 i, logged;

	for (i = 0; i < 3; i++)
		reply(net, i, name, 1, 1, i == 1 ? OTHER : SAME);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	d = told(net);
	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_EQ(test, (int)d->div, (int)SAMR_DIV_MINORITY);
	KUNIT_EXPECT_EQ(test, d->wrong, BIT_ULL(2));
	KUNIT_EXPECT_EQ(test, d->session, name);
	KUNIT_EXPECT_EQ(test, d->number, 1ULL);
	logged = net->head[2].logged;
	/* It goes on being wrong, of which all have heard. */
	for (i = 0; i < 3; i++)
		reply(net, i, name, 2, 1, i == 1 ? OTHER : SAME);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net->head[2].logged, logged);
	KUNIT_EXPECT_EQ(test, net->head[2].node->stats.diverged, 2ULL);
}

static void digest_of_two(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = asked(net, 1);
	const struct samr_divergence *d;

	reply(net, 0, name, 1, 1, SAME);
	reply(net, 1, name, 1, 1, OTHER);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	d = told(net);
	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_EQ(test, (int)d->div, (int)SAMR_DIV_TIE);
	KUNIT_EXPECT_EQ(test, d->wrong, BIT_ULL(1) | BIT_ULL(2));
}

/* Two differ, and the third has not replied: that is told at once, and then who it is. */
static void digest_of_a_late_one(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = asked(net, 1);

	reply(net, 0, name, 1, 1, SAME);
	reply(net, 1, name, 1, 1, OTHER);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_ASSERT_NOT_NULL(test, told(net));
	KUNIT_EXPECT_EQ(test, (int)told(net)->div, (int)SAMR_DIV_OPEN);
	reply(net, 2, name, 1, 1, OTHER);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, (int)told(net)->div, (int)SAMR_DIV_MINORITY);
	KUNIT_EXPECT_EQ(test, told(net)->wrong, BIT_ULL(1));
}

static void digest_of_two_on_one_head(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name;
	u32 i;

	net_member(net, 1, SAMR_KIND_JOIN, NET_GROUP, 2, NET_WINDOW);
	net_settle(net);
	name = asked(net, 1);
	for (i = 0; i < 3; i++)
		reply(net, i, name, 1, 1, SAME);
	reply(net, 1, name, 1, 2, SAME);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_EXPECT_NULL(test, told(net));
	reply(net, 1, name, 1, 2, OTHER);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_ASSERT_NOT_NULL(test, told(net));
	KUNIT_EXPECT_EQ(test, told(net)->wrong, BIT_ULL(2));
	KUNIT_EXPECT_EQ(test, told(net)->odd, BIT_ULL(2));
}

/* Who has come later has not executed it, and nobody is to wait for that. */
static void digest_begins_anew(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = asked(net, 1);

	reply(net, 0, name, 1, 1, SAME);
	KUNIT_EXPECT_EQ(test, digest(net, 0)->fresh, 1U);
	net_member(net, 1, SAMR_KIND_JOIN, NET_GROUP, 2, NET_WINDOW);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, digest(net, 0)->fresh, 0U);
	KUNIT_EXPECT_EQ(test, digest(net, 0)->next, 0ULL);
	reply(net, 1, name, 1, 1, OTHER);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_EXPECT_NULL(test, told(net));
}

/* What one has said is said again when another one leaves, and then compared. */
static void digest_said_again(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = asked(net, 1);

	reply(net, 0, name, 1, 1, SAME);
	reply(net, 1, name, 1, 1, SAME);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, digest(net, 0)->fresh, 0U);
	net_member(net, 2, SAMR_KIND_LEAVE, NET_GROUP, 1, 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, digest(net, 0)->fresh, 1U);
	KUNIT_EXPECT_FALSE(test, digest(net, 0)->claim[0][0].flags &
				 SAMR_CLAIM_SETTLED);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_EXPECT_TRUE(test, digest(net, 0)->claim[0][0].flags &
				SAMR_CLAIM_SETTLED);
}

/* More requests than are kept: the oldest are given up, and counted. */
static void digest_of_too_many(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = asked(net, 1), k;
	struct samr_request_payload p = { .id = cpu_to_be64(ID) };
	struct samr_submit s;

	for (k = 1; k <= SAMR_CLAIMS + 5; k++) {
		reply(net, 0, name, k, 1, SAME);
		p.acked = cpu_to_be64(k);
		s = (struct samr_submit){ .kind = SAMR_KIND_REQUEST,
					  .arg = k + 1, .len = sizeof(p) };
		KUNIT_ASSERT_EQ(test, submit(net, &s, &p), 0);
		net_run(net, SAMR_MSEC);
		/* There is not room for so many. */
		net->head[0].logged = 0;
		net->head[1].logged = 0;
	}
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.digests_unsettled, 6ULL);
	KUNIT_EXPECT_EQ(test, net->head[1].node->stats.digests_unsettled, 6ULL);
	/* The other one replies late, when nobody waits for it any more. */
	KUNIT_EXPECT_EQ(test, reply(net, 1, name, SAMR_CLAIMS, 1, OTHER),
			-ENOENT);
	net_run(net, SAMR_DIGEST_DELAY);
	net_settle(net);
	KUNIT_ASSERT_NOT_NULL(test, told(net));
	KUNIT_EXPECT_EQ(test, told(net)->number, (u64)SAMR_CLAIMS);
}

static void digest_from_outside(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 bytes[3] = { };
	struct samr_submit s = { .kind = SAMR_KIND_DIGEST,
				 .len = sizeof(bytes) };

	KUNIT_EXPECT_EQ(test, submit(net, &s, bytes), -EINVAL);
}

/* Memory lacks at one head when a digest has its place: it comes to the same end later. */
static void digest_without_memory(struct kunit *test)
{
	u32 nth;

	for (nth = 1; nth < 8; nth++) {
		struct net *net = net_up(test, 2, NULL);
		u64 name = asked(net, 1);

		reply(net, 0, name, 1, 1, SAME);
		reply(net, 1, name, 1, 1, OTHER);
		net->fail_nth = nth;
		net->sick = 1;
		net_run(net, SAMR_DIGEST_DELAY);
		net->fail_nth = 0;
		net_run(net, SAMR_DIGEST_DELAY);
		net_settle(net);
		KUNIT_EXPECT_NOT_NULL(test, told(net));
		net_exit(test);
		KUNIT_ASSERT_EQ(test, net_init(test), 0);
	}
}

static struct kunit_case digest_cases[] = {
	KUNIT_CASE(digest_of_the_same),
	KUNIT_CASE(digest_of_one_in_three),
	KUNIT_CASE(digest_of_two),
	KUNIT_CASE(digest_of_a_late_one),
	KUNIT_CASE(digest_of_two_on_one_head),
	KUNIT_CASE(digest_begins_anew),
	KUNIT_CASE(digest_said_again),
	KUNIT_CASE(digest_of_too_many),
	KUNIT_CASE(digest_from_outside),
	KUNIT_CASE(digest_without_memory),
	{}
};

static struct kunit_suite digest_suite = {
	.name = "samr_digest",
	.init = net_init,
	.exit = net_exit,
	.test_cases = digest_cases,
};

kunit_test_suite(digest_suite);
