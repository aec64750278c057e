// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Alarms. Nothing is counted here: the number of each is computed from the place that it is
 * set at, so that all members find the same one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include "internal.h"

uint64_t samr_alarm_number(const struct samr_delivery *d, unsigned int nth)
{
	return nth < SAMR_ALARM_NUMBERS ? d->gseq * SAMR_ALARM_NUMBERS + nth : 0;
}

static int hand_in(struct samr *m, const struct samr_group_alarm *alarm)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(*alarm))];
	} control = { .align.cmsg_len = 0 };
	struct msghdr h = {
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_ALARM;
	c->cmsg_len = CMSG_LEN(sizeof(*alarm));
	memcpy(CMSG_DATA(c), alarm, sizeof(*alarm));
	return sendmsg(m->fd, &h, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int samr_alarm_set(struct samr *m, uint64_t number, uint64_t due)
{
	const struct samr_group_alarm alarm = {
		.op = SAMR_GROUP_SET, .number = number, .due = due,
	};

	return hand_in(m, &alarm);
}

int samr_alarm_cancel(struct samr *m, uint64_t number, uint64_t which)
{
	const struct samr_group_alarm alarm = {
		.op = SAMR_GROUP_CANCEL, .number = number, .which = which,
	};

	return hand_in(m, &alarm);
}
