// SPDX-License-Identifier: GPL-2.0
/*
 * Clients against a cluster that does what it is told. client.c calls it by the
 * shell's own names, which this module has to itself.
 */
#include <kunit/test.h>
#include <linux/skbuff.h>
#include "../client_inside.h"
#include "../core/wirestate.h"
#include "listening.h"

#define SVC		7
#define SUBMITS		64

/**
 * struct order - the cluster
 * @all: its services
 * @answer: what submitting returns
 * @sent: what was taken, in order; each has a reference to its payload
 * @count: of @sent
 * @told: of @sent: was delivered
 * @epoch: of the view; 0: none
 * @served: the group has members
 * @asks: what asking returns
 * @asked: the last QUERY; its payload is gone
 * @queries: how many were taken
 * @forgot: how often FORGET came
 */
static struct order {
	struct samr_services *all;
	int answer;
	struct samr_submit sent[SUBMITS];
	unsigned int count;
	unsigned int told;
	u64 epoch;
	bool served;
	int asks;
	struct samr_event asked;
	unsigned int queries;
	unsigned int forgot;
} order;

int samr_cluster_submit(struct samr_cluster *c, const struct samr_submit *s)
{
	if (order.answer)
		return order.answer;
	if (order.count == SUBMITS)
		return -EAGAIN;
	order.sent[order.count] = *s;
	skb_get(samr_blob_skb(s->payload));
	order.count++;
	return 0;
}

u64 samr_cluster_stable(struct samr_cluster *c)
{
	return 0;
}

int samr_cluster_ask(struct samr_cluster *c, struct samr_event *ev)
{
	if (ev->type == SAMR_EV_PLACE)
		return listening_place(ev);
	if (ev->type == SAMR_EV_FORGET) {
		order.forgot++;
		return 0;
	}
	if (order.asks)
		return order.asks;
	order.asked = *ev;
	order.queries++;
	return 0;
}

void samr_cluster_view(struct samr_cluster *c, struct samr_view_info *info)
{
	memset(info, 0, sizeof(*info));
	info->epoch = order.epoch;
}

bool samr_cluster_far(const struct samr_cluster *c)
{
	return false;
}

struct samr_members *samr_cluster_members(struct samr_cluster *c, u32 group)
{
	struct samr_members *m;

	if (!order.served)
		return NULL;
	m = samr_alloc(sizeof(*m));
	if (m)
		samr_ref_set(&m->ref, 1);
	return m;
}

u64 samr_cluster_self(const struct samr_cluster *c, u64 *inc)
{
	return 1;
}

void *samr_cluster_priv(struct samr_cluster *c)
{
	return order.all;
}

static unsigned int writable, failed;
static int failed_with;

static void on_readable(void *ctx)
{
}

static void on_writable(void *ctx)
{
	writable++;
}

static void on_failed(void *ctx, int err)
{
	failed++;
	failed_with = err;
}

static const struct samr_local_ops ops = {
	.readable = on_readable, .writable = on_writable, .failed = on_failed,
};

static struct samr_service *service;

static int client_init(struct kunit *test)
{
	struct samr_services *all = kunit_kzalloc(test, sizeof(*all), GFP_KERNEL);
	struct samr_service *svc = kunit_kzalloc(test, sizeof(*svc), GFP_KERNEL);

	if (!all || !svc)
		return -ENOMEM;
	memset(&order, 0, sizeof(order));
	order.all = all;
	order.epoch = 1;
	order.served = true;
	writable = 0;
	failed = 0;
	spin_lock_init(&all->lock);
	INIT_LIST_HEAD(&all->clients);
	timer_setup(&all->tick, samr_client_tick, 0);
	xa_init_flags(&all->table, XA_FLAGS_LOCK_BH);
	refcount_set(&svc->ref, 1000);
	svc->all = all;
	svc->id = SVC;
	svc->uid = GLOBAL_ROOT_UID;
	spin_lock_init(&svc->lock);
	xa_init_flags(&svc->clients, XA_FLAGS_LOCK_BH);
	service = svc;
	return xa_err(xa_store_bh(&all->table, SVC, svc, GFP_KERNEL));
}

static const struct samr_session_opts usual = {
	.reply_max = 100, .expiry = 1000,
};

/* What the core says of the submission that is next; @gseq 0: it was dropped. */
static void tell(struct kunit *test, u64 gseq, u8 result, u64 next)
{
	const struct samr_submit *s = &order.sent[order.told];
	struct samr_client *cl = s->owner;
	struct samr_meta meta = {
		.gseq = gseq, .kind = s->kind, .arg = s->arg, .len = s->len,
		.group = s->group, .port = s->port,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_LT(test, order.told, order.count);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	order.told++;
	msg->one.blob = s->payload;
	msg->npieces = 1;
	msg->have = s->len;
	msg->result = result;
	msg->session = 500;
	msg->next = next;
	spin_lock_bh(&service->lock);
	samr_client_settle(cl, msg);
	spin_unlock_bh(&service->lock);
	samr_client_drive(cl);
	samr_client_put(cl);
	samr_msg_put(msg);
}

static void reply(struct kunit *test, struct samr_client *cl, u64 number, u8 result)
{
	struct samr_meta meta = {
		.gseq = 900, .kind = SAMR_KIND_REPLY, .arg = number,
		.group = SVC, .port = cl->port,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->session = 500;
	msg->result = result;
	spin_lock_bh(&service->lock);
	KUNIT_EXPECT_PTR_EQ(test, samr_client_reply(service, msg), cl);
	spin_unlock_bh(&service->lock);
	samr_client_drive(cl);
	samr_client_put(cl);
	samr_msg_put(msg);
}

static u8 op_of(struct kunit *test, unsigned int i)
{
	KUNIT_ASSERT_LT(test, i, order.count);
	KUNIT_EXPECT_EQ(test, order.sent[i].kind, SAMR_KIND_SESSION);
	return *samr_blob_skb(order.sent[i].payload)->data;
}

/* Submission @i is the request of that number. */
static void is_request(struct kunit *test, unsigned int i, u64 number)
{
	KUNIT_ASSERT_LT(test, i, order.count);
	KUNIT_EXPECT_EQ(test, order.sent[i].kind, SAMR_KIND_REQUEST);
	KUNIT_EXPECT_EQ(test, order.sent[i].arg, number);
}

static struct samr_client *connecting(struct kunit *test)
{
	struct samr_client *cl = samr_client_new(NULL, &init_net, SVC, &ops, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(cl));
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &usual), 0);
	return cl;
}

static struct samr_client *connected(struct kunit *test)
{
	struct samr_client *cl = connecting(test);

	tell(test, 500, SAMR_SES_OPENED, 1);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), 0);
	return cl;
}

static int call(struct kunit *test, struct samr_client *cl)
{
	u32 len = sizeof(struct samr_request_payload) + 4;
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, len);
	err = samr_client_call(cl, skb, 0, 0, 1 << 20);
	if (err)
		kfree_skb(skb);
	return err;
}

/* Read what is next. Return: its number; or a negative errno value. */
static s64 read_one(struct samr_client *cl)
{
	struct samr_call *c = samr_client_peek(cl);
	s64 number;

	if (IS_ERR_OR_NULL(c))
		return PTR_ERR_OR_ZERO(c);
	number = c->err ?: (s64)c->number;
	samr_client_pass(cl, c);
	samr_call_put(c);
	return number;
}

static void finish(struct kunit *test, struct samr_client *cl)
{
	unsigned int i;

	samr_client_close(cl);
	order.answer = -ENETDOWN;
	while (order.told < order.count)
		tell(test, 0, 0, 0);
	del_timer_sync(&order.all->tick);
	samr_client_forget(order.all);
	samr_client_put(cl);
	KUNIT_EXPECT_TRUE(test, xa_empty(&service->clients));
	KUNIT_EXPECT_EQ(test, atomic_read(&order.all->bound), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&service->ref), 1000);
	for (i = 0; i < order.count; i++)
		KUNIT_EXPECT_PTR_EQ(test, order.sent[i].owner, (void *)cl);
	xa_destroy(&order.all->table);
}

static void client_opens(struct kunit *test)
{
	struct samr_client *cl = connecting(test);

	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &usual), -EALREADY);
	KUNIT_EXPECT_EQ(test, op_of(test, 0), SAMR_SESSION_OPEN);
	KUNIT_EXPECT_EQ(test, call(test, cl), -EAGAIN);
	tell(test, 500, SAMR_SES_OPENED, 1);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), 0);
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &usual), -EISCONN);
	KUNIT_EXPECT_EQ(test, writable, 1);
	finish(test, cl);
}

static void client_is_refused(struct kunit *test)
{
	struct samr_client *cl = connecting(test);
	u64 id = cl->id;

	tell(test, 500, SAMR_SES_GONE, 0);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, failed_with, ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &usual), 0);
	tell(test, 501, SAMR_SES_FULL, 0);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), -ENOSPC);
	KUNIT_EXPECT_NE(test, cl->id, id);
	order.answer = -ENOTCONN;
	order.served = false;
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &usual), 0);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), -ECONNREFUSED);
	/* Without a view that is not known. */
	order.epoch = 0;
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &usual), 0);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), -EINPROGRESS);
	finish(test, cl);
}

/* Whether a lost OPEN comes to be is not known: it is not sent again. */
static void client_never_opens_an_id_twice(struct kunit *test)
{
	struct samr_client *cl = connecting(test);
	u64 id = cl->id;

	order.answer = -EAGAIN;
	tell(test, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, order.count, 1);
	order.answer = 0;
	samr_client_feed(order.all);
	KUNIT_EXPECT_EQ(test, op_of(test, 1), SAMR_SESSION_OPEN);
	KUNIT_EXPECT_NE(test, cl->id, id);
	tell(test, 500, SAMR_SES_OPENED, 1);
	KUNIT_EXPECT_EQ(test, samr_client_opened(cl), 0);
	finish(test, cl);
}

static void client_has_a_window(struct kunit *test)
{
	struct samr_client *cl = connected(test);
	int i;

	for (i = 1; i <= SAMR_REQUESTS_MAX; i++) {
		KUNIT_EXPECT_EQ(test, call(test, cl), 0);
		is_request(test, i, i);
	}
	KUNIT_EXPECT_EQ(test, call(test, cl), -EAGAIN);
	reply(test, cl, 2, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, read_one(cl), 2);
	/* The first one is still open, and so is all behind it. */
	KUNIT_EXPECT_EQ(test, call(test, cl), -EAGAIN);
	reply(test, cl, 1, SAMR_SES_REPLY);
	reply(test, cl, 1, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, call(test, cl), -EAGAIN);
	writable = 0;
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EAGAIN);
	KUNIT_EXPECT_EQ(test, writable, 1);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	KUNIT_EXPECT_EQ(test, call(test, cl), -EAGAIN);
	finish(test, cl);
}

static void client_sends_again_what_was_refused(struct kunit *test)
{
	struct samr_client *cl = connected(test);
	int i;

	for (i = 1; i <= 3; i++)
		KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 501, SAMR_SES_ORDERED, 2);
	tell(test, 502, SAMR_SES_FULL, 2);
	tell(test, 503, SAMR_SES_AHEAD, 2);
	KUNIT_EXPECT_EQ(test, order.count, 4);
	samr_client_feed(order.all);
	is_request(test, 4, 2);
	is_request(test, 5, 3);
	KUNIT_EXPECT_EQ(test, order.count, 6);
	finish(test, cl);
}

static void client_out(struct samr_client *cl)
{
	spin_lock_bh(&service->lock);
	samr_client_out(cl, 0);
	spin_unlock_bh(&service->lock);
}

static void client_goes_on_in_the_next_view(struct kunit *test)
{
	struct samr_client *cl = connected(test);
	u64 id = cl->id;
	int i;

	for (i = 1; i <= 4; i++)
		KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	reply(test, cl, 1, SAMR_SES_REPLY);
	order.answer = -ENOTCONN;
	for (i = 1; i <= 4; i++)
		tell(test, 0, 0, 0);
	client_out(cl);
	order.answer = 0;
	samr_client_feed(order.all);
	KUNIT_EXPECT_EQ(test, op_of(test, 5), SAMR_SESSION_ATTACH);
	KUNIT_EXPECT_EQ(test, order.count, 6);
	KUNIT_EXPECT_EQ(test, cl->id, id);
	/* The heads have had three of them. */
	tell(test, 600, SAMR_SES_ATTACHED, 4);
	is_request(test, 6, 4);
	KUNIT_EXPECT_EQ(test, order.count, 7);
	for (i = 1; i <= 4; i++)
		reply(test, cl, i, SAMR_SES_REPLY);
	for (i = 1; i <= 4; i++)
		KUNIT_EXPECT_EQ(test, read_one(cl), i);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EAGAIN);
	finish(test, cl);
}

static void client_is_told_what_is_not_known(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	order.answer = -EAGAIN;
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 501, SAMR_SES_ORDERED, 2);
	reply(test, cl, 1, SAMR_SES_UNKNOWN);
	client_out(cl);
	order.answer = 0;
	samr_client_feed(order.all);
	tell(test, 0, 0, 0);
	tell(test, 600, SAMR_SES_GONE, 0);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EREMOTEIO);
	/* The order has never taken the third. */
	KUNIT_EXPECT_EQ(test, read_one(cl), -ECANCELED);
	KUNIT_EXPECT_EQ(test, read_one(cl), -ECONNRESET);
	KUNIT_EXPECT_EQ(test, call(test, cl), -ECONNRESET);
	finish(test, cl);
}

/* An early reply to what the heads have lost: there is no way on from there. */
static void client_has_seen_what_never_was(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	reply(test, cl, 1, SAMR_SES_REPLY);
	order.answer = -ENOTCONN;
	tell(test, 0, 0, 0);
	tell(test, 0, 0, 0);
	order.answer = 0;
	samr_client_feed(order.all);
	tell(test, 600, SAMR_SES_ATTACHED, 1);
	KUNIT_EXPECT_EQ(test, op_of(test, 4), SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, read_one(cl), -ECONNRESET);
	tell(test, 601, SAMR_SES_DONE, 1);
	KUNIT_EXPECT_EQ(test, order.count, 5);
	finish(test, cl);
}

static void client_closes_behind_its_requests(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	order.answer = -EAGAIN;
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	samr_client_close(cl);
	samr_client_put(cl);
	KUNIT_EXPECT_EQ(test, order.count, 1);
	order.answer = 0;
	samr_client_feed(order.all);
	is_request(test, 1, 1);
	tell(test, 501, SAMR_SES_ORDERED, 2);
	KUNIT_EXPECT_EQ(test, op_of(test, 2), SAMR_SESSION_CLOSE);
	tell(test, 502, SAMR_SES_DONE, 2);
	KUNIT_EXPECT_TRUE(test, xa_empty(&service->clients));
	del_timer_sync(&order.all->tick);
	xa_destroy(&order.all->table);
}

/* Whoever connects and closes while nothing is ordered leaves nothing behind. */
static void client_closed_waits_for_nothing(struct kunit *test)
{
	struct samr_client *cl;

	order.answer = -EAGAIN;
	cl = connecting(test);
	KUNIT_EXPECT_FALSE(test, list_empty(&order.all->clients));
	samr_client_close(cl);
	KUNIT_EXPECT_TRUE(test, list_empty(&order.all->clients));
	samr_client_put(cl);
	KUNIT_EXPECT_TRUE(test, xa_empty(&service->clients));
	KUNIT_EXPECT_EQ(test, order.count, 0);
	del_timer_sync(&order.all->tick);
	xa_destroy(&order.all->table);
}

static void client_acknowledges_when_idle(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 501, SAMR_SES_ORDERED, 2);
	reply(test, cl, 1, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	samr_client_feed(order.all);
	KUNIT_EXPECT_EQ(test, order.count, 2);
	KUNIT_EXPECT_TRUE(test, timer_pending(&order.all->tick));
	del_timer_sync(&order.all->tick);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 502, SAMR_SES_ORDERED, 3);
	/* A request says so, too. */
	KUNIT_EXPECT_EQ(test, cl->told, 1);
	reply(test, cl, 2, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, read_one(cl), 2);
	/* That there is room again does not make it forget. */
	samr_client_feed(order.all);
	KUNIT_EXPECT_EQ(test, order.count, 3);
	samr_client_tick(&order.all->tick);
	KUNIT_EXPECT_EQ(test, op_of(test, 3), SAMR_SESSION_ACK);
	finish(test, cl);
}

/* What lacks memory does not wait for the time at which replies are acknowledged. */
static void client_without_memory_tries_soon(struct kunit *test)
{
	struct samr_client *cl = connected(test);
	unsigned long soon;

	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 501, SAMR_SES_ORDERED, 2);
	reply(test, cl, 1, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	order.answer = -ENOMEM;
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	soon = jiffies + msecs_to_jiffies(SAMR_CLIENT_TELL_MS / 2);
	KUNIT_EXPECT_TRUE(test, time_before(order.all->tick.expires, soon));
	del_timer_sync(&order.all->tick);
	order.answer = 0;
	samr_client_feed(order.all);
	is_request(test, 2, 2);
	tell(test, 502, SAMR_SES_ORDERED, 3);
	reply(test, cl, 2, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, read_one(cl), 2);
	finish(test, cl);
}

/* ---- queries ---- */

static int query(struct samr_client *cl, bool linear)
{
	return samr_client_query(cl, NULL, 0, 0, linear, 1 << 20);
}

static void answer(struct kunit *test, struct samr_client *cl, u64 number, u64 gseq,
		   u8 result)
{
	struct samr_meta meta = {
		.gseq = gseq, .kind = SAMR_KIND_ANSWER, .arg = number,
		.group = SVC, .port = cl->port,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->result = result;
	spin_lock_bh(&service->lock);
	KUNIT_EXPECT_PTR_EQ(test, samr_client_answer(service, msg), cl);
	spin_unlock_bh(&service->lock);
	samr_client_drive(cl);
	samr_client_put(cl);
	samr_msg_put(msg);
}

/* The core was given @count queries; the last one is of this number. */
static void is_query(struct kunit *test, unsigned int count, u64 number, u64 seen,
		     bool linear)
{
	KUNIT_ASSERT_EQ(test, order.queries, count);
	KUNIT_EXPECT_EQ(test, order.asked.query.arg, number);
	KUNIT_EXPECT_EQ(test, order.asked.query.seen, seen);
	KUNIT_EXPECT_EQ(test, order.asked.query.linear, linear);
	KUNIT_EXPECT_EQ(test, order.asked.query.most, usual.reply_max);
	KUNIT_EXPECT_EQ(test, order.asked.query.group, SVC);
}

/* What goes with a query is what requests and queries before it have shown. */
static void client_queries_what_it_has_seen(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	KUNIT_EXPECT_EQ(test, query(cl, false), 0);
	is_query(test, 1, 1, 0, false);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 501, SAMR_SES_ORDERED, 2);
	reply(test, cl, 1, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, query(cl, true), 0);
	is_query(test, 2, 2, 900, true);
	answer(test, cl, 2, 950, SAMR_SES_REPLY);
	answer(test, cl, 1, 910, SAMR_SES_REPLY);
	/* Nobody waits for it any more. */
	answer(test, cl, 1, 999, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, query(cl, false), 0);
	is_query(test, 3, 3, 950, false);
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	KUNIT_EXPECT_EQ(test, read_one(cl), 2);
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EAGAIN);
	finish(test, cl);
	KUNIT_EXPECT_EQ(test, order.forgot, 1);
}

static void client_asks_again(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	order.asks = -EAGAIN;
	KUNIT_EXPECT_EQ(test, query(cl, false), 0);
	order.asks = 0;
	KUNIT_EXPECT_EQ(test, order.queries, 0);
	samr_client_feed(order.all);
	is_query(test, 1, 1, 0, false);
	samr_client_feed(order.all);
	KUNIT_EXPECT_EQ(test, order.queries, 1);
	/* Nobody could answer it: not at once again. */
	answer(test, cl, 1, 1, SAMR_SES_GONE);
	KUNIT_EXPECT_EQ(test, order.queries, 1);
	samr_client_feed(order.all);
	is_query(test, 2, 1, 0, false);
	/* The core is gone, and what it was asked: first the session comes. */
	spin_lock_bh(&service->lock);
	samr_client_out(cl, 0);
	spin_unlock_bh(&service->lock);
	answer(test, cl, 1, 700, SAMR_SES_REPLY);
	samr_client_feed(order.all);
	KUNIT_EXPECT_EQ(test, order.queries, 2);
	KUNIT_EXPECT_EQ(test, op_of(test, 1), SAMR_SESSION_ATTACH);
	tell(test, 600, SAMR_SES_ATTACHED, 1);
	is_query(test, 3, 1, 0, false);
	answer(test, cl, 1, 700, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, read_one(cl), 1);
	finish(test, cl);
}

static void client_queries_have_a_window(struct kunit *test)
{
	struct samr_client *cl = connected(test);
	int i;

	for (i = 1; i < SAMR_REQUESTS_MAX; i++)
		KUNIT_EXPECT_EQ(test, query(cl, false), 0);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	KUNIT_EXPECT_EQ(test, query(cl, false), -EAGAIN);
	KUNIT_EXPECT_EQ(test, call(test, cl), -EAGAIN);
	answer(test, cl, 5, 600, SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, query(cl, false), -EAGAIN);
	KUNIT_EXPECT_EQ(test, samr_client_poll(cl, 1 << 20) & EPOLLOUT, 0);
	writable = 0;
	KUNIT_EXPECT_EQ(test, read_one(cl), 5);
	KUNIT_EXPECT_EQ(test, writable, 1);
	KUNIT_EXPECT_NE(test, samr_client_poll(cl, 1 << 20) & EPOLLOUT, 0);
	KUNIT_EXPECT_EQ(test, query(cl, false), 0);
	finish(test, cl);
	KUNIT_EXPECT_EQ(test, order.forgot, 1);
}

static void client_queries_end_with_the_session(struct kunit *test)
{
	struct samr_client *cl = connected(test);

	KUNIT_EXPECT_EQ(test, query(cl, false), 0);
	KUNIT_EXPECT_EQ(test, call(test, cl), 0);
	tell(test, 501, SAMR_SES_GONE, 0);
	KUNIT_EXPECT_EQ(test, order.forgot, 1);
	KUNIT_EXPECT_EQ(test, read_one(cl), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, read_one(cl), -ECANCELED);
	KUNIT_EXPECT_EQ(test, read_one(cl), -ECONNRESET);
	KUNIT_EXPECT_EQ(test, query(cl, false), -ECONNRESET);
	finish(test, cl);
}

static void client_early_has_no_queries(struct kunit *test)
{
	const struct samr_session_opts early = {
		.reply_max = 100, .expiry = 1000, .flags = SAMR_SESSION_EARLY,
	};
	struct samr_client *cl = samr_client_new(NULL, &init_net, SVC, &ops, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(cl));
	KUNIT_EXPECT_EQ(test, query(cl, false), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, samr_client_open(cl, &early), 0);
	tell(test, 500, SAMR_SES_OPENED, 1);
	KUNIT_EXPECT_EQ(test, query(cl, false), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, order.queries, 0);
	finish(test, cl);
	KUNIT_EXPECT_EQ(test, order.forgot, 0);
}

static struct kunit_case client_cases[] = {
	KUNIT_CASE(client_opens),
	KUNIT_CASE(client_is_refused),
	KUNIT_CASE(client_never_opens_an_id_twice),
	KUNIT_CASE(client_has_a_window),
	KUNIT_CASE(client_sends_again_what_was_refused),
	KUNIT_CASE(client_goes_on_in_the_next_view),
	KUNIT_CASE(client_is_told_what_is_not_known),
	KUNIT_CASE(client_has_seen_what_never_was),
	KUNIT_CASE(client_closes_behind_its_requests),
	KUNIT_CASE(client_closed_waits_for_nothing),
	KUNIT_CASE(client_acknowledges_when_idle),
	KUNIT_CASE(client_without_memory_tries_soon),
	KUNIT_CASE(client_queries_what_it_has_seen),
	KUNIT_CASE(client_asks_again),
	KUNIT_CASE(client_queries_have_a_window),
	KUNIT_CASE(client_queries_end_with_the_session),
	KUNIT_CASE(client_early_has_no_queries),
	{}
};

static struct kunit_suite client_suite = {
	.name = "samr_client",
	.init = client_init,
	.test_cases = client_cases,
};
kunit_test_suite(client_suite);
