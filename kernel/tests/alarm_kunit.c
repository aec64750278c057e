// SPDX-License-Identifier: GPL-2.0
/* Alarms: asked for by all members of a group, set once, rung for all of them at one place. */
#include "net.h"
#include "../core/alarm.h"
#include "../core/group.h"

#define PORT		1
/* Nothing that is numbered behind it was read. */
#define FIRST		SAMR_ALARM_ASKS

static int ask(struct net *net, u32 i, u8 op, u64 number, u64 due, u64 which)
{
	struct samr_event ev = { .type = SAMR_EV_ALARM };
	int err;

	ev.alarm.group = NET_GROUP;
	ev.alarm.port = PORT;
	ev.alarm.op = op;
	ev.alarm.number = number;
	ev.alarm.due = due;
	ev.alarm.which = which;
	err = net_step(net, i, &ev);
	net_flush(net, i);
	return err;
}

/* One that is due in so many ms, by the clock that all heads have here. */
static int set(struct net *net, u32 i, u64 number, u64 ms)
{
	return ask(net, i, SAMR_ALARM_SET, number,
		   net->wall + net->now + ms * SAMR_MSEC, 0);
}

static const struct samr_alarm_table *table(struct net *net, u32 i)
{
	return &samr_group_find(net->head[i].node, NET_GROUP)->alarms;
}

/* How often head @i was told of an alarm that it ended so. */
static u32 heard(const struct net *net, u32 i, enum samr_al how)
{
	u32 k, count = 0;

	for (k = 0; k < net->head[i].logged; k++)
		count += net->head[i].log[k].meta.kind == SAMR_KIND_ALARM &&
			 net->head[i].log[k].ses == how &&
			 !net->head[i].log[k].refused;
	return count;
}

static void alarm_rings_once(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	for (i = 3; i--; )
		KUNIT_ASSERT_EQ(test, ask(net, i, SAMR_ALARM_SET, FIRST,
					  net->wall + 100 * SAMR_MSEC +
					  net->now, 0), 0);
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, table(net, i)->count, 1U);
		KUNIT_EXPECT_EQ(test, table(net, i)->last, (u64)FIRST);
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_AL_RUNG), 0U);
	}
	net_run(net, 200 * SAMR_MSEC);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, table(net, i)->count, 0U);
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_AL_RUNG), 1U);
		KUNIT_EXPECT_EQ(test, net->head[i].node->groups.alarms, 0U);
	}
	/* Who comes late with it is told nothing new. */
	KUNIT_EXPECT_EQ(test, set(net, 2, FIRST, 1), 0);
	net_run(net, 200 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, heard(net, 2, SAMR_AL_RUNG), 1U);
}

/* Which alarms rang at head @i: their numbers, less FIRST, as digits. */
static u64 rung(const struct net *net, u32 i)
{
	const struct net_delivery *d = net->head[i].log;
	u64 digits = 0;
	u32 k;

	for (k = 0; k < net->head[i].logged; k++, d++)
		if (d->meta.kind == SAMR_KIND_ALARM && d->ses == SAMR_AL_RUNG)
			digits = 10 * digits + d->meta.arg - FIRST;
	return digits;
}

static void alarm_rings_in_order(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 at = net->wall + net->now + 300 * SAMR_MSEC;

	KUNIT_ASSERT_EQ(test, set(net, 0, FIRST + 1, 200), 0);
	KUNIT_ASSERT_EQ(test, set(net, 1, FIRST + 2, 100), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_SET, FIRST + 3, at, 0), 0);
	KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_SET, FIRST + 4, at, 0), 0);
	KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_SET, FIRST + 5, 1, 0), 0);
	net_run(net, 500 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, rung(net, 0), 52134ULL);
	KUNIT_EXPECT_EQ(test, rung(net, 1), 52134ULL);
}

static void alarm_cancelled(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i;

	KUNIT_ASSERT_EQ(test, set(net, 0, FIRST, 100), 0);
	KUNIT_ASSERT_EQ(test, set(net, 0, FIRST + 1, 100), 0);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, ask(net, i, SAMR_ALARM_CANCEL, FIRST + 2,
					  0, FIRST), 0);
	/* There is no such one. */
	KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_CANCEL, FIRST + 3, 0,
				  FIRST), 0);
	net_run(net, 300 * SAMR_MSEC);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_AL_CANCELLED), 1U);
		KUNIT_EXPECT_EQ(test, rung(net, i), 1ULL);
	}
}

static void alarm_asked_wrongly(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_submit s = { .kind = SAMR_KIND_ALARM, .arg = FIRST };
	struct samr_event ev = { .type = SAMR_EV_ALARM };
	u64 far = (net->head[0].node->rcv.delivered + 1) * SAMR_ALARM_ASKS;

	KUNIT_EXPECT_EQ(test, set(net, 0, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(net, 0, far, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, 0, FIRST, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_SET, FIRST, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_SET, FIRST, 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_CANCEL, FIRST, 0, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_CANCEL, FIRST, 0, FIRST),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_CANCEL, FIRST, 1, 1),
			-EINVAL);
	/* That is the sequencer's. */
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_RING, FIRST, 0, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ask(net, 0, SAMR_ALARM_RING + 1, FIRST, 0, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, "", 0,
					sizeof(struct samr_alarm_payload)),
			-EINVAL);
	ev.alarm.group = NET_GROUP;
	ev.alarm.port = PORT + 8;
	ev.alarm.op = SAMR_ALARM_SET;
	ev.alarm.number = FIRST;
	ev.alarm.due = 1;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -ENOTCONN);
	ev.alarm.port = PORT;
	ev.alarm.group = NET_GROUP + 8;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, table(net, 0)->last, 0ULL);
}

/* A head that is out of its mind sends this to the sequencer. */
static void forge(struct net *net, u32 port, u64 number,
		  const struct samr_alarm_payload *p)
{
	struct samr_rec_submit rec = {
		.rec = {
			.type = SAMR_REC_SUBMIT,
			.len = cpu_to_be16(sizeof(rec) + sizeof(*p)),
		},
		.group = cpu_to_be32(NET_GROUP),
		.oseq = cpu_to_be64(net->head[1].node->flow.next),
		.arg = cpu_to_be64(number),
		.port = cpu_to_be32(port),
		.total = cpu_to_be32(sizeof(*p)),
		.kind = SAMR_KIND_ALARM,
	};
	struct net_craft c = net_craft(net, 1);

	/* It would be surprised. */
	net->head[1].deaf = true;
	net_craft_add(&c, &rec, sizeof(rec));
	samr_blob_put_data(c.blob, p, sizeof(*p));
	net_craft_send(net, &c, 0);
}

/* It has its place, changes nothing, and is delivered to nobody. */
static void alarm_forged(struct kunit *test)
{
	static const struct {
		struct samr_alarm_payload p;
		u32 port;
		u64 number;
	} wrong[] = {
		{ { .op = SAMR_ALARM_RING }, PORT, FIRST },
		{ { .op = SAMR_ALARM_RING, .which = 1 }, PORT, FIRST },
		{ { .op = SAMR_ALARM_RING }, PORT, FIRST + 1 },
		{ { .op = SAMR_ALARM_SET, .due = 1 }, PORT + 8, FIRST + 1 },
		{ { .op = SAMR_ALARM_SET, .due = 1 }, PORT, FIRST },
		{ { .op = SAMR_ALARM_SET, .due = 1 }, PORT, 1000 * FIRST },
		{ { .op = SAMR_ALARM_SET, .reserved = { 1 }, .due = 1 }, PORT,
		  FIRST + 1 },
		{ { .op = 0 }, PORT, FIRST + 1 },
	};
	u64 last;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct net *net = net_up(test, 2, NULL);

		KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_SET, FIRST,
					  U64_MAX, 0), 0);
		net_settle(net);
		last = net->head[0].node->rcv.last;
		forge(net, wrong[i].port, wrong[i].number, &wrong[i].p);
		KUNIT_EXPECT_EQ(test, net->head[0].node->rcv.last, last + 1);
		KUNIT_EXPECT_EQ(test, table(net, 0)->count, 1U);
		KUNIT_EXPECT_EQ(test, table(net, 0)->last, (u64)FIRST);
		KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ALARM),
				0U);
		net_exit(test);
		KUNIT_ASSERT_EQ(test, net_init(test), 0);
	}
}

static void alarm_without_room(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u64 far = net->wall + net->now + 1000000 * SAMR_MSEC;
	u64 place, number = 0;
	u32 i;

	/* So many can be asked for only by those who have read enough. */
	while (net->head[0].node->rcv.delivered < 8) {
		net_send(net, 0, NET_GROUP, 1, 0);
		net_settle(net);
	}
	for (i = 0; i <= SAMR_ALARMS_MAX; i++) {
		place = 1 + i / SAMR_ALARM_ASKS;
		number = place * SAMR_ALARM_ASKS + i % SAMR_ALARM_ASKS;
		KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_SET, number, far,
					  0), 0);
		if (i % 16 == 0)
			net_settle(net);
	}
	net_settle(net);
	KUNIT_EXPECT_EQ(test, table(net, 0)->count, (u32)SAMR_ALARMS_MAX);
	KUNIT_EXPECT_EQ(test, heard(net, 0, SAMR_AL_FULL), 1U);
	KUNIT_EXPECT_EQ(test, net_last(net, 0)->meta.arg, number);
	/* With one less there is. */
	KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_CANCEL, number + 1, 0,
				  FIRST), 0);
	KUNIT_ASSERT_EQ(test, ask(net, 0, SAMR_ALARM_SET, number + 2, far, 0),
			0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, heard(net, 0, SAMR_AL_FULL), 1U);
	KUNIT_EXPECT_EQ(test, table(net, 0)->count, (u32)SAMR_ALARMS_MAX);
	/* They go with the last member. */
	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP,
					 PORT, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net->head[0].node->groups.alarms, 0U);
}

/* Memory lacks where one is asked for, set, and rung: it comes to the same later. */
static void alarm_without_memory(struct kunit *test)
{
	struct samr_event ev = { .type = SAMR_EV_ALARM };
	u32 nth, i;
	int err;

	for (nth = 1; nth < 6; nth++) {
		struct net *net = net_up(test, 2, NULL);

		ev.alarm.group = NET_GROUP;
		ev.alarm.port = PORT;
		ev.alarm.op = SAMR_ALARM_SET;
		ev.alarm.number = FIRST;
		ev.alarm.due = net->wall + net->now + 50 * SAMR_MSEC;
		net->fail_nth = nth;
		err = net_step(net, 0, &ev);
		KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
		if (err) {
			net->fail_nth = 0;
			KUNIT_ASSERT_EQ(test, net_step(net, 0, &ev), 0);
		}
		net->fail_nth = nth;
		net->sick = 1;
		net_flush(net, 0);
		net_run(net, 5 * SAMR_MSEC);
		/* And where it is rung. */
		net->sick = 0;
		net_run(net, 60 * SAMR_MSEC);
		net->fail_nth = 0;
		net_run(net, 200 * SAMR_MSEC);
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_AL_RUNG), 1U);
		net_exit(test);
		KUNIT_ASSERT_EQ(test, net_init(test), 0);
	}
}

/* Group time goes on at half the speed then, and so does what waits for it. */
static void alarm_when_the_clock_is_set_back(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);

	net_send(net, 0, NET_GROUP, 1, 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, set(net, 0, FIRST, 1000), 0);
	net_settle(net);
	net->wall -= 3600000 * SAMR_MSEC;
	net_run(net, 900 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, heard(net, 1, SAMR_AL_RUNG), 0U);
	net_run(net, 1200 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, heard(net, 0, SAMR_AL_RUNG), 1U);
	KUNIT_EXPECT_EQ(test, heard(net, 1, SAMR_AL_RUNG), 1U);
}

static struct kunit_case alarm_cases[] = {
	KUNIT_CASE(alarm_rings_once),
	KUNIT_CASE(alarm_rings_in_order),
	KUNIT_CASE(alarm_cancelled),
	KUNIT_CASE(alarm_asked_wrongly),
	KUNIT_CASE(alarm_forged),
	KUNIT_CASE(alarm_without_room),
	KUNIT_CASE(alarm_without_memory),
	KUNIT_CASE(alarm_when_the_clock_is_set_back),
	{ }
};

static struct kunit_suite alarm_suite = {
	.name = "samr_alarm",
	.init = net_init,
	.exit = net_exit,
	.test_cases = alarm_cases,
};
kunit_test_suite(alarm_suite);
