/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Alarms: timers of a group, that end at a place of the order.
 *
 * Each group has a table of alarms. It is replicated state: what sets or cancels one, and
 * what ends it, are ordered messages, and do the same to the table at every node. So members
 * hear of the end of one all at the same place, or not at all.
 *
 * Members are replicas: each asks for the same, in the same order, with numbers that follow
 * from what it has read. The first that comes counts; the others have a number that was
 * there before, and change nothing.
 *
 * The sequencer submits the end of an alarm (RING) when group time has passed it. Nothing
 * depends on that one being right: at its place it counts only if it is about the alarm that
 * is due first, and that one is due. If the sequencer dies before, its successor looks at the
 * table and does the same.
 *
 * Invariants: the table is sorted by time, then by number; all numbers in it are at most
 * @last. A group of which nobody has the state has no alarms, and who lacks it asks for none:
 * whoever begins anew knows of none.
 */
#ifndef SAMR_CORE_ALARM_H
#define SAMR_CORE_ALARM_H

#include "event.h"
#include "wire.h"

struct samr_group;
struct samr_msg;
struct samr_node;

/* What one group can make every node keep, and what all of them can. */
#define SAMR_ALARMS_MAX		1024
#define SAMR_ALARMS_ALL		16384

/**
 * struct samr_alarm - one that is set
 * @link: in samr_alarm_table.alarms
 * @number: by which it was set
 * @due: group time at which it ends
 * @rung: at the sequencer: that is submitted
 */
struct samr_alarm {
	struct list_head link;
	u64 number;
	u64 due;
	bool rung;
};

/**
 * struct samr_alarm_table - the alarms of a group
 * @alarms: struct samr_alarm
 * @count: of them
 * @last: number that was asked with last; 0: none ever
 */
struct samr_alarm_table {
	struct list_head alarms;
	u32 count;
	u64 last;
};

/** samr_alarm_init - an empty table */
void samr_alarm_init(struct samr_alarm_table *t);

/** samr_alarm_clear - forget all of a table; returns how many these were */
u32 samr_alarm_clear(struct samr_alarm_table *t);

/** samr_alarm_members - others have the state of the group; perhaps nobody who knows of its alarms */
void samr_alarm_members(struct samr_node *n, struct samr_group *g);

/** samr_alarm_asked - ALARM of a local member, as samr_node_step() */
int samr_alarm_asked(struct samr_node *n, const struct samr_event *ev);

/**
 * samr_alarm_apply - ALARM at its place
 * @g: its group, or NULL
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_alarm_apply(struct samr_node *n, struct samr_group *g,
		      struct samr_msg *msg);

/**
 * samr_alarm_learn - append what another node has in its table
 * @number: of the alarm
 * @due: likewise
 *
 * Return: SAMR_DROP_NONE; SAMR_DROP_RECORD when that can not be; SAMR_DROP_MEMORY.
 */
enum samr_drop samr_alarm_learn(struct samr_alarm_table *t, u64 number,
				u64 due);

/** samr_alarm_start - a view serves: its sequencer looks at all of them */
void samr_alarm_start(struct samr_node *n);

void samr_alarm_timer(struct samr_node *n);
u64 samr_alarm_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_ALARM_H */
