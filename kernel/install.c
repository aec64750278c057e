// SPDX-License-Identifier: GPL-2.0
/* Members that give or take their service's state, see install.h. */
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include "listener.h"
#include "stats.h"

/* Wait before the state is asked for again that somebody could not give. */
#define AGAIN_MS	50

static struct samr_local *local_of(struct samr_install *in)
{
	return container_of(in, struct samr_local, install);
}

void samr_install_init(struct samr_local *l)
{
	samr_log_reader_init(&l->install.pieces);
}

/* It is there to read, and to be given something. */
static bool reads(const struct samr_local *l)
{
	return l->ops && !l->muted && l->state == SAMR_MEMBER_JOINED;
}

static void want(struct samr_local *l, u32 wish)
{
	if (!reads(l))
		return;
	l->want |= wish;
	samr_local_submit(l, 0);
}

static void ask(struct samr_local *l)
{
	if (!l->install.asking)
		want(l, SAMR_WANT_SNAPSHOT);
}

/* Not at once: a donor that always fails shall not keep the order busy. */
static void ask_later(struct samr_local *l)
{
	if (l->install.asking || !reads(l))
		return;
	l->want |= SAMR_WANT_SNAPSHOT;
	/* Whoever submits for it just now would come back to it at once. */
	l->install.later_at = (jiffies + msecs_to_jiffies(AGAIN_MS)) | 1;
	samr_local_submit(l, AGAIN_MS);
}

static void note_view(struct samr_local *l, const struct samr_msg *msg)
{
	l->reader.view = msg->members->id;
	l->reader.members = msg->members->count;
}

/* The newest change of the members is the one that it will read. */
static void set_view(struct samr_local *l, struct samr_msg *msg)
{
	struct samr_install *in = &l->install;

	samr_msg_put(in->view);
	in->view = msg ? samr_msg_get(msg) : NULL;
	if (msg && !l->reader.views)
		note_view(l, msg);
	else if (msg && l->ops)
		l->ops->readable(l->ctx);
}

static void set_lacks(struct samr_local *l, bool lacks)
{
	if (l->install.lacks == lacks)
		return;
	l->install.lacks = lacks;
	if (lacks)
		l->svc->lacking++;
	else
		l->svc->lacking--;
}

/* What was kept for it is of no use. */
static void drop(struct samr_local *l, struct list_head *free)
{
	struct samr_install *in = &l->install;

	in->id = 0;
	in->read = 0;
	in->last = 0;
	in->untold = 0;
	if (l->reader.streams && l->ctx)
		samr_keep_drop(l->ctx);
	l->want &= ~SAMR_WANT_READ;
	samr_log_detach(&l->svc->pieces, &in->pieces, free);
	samr_log_detach(&l->svc->log, &l->reader, free);
	samr_log_unhold(&l->reader);
	if (in->lacks && l->svc->changed &&
	    l->svc->changed->members->id != l->reader.view)
		set_view(l, l->svc->changed);
}

static void begin(struct samr_local *l, u64 id, struct list_head *free)
{
	struct samr_install *in = &l->install;

	drop(l, free);
	in->id = id;
	if (!reads(l))
		return;
	samr_log_attach(&l->svc->pieces, &in->pieces);
	in->pieces.edges = l->reader.edges;
	samr_log_attach(&l->svc->log, &l->reader);
	samr_log_hold(&l->reader);
}

bool samr_install_joined(struct samr_local *l, struct samr_msg *msg)
{
	const struct samr_members *m = msg->members;

	/* Whoever joins is the last by seniority. */
	if (!m || !(m->m[m->count - 1].flags & SAMR_ID_LACKS))
		return false;
	set_lacks(l, true);
	set_view(l, msg);
	ask(l);
	return true;
}

/* The state is there, and the order knows so: it goes on behind it. */
static void installed(struct samr_local *l, struct list_head *free)
{
	struct samr_install *in = &l->install;

	set_lacks(l, false);
	if (in->view)
		note_view(l, in->view);
	set_view(l, NULL);
	/* What it answers from now on shows the state. */
	l->reader.seen.gseq = max(l->reader.seen.gseq, in->id);
	in->id = 0;
	samr_log_detach(&l->svc->pieces, &in->pieces, free);
	samr_log_unhold(&l->reader);
	if (l->reader.streams && l->ctx)
		samr_keep_begin(l->ctx);
	if (l->ops)
		l->ops->readable(l->ctx);
}

void samr_install_settle(struct samr_local *l, const struct samr_msg *msg,
			 struct list_head *free)
{
	struct samr_install *in = &l->install;

	lockdep_assert_held(&l->svc->lock);
	if (msg->meta.kind == SAMR_KIND_SNAPSHOT) {
		in->asking = false;
		/* It named another transfer than the one it had come into. */
		if (msg->refused && in->lacks && !in->id)
			ask_later(l);
		return;
	}
	in->telling = false;
	if (!msg->meta.gseq || msg->refused || !in->lacks)
		return;
	if (in->last && msg->meta.arg == in->last)
		installed(l, free);
	else if (in->read && (in->last || in->untold >= SAMR_INSTALL_TELL))
		want(l, SAMR_WANT_READ);
}

void samr_install_end(struct samr_local *l, struct list_head *free)
{
	lockdep_assert_held(&l->svc->lock);
	if (!l->install.lacks)
		return;
	set_lacks(l, false);
	drop(l, free);
	set_view(l, NULL);
	l->want &= ~(SAMR_WANT_SNAPSHOT | SAMR_WANT_READ);
}

static bool is_receiver(const struct samr_local *l, const struct samr_msg *msg)
{
	const struct samr_transfer *t = msg->transfer;
	u32 i;

	for (i = 0; i < t->count; i++)
		if (t->to[i].node == l->reader.head &&
		    t->to[i].port == l->port)
			return true;
	return false;
}

static void changed(struct samr_local *l, const struct samr_msg *msg,
		    struct list_head *free)
{
	const struct samr_transfer *t = msg->transfer;
	struct samr_install *in = &l->install;

	if (t->lost) {
		samr_local_lost(l, free);
		return;
	}
	if (is_receiver(l, msg)) {
		if (t->id != in->id && t->id != in->given_up)
			begin(l, t->id, free);
		return;
	}
	if (in->id)
		drop(l, free);
	if (t->id)
		return;
	if (msg->meta.flags & SAMR_MSG_FAILED) {
		/* 0 is never. */
		in->failed_at = in->failed_at ?: jiffies | 1;
		ask_later(l);
	} else {
		ask(l);
	}
}

static void begin_anew(struct samr_local *l, struct list_head *free)
{
	struct samr_service *svc = l->svc;

	samr_stats_count(svc->all->c, SAMR_STAT_INSTALL_BEHIND);
	l->install.given_up = l->install.id;
	drop(l, free);
	ask(l);
}

/* A stream that goes on with the state. */
static void keep(struct samr_local *l, const struct samr_msg *msg,
		 struct list_head *free)
{
	struct samr_install *in = &l->install;

	if (!in->id || in->id != msg->meta.arg || !l->reader.streams || !l->ctx)
		return;
	if (!samr_keep_take(l->ctx, msg))
		begin_anew(l, free);
}

void samr_install_deliver(struct samr_service *svc, struct samr_msg *msg,
			  struct list_head *free)
{
	struct samr_local *l;

	lockdep_assert_held(&svc->lock);
	if (msg->members) {
		samr_msg_put(svc->changed);
		svc->changed = samr_msg_get(msg);
	}
	if (!svc->lacking)
		return;
	list_for_each_entry(l, &svc->locals, node) {
		if (!l->install.lacks)
			continue;
		if (msg->transfer)
			changed(l, msg, free);
		if (msg->members && l->install.lacks && !l->install.id)
			set_view(l, msg);
		if (msg->meta.kind == SAMR_KIND_REPLIES &&
		    msg->result != SAMR_SES_CUT)
			keep(l, msg, free);
	}
}

static void fall_behind(struct samr_local *l, struct list_head *free)
{
	pr_notice_ratelimited("samr: service %u port %u: fell behind while it was given the state, begins anew; a larger SO_RCVBUF allows for more\n",
			      l->svc->id, l->port);
	begin_anew(l, free);
}

void samr_install_limit(struct samr_service *svc, struct list_head *free)
{
	struct samr_local *l;

	lockdep_assert_held(&svc->lock);
	if (!svc->lacking)
		return;
	list_for_each_entry(l, &svc->locals, node)
		if (l->reader.held &&
		    l->reader.kept > (u64)SAMR_INSTALL_WINDOWS * l->window)
			fall_behind(l, free);
}

struct samr_msg *samr_install_front(const struct samr_local *l)
{
	const struct samr_install *in = &l->install;

	if (in->view && l->reader.views)
		return in->view;
	return samr_log_peek(&l->svc->pieces, &in->pieces);
}

void samr_install_pass(struct samr_local *l, const struct samr_msg *msg,
		       struct list_head *free)
{
	struct samr_install *in = &l->install;

	lockdep_assert_held(&l->svc->lock);
	if (msg == in->view) {
		l->reader.seen = samr_point_of(&msg->meta);
		note_view(l, msg);
		set_view(l, NULL);
		return;
	}
	if (samr_log_peek(&l->svc->pieces, &in->pieces) != msg)
		return;
	in->read = msg->meta.gseq;
	in->untold += msg->meta.len;
	if (msg->meta.flags & SAMR_MSG_LAST)
		in->last = msg->meta.gseq;
	samr_log_pass(&l->svc->pieces, &in->pieces, msg, free);
	if (!in->telling && (in->last || in->untold >= SAMR_INSTALL_TELL))
		want(l, SAMR_WANT_READ);
}

static bool is_impatient(const struct samr_install *in)
{
	return in->failed_at &&
	       time_after(jiffies, in->failed_at + SAMR_INSTALL_PATIENCE);
}

unsigned long samr_install_waits(const struct samr_local *l)
{
	unsigned long at = l->install.later_at;

	return at && time_before(jiffies, at) ? at - jiffies : 0;
}

void samr_install_fill(struct samr_local *l, struct samr_submit *s)
{
	struct samr_install *in = &l->install;

	lockdep_assert_held(&l->svc->lock);
	if (s->kind == SAMR_KIND_SNAPSHOT) {
		in->asking = true;
		s->arg = in->given_up;
		if (in->keeps && !is_impatient(in))
			s->flags = SAMR_MSG_KEEP;
	} else {
		in->telling = true;
		in->untold = 0;
		s->arg = in->read;
	}
}

void samr_install_refused(struct samr_local *l, u8 kind)
{
	lockdep_assert_held(&l->svc->lock);
	if (kind == SAMR_KIND_SNAPSHOT)
		l->install.asking = false;
	else
		l->install.telling = false;
}

void samr_install_wake(struct samr_reader *r)
{
	struct samr_install *in = container_of(r, struct samr_install, pieces);
	struct samr_local *l = local_of(in);

	if (l->ops)
		l->ops->readable(l->ctx);
}
