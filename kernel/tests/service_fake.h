/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cluster that does what it is told: refuse, lack memory, deliver at once or
 * later, halt. What stands above it is compiled against it, so that this can be
 * included once only.
 */
#ifndef SAMR_TESTS_SERVICE_FAKE_H
#define SAMR_TESTS_SERVICE_FAKE_H

#include <kunit/test.h>
#include "../client.h"
#include "../local.h"
#include "../stats.h"

#define samr_cluster_submit	fake_submit
#define samr_cluster_consumed	fake_consumed
#define samr_cluster_reply	fake_reply
#define samr_cluster_ask	fake_ask
#define samr_cluster_group_changed fake_group_changed
#define samr_cluster_room	fake_room
#define samr_cluster_view	fake_view
#define samr_cluster_priv	fake_priv
#define samr_cluster_set_face	fake_set_face
#define samr_cluster_self	fake_self
#define samr_stats_count	fake_count

static int fake_submit(struct samr_cluster *c, const struct samr_submit *s);
static void fake_consumed(struct samr_cluster *c, u32 group, u64 gseq, u32 cost);
static int fake_reply(struct samr_cluster *c, const struct samr_reply *r,
		      const struct samr_given *g);
static void fake_group_changed(struct samr_cluster *c, u32 group);
static int fake_ask(struct samr_cluster *c, struct samr_event *ev);
static bool fake_room(struct samr_cluster *c, u8 kind, u32 group, u32 len);
static void fake_view(struct samr_cluster *c, struct samr_view_info *info);
static void *fake_priv(struct samr_cluster *c);
static void fake_set_face(const struct samr_cluster_face *f);
static u64 fake_self(const struct samr_cluster *c, u64 *inc);
static void fake_count(struct samr_cluster *c, enum samr_stat i);

#include "../service.c"
#include "../local.c"
#include "../local_call.c"
#include "../local_query.c"
#include "../local_read.c"
#include "../install.c"

#define SVC		7
#define WINDOW		80000
#define SUBMITS		16

/**
 * struct fake - the cluster
 * @face: what service.c registered
 * @all: of that
 * @answer: what submitting returns
 * @full: there is no room
 * @holder: a member that has the state is elsewhere: who joins with STATEFUL
 *	lacks it
 * @sent: what was taken, in order
 * @count: of @sent
 * @delivered: of @sent
 * @next: gseq of the next delivery
 * @consumed: last gseq reported
 * @cost: sum of the costs reported
 * @reports: how often
 * @counted: samr_stats_count()
 * @answered: the last reply
 * @upto: where its member stood
 * @called: the last CALL
 * @calls: how often there was one
 * @group_changes: samr_cluster_group_changed()
 * @during: called once from within the next submission
 */
struct fake {
	const struct samr_cluster_face *face;
	void *all;
	int answer;
	bool full;
	bool holder;
	struct samr_submit sent[SUBMITS];
	unsigned int count;
	unsigned int delivered;
	u64 next;
	u64 consumed;
	u64 cost;
	unsigned int reports;
	unsigned int counted[SAMR_STATS];
	struct samr_reply answered;
	u64 upto;
	struct samr_event called;
	unsigned int calls;
	unsigned int group_changes;
	void (*during)(void);
};

/* What a member was told. */
struct told {
	unsigned int readable;
	unsigned int writable;
	unsigned int failed;
	int err;
};

static struct fake fake;

static int fake_submit(struct samr_cluster *c, const struct samr_submit *s)
{
	void (*during)(void) = fake.during;
	int answer = fake.answer;

	fake.during = NULL;
	if (during)
		during();
	if (answer)
		return answer;
	if (fake.count == SUBMITS)
		return -EAGAIN;
	fake.sent[fake.count++] = *s;
	return 0;
}

static void fake_consumed(struct samr_cluster *c, u32 group, u64 gseq, u32 cost)
{
	WARN_ON(gseq < fake.consumed);
	fake.consumed = gseq;
	fake.cost += cost;
	fake.reports++;
}

static int fake_reply(struct samr_cluster *c, const struct samr_reply *r,
		      const struct samr_given *g)
{
	fake.answered = *r;
	fake.upto = g->upto;
	return fake.answer;
}

static int fake_ask(struct samr_cluster *c, struct samr_event *ev)
{
	void (*during)(void) = fake.during;

	if (ev->type == SAMR_EV_CALL) {
		fake.during = NULL;
		if (during)
			during();
		fake.called = *ev;
		fake.calls++;
		return fake.answer;
	}
	WARN_ON(ev->type != SAMR_EV_ANSWER);
	fake.answered = (struct samr_reply){ .request = ev->answer.query };
	fake.upto = ev->answer.upto;
	return fake.answer;
}

static void fake_group_changed(struct samr_cluster *c, u32 group)
{
	fake.group_changes++;
}

static bool fake_room(struct samr_cluster *c, u8 kind, u32 group, u32 len)
{
	return !fake.full;
}

/* It is in force. */
static void fake_view(struct samr_cluster *c, struct samr_view_info *info)
{
	memset(info, 0, sizeof(*info));
	info->epoch = 1;
}

static void *fake_priv(struct samr_cluster *c)
{
	return fake.all;
}

static void fake_set_face(const struct samr_cluster_face *f)
{
	fake.face = f;
}

static u64 fake_self(const struct samr_cluster *c, u64 *inc)
{
	if (inc)
		*inc = 1;
	return 1;
}

static void fake_count(struct samr_cluster *c, enum samr_stat i)
{
	fake.counted[i]++;
}

static void on_readable(void *ctx)
{
	((struct told *)ctx)->readable++;
}

static void on_writable(void *ctx)
{
	((struct told *)ctx)->writable++;
}

static void on_failed(void *ctx, int err)
{
	struct told *t = ctx;

	t->failed++;
	t->err = err ?: t->err;
}

static const struct samr_local_ops ops = {
	.readable	= on_readable,
	.writable	= on_writable,
	.failed		= on_failed,
};

#endif /* SAMR_TESTS_SERVICE_FAKE_H */
