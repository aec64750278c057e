// SPDX-License-Identifier: GPL-2.0
/*
 * The delivery log of a service, see log.h.
 *
 * Invariants: @msgs ascends by gseq; @readers ascends by what they read next; a
 * reader's next message is one that it wants; a message is in the log if and only
 * if it lies, for some reader, at or behind its next one and before its end.
 */
#include <linux/bug.h>
#include "log.h"

static struct samr_msg *msg_of(const struct list_head *link)
{
	return list_entry(link, struct samr_msg, link);
}

static bool has_bytes(const struct samr_msg *msg)
{
	return msg->meta.kind == SAMR_KIND_DATA ||
	       msg->meta.kind == SAMR_KIND_REQUEST ||
	       msg->meta.kind == SAMR_KIND_RETURN ||
	       msg->meta.kind == SAMR_KIND_STATE;
}

static u32 bytes_of(const struct samr_msg *msg)
{
	return has_bytes(msg) ? samr_msg_bytes(msg) : 0;
}

static bool changes_view(const struct samr_msg *msg)
{
	return msg->meta.kind != SAMR_KIND_DATA && msg->members;
}

bool samr_log_asks(const struct samr_reader *r, const struct samr_msg *msg)
{
	const struct samr_transfer *t = msg->transfer;

	return r->port && msg->meta.kind == SAMR_KIND_SNAPSHOT && t &&
	       t->id == msg->meta.gseq && t->donor.node == r->head &&
	       t->donor.port == r->port;
}

/* In a log, a SESSION is the end of a stream, as REPLIES by a donor may be. */
static bool is_streams(const struct samr_msg *msg)
{
	return msg->meta.kind == SAMR_KIND_STREAM || msg->segment ||
	       (msg->meta.kind == SAMR_KIND_REPLIES &&
		msg->result == SAMR_SES_CUT) ||
	       msg->meta.kind == SAMR_KIND_SESSION ||
	       samr_msg_begins_transfer(msg);
}

/* The message itself; what it tells of locks is another thing. */
static bool wants_whole(const struct samr_reader *r, const struct samr_msg *msg)
{
	if (r->streams)
		return is_streams(msg);
	if (msg->segment)
		return false;
	if (has_bytes(msg) || msg->meta.kind == SAMR_KIND_CONNECT ||
	    msg->meta.kind == SAMR_KIND_ALARM ||
	    samr_log_asks(r, msg) || (r->diverged && msg->diverged))
		return true;
	return r->views && changes_view(msg);
}

static bool wants(const struct samr_reader *r, const struct samr_msg *msg)
{
	return wants_whole(r, msg) || samr_msg_note(msg, r->head, r->port, 0);
}

const struct samr_lock_note *samr_log_note(const struct samr_reader *r,
					   const struct samr_msg *msg)
{
	if (!r->part && wants_whole(r, msg))
		return NULL;
	return samr_msg_note(msg, r->head, r->port, r->part ? r->part - 1 : 0);
}

static bool idle(const struct samr_log *log, const struct samr_reader *r)
{
	return r->next == &log->msgs;
}

/* Where a reader stands among the others. */
static u64 place_of(const struct samr_log *log, const struct samr_reader *r)
{
	return idle(log, r) ? U64_MAX : msg_of(r->next)->meta.gseq;
}

void samr_log_init(struct samr_log *log)
{
	memset(log, 0, sizeof(*log));
	INIT_LIST_HEAD(&log->msgs);
	INIT_LIST_HEAD(&log->readers);
}

void samr_log_reader_init(struct samr_reader *r)
{
	memset(r, 0, sizeof(*r));
	INIT_LIST_HEAD(&r->node);
}

void samr_log_attach(struct samr_log *log, struct samr_reader *r)
{
	if (WARN_ON_ONCE(samr_log_attached(r)))
		return;
	r->next = &log->msgs;
	r->part = 0;
	r->bytes = log->bytes;
	list_add_tail(&r->node, &log->readers);
}

/* @msg lies behind @r, read or not wanted. */
static void step_over(struct samr_reader *r, const struct samr_msg *msg)
{
	r->bytes += bytes_of(msg);
	if (changes_view(msg)) {
		r->view = msg->members->id;
		r->members = msg->members->count;
	}
}

void samr_log_hold(struct samr_reader *r)
{
	r->held = true;
	r->kept = 0;
}

void samr_log_unhold(struct samr_reader *r)
{
	r->held = false;
}

/* Nobody who is to be waited for waits for @msg any more. */
static void passed(struct samr_log *log, const struct samr_msg *msg)
{
	if (msg->meta.gseq <= log->done)
		return;
	log->done = msg->meta.gseq;
	log->cost += samr_msg_cost(msg);
}

/*
 * A reader that was to read @at next has gone ahead to @upto, or has gone: let
 * go of what nobody else reads of the messages between.
 */
static void release(struct samr_log *log, struct list_head *at, u64 upto,
		    struct list_head *free)
{
	struct samr_reader *r;
	struct list_head *next;
	struct samr_msg *msg;
	u64 cover = 0;	/* those who begin before here read up to there */
	bool due = false;	/* and one of them is waited for */

	if (at == &log->msgs)
		return;
	r = list_first_entry(&log->readers, struct samr_reader, node);
	for (; at != &log->msgs; at = next) {
		next = at->next;
		msg = msg_of(at);
		if (msg->meta.gseq >= upto)
			return;
		for (; &r->node != &log->readers &&
		       place_of(log, r) <= msg->meta.gseq;
		     r = list_next_entry(r, node)) {
			cover = max(cover, r->end ?: U64_MAX);
			due |= !r->end && !r->held;
		}
		if (due)
			return;
		passed(log, msg);
		if (cover <= msg->meta.gseq) {
			list_move_tail(&msg->link, free);
			log->count--;
		}
	}
	log->done = log->last;
}

/* The reader has gone ahead: to its new place among the others. */
static void sort(struct samr_log *log, struct samr_reader *r)
{
	u64 place = place_of(log, r);
	struct samr_reader *at;

	list_del(&r->node);
	list_for_each_entry_reverse(at, &log->readers, node)
		if (place_of(log, at) <= place)
			break;
	list_add(&r->node, &at->node);
}

/* From @r->next on to something that it wants, to its end, or to the last. */
static void skip(struct samr_log *log, struct samr_reader *r)
{
	const struct samr_msg *msg;

	while (!idle(log, r)) {
		msg = msg_of(r->next);
		if (r->end && msg->meta.gseq >= r->end)
			break;
		if (wants(r, msg)) {
			sort(log, r);
			return;
		}
		step_over(r, msg);
		r->next = r->next->next;
	}
	if (r->end) {
		r->bytes = r->limit;
		r->next = NULL;
		list_del_init(&r->node);
		return;
	}
	sort(log, r);
}

/* Where a reader that went ahead begins to read now. */
static u64 reach(const struct samr_log *log, const struct samr_reader *r)
{
	return samr_log_attached(r) ? place_of(log, r) : r->end;
}

void samr_log_detach(struct samr_log *log, struct samr_reader *r,
		     struct list_head *free)
{
	struct list_head *at = r->next;

	if (!samr_log_attached(r))
		return;
	r->limit = log->bytes;
	r->bytes = log->bytes;
	r->next = NULL;
	list_del_init(&r->node);
	release(log, at, r->end ?: U64_MAX, free);
}

void samr_log_end(struct samr_log *log, struct samr_reader *r, u64 gseq,
		  struct list_head *free)
{
	struct list_head *at = r->next;

	if (!samr_log_attached(r))
		return;
	r->end = gseq;
	r->limit = log->bytes;
	if (idle(log, r))
		skip(log, r);
	else
		release(log, at, U64_MAX, free);
}

/* Is there anybody for whom @msg must be kept? */
static bool keep(const struct samr_log *log, const struct samr_msg *msg)
{
	const struct samr_reader *r;

	list_for_each_entry(r, &log->readers, node) {
		if (r->end)
			continue;
		if (wants(r, msg))
			return true;
		/* Whoever lags sees the view change, and may want it by then. */
		if (!idle(log, r) && changes_view(msg))
			return true;
	}
	return false;
}

/* Is there a reader that is waited for, and has not read all? */
static bool waits(const struct samr_log *log)
{
	const struct samr_reader *r;

	list_for_each_entry(r, &log->readers, node)
		if (!r->end && !r->held && !idle(log, r))
			return true;
	return false;
}

void samr_log_append(struct samr_log *log, struct samr_msg *msg,
		     struct list_head *free,
		     void (*wake)(struct samr_reader *r))
{
	struct samr_reader *r, *next;
	bool all_read = samr_log_idle(log);
	LIST_HEAD(idlers);

	log->bytes += bytes_of(msg);
	log->last = msg->meta.gseq;
	if (keep(log, msg)) {
		list_add_tail(&msg->link, &log->msgs);
		log->count++;
	} else {
		list_add_tail(&msg->link, free);
	}

	list_for_each_entry_safe(r, next, &log->readers, node) {
		if (!idle(log, r)) {
			if (r->edges && !r->end && !r->held && wants(r, msg))
				wake(r);
		} else if (wants(r, msg)) {
			r->next = &msg->link;
			if (!r->held)
				wake(r);
		} else {
			step_over(r, msg);
			list_move_tail(&r->node, &idlers);
		}
		if (r->held && !idle(log, r))
			r->kept += samr_msg_cost(msg);
	}
	list_splice_tail(&idlers, &log->readers);
	if (all_read && !waits(log))
		passed(log, msg);
}

struct samr_msg *samr_log_peek(const struct samr_log *log,
			       const struct samr_reader *r)
{
	if (!samr_log_attached(r) || r->held || idle(log, r))
		return NULL;
	return msg_of(r->next);
}

void samr_log_pass(struct samr_log *log, struct samr_reader *r,
		   const struct samr_msg *msg, struct list_head *free)
{
	struct list_head *at = r->next;

	if (samr_log_peek(log, r) != msg)
		return;
	r->seen = samr_point_of(&msg->meta);
	r->part += r->part || wants_whole(r, msg) ? 1 : 2;
	if (samr_msg_note(msg, r->head, r->port, r->part - 1))
		return;
	r->part = 0;
	step_over(r, msg);
	r->next = r->next->next;
	skip(log, r);
	release(log, at, reach(log, r), free);
}

void samr_log_want_views(struct samr_log *log, struct samr_reader *r, bool views,
			 struct list_head *free)
{
	struct list_head *at = r->next;

	r->views = views;
	if (!samr_log_attached(r))
		return;
	skip(log, r);
	release(log, at, reach(log, r), free);
}

u64 samr_log_unread(const struct samr_log *log, const struct samr_reader *r)
{
	if (!samr_log_attached(r))
		return 0;
	return (r->end ? r->limit : log->bytes) - r->bytes;
}

void samr_log_free(struct list_head *free)
{
	struct samr_msg *msg, *next;

	list_for_each_entry_safe(msg, next, free, link) {
		list_del_init(&msg->link);
		samr_msg_put(msg);
	}
}
