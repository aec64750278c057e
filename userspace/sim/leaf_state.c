// SPDX-License-Identifier: GPL-2.0
/*
 * What a learner makes of the state that it is given, see leaf_state.h.
 *
 * Head 5 has been taken in as a learner; frames of head 1 are handed to it. After
 * whatever is wrong with the state nothing of it may be known, and the right one,
 * given anew, must be taken; so must it be with memory lacking anywhere.
 */
#include <stdio.h>

#include "core/group.h"
#include "core/learner.h"
#include "core/session.h"
#include "core/state.h"
#include "leaf_check.h"
#include "leaf_state.h"
#include "memory.h"

#define SELF		5
#define SELF_INC	55
#define GIVER		1
#define GIVER_INC	11
#define OTHER		2
#define OTHER_INC	22
#define EPOCH		7
#define BASE		100
#define GROUP		42
#define ROOM		8000
#define SEATS		3
#define TRIES_MOST	50

struct door {
	struct samr_node *node;
	struct samr_actions out;
	u64 now;
	/* A frame that is made, and how far. */
	u8 bytes[ROOM];
	u32 len;
	u16 records;
};

static void step(struct door *d, struct samr_event ev)
{
	struct samr_event flush = { .type = SAMR_EV_FLUSH };
	struct samr_action *a;

	d->now += SAMR_MSEC;
	ev.now = d->now;
	flush.now = d->now;
	memory_enter(SELF);
	check(!samr_node_step(d->node, &ev, &d->out));
	check(!samr_node_step(d->node, &flush, &d->out));
	memory_enter(0);
	while (!list_empty(&d->out.list)) {
		a = list_first_entry(&d->out.list, struct samr_action, node);
		list_del_init(&a->node);
		check(a->type == SAMR_ACT_SEND);
		samr_blob_put(samr_blob_of_action(a));
	}
}

/* Records lie behind names and values of any length. */
#define ANYWHERE __attribute__((aligned(1)))
typedef u64 any_u64 ANYWHERE;
typedef struct samr_rec any_rec ANYWHERE;
typedef struct samr_rec_state_locks any_rec_state_locks ANYWHERE;
typedef struct samr_rec_plan any_rec_plan ANYWHERE;
typedef struct samr_rec_state any_rec_state ANYWHERE;
typedef struct samr_rec_state_group any_rec_state_group ANYWHERE;
typedef struct samr_rec_group_member any_rec_group_member ANYWHERE;
typedef struct samr_rec_lock any_rec_lock ANYWHERE;
typedef struct samr_rec_state_alarms any_rec_state_alarms ANYWHERE;
typedef struct samr_rec_alarm any_rec_alarm ANYWHERE;
typedef struct samr_rec_session any_rec_session ANYWHERE;

static void *put(struct door *d, u32 len)
{
	void *at = d->bytes + d->len;

	check(d->len + len <= ROOM);
	memset(at, 0, len);
	d->len += len;
	return at;
}

static void *record(struct door *d, u8 type, u32 fixed, u32 more)
{
	any_rec *rec = put(d, fixed);

	d->records++;
	rec->type = type;
	rec->len = cpu_to_be16((u16)(fixed + more));
	return rec;
}

static void frame_begin(struct door *d)
{
	d->len = sizeof(struct samr_hdr);
	d->records = 0;
}

/* Hand it in; returns for what reason something of it was dropped. */
static enum samr_drop frame_end(struct door *d)
{
	struct samr_frame_info info = {
		.type = SAMR_FRAME_CORE, .src = GIVER, .inc = GIVER_INC,
		.epoch = EPOCH, .len = (u16)d->len, .records = d->records,
	};
	struct samr_event ev = { .type = SAMR_EV_FRAME };
	struct samr_node_stats was, is;
	struct buffer *b = buffer_new(d->len);
	u32 i;

	samr_wire_put_header((struct samr_hdr *)d->bytes, &info);
	b->len = d->len;
	memcpy(b->bytes, d->bytes, d->len);
	ev.frame = blob_of_buffer(b, 0, b->len);
	samr_node_stats(d->node, &was);
	step(d, ev);
	samr_node_stats(d->node, &is);
	samr_blob_put(ev.frame);
	buffer_put(b);
	for (i = 1; i < SAMR_DROPS; i++)
		if (is.drops[i] != was.drops[i])
			return i;
	return SAMR_DROP_NONE;
}

static void put_view(struct door *d)
{
	static const struct samr_seat seats[SEATS] = {
		{ .node = GIVER, .inc = GIVER_INC },
		{ .node = OTHER, .inc = OTHER_INC },
		{ .node = SELF, .inc = SELF_INC, .flags = SAMR_SEAT_LEARNER },
	};
	const struct samr_ballot ballot = { .counter = 9, .node = GIVER,
					    .inc = GIVER_INC };
	any_rec_plan *p;
	u32 i;

	p = record(d, SAMR_REC_VIEW, sizeof(*p),
		   SEATS * sizeof(struct samr_rec_seat));
	p->count = cpu_to_be32(SEATS);
	samr_wire_put_ballot(&p->ballot, &ballot);
	samr_wire_put_ballot(&p->born, &ballot);
	p->epoch = cpu_to_be64(EPOCH);
	p->base = cpu_to_be64(BASE);
	for (i = 0; i < SEATS; i++)
		samr_wire_put_seat(put(d, sizeof(struct samr_rec_seat)),
				   &seats[i]);
}

static bool learning(const struct door *d)
{
	return !samr_learner_ready(d->node);
}

static bool known(const struct door *d)
{
	return samr_group_find(d->node, GROUP);
}

/* A head that has just been taken in, and has nothing yet. */
static void begin(struct door *d)
{
	struct samr_node_config cfg = { .self = SELF, .inc = SELF_INC,
					.history = 16, .submits = 16 };
	struct samr_event ev = { .type = SAMR_EV_MEMBERS };

	ev.members = BIT_ULL(SELF) | BIT_ULL(GIVER) | BIT_ULL(OTHER);
	memset(d, 0, sizeof(*d));
	d->node = samr_node_new(&cfg);
	check(d->node);
	samr_actions_init(&d->out);
	step(d, ev);
	frame_begin(d);
	put_view(d);
	check(frame_end(d) == SAMR_DROP_NONE);
	check(learning(d) && !known(d));
}

static void end(struct door *d)
{
	samr_node_free(d->node, &d->out);
	check(list_empty(&d->out.list));
}

/* STATE, with these numbers of the seats. */
static any_rec_state *put_state(struct door *d, u32 count, u64 second)
{
	any_rec_state *s;
	u32 i;

	s = record(d, SAMR_REC_STATE, sizeof(*s), count * 8);
	s->count = cpu_to_be32(count);
	s->time = cpu_to_be64(1000);
	for (i = 0; i < count; i++)
		*(any_u64 *)put(d, 8) = cpu_to_be64(i == 1 ? second : 10 + i);
	return s;
}

static any_rec_state_group *put_group(struct door *d, u32 total,
				      u32 first, u32 count)
{
	any_rec_state_group *g;

	g = record(d, SAMR_REC_STATE_GROUP, sizeof(*g),
		   count * sizeof(struct samr_rec_group_member));
	g->group = cpu_to_be32(GROUP);
	g->total = cpu_to_be32(total);
	g->first = cpu_to_be32(first);
	g->count = cpu_to_be16((u16)count);
	g->gseq = cpu_to_be64(BASE);
	g->id = cpu_to_be64(90);
	return g;
}

static any_rec_group_member *put_member(struct door *d, u32 node,
					u64 inc, u32 port, u32 flags)
{
	any_rec_group_member *m = put(d, sizeof(*m));

	m->node = cpu_to_be32(node);
	m->inc = cpu_to_be64(inc);
	m->port = cpu_to_be32(port);
	m->window = cpu_to_be32(10000);
	m->flags = cpu_to_be32(flags);
	return m;
}

static any_rec_state_locks *put_locks(struct door *d, u32 total,
				      u32 first, u32 count, u32 bytes)
{
	any_rec_state_locks *l;

	l = record(d, SAMR_REC_STATE_LOCKS, sizeof(*l), bytes);
	l->group = cpu_to_be32(GROUP);
	l->total = cpu_to_be16((u16)total);
	l->first = cpu_to_be16((u16)first);
	l->count = cpu_to_be16((u16)count);
	l->gseq = cpu_to_be64(BASE);
	return l;
}

/* A lock of port @port of the giver, 0: of nobody; or without name who waits. */
static any_rec_lock *put_lock(struct door *d, const char *name,
			      const char *value, u32 port)
{
	any_rec_lock *w = put(d, sizeof(*w));

	w->name_len = (u8)strlen(name);
	w->value_len = (u8)strlen(value);
	if (port) {
		w->node = cpu_to_be32(GIVER);
		w->inc = cpu_to_be64(GIVER_INC);
		w->port = cpu_to_be32(port);
	}
	memcpy(put(d, w->name_len), name, w->name_len);
	memcpy(put(d, w->value_len), value, w->value_len);
	return w;
}

static void put_end(struct door *d)
{
	any_rec_state_group *g = put_group(d, 0, 0, 0);

	g->group = 0;
	g->id = 0;
	g->after = cpu_to_be32(GROUP);
}

/* Three members; the state goes from the first to the second. */
static any_rec_state_group *put_good_group(struct door *d)
{
	any_rec_state_group *g = put_group(d, 3, 0, 3);

	g->transfer = cpu_to_be64(95);
	put_member(d, GIVER, GIVER_INC, 1, SAMR_ID_STATEFUL | SAMR_ID_GIVES);
	put_member(d, OTHER, OTHER_INC, 1,
		   SAMR_ID_STATEFUL | SAMR_ID_LACKS | SAMR_ID_GETS);
	put_member(d, GIVER, GIVER_INC, 2, 0);
	return g;
}

#define LOCK_LEN	((u32)sizeof(struct samr_rec_lock))
#define SESSION_LEN	((u32)sizeof(struct samr_rec_session))
#define GOOD_LOCKS	4	/* with who waits */
/* The last number that can be asked with before the learner's place. */
#define LAST		((u64)BASE * SAMR_ALARM_ASKS - 1)

static any_rec_state_locks *put_sessions(struct door *d, u32 total,
					 u32 first, u32 count,
					 u32 places)
{
	any_rec_state_locks *l;

	l = record(d, SAMR_REC_STATE_SESSIONS, sizeof(*l),
		   count * SESSION_LEN + places * 8);
	l->group = cpu_to_be32(GROUP);
	l->total = cpu_to_be16((u16)total);
	l->first = cpu_to_be16((u16)first);
	l->count = cpu_to_be16((u16)count);
	l->gseq = cpu_to_be64(BASE);
	return l;
}

/* Asks came up to number @last. */
static any_rec_state_alarms *put_alarms(struct door *d, u32 total,
					u32 first, u32 count, u64 last)
{
	any_rec_state_alarms *l;

	l = record(d, SAMR_REC_STATE_ALARMS, sizeof(*l),
		   count * (u32)sizeof(struct samr_rec_alarm));
	l->group = cpu_to_be32(GROUP);
	l->total = cpu_to_be16((u16)total);
	l->first = cpu_to_be16((u16)first);
	l->count = cpu_to_be16((u16)count);
	l->gseq = cpu_to_be64(BASE);
	l->last = cpu_to_be64(last);
	return l;
}

static void put_alarm(struct door *d, u64 number, u64 due)
{
	any_rec_alarm *w = put(d, sizeof(*w));

	w->number = cpu_to_be64(number);
	w->due = cpu_to_be64(due);
}

static void put_good_alarms(struct door *d)
{
	put_alarms(d, 2, 0, 2, LAST);
	put_alarm(d, LAST - 1, 1000);
	put_alarm(d, LAST - 2, 2000);
}

/* A session that was opened at @name, of a client at the giver, with open requests. */
static any_rec_session *put_session(struct door *d, u64 name, u32 open)
{
	any_rec_session *w = put(d, sizeof(*w));
	u32 i;

	w->id = cpu_to_be64(1000 + name);
	w->name = cpu_to_be64(name);
	w->since = cpu_to_be64(name);
	w->acked = cpu_to_be64(4);
	w->next = cpu_to_be64(5 + open);
	w->node = cpu_to_be32(GIVER);
	w->inc = cpu_to_be64(GIVER_INC);
	w->port = cpu_to_be32(9);
	w->expiry = cpu_to_be32(1000);
	for (i = 0; i < open; i++)
		*(any_u64 *)put(d, 8) = cpu_to_be64(name + 1 + i);
	return w;
}

static void put_good_sessions(struct door *d)
{
	any_rec_session *w;

	put_sessions(d, 2, 0, 2, 2)->alarms = cpu_to_be32(3);
	put_session(d, 80, 2);
	w = put_session(d, 85, 0);
	w->node = 0;
	w->inc = 0;
	w->port = 0;
}

static void put_good_locks(struct door *d)
{
	put_locks(d, GOOD_LOCKS, 0, GOOD_LOCKS,
		  GOOD_LOCKS * LOCK_LEN + 1 + 2 + 1 + 1);
	put_lock(d, "a", "", 1);
	put_lock(d, "", "", 2);
	put_lock(d, "bb", "", 0)->flags = SAMR_LOCK_DEAD;
	put_lock(d, "c", "v", 0);
}

/* All of it, as a donor sends it. */
static enum samr_drop give_all(struct door *d)
{
	frame_begin(d);
	put_state(d, SEATS, 20);
	put_good_group(d);
	put_good_locks(d);
	put_good_alarms(d);
	put_good_sessions(d);
	put_end(d);
	return frame_end(d);
}

/* It has exactly what was given, and is ready. */
static void check_whole(struct door *d)
{
	const struct samr_group *g = samr_group_find(d->node, GROUP);
	const struct samr_session *s;
	const struct samr_lock *l;

	check(g && g->members->count == 3 && g->members->id == 90);
	check(g->members->m[1].node == OTHER && g->members->m[1].port == 1 &&
	      g->members->m[1].flags == (SAMR_ID_STATEFUL | SAMR_ID_LACKS));
	check(g->transfer && g->transfer->id == 95 && !g->last);
	check(g->transfer->donor.node == GIVER && g->transfer->count == 1);
	check(g->locks.count == 3 && g->locks.waiting == 1);
	check(d->node->groups.locks == 3 && d->node->groups.waiting == 1);
	l = list_first_entry(&g->locks.locks, struct samr_lock, link);
	check(l->owner.port == 1 && l->waiting == 1 && !l->dead);
	l = list_entry(l->link.next, struct samr_lock, link);
	check(!l->owner.node && l->dead && l->name_len == 2);
	check(g->sessions.count == 2 && d->node->sessions.count == 2);
	check(g->alarms.count == 2 && g->alarms.last == LAST &&
	      d->node->groups.alarms == 2);
	s = samr_session_named(d->node, GROUP, 80);
	check(s && s->id == 1080 && s->node == GIVER && s->next == 7 &&
	      s->acked == 4 && samr_session_request(s, 6)->place == 82);
	check(g->sessions.promised == 2 * samr_session_promise(s));
	s = samr_session_named(d->node, GROUP, 85);
	check(s && !s->node && s->next == 5 && !samr_session_request(s, 5));
	check(!learning(d));
	check(d->node->origin[1].win.base == 20);
}

/* What was wrong is gone without a trace: the right thing is taken now. */
static void recovers(struct door *d)
{
	check(learning(d) && !known(d));
	give_all(d);
	check_whole(d);
	end(d);
}

static void test_given(void)
{
	struct door d;

	begin(&d);
	check(give_all(&d) == SAMR_DROP_NONE);
	check_whole(&d);
	/* It comes again, as the question was asked twice. */
	check(give_all(&d) == SAMR_DROP_VIEW);
	check_whole(&d);
	end(&d);
}

/* One group comes twice before the end does: it is there once. */
static void test_twice(void)
{
	struct door d;
	u32 i;

	begin(&d);
	frame_begin(&d);
	put_state(&d, SEATS, 20);
	put_good_group(&d);
	put_good_locks(&d);
	put_good_alarms(&d);
	put_good_sessions(&d);
	check(frame_end(&d) == SAMR_DROP_NONE);
	for (i = 0; i < 2; i++) {
		frame_begin(&d);
		put_good_group(&d);
		put_good_locks(&d);
		put_good_alarms(&d);
		put_good_sessions(&d);
		check(frame_end(&d) == SAMR_DROP_DUPLICATE);
	}
	check(d.node->groups.locks == 3 && learning(&d));
	frame_begin(&d);
	put_end(&d);
	check(frame_end(&d) == SAMR_DROP_NONE);
	check_whole(&d);
	end(&d);
}

/* One frame, made by PUT, of which something must be dropped for REASON. */
#define WRONG(reason, puts)						\
	do {								\
		begin(&d);						\
		frame_begin(&d);					\
		puts;							\
		check(frame_end(&d) == (reason));			\
		recovers(&d);						\
	} while (0)

static void test_numbers(void)
{
	struct door d;

	WRONG(SAMR_DROP_VIEW, put_state(&d, SEATS - 1, 20));
	WRONG(SAMR_DROP_VIEW, put_state(&d, SEATS + 1, 20));
	WRONG(SAMR_DROP_RECORD, put_state(&d, SEATS, 0));
	WRONG(SAMR_DROP_RECORD, put_state(&d, SEATS, 20)->count = 0);
	WRONG(SAMR_DROP_DUPLICATE, put_state(&d, SEATS, 20);
	      put_state(&d, SEATS, 30));
	/* Groups and locks mean nothing before the numbers. */
	WRONG(SAMR_DROP_VIEW, put_good_group(&d));
	WRONG(SAMR_DROP_VIEW, put_good_locks(&d));
	WRONG(SAMR_DROP_VIEW, put_good_sessions(&d));
}

#define STATE	put_state(&d, SEATS, 20)

static void test_members(void)
{
	struct door d;

	WRONG(SAMR_DROP_DUPLICATE, STATE; put_good_group(&d)->after =
	      cpu_to_be32(GROUP - 1));
	WRONG(SAMR_DROP_RECORD, STATE; put_good_group(&d)->transfer =
	      cpu_to_be64(BASE + 1));
	WRONG(SAMR_DROP_RECORD, STATE; put_good_group(&d)->last =
	      cpu_to_be64(94));
	WRONG(SAMR_DROP_RECORD, STATE; put_good_group(&d)->reserved = 1);
	WRONG(SAMR_DROP_RECORD, STATE; put_good_group(&d)->total = 0);
	WRONG(SAMR_DROP_RECORD, STATE; put_good_group(&d)->total =
	      cpu_to_be32(SAMR_MEMBERS_MAX + 1));
	/* A transfer that nobody gets, or gives, or of which nothing was said. */
	WRONG(SAMR_DROP_RECORD, STATE; put_good_group(&d)->transfer = 0);
	WRONG(SAMR_DROP_RECORD, STATE; put_group(&d, 1, 0, 1)->transfer =
	      cpu_to_be64(95);
	      put_member(&d, GIVER, GIVER_INC, 1, SAMR_ID_STATEFUL));
	WRONG(SAMR_DROP_RECORD, STATE; put_group(&d, 1, 0, 1);
	      put_member(&d, GIVER, GIVER_INC, 1, SAMR_ID_LACKS));
	WRONG(SAMR_DROP_RECORD, STATE; put_group(&d, 1, 0, 1);
	      put_member(&d, GIVER, GIVER_INC, 1, SAMR_ID_FLAGS + 1));
	/* Of nobody in the view; the locks behind it do not make it whole. */
	WRONG(SAMR_DROP_RECORD, STATE; put_group(&d, 1, 0, 1);
	      put_member(&d, GIVER, GIVER_INC + 1, 1, 0);
	      put_locks(&d, 0, 0, 0, 0));
}

/* The same, but with what comes behind it in a frame of its own. */
static void test_locks_behind(void)
{
	struct door d;

	begin(&d);
	frame_begin(&d);
	STATE;
	put_group(&d, 1, 0, 1);
	put_member(&d, GIVER, GIVER_INC, 1, SAMR_ID_LACKS);
	check(frame_end(&d) == SAMR_DROP_RECORD);
	frame_begin(&d);
	put_locks(&d, 0, 0, 0, 0);
	check(frame_end(&d) == SAMR_DROP_WINDOW);
	recovers(&d);
}

static void test_parts(void)
{
	struct door d;

	/* The first part of two is lost, or the second comes for another place. */
	WRONG(SAMR_DROP_WINDOW, STATE; put_group(&d, 2, 1, 1);
	      put_member(&d, GIVER, GIVER_INC, 1, 0));
	WRONG(SAMR_DROP_WINDOW, STATE; put_group(&d, 3, 0, 1);
	      put_member(&d, GIVER, GIVER_INC, 1, 0);
	      put_group(&d, 3, 2, 1);
	      put_member(&d, GIVER, GIVER_INC, 2, 0));
	WRONG(SAMR_DROP_WINDOW, STATE; put_group(&d, 2, 0, 1);
	      put_member(&d, GIVER, GIVER_INC, 1, 0);
	      put_group(&d, 2, 1, 1)->gseq = cpu_to_be64(BASE + 1);
	      put_member(&d, GIVER, GIVER_INC, 2, 0));
	WRONG(SAMR_DROP_DUPLICATE, STATE; put_group(&d, 3, 0, 2);
	      put_member(&d, GIVER, GIVER_INC, 1, 0);
	      put_member(&d, GIVER, GIVER_INC, 2, 0);
	      put_group(&d, 3, 1, 1);
	      put_member(&d, GIVER, GIVER_INC, 2, 0));
	/* Locks of a group that is not whole. */
	WRONG(SAMR_DROP_WINDOW, STATE; put_group(&d, 2, 0, 1);
	      put_member(&d, GIVER, GIVER_INC, 1, 0);
	      put_locks(&d, 0, 0, 0, 0));
}

/* The group is here, and then comes a record of locks: PUT fills it. */
#define WRONG_LOCKS(reason, puts)					\
	WRONG(reason, STATE; put_good_group(&d); puts)

static void test_locks(void)
{
	struct door d;

	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 0, 0, 0, 0)->reserved = 1);
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 0, 0, 0, 0)->alarms = 1);
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 0, 0, 0, 0)->group = 0);
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 0, 1, 0, 0));
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 1, 0, 0, 0));
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 1, 0, 1, 0));
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 1, 0, 2, 2 * LOCK_LEN + 2);
		    put_lock(&d, "a", "", 1); put_lock(&d, "b", "", 1));
	WRONG_LOCKS(SAMR_DROP_DUPLICATE, put_locks(&d, 0, 0, 0, 0)->after =
		    cpu_to_be32(1));
	WRONG_LOCKS(SAMR_DROP_WINDOW, put_locks(&d, 0, 0, 0, 0)->gseq =
		    cpu_to_be64(BASE + 1));
	WRONG_LOCKS(SAMR_DROP_WINDOW, put_locks(&d, 3, 1, 1, LOCK_LEN + 1);
		    put_lock(&d, "b", "", 1));
	WRONG_LOCKS(SAMR_DROP_DUPLICATE, put_locks(&d, 3, 0, 1, LOCK_LEN + 1);
		    put_lock(&d, "b", "", 1);
		    put_locks(&d, 3, 0, 1, LOCK_LEN + 1);
		    put_lock(&d, "b", "", 1));
	/* More bytes than entries, and fewer. */
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 2, 0, 1, LOCK_LEN + 2);
		    put_lock(&d, "b", "", 1); put(&d, 1));
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 1, 0, 1, LOCK_LEN + 2);
		    put_lock(&d, "b", "", 1); put(&d, 1));
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 1, 0, 1, LOCK_LEN + 1);
		    put_lock(&d, "b", "", 1)->name_len = 2);
	WRONG_LOCKS(SAMR_DROP_RECORD, put_locks(&d, 2, 0, 2, 2 * LOCK_LEN);
		    put_lock(&d, "b", "", 1); put(&d, LOCK_LEN - 1));
}

/* One entry that is wrong in itself. */
#define WRONG_LOCK(name, value, port, spoil)				\
	WRONG_LOCKS(SAMR_DROP_RECORD,					\
		    put_locks(&d, 9, 0, 1, LOCK_LEN +			\
			      (u32)(strlen(name) + strlen(value)));	\
		    put_lock(&d, name, value, port)spoil)

static void test_lock(void)
{
	struct door d;

	WRONG_LOCK("a", "", 1, ->flags = SAMR_LOCK_DEAD << 1);
	WRONG_LOCK("a", "", 1, ->reserved = 1);
	WRONG_LOCK("a", "", 1, ->reserved2 = 1);
	WRONG_LOCK("a", "", 1, ->inc = cpu_to_be64(GIVER_INC + 1));
	WRONG_LOCK("a", "", 1, ->node = 0);
	WRONG_LOCK("a", "v", 0, ->arg = 1);
	/* It says nothing: no owner, no value, no mark. */
	WRONG_LOCK("a", "", 0, );
	WRONG_LOCK("0123456789012345678901234567890123456789012345678", "", 1, );
	WRONG_LOCK("a", "0123456789012345678901234567890123456789"
		   "0123456789012345678901234", 1, );
	/* Who waits for no lock; with a value; with a mark. */
	WRONG_LOCK("", "", 1, );
	WRONG_LOCK("", "v", 1, );
	WRONG_LOCK("", "", 1, ->flags = SAMR_LOCK_DEAD);
}

/* Two entries: a lock, and something that does not go with it. */
#define WRONG_PAIR(name1, port1, name2, port2)				\
	WRONG_LOCKS(SAMR_DROP_RECORD,					\
		    put_locks(&d, 9, 0, 2, 2 * LOCK_LEN +		\
			      (u32)(strlen(name1) + 1 + strlen(name2)));	\
		    put_lock(&d, name1, "v", port1);			\
		    put_lock(&d, name2, "", port2))

static void test_pairs(void)
{
	struct door d;

	WRONG_PAIR("b", 1, "b", 2);	/* twice */
	WRONG_PAIR("b", 1, "a", 2);	/* not sorted */
	WRONG_PAIR("bb", 1, "b", 2);
	WRONG_PAIR("b", 1, "", 1);	/* the owner waits */
	WRONG_PAIR("b", 0, "", 1);	/* for what is nobody's */
	WRONG_PAIR("b", 1, "", 0);	/* nobody waits */
	/* Who waits twice. */
	WRONG_LOCKS(SAMR_DROP_RECORD,
		    put_locks(&d, 9, 0, 3, 3 * LOCK_LEN + 1);
		    put_lock(&d, "b", "", 1); put_lock(&d, "", "", 2);
		    put_lock(&d, "", "", 2));
	/* A zero in a name. */
	WRONG_LOCKS(SAMR_DROP_RECORD,
		    put_locks(&d, 9, 0, 1, LOCK_LEN + 2);
		    put_lock(&d, "bb", "", 1); d.bytes[d.len - 1] = 0);
}

/* No more than a group may have: by one lock, and by one who waits. */
static void test_too_many(void)
{
	char name[8];
	struct door d;
	u32 i;

	begin(&d);
	frame_begin(&d);
	STATE;
	put_good_group(&d);
	check(frame_end(&d) == SAMR_DROP_NONE);
	for (i = 0; i <= SAMR_LOCKS_MAX; i++) {
		snprintf(name, sizeof(name), "%04u", i);
		frame_begin(&d);
		put_locks(&d, 2000, i, 1, LOCK_LEN + 4);
		put_lock(&d, name, "", 1);
		check(frame_end(&d) == (i < SAMR_LOCKS_MAX ? SAMR_DROP_NONE :
							     SAMR_DROP_RECORD));
	}
	recovers(&d);

	begin(&d);
	frame_begin(&d);
	STATE;
	put_good_group(&d);
	put_locks(&d, 2000, 0, 1, LOCK_LEN + 1);
	put_lock(&d, "a", "", 1);
	check(frame_end(&d) == SAMR_DROP_NONE);
	for (i = 0; i <= SAMR_LOCK_QUEUE_MAX; i++) {
		frame_begin(&d);
		put_locks(&d, 2000, 1 + i, 1, LOCK_LEN);
		put_lock(&d, "", "", 2 + i);
		check(frame_end(&d) == (i < SAMR_LOCK_QUEUE_MAX ?
					SAMR_DROP_NONE : SAMR_DROP_RECORD));
	}
	recovers(&d);
}

/* Group and locks are here, and then comes a record of sessions: PUT fills it. */
#define WRONG_SESSIONS(reason, puts)					\
	WRONG_LOCKS(reason, put_good_locks(&d); puts)

#define WRONG_ALARMS(reason, puts)					\
	WRONG_LOCKS(reason, put_good_locks(&d); puts)

static void test_alarms(void)
{
	struct door d;

	WRONG_ALARMS(SAMR_DROP_RECORD,
		     put_alarms(&d, 0, 0, 0, LAST)->reserved = 1);
	WRONG_ALARMS(SAMR_DROP_RECORD,
		     put_alarms(&d, 0, 0, 0, LAST)->reserved2 = 1);
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 0, 0, 0, 0));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 0, 0, 0, LAST + 1));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 1, 0, 0, LAST));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 0, 1, 0, LAST));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 1, 0, 2, LAST);
		     put_alarm(&d, 1, 1); put_alarm(&d, 2, 1));
	WRONG_ALARMS(SAMR_DROP_DUPLICATE,
		     put_alarms(&d, 0, 0, 0, LAST)->after = cpu_to_be32(1));
	WRONG_ALARMS(SAMR_DROP_WINDOW, put_alarms(&d, 2, 1, 1, LAST);
		     put_alarm(&d, 1, 1));
	/* Without a number or a time, of later than the last, not sorted, twice. */
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 1, 0, 1, 9);
		     put_alarm(&d, 0, 1));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 1, 0, 1, 9);
		     put_alarm(&d, 1, 0));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 1, 0, 1, 9);
		     put_alarm(&d, 10, 1));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 2, 0, 2, 9);
		     put_alarm(&d, 1, 2); put_alarm(&d, 2, 1));
	WRONG_ALARMS(SAMR_DROP_RECORD, put_alarms(&d, 2, 0, 2, 9);
		     put_alarm(&d, 1, 1); put_alarm(&d, 1, 1));
	/* Another part says otherwise; there are none; some have not come. */
	WRONG_ALARMS(SAMR_DROP_WINDOW, put_alarms(&d, 2, 0, 1, 9);
		     put_alarm(&d, 1, 1); put_alarms(&d, 2, 1, 1, 8);
		     put_alarm(&d, 2, 2));
	WRONG_ALARMS(SAMR_DROP_WINDOW, put_good_sessions(&d));
	WRONG_ALARMS(SAMR_DROP_WINDOW, put_alarms(&d, 2, 0, 1, 9);
		     put_alarm(&d, 1, 1); put_good_sessions(&d));
}

static void test_sessions(void)
{
	struct door d;

	WRONG_SESSIONS(SAMR_DROP_RECORD,
		       put_sessions(&d, 0, 0, 0, 0)->reserved = 1);
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 1, 0, 1, 0));
	WRONG_SESSIONS(SAMR_DROP_DUPLICATE,
		       put_sessions(&d, 0, 0, 0, 0)->after = cpu_to_be32(1));
	WRONG_SESSIONS(SAMR_DROP_WINDOW,
		       put_sessions(&d, 0, 0, 0, 0)->gseq =
		       cpu_to_be64(BASE + 1));
	WRONG_SESSIONS(SAMR_DROP_WINDOW, put_sessions(&d, 2, 1, 1, 0);
		       put_session(&d, 80, 0));
	WRONG_SESSIONS(SAMR_DROP_DUPLICATE, put_sessions(&d, 2, 0, 1, 0);
		       put_session(&d, 80, 0); put_sessions(&d, 2, 0, 1, 0);
		       put_session(&d, 80, 0));
	/* Twice, or not by name; fewer places than open requests, and more. */
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 2, 0, 2, 0);
		       put_session(&d, 80, 0); put_session(&d, 80, 0));
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 2, 0, 2, 0);
		       put_session(&d, 80, 0); put_session(&d, 79, 0));
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 1, 0, 1, 1);
		       put_session(&d, 80, 1)->next = cpu_to_be64(7));
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 1, 0, 1, 1);
		       put_session(&d, 80, 1)->next = cpu_to_be64(5));
	/* Sessions of a group whose locks are not here. */
	WRONG_LOCKS(SAMR_DROP_WINDOW, put_sessions(&d, 0, 0, 0, 0));
	/* A group without members has none. */
	WRONG(SAMR_DROP_RECORD, STATE; put_group(&d, 0, 0, 0)->id = 0;
	      put_locks(&d, 1, 0, 1, LOCK_LEN + 1); put_lock(&d, "a", "v", 0);
	      put_sessions(&d, 1, 0, 1, 0); put_session(&d, 80, 0));
}

/* One session that is wrong in itself. */
#define WRONG_SESSION(spoil)						\
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 9, 0, 1, 1);	\
		       put_session(&d, 80, 1)->spoil)

static void test_session(void)
{
	struct door d;

	WRONG_SESSION(id = 0);
	WRONG_SESSION(name = 0);
	WRONG_SESSION(name = cpu_to_be64(BASE + 1));
	WRONG_SESSION(since = cpu_to_be64(79));
	WRONG_SESSION(since = cpu_to_be64(BASE + 1));
	WRONG_SESSION(next = cpu_to_be64(4));
	WRONG_SESSION(next = cpu_to_be64(4 + SAMR_SESSION_WINDOW + 2));
	WRONG_SESSION(inc = cpu_to_be64(GIVER_INC + 1));
	WRONG_SESSION(node = 0);
	WRONG_SESSION(reply_max = cpu_to_be32(SAMR_REPLY_MAX + 1));
	WRONG_SESSION(expiry = 0);
	WRONG_SESSION(expiry = cpu_to_be32(SAMR_EXPIRY_MAX + 1));
	WRONG_SESSION(flags = cpu_to_be32(SAMR_SESSION_FLAGS + 1));
	WRONG_SESSION(client = cpu_to_be32(9));
	/* Places that do not go up, or lie before the session or behind all. */
#define WRONG_PLACES(first, second)					\
	WRONG_SESSIONS(SAMR_DROP_RECORD, put_sessions(&d, 9, 0, 1, 2);	\
		       put_session(&d, 80, 2);				\
		       ((any_u64 *)&d.bytes[d.len])[-2] = cpu_to_be64(first); \
		       ((any_u64 *)&d.bytes[d.len])[-1] = cpu_to_be64(second))
	WRONG_PLACES(80, 81);
	WRONG_PLACES(82, 82);
	WRONG_PLACES(82, BASE + 1);
}

/*
 * The k-th allocation fails, for each k: nothing half taken is left, it is asked for
 * again, and all is there in the end.
 */
static void test_memory(void)
{
	u32 k, tries;
	struct door d;

	for (k = 0; ; k++) {
		begin(&d);
		memory_fail_next(SELF, 1, k);
		for (tries = 0; learning(&d); tries++) {
			check(tries < TRIES_MOST);
			give_all(&d);
		}
		check_whole(&d);
		if (tries == 1 && !memory_use_of(SELF)->failed)
			break;
		memory_fail_next(SELF, 0, 0);
		end(&d);
		check(!memory_use_of(SELF)->objects);
		memory_reset(1);
	}
	memory_fail_next(SELF, 0, 0);
	end(&d);
	/* Members, group, transfer, three locks, who waits, what is absent, ... */
	check(k >= 14);
}

void leaf_state_run(void)
{
	test_given();
	test_twice();
	test_numbers();
	test_members();
	test_locks_behind();
	test_parts();
	test_locks();
	test_lock();
	test_alarms();
	test_sessions();
	test_session();
	test_pairs();
	test_too_many();
	test_memory();
}
