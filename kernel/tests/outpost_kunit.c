// SPDX-License-Identifier: GPL-2.0
/* Client nodes and the heads that they go through: pipes, and who lies in their frames. */
#include "net.h"
#include "../core/access.h"
#include "../core/remote.h"

#define FAR		0x700000ULL	/* the client node */
#define LIAR		0x800000ULL	/* and one that is made by hand */
#define LIAR_INC	7
#define HEAD		0		/* indices in the net */
#define POST		1
#define PORT		90
#define ID		555
#define DEAD		(100 * SAMR_MSEC)

/* A head that serves, alone. */
static struct net *head_up(struct kunit *test)
{
	struct samr_node_config cfg = net_config();

	cfg.dead = DEAD;
	return net_up(test, 1, &cfg);
}

/* And a client node that has found it. */
static struct net *post_up(struct kunit *test)
{
	struct net *net = head_up(test);
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = ~1ULL };
	struct samr_node_config cfg = net_config();
	struct net_head *h = &net->head[POST];

	cfg.dead = DEAD;
	cfg.self = FAR;
	cfg.inc = 0x2000;
	cfg.seed = 5;
	h->id = FAR;
	h->deaf = true;
	h->log = kunit_kzalloc(test, NET_LOG * sizeof(*h->log), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h->log);
	h->node = samr_node_new(&cfg);
	KUNIT_ASSERT_NOT_NULL(test, h->node);
	net->heads = POST + 1;
	KUNIT_ASSERT_EQ(test, net_step(net, POST, &ev), 0);
	net_flush(net, POST);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_ASSERT_NE(test, h->node->remote->pipe.link, 0ULL);
	return net;
}

static struct samr_remote *remote(struct net *net)
{
	return net->head[POST].node->remote;
}

static struct samr_access *access(struct net *net)
{
	return &net->head[HEAD].node->access;
}

static struct samr_outpost *post(struct net *net)
{
	KUNIT_ASSERT_FALSE(net->test, list_empty(&access(net)->all));
	return list_last_entry(&access(net)->all, struct samr_outpost, link);
}

/* ---- frames made by hand ---- */

static struct samr_rec_pipe pipe_of(u64 inc, u64 link, u16 flags)
{
	return (struct samr_rec_pipe){
		.rec = { .type = SAMR_REC_PIPE,
			 .len = cpu_to_be16(sizeof(struct samr_rec_pipe)) },
		.flags = cpu_to_be16(flags),
		.size  = cpu_to_be16(flags & SAMR_PIPE_BEGIN ? 1000 : 0),
		.link  = cpu_to_be64(link),
		.inc   = cpu_to_be64(inc),
	};
}

static struct samr_rec_carry carry_of(u64 seq, u8 what, u8 kind, u32 total, u32 len)
{
	return (struct samr_rec_carry){
		.rec = { .type = SAMR_REC_CARRY,
			 .len = cpu_to_be16((u16)(sizeof(struct samr_rec_carry) + len)) },
		.group	= cpu_to_be32(NET_GROUP),
		.seq	= cpu_to_be64(seq),
		.number	= cpu_to_be64(seq),
		.place	= cpu_to_be64(1),
		.arg	= cpu_to_be64(1),
		.port	= cpu_to_be32(PORT),
		.total	= cpu_to_be32(total),
		.what	= what,
		.kind	= kind,
	};
}

/* A frame of client node @src, whose pipe @link begins, if it does not exist. */
static struct net_craft from_far(struct net *net, u64 src, u64 link)
{
	struct net_craft c = net_craft(net, HEAD);
	struct samr_rec_pipe rec = pipe_of(net->head[HEAD].node->cfg.inc, link,
					   SAMR_PIPE_BEGIN);

	c.info.type = SAMR_FRAME_CLIENT;
	c.info.src = src;
	c.info.inc = LIAR_INC;
	net_craft_add(&c, &rec, sizeof(rec));
	return c;
}

/* One of a head, or who says that he is: the pipe of the client node. */
static struct net_craft from_head(struct net *net, u64 inc, u16 flags, u64 got)
{
	struct net_craft c = net_craft(net, HEAD);
	struct samr_rec_pipe rec = pipe_of(net->head[POST].node->cfg.inc,
					   remote(net)->pipe.link, flags);

	rec.got = cpu_to_be64(got);
	c.info.type = SAMR_FRAME_CLIENT;
	c.info.inc = inc;
	net_craft_add(&c, &rec, sizeof(rec));
	return c;
}

static void say(struct net *net, u64 link, const struct samr_rec_carry *rec, u32 len)
{
	struct net_craft c = from_far(net, LIAR, link);

	net_craft_add(&c, rec, sizeof(*rec));
	if (len)
		net_craft_fill(&c, 1, 0, len);
	net_craft_send(net, &c, HEAD);
}

/* ---- between the two ---- */

static int open(struct net *net, u64 id)
{
	struct samr_session_payload p = {
		.op = SAMR_SESSION_OPEN, .id = cpu_to_be64(id),
		.reply_max = cpu_to_be32(1000), .expiry = cpu_to_be32(500),
	};
	struct samr_submit s = { .port = PORT, .kind = SAMR_KIND_SESSION };

	return net_order(net, POST, &s, &p, sizeof(p), 0);
}

static int ask(struct net *net, u64 number, u32 len)
{
	struct samr_request_payload p = { .id = cpu_to_be64(ID) };
	struct samr_submit s = {
		.port = PORT, .kind = SAMR_KIND_REQUEST, .arg = number,
	};

	return net_order(net, POST, &s, &p, sizeof(p), len);
}

static void pass(struct net *net)
{
	net_run(net, 50 * SAMR_MSEC);
}

/* A session is opened by way of the head, asked, and answered. */
static void outpost_is_answered(struct kunit *test)
{
	struct net *net = post_up(test);
	u64 name;

	KUNIT_ASSERT_EQ(test, open(net, ID), 0);
	pass(net);
	name = net_told(net, POST, PORT, SAMR_SES_OPENED)->session;
	KUNIT_ASSERT_EQ(test, ask(net, 1, 5000), 0);
	pass(net);
	net_told(net, POST, PORT, SAMR_SES_ORDERED);
	KUNIT_ASSERT_EQ(test, net_reply(net, HEAD, name, 1, 700), 0);
	pass(net);
	KUNIT_EXPECT_EQ(test, net_delivered(net, POST, SAMR_KIND_REPLY), 1U);
	KUNIT_EXPECT_EQ(test, remote(net)->count, 0U);
	KUNIT_EXPECT_EQ(test, post(net)->pipe.bytes, 0ULL);
}

/* Readers may wait for it: so it goes past the requests that wait for them. */
static void outpost_acknowledges_past_what_waits(struct kunit *test)
{
	struct net *net = post_up(test);
	struct samr_session_payload p = {
		.op = SAMR_SESSION_ACK, .id = cpu_to_be64(ID),
		.acked = cpu_to_be64(1),
	};
	struct samr_submit s = { .port = PORT, .kind = SAMR_KIND_SESSION };
	u64 name, number = 2;
	u32 waiting;

	net->head[HEAD].deaf = true;
	KUNIT_ASSERT_EQ(test, open(net, ID), 0);
	pass(net);
	name = net_told(net, POST, PORT, SAMR_SES_OPENED)->session;
	KUNIT_ASSERT_EQ(test, ask(net, 1, 100), 0);
	pass(net);
	KUNIT_ASSERT_EQ(test, net_reply(net, HEAD, name, 1, 700), 0);
	while (number < 60 && !post(net)->count) {
		KUNIT_ASSERT_EQ(test, ask(net, number++, 100000), 0);
		pass(net);
	}
	waiting = post(net)->count;
	KUNIT_ASSERT_GT(test, waiting, 0U);
	KUNIT_ASSERT_EQ(test, ask(net, number, 100), 0);
	KUNIT_ASSERT_EQ(test, net_order(net, POST, &s, &p, sizeof(p), 0), 0);
	pass(net);
	net_told(net, POST, PORT, SAMR_SES_DONE);
	KUNIT_EXPECT_EQ(test, post(net)->count, waiting + 1);
	/* What changes its session waits for its turn. */
	p.op = SAMR_SESSION_CLOSE;
	KUNIT_ASSERT_EQ(test, net_order(net, POST, &s, &p, sizeof(p), 0), 0);
	pass(net);
	KUNIT_EXPECT_EQ(test, post(net)->count, waiting + 2);
}

/* However many requests are under way, there is room for what acknowledges. */
static void outpost_keeps_room_to_acknowledge(struct kunit *test)
{
	struct net *net = post_up(test);
	struct samr_session_payload p = {
		.op = SAMR_SESSION_ACK, .id = cpu_to_be64(ID),
	};
	struct samr_submit s = { .port = PORT, .kind = SAMR_KIND_SESSION };
	u64 number = 0;
	int err;

	KUNIT_ASSERT_EQ(test, open(net, ID), 0);
	pass(net);
	/* The head is silent: nothing is answered. */
	net_lose_flying(net);
	while (!(err = ask(net, ++number, 0)) && number < 1000)
		net_lose_flying(net);
	KUNIT_EXPECT_EQ(test, err, -EAGAIN);
	KUNIT_EXPECT_EQ(test, net_order(net, POST, &s, &p, sizeof(p), 0), 0);
	KUNIT_EXPECT_EQ(test, ask(net, number, 0), -EAGAIN);
}

/* ---- what client nodes may not say ---- */

static void outpost_speaks_as_a_head(struct kunit *test)
{
	struct net *net = head_up(test);
	struct samr_rec_carry rec;

	rec = carry_of(1, SAMR_CARRY_GIVE, SAMR_KIND_REPLY, 0, 0);
	say(net, 1, &rec, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_ROLE), 1ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
	rec = carry_of(1, SAMR_CARRY_TOLD, SAMR_KIND_SESSION, 0, 0);
	say(net, 2, &rec, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_ROLE), 2ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
	/* A pipe that is over does not begin again, and an older one neither. */
	rec = carry_of(1, SAMR_CARRY_FORGET, 0, 0, 0);
	say(net, 2, &rec, 0);
	say(net, 1, &rec, 0);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
	say(net, 3, &rec, 0);
	KUNIT_EXPECT_EQ(test, access(net)->count, 1U);
}

/* A record of heads, where a CARRY must be; and one that does not follow. */
static void outpost_says_what_cannot_be(struct kunit *test)
{
	struct net *net = head_up(test);
	struct samr_rec_carry rec = carry_of(1, SAMR_CARRY_FORGET, 0, 0, 0);
	struct samr_rec_pipe pipe = pipe_of(1, 1, 0);
	struct net_craft c = from_far(net, LIAR, 1);

	net_craft_add(&c, &pipe, sizeof(pipe));
	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_ROLE), 1ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);

	/* The second part of something else. */
	rec = carry_of(1, SAMR_CARRY_SUBMIT, SAMR_KIND_REQUEST, 300, 100);
	say(net, 2, &rec, 100);
	KUNIT_EXPECT_EQ(test, access(net)->count, 1U);
	rec = carry_of(2, SAMR_CARRY_SUBMIT, SAMR_KIND_REQUEST, 301, 100);
	say(net, 2, &rec, 100);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_CONFLICT), 1ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);

	/* Acknowledges what was never said. */
	c = from_far(net, LIAR, 3);
	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, access(net)->count, 1U);
	c = net_craft(net, HEAD);
	c.info.type = SAMR_FRAME_CLIENT;
	c.info.src = LIAR;
	c.info.inc = LIAR_INC;
	pipe = pipe_of(net->head[HEAD].node->cfg.inc, 3, 0);
	pipe.got = cpu_to_be64(1);
	net_craft_add(&c, &pipe, sizeof(pipe));
	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_CONFLICT), 2ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
	KUNIT_EXPECT_EQ(test, net_delivered(net, HEAD, SAMR_KIND_REQUEST), 0U);
}

/* Whoever calls himself a head is none here, and who speaks to a former head is told so. */
static void outpost_of_another_head(struct kunit *test)
{
	struct net *net = head_up(test);
	struct net_craft c = from_far(net, 2, 1);
	struct samr_rec_pipe pipe = pipe_of(4711, 1, SAMR_PIPE_BEGIN);

	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_SOURCE), 1ULL);
	c = from_far(net, LIAR, 1);
	c.info.domain++;
	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_DOMAIN), 1ULL);
	c = net_craft(net, HEAD);
	c.info.type = SAMR_FRAME_CLIENT;
	c.info.src = LIAR;
	net_craft_add(&c, &pipe, sizeof(pipe));
	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_INCARNATION), 1ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
}

/* No more than it may have, each gone when it is silent. */
static void outposts_are_too_many(struct kunit *test)
{
	struct net *net = head_up(test);
	struct samr_event ev = { .type = SAMR_EV_CLIENTS, .clients = 3 };
	struct net_craft c;
	u32 i;

	KUNIT_ASSERT_EQ(test, net_step(net, HEAD, &ev), 0);
	for (i = 0; i < 10; i++) {
		c = from_far(net, LIAR + i, 1);
		net_craft_send(net, &c, HEAD);
	}
	KUNIT_EXPECT_EQ(test, access(net)->count, 3U);
	KUNIT_EXPECT_EQ(test, access(net)->refused, 7ULL);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_LIMIT), 7ULL);
	net_run(net, DEAD + SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
	ev.clients = SAMR_ACCESS_MAX + 1;
	KUNIT_EXPECT_EQ(test, net_step(net, HEAD, &ev), -EINVAL);
}

static u32 count(const struct list_head *list)
{
	const struct list_head *at;
	u32 n = 0;

	list_for_each(at, list)
		n++;
	return n;
}

/* What is early is kept once, within the window; shreds have an end. */
static void outpost_is_bounded(struct kunit *test)
{
	struct net *net = head_up(test);
	struct samr_rec_carry rec;
	struct samr_pipe *p;
	u32 round, seq;

	for (round = 0; round < 2; round++) {
		for (seq = 2; seq < 80; seq++) {
			rec = carry_of(seq, SAMR_CARRY_FORGET, 0, 0, 0);
			say(net, 1, &rec, 0);
		}
	}
	p = &post(net)->pipe;
	KUNIT_EXPECT_EQ(test, count(&p->early), SAMR_PIPE_WINDOW - 1U);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_DUPLICATE), 63ULL);
	KUNIT_EXPECT_EQ(test, net_drops(net, HEAD, SAMR_DROP_WINDOW), 30ULL);
	rec = carry_of(1, SAMR_CARRY_FORGET, 0, 0, 0);
	say(net, 1, &rec, 0);
	KUNIT_EXPECT_EQ(test, p->got, 64ULL);
	KUNIT_EXPECT_TRUE(test, list_empty(&p->early));
}

/* Answers that nobody fetches have an end, too: then the pipe has. */
static void outpost_fetches_nothing(struct kunit *test)
{
	struct net *net = head_up(test);
	struct samr_meta m = {
		.gseq = 1, .group = NET_GROUP, .port = PORT, .len = 1U << 20,
		.kind = SAMR_KIND_REPLY,
	};
	struct net_craft c = from_far(net, LIAR, 1);
	struct samr_pipe *p;
	struct samr_msg *msg;
	u32 n = 0;

	net_craft_send(net, &c, HEAD);
	p = &post(net)->pipe;
	msg = samr_msg_new(&m);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	while (n < 1000 && samr_pipe_put(p, SAMR_CARRY_GIVE, msg))
		n++;
	KUNIT_EXPECT_EQ(test, n, SAMR_PIPE_BYTES >> 20);
	KUNIT_EXPECT_EQ(test, p->bytes, (u64)SAMR_PIPE_BYTES);
	msg->meta.len = 0;
	for (n = p->parcels; n < 2 * SAMR_PIPE_PARCELS; n++)
		if (!samr_pipe_put(p, SAMR_CARRY_GIVE, msg))
			break;
	KUNIT_EXPECT_EQ(test, p->parcels, (u32)SAMR_PIPE_PARCELS);
	samr_msg_put(msg);
	/* It has no bytes that could be sent: it goes as it is. */
	access(net)->limit = 0;
	c = from_far(net, LIAR, 2);
	net_craft_send(net, &c, HEAD);
	KUNIT_EXPECT_EQ(test, access(net)->count, 0U);
}

/* ---- who says that he is its head ---- */

static void outpost_knows_its_head(struct kunit *test)
{
	struct net *net = post_up(test);
	struct samr_rec_carry rec = carry_of(1, SAMR_CARRY_TOLD, SAMR_KIND_SESSION, 0, 0);
	u64 inc = net->head[HEAD].node->cfg.inc;
	struct net_craft c = from_head(net, inc + 1, 0, 0);

	net_craft_add(&c, &rec, sizeof(rec));
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, net_drops(net, POST, SAMR_DROP_INCARNATION), 1ULL);
	c = from_head(net, inc, 0, 0);
	c.info.src = 9;
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, net_drops(net, POST, SAMR_DROP_VIEW), 1ULL);
	c = from_head(net, inc, 0, 0);
	c.info.src = LIAR;
	net_craft_send(net, &c, POST);
	c = from_head(net, inc, 0, 0);
	c.info.type = SAMR_FRAME_CORE;
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, net_drops(net, POST, SAMR_DROP_SOURCE), 2ULL);
	/* Told of what it has not said. */
	rec.number = cpu_to_be64(4711);
	rec.seq = cpu_to_be64(remote(net)->pipe.got + 1);
	c = from_head(net, inc, 0, 0);
	net_craft_add(&c, &rec, sizeof(rec));
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, net_drops(net, POST, SAMR_DROP_SESSION), 1ULL);
	KUNIT_EXPECT_EQ(test, remote(net)->losses, 0ULL);
}

/* What no head says costs the pipe, and nothing else. */
static void outpost_leaves_a_false_head(struct kunit *test)
{
	struct net *net = post_up(test);
	u64 inc = net->head[HEAD].node->cfg.inc;
	struct samr_rec_carry rec = carry_of(remote(net)->pipe.got + 1,
					     SAMR_CARRY_FORGET, 0, 0, 0);
	struct net_craft c = from_head(net, inc, 0, 0);

	net_craft_add(&c, &rec, sizeof(rec));
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, remote(net)->losses, 1ULL);
	pass(net);
	KUNIT_ASSERT_NE(test, remote(net)->pipe.link, 0ULL);
	c = from_head(net, inc, 0, 1000);
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, net_drops(net, POST, SAMR_DROP_CONFLICT), 1ULL);
	KUNIT_EXPECT_EQ(test, remote(net)->losses, 2ULL);
	pass(net);
	KUNIT_ASSERT_NE(test, remote(net)->pipe.link, 0ULL);
	c = from_head(net, inc, SAMR_PIPE_BYE, 0);
	net_craft_send(net, &c, POST);
	KUNIT_EXPECT_EQ(test, remote(net)->losses, 3ULL);
	pass(net);
	KUNIT_EXPECT_NE(test, remote(net)->pipe.link, 0ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 1U);
}

/* Any bytes at all, in frames of both: no step breaks an invariant, and the two find each other again. */
static void outpost_bears_anything(struct kunit *test)
{
	struct net *net = post_up(test);
	struct samr_rec_carry rec;
	struct net_craft c;
	u32 i, k, at;

	for (i = 0; i < 4000; i++) {
		rec = carry_of(net_random(net, 5) + 1, (u8)net_random(net, 7),
			       (u8)net_random(net, 24), net_random(net, 200), 40);
		for (k = net_random(net, 4); k; k--) {
			at = 4 + net_random(net, sizeof(rec) - 4);
			((u8 *)&rec)[at] = (u8)net_random(net, 256);
		}
		if (i % 2)
			c = from_far(net, LIAR + net_random(net, 3), 1 + i / 500);
		else
			c = from_head(net, net_random(net, 4) ? 99 :
				      net->head[HEAD].node->cfg.inc, 0, 0);
		net_craft_add(&c, &rec, sizeof(rec));
		net_craft_fill(&c, i, 0, 40);
		net_craft_send(net, &c, i % 2 ? HEAD : POST);
		if (i % 50 == 0)
			net_run(net, 3 * SAMR_MSEC);
	}
	net_run(net, 1000 * SAMR_MSEC);
	KUNIT_EXPECT_NE(test, remote(net)->pipe.link, 0ULL);
	KUNIT_EXPECT_EQ(test, access(net)->count, 1U);
}

static struct kunit_case outpost_cases[] = {
	KUNIT_CASE(outpost_is_answered),
	KUNIT_CASE(outpost_acknowledges_past_what_waits),
	KUNIT_CASE(outpost_keeps_room_to_acknowledge),
	KUNIT_CASE(outpost_speaks_as_a_head),
	KUNIT_CASE(outpost_says_what_cannot_be),
	KUNIT_CASE(outpost_of_another_head),
	KUNIT_CASE(outposts_are_too_many),
	KUNIT_CASE(outpost_is_bounded),
	KUNIT_CASE(outpost_fetches_nothing),
	KUNIT_CASE(outpost_knows_its_head),
	KUNIT_CASE(outpost_leaves_a_false_head),
	KUNIT_CASE(outpost_bears_anything),
	{ }
};

static struct kunit_suite outpost_suite = {
	.name = "samr_outpost",
	.init = net_init,
	.exit = net_exit,
	.test_cases = outpost_cases,
};

kunit_test_suite(outpost_suite);
