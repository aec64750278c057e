// SPDX-License-Identifier: GPL-2.0
/* Members that wait for alarms, see sleeper.h. */
#include <stdlib.h>

#include "service.h"
#include "sim.h"
#include "sleeper.h"

/* Within so long; one in some is over when it is set. */
#define LONGEST		(200 * SAMR_MSEC)

/* Asked for, and not handed in. */
struct ask {
	struct list_head list;
	u8 op;
	u64 number;
	u64 due;
	u64 which;
};

void sleeper_begin(struct service *s)
{
	sleeper_forget(s);
	memset(&s->sleeper, 0, sizeof(s->sleeper));
}

void sleeper_news(const struct samr_msg *msg, struct sleeper_news *news)
{
	memset(news, 0, sizeof(*news));
	news->time = msg->meta.time;
	news->spurs = msg->meta.kind == SAMR_KIND_DATA && msg->meta.len;
	if (msg->meta.kind != SAMR_KIND_ALARM)
		return;
	if (msg->refused || !msg->result)
		sim_fail("place %llu: an alarm that changes nothing is delivered",
			 (unsigned long long)msg->meta.gseq);
	news->result = msg->result;
	news->number = msg->next;
}

u64 sleeper_hash(const struct sleeper_news *news)
{
	return news->result ? rng_mix(news->number ^ news->result) : 0;
}

static void ask(struct service *s, u8 op, u64 number, u64 due, u64 which)
{
	struct ask *a = sim_alloc(sizeof(*a));

	*a = (struct ask){ .op = op, .number = number, .due = due,
			   .which = which };
	list_add_tail(&a->list, &s->asks);
	s->all->asked += op == SAMR_ALARM_SET;
}

static void act(struct service *s, u64 gseq, u64 time, u64 dice)
{
	u64 number = gseq * SAMR_ALARM_ASKS;
	struct sleeper *l = &s->sleeper;
	struct sleeper_alarm *a;

	while (dice % 3 == 0 && l->count < SLEEPER_MOST) {
		dice = rng_mix(dice);
		a = &l->alarm[l->count++];
		a->number = number++;
		a->due = dice % 11 ? time + dice % LONGEST : dice % 1000 + 1;
		a->cancelled = false;
		ask(s, SAMR_ALARM_SET, a->number, a->due, 0);
		dice = rng_mix(dice);
	}
	if (dice % 5 || !l->count)
		return;
	/* Perhaps one that was set at this place. */
	a = &l->alarm[rng_mix(dice) % l->count];
	if (a->cancelled)
		return;
	a->cancelled = true;
	ask(s, SAMR_ALARM_CANCEL, number, 0, a->number);
}

static void __attribute__((noreturn)) wrong(const struct service *s, u64 gseq,
					    const struct sleeper_news *n,
					    const char *what)
{
	sim_fail("node %u port %u of group %u reads at %llu of alarm %llu: %s",
		 s->host->id, s->port, s->group, (unsigned long long)gseq,
		 (unsigned long long)n->number, what);
}

static void ended(struct service *s, u64 gseq, const struct sleeper_news *n)
{
	struct sleeper *l = &s->sleeper;
	struct sleeper_alarm *a = l->alarm, *last = a + l->count;

	for (; a < last && a->number != n->number; a++)
		;
	if (a == last)
		wrong(s, gseq, n, "there is none");
	if (n->result == SAMR_AL_RUNG && a->due > n->time)
		wrong(s, gseq, n, "it rings before its time");
	if (n->result == SAMR_AL_CANCELLED && !a->cancelled)
		wrong(s, gseq, n, "nobody has cancelled it");
	if (n->result > SAMR_AL_CANCELLED)
		wrong(s, gseq, n, "there is no such end");
	s->all->rung += n->result == SAMR_AL_RUNG;
	memmove(a, a + 1, (size_t)(last - a - 1) * sizeof(*a));
	memset(--last, 0, sizeof(*last));
	l->count--;
}

void sleeper_apply(struct service *s, u64 gseq, const struct sleeper_news *n)
{
	if (n->result)
		ended(s, gseq, n);
	else if (n->spurs && s->all->sleepers)
		act(s, gseq, n->time, rng_mix(~s->digest));
}

bool sleeper_turn(struct service *s)
{
	struct samr_event ev = { .type = SAMR_EV_ALARM };
	struct ask *a;
	int err;

	while (!list_empty(&s->asks)) {
		a = list_first_entry(&s->asks, struct ask, list);
		ev.alarm.group = s->group;
		ev.alarm.port = s->port;
		ev.alarm.op = a->op;
		ev.alarm.number = a->number;
		ev.alarm.due = a->due;
		ev.alarm.which = a->which;
		err = host_step(s->host, &ev);
		if (err == -EINVAL)
			sim_fail("node %u port %u of group %u: alarm %llu is refused",
				 s->host->id, s->port, s->group,
				 (unsigned long long)a->number);
		if (!err) {
			list_del(&a->list);
			free(a);
		}
		/* It may be put out by what it is told. */
		host_flush(s->host);
		if (err)
			return false;
	}
	return true;
}

void sleeper_forget(struct service *s)
{
	struct ask *a;

	while (!list_empty(&s->asks)) {
		a = list_first_entry(&s->asks, struct ask, list);
		list_del(&a->list);
		free(a);
	}
}

bool sleeper_waits(const struct service *s)
{
	return s->sleeper.count || !list_empty(&s->asks);
}
