// SPDX-License-Identifier: GPL-2.0
/* A member that accepts streams, see listening.h. */
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "fake.h"
#include "listening.h"

/* Of the case that runs. */
static struct listening *world;

int samr_cluster_output(struct samr_cluster *c,
			const struct samr_cluster_output *o)
{
	world->told.output = o->from + o->len;
	world->told.upto = o->upto;
	world->told.end = o->end;
	world->told.ends += !!o->end;
	return 0;
}

int samr_cluster_output_room(struct samr_cluster *c, u32 group, u64 session,
			     u64 from)
{
	return 1000;
}

u32 samr_cluster_output_left(struct samr_cluster *c, u32 group, u64 session,
			     u64 made)
{
	return 0;
}

void samr_cluster_input(struct samr_cluster *c, u32 group, u64 session,
			u64 upto)
{
	world->told.input = upto;
}

int listening_place(const struct samr_event *ev)
{
	unsigned int k = world->placed++;

	if (k + 1 == world->refuses)
		return -ENOMEM;
	if (k < LISTENING_PLACES)
		world->places[k] = *ev;
	return 0;
}

static void on_readable(void *ctx)
{
	((struct listening *)ctx)->readable++;
}

static void on_writable(void *ctx)
{
}

static void on_failed(void *ctx, int err)
{
}

static unsigned int on_watched(void *ctx)
{
	return ((struct listening *)ctx)->watched;
}

const struct samr_local_ops listening_ops = {
	.readable	= on_readable,
	.writable	= on_writable,
	.failed		= on_failed,
	.watched	= on_watched,
};

int listening_init(struct kunit *test)
{
	struct listening *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	fake_begin();
	world = w;
	w->gseq = 10;
	spin_lock_init(&w->svc.lock);
	spin_lock_init(&w->all.lock);
	w->svc.all = &w->all;
	samr_log_init(&w->svc.log);
	INIT_LIST_HEAD(&w->svc.locals);
	INIT_LIST_HEAD(&w->svc.listeners);
	INIT_LIST_HEAD(&w->svc.telling);
	INIT_LIST_HEAD(&w->svc.joins);
	INIT_LIST_HEAD(&w->svc.joining);
	INIT_LIST_HEAD(&w->all.pending);
	INIT_LIST_HEAD(&w->all.joining);
	INIT_LIST_HEAD(&w->all.starved);
	INIT_LIST_HEAD(&w->all.writers);
	refcount_set(&w->local.ref, 1);
	w->local.svc = &w->svc;
	samr_log_reader_init(&w->local.reader);
	samr_install_init(&w->local);
	INIT_LIST_HEAD(&w->local.pending);
	INIT_LIST_HEAD(&w->local.starved);
	INIT_LIST_HEAD(&w->local.queries);
	w->local.reader.streams = true;
	samr_log_attach(&w->svc.log, &w->local.reader);
	refcount_set(&w->ls.ref, 1);
	w->ls.local = &w->local;
	w->ls.ops = &listening_ops;
	w->ls.ctx = w;
	w->ls.listens = true;
	w->ls.most = 1;
	w->ls.sockets = 1;
	INIT_LIST_HEAD(&w->ls.backlog);
	samr_keep_init(&w->ls.keep);
	list_add_tail(&w->ls.link, &w->svc.listeners);
	test->priv = w;
	return 0;
}

static void no_wake(struct samr_reader *r)
{
}

static void pump(struct listening *w)
{
	LIST_HEAD(free);

	spin_lock_bh(&w->svc.lock);
	samr_listener_pump(&w->ls, &free);
	samr_connection_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
	samr_log_free(&free);
}

void listening_deliver(struct kunit *test, struct samr_msg *msg, const void *bytes)
{
	struct listening *w = test->priv;
	LIST_HEAD(free);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	if (msg->meta.len) {
		msg->one.blob = samr_blob_new(msg->meta.len);
		KUNIT_ASSERT_NOT_NULL(test, msg->one.blob);
		samr_blob_put_data(msg->one.blob, bytes, msg->meta.len);
		msg->npieces = 1;
		msg->have = msg->meta.len;
	}
	INIT_LIST_HEAD(&msg->link);
	spin_lock_bh(&w->svc.lock);
	samr_log_append(&w->svc.log, msg, &free, no_wake);
	spin_unlock_bh(&w->svc.lock);
	samr_log_free(&free);
	pump(w);
}

void listening_stream(struct kunit *test, u64 session, u8 op)
{
	struct listening *w = test->priv;
	const struct samr_session_payload p = { .op = op };
	const struct samr_meta meta = {
		.gseq = w->gseq++, .kind = SAMR_KIND_STREAM, .len = sizeof(p),
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	if (msg)
		msg->session = session;
	listening_deliver(test, msg, &p);
}

void listening_segment(struct kunit *test, u64 session, u64 number, u32 len, u8 flags)
{
	const u32 head = sizeof(struct samr_request_payload);
	struct listening *w = test->priv;
	const struct samr_meta meta = {
		.gseq = w->gseq++, .kind = SAMR_KIND_REQUEST, .arg = number,
		.flags = flags, .len = head + len,
	};
	u8 *bytes = kunit_kzalloc(test, head + len, GFP_KERNEL);
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	if (msg) {
		msg->session = session;
		msg->segment = true;
	}
	listening_deliver(test, msg, bytes);
}

struct samr_connection *listening_accept(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x = samr_listener_accept(&w->ls, &listening_ops, w);

	KUNIT_ASSERT_FALSE(test, IS_ERR(x));
	return x;
}

void listening_read(struct samr_connection *x, u32 len)
{
	LIST_HEAD(free);

	spin_lock_bh(&x->side.svc->lock);
	samr_input_pass(&x->side.in, len, &free);
	spin_unlock_bh(&x->side.svc->lock);
	samr_log_free(&free);
	x->side.how->passed(&x->side, 1);
}

void listening_close(struct samr_connection *x)
{
	samr_connection_close(x, SAMR_END_CLOSED, false);
	samr_connection_put(x);
}
