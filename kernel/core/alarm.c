// SPDX-License-Identifier: GPL-2.0
/* Alarms, see alarm.h. */
#include "alarm.h"
#include "credit.h"
#include "flow.h"
#include "group.h"

/* Group time follows a clock that may be set: how long it takes is looked at anew so often. */
#define LOOK_AGAIN	(1000 * SAMR_MSEC)
/* Nor more often than that, where it runs slower than we do. */
#define LOOK_REST	(100 * SAMR_USEC)

void samr_alarm_init(struct samr_alarm_table *t)
{
	INIT_LIST_HEAD(&t->alarms);
	t->count = 0;
	t->last = 0;
}

static void forget(struct samr_alarm_table *t, struct samr_alarm *a)
{
	list_del(&a->link);
	samr_free(a);
	t->count--;
}

u32 samr_alarm_clear(struct samr_alarm_table *t)
{
	struct samr_alarm *a, *next;
	u32 count = t->count;

	list_for_each_entry_safe(a, next, &t->alarms, link)
		forget(t, a);
	t->last = 0;
	return count;
}

/* Behind its last piece those who get the state may have it. */
static bool may_know(const struct samr_group *g, const struct samr_member_id *m)
{
	return !(m->flags & SAMR_ID_LACKS) || (g->transfer && g->last);
}

static bool is_known(const struct samr_group *g)
{
	u32 i;

	for (i = 0; g->members && i < g->members->count; i++)
		if (may_know(g, &g->members->m[i]))
			return true;
	return false;
}

void samr_alarm_members(struct samr_node *n, struct samr_group *g)
{
	u64 last = g->alarms.last;

	if (is_known(g))
		return;
	if (g->alarms.count)
		samr_mark("alarms that nobody knows of");
	n->groups.alarms -= samr_alarm_clear(&g->alarms);
	/* Some may still have asked for something. */
	if (g->members)
		g->alarms.last = last;
}

/* What a place can be the reason of is numbered behind it. */
static bool is_ahead(u64 number, u64 place)
{
	return number / SAMR_ALARM_ASKS > place;
}

static bool is_sane(const struct samr_alarm_payload *p, u64 number)
{
	static const u8 zero[sizeof(p->reserved)];

	if (memcmp(p->reserved, zero, sizeof(zero)) || !number)
		return false;
	switch (p->op) {
	case SAMR_ALARM_SET:
		return p->due && !p->which;
	case SAMR_ALARM_CANCEL:
		return !p->due && p->which &&
		       be64_to_cpu(p->which) < number;
	default:
		return p->op == SAMR_ALARM_RING && !p->due && !p->which;
	}
}

/* ---- what members ask for ---- */

static bool submit(struct samr_node *n, u32 group, u32 port, u64 number,
		   const struct samr_alarm_payload *p)
{
	const struct samr_meta m = {
		.arg	= number,
		.group	= group,
		.port	= port,
		.len	= sizeof(*p),
		.kind	= SAMR_KIND_ALARM,
	};
	struct samr_msg *msg = samr_flow_message(n, &m, p, sizeof(*p));

	return msg && samr_flow_own(n, msg);
}

/* Would it be taken? If not, whoever waits is told when to ask again. */
static bool has_room(struct samr_node *n, u32 group)
{
	const u32 len = sizeof(struct samr_alarm_payload);

	if (samr_flow_room(n, SAMR_KIND_ALARM, group, len))
		return true;
	if (!samr_credit_refused(n, SAMR_KIND_ALARM, group, len))
		n->flow.refused = true;
	return false;
}

int samr_alarm_asked(struct samr_node *n, const struct samr_event *ev)
{
	const struct samr_meta who = {
		.origin	= n->cfg.self,
		.inc	= n->cfg.inc,
		.port	= ev->alarm.port,
	};
	const struct samr_alarm_payload p = {
		.op	= ev->alarm.op,
		.due	= cpu_to_be64(ev->alarm.due),
		.which	= cpu_to_be64(ev->alarm.which),
	};
	const struct samr_group *g = samr_group_find(n, ev->alarm.group);

	if (p.op == SAMR_ALARM_RING || !is_sane(&p, ev->alarm.number))
		return -EINVAL;
	if (!samr_group_member(g, &who) || n->view.seat[n->view.self])
		return -ENOTCONN;
	if (is_ahead(ev->alarm.number, n->rcv.delivered))
		return -EINVAL;
	if (ev->alarm.number <= g->alarms.last) {
		samr_mark("alarm asked for by others");
		return 0;
	}
	if (!has_room(n, g->id))
		return -EAGAIN;
	return submit(n, g->id, ev->alarm.port, ev->alarm.number, &p) ?
	       0 : -ENOMEM;
}

/* ---- at a place of the order ---- */

/* Until group time is @due, as far as can be told. 0: that is over. */
static u64 wait_of(const struct samr_node *n, u64 due)
{
	u64 time = samr_node_time(n);

	return time < due ? max(min(due - time, LOOK_AGAIN), LOOK_REST) : 0;
}

/* The first one that the sequencer has not rung decides when it looks again. */
static void look(struct samr_node *n, const struct samr_alarm_table *t)
{
	const struct samr_alarm *a;

	if (!samr_node_leads(n))
		return;
	list_for_each_entry(a, &t->alarms, link) {
		if (a->rung)
			continue;
		samr_node_due(n, &n->groups.alarm_at, wait_of(n, a->due));
		return;
	}
}

static void insert(struct samr_alarm_table *t, struct samr_alarm *a)
{
	struct samr_alarm *at;

	/* Among those of one time it is the last: it has the highest number. */
	list_for_each_entry(at, &t->alarms, link)
		if (at->due > a->due)
			break;
	list_add_tail(&a->link, &at->link);
	t->count++;
}

/* What is asked for ends once, in one of these ways. */
static void tell(struct samr_msg *msg, u64 number, enum samr_al how)
{
	msg->refused = false;
	msg->result = how;
	msg->next = number;
}

static void end(struct samr_node *n, struct samr_alarm_table *t,
		struct samr_alarm *a, struct samr_msg *msg, enum samr_al how)
{
	tell(msg, a->number, how);
	forget(t, a);
	n->groups.alarms--;
}

static bool set(struct samr_node *n, struct samr_alarm_table *t,
		struct samr_msg *msg, u64 due)
{
	struct samr_alarm *a;

	if (t->count >= SAMR_ALARMS_MAX ||
	    n->groups.alarms >= SAMR_ALARMS_ALL) {
		samr_mark("no room for an alarm");
		t->last = msg->meta.arg;
		tell(msg, msg->meta.arg, SAMR_AL_FULL);
		return true;
	}
	a = samr_alloc(sizeof(*a));
	if (!a)
		return false;
	a->number = msg->meta.arg;
	a->due = due;
	t->last = a->number;
	insert(t, a);
	n->groups.alarms++;
	look(n, t);
	return true;
}

static struct samr_alarm *find(const struct samr_alarm_table *t, u64 number)
{
	struct samr_alarm *a;

	list_for_each_entry(a, &t->alarms, link)
		if (a->number == number)
			return a;
	return NULL;
}

static void cancel(struct samr_node *n, struct samr_alarm_table *t,
		   struct samr_msg *msg, u64 which)
{
	struct samr_alarm *a = find(t, which);

	t->last = msg->meta.arg;
	if (!a)
		return;
	samr_mark("alarm cancelled");
	end(n, t, a, msg, SAMR_AL_CANCELLED);
}

/* Only the first one counts, so that they end in the order of their times. */
static void ring(struct samr_node *n, struct samr_alarm_table *t,
		 struct samr_msg *msg)
{
	struct samr_alarm *a = find(t, msg->meta.arg);

	if (!a)
		return;
	if (a->link.prev != &t->alarms || a->due > msg->meta.time) {
		samr_mark("alarm rung too early");
		a->rung = false;
		look(n, t);
		return;
	}
	end(n, t, a, msg, SAMR_AL_RUNG);
}

bool samr_alarm_apply(struct samr_node *n, struct samr_group *g,
		      struct samr_msg *msg)
{
	const struct samr_member_id *m;
	struct samr_alarm_payload p;
	u64 number = msg->meta.arg;

	msg->refused = true;
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)) || !is_sane(&p, number) ||
	    !g || !g->members)
		return true;
	if (p.op == SAMR_ALARM_RING) {
		ring(n, &g->alarms, msg);
		return true;
	}
	/* Another member was first; or it cannot have read so far. */
	m = samr_group_member(g, &msg->meta);
	if (!m || !may_know(g, m) || number <= g->alarms.last ||
	    is_ahead(number, msg->meta.gseq - 1))
		return true;
	if (p.op == SAMR_ALARM_SET)
		return set(n, &g->alarms, msg, be64_to_cpu(p.due));
	cancel(n, &g->alarms, msg, be64_to_cpu(p.which));
	return true;
}

enum samr_drop samr_alarm_learn(struct samr_alarm_table *t, u64 number,
				u64 due)
{
	const struct samr_alarm *last;
	struct samr_alarm *a;

	if (!number || number > t->last || !due || t->count >= SAMR_ALARMS_MAX)
		return SAMR_DROP_RECORD;
	if (!list_empty(&t->alarms)) {
		last = list_last_entry(&t->alarms, struct samr_alarm, link);
		if (last->due > due ||
		    (last->due == due && last->number >= number))
			return SAMR_DROP_RECORD;
	}
	a = samr_alloc(sizeof(*a));
	if (!a)
		return SAMR_DROP_MEMORY;
	a->number = number;
	a->due = due;
	list_add_tail(&a->link, &t->alarms);
	t->count++;
	return SAMR_DROP_NONE;
}

/* ---- the sequencer ---- */

void samr_alarm_start(struct samr_node *n)
{
	struct samr_group *g;
	struct samr_alarm *a;
	u32 i;

	n->groups.alarm_at = SAMR_NEVER;
	if (!samr_node_leads(n))
		return;
	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash) {
			list_for_each_entry(a, &g->alarms.alarms, link)
				a->rung = false;
			look(n, &g->alarms);
		}
}

/* Those of a group that are due, as far as there is room. */
static void ring_due(struct samr_node *n, struct samr_group *g)
{
	const struct samr_alarm_payload p = { .op = SAMR_ALARM_RING };
	struct samr_alarm *a;

	list_for_each_entry(a, &g->alarms.alarms, link) {
		if (a->rung)
			continue;
		if (wait_of(n, a->due)) {
			look(n, &g->alarms);
			return;
		}
		a->rung = has_room(n, g->id) &&
			  submit(n, g->id, 0, a->number, &p);
		if (!a->rung) {
			samr_node_due(n, &n->groups.alarm_at, SAMR_RETRY);
			return;
		}
	}
}

void samr_alarm_timer(struct samr_node *n)
{
	struct samr_group *g;
	u32 i;

	if (n->now < n->groups.alarm_at || !samr_node_serves(n))
		return;
	n->groups.alarm_at = SAMR_NEVER;
	if (!samr_node_leads(n))
		return;
	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			ring_due(n, g);
}

u64 samr_alarm_deadline(const struct samr_node *n)
{
	return samr_node_serves(n) ? n->groups.alarm_at : SAMR_NEVER;
}
