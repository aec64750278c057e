// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario that are about alarms. */
#include "core/state.h"
#include "scenario_inside.h"

static void alarm_of(struct scenario *sc, u8 op)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_ALARM };

	ev.alarm.op = op;
	ev.alarm.port = (u32)sc_number(sc);
	ev.alarm.group = (u32)sc_number(sc);
	ev.alarm.number = sc_number(sc);
	if (op == SAMR_ALARM_SET)
		ev.alarm.due = max(h->node->time, host_wall(h)) +
			       sc_number(sc) * SAMR_MSEC;
	else
		ev.alarm.which = sc_number(sc);
	host_step(h, &ev);
	host_flush(h);
}

void do_alarm(struct scenario *sc)
{
	alarm_of(sc, SAMR_ALARM_SET);
}

void do_cancel(struct scenario *sc)
{
	alarm_of(sc, SAMR_ALARM_CANCEL);
}
