// SPDX-License-Identifier: GPL-2.0
/* One head on its own, without a network, see leaf_node.h. */
#include "core/fence.h"
#include "core/node.h"
#include "core/state.h"
#include "leaf_check.h"
#include "leaf_node.h"
#include "memory.h"

#define SELF		5

struct lone {
	struct samr_node *node;
	struct samr_actions out;
	u64 now;
};

/* One event, and FLUSH. */
static int step(struct lone *l, struct samr_event ev)
{
	struct samr_event flush = { .type = SAMR_EV_FLUSH, .now = l->now };
	int err;

	ev.now = l->now;
	err = samr_node_step(l->node, &ev, &l->out);
	check(!samr_node_step(l->node, &flush, &l->out));
	return err;
}

static int members(struct lone *l, u64 mask)
{
	return step(l, (struct samr_event){ .type = SAMR_EV_MEMBERS,
					    .members = mask });
}

static int submit(struct lone *l, u8 kind, u32 group, u32 port)
{
	return step(l, (struct samr_event){
		.type = SAMR_EV_SUBMIT,
		.submit = { .group = group, .port = port, .kind = kind,
			    .arg = kind == SAMR_KIND_JOIN ? 10000 : 0,
			    .owner = l } });
}

/* The next delivery, of which nothing is kept; 0: none. */
static u64 delivered(struct lone *l)
{
	struct samr_msg *msg;
	u64 gseq;

	if (list_empty(&l->out.list))
		return 0;
	msg = samr_msg_of_action(list_first_entry(&l->out.list,
						  struct samr_action, node));
	check(msg->action.type == SAMR_ACT_DELIVER);
	gseq = msg->meta.gseq;
	list_del(&msg->action.node);
	samr_msg_put(msg);
	return gseq;
}

static void read_up_to(struct lone *l, u32 group, u64 gseq)
{
	check(!step(l, (struct samr_event){
		.type = SAMR_EV_CONSUMED,
		.consumed = { .group = group, .gseq = gseq,
			      .cost = samr_flow_cost(0) } }));
}

static void begin(struct lone *l)
{
	struct samr_node_config cfg = { .self = SELF, .inc = 1, .history = 16,
					.submits = 16 };

	l->node = samr_node_new(&cfg);
	check(l->node);
	samr_actions_init(&l->out);
	l->now = 1000000;
}

static void end(struct lone *l)
{
	samr_node_free(l->node, &l->out);
	check(list_empty(&l->out.list));
}

/* It wants to be woken once more at most, and then never. */
static void check_sleeps(struct lone *l)
{
	u64 at = samr_node_deadline(l->node);

	if (at != U64_MAX) {
		l->now = at;
		check(!step(l, (struct samr_event){ .type = SAMR_EV_TIMER }));
	}
	check(samr_node_deadline(l->node) == U64_MAX);
}

/*
 * A head that has nothing to wait for wants to be woken at no time: not before
 * it knows of a view, nor alone in one, nor when all of its own was ordered.
 */
static void test_idle(void)
{
	struct lone l;

	begin(&l);
	check(samr_node_deadline(l.node) == U64_MAX);
	check(!step(&l, (struct samr_event){ .type = SAMR_EV_FRAME_MAX,
					     .frame_max = 1440 }));
	check(samr_node_deadline(l.node) == U64_MAX);
	check(!members(&l, BIT_ULL(SELF)) && l.out.view);
	check(!delivered(&l) && samr_node_deadline(l.node) == U64_MAX);
	check(!submit(&l, SAMR_KIND_JOIN, 7, 1));
	check_sleeps(&l);
	check(delivered(&l) == 1 && !delivered(&l));
	read_up_to(&l, 7, 1);
	check_sleeps(&l);
	end(&l);
}

/* What the admin says again changes nothing: there is one view, installed once. */
static void test_again(void)
{
	struct samr_view_info was, is;
	struct lone l;

	begin(&l);
	check(!members(&l, BIT_ULL(SELF)) && l.out.view && l.out.writable);
	samr_node_view(l.node, &was);
	samr_actions_init(&l.out);
	check(!members(&l, BIT_ULL(SELF)) && !l.out.view && !l.out.writable);
	samr_node_view(l.node, &is);
	check(!memcmp(&was, &is, sizeof(is)));
	end(&l);
}

/* Groups that come and go leave nothing behind. */
static void test_groups(void)
{
	u64 objects = 0;
	struct lone l;
	u32 g;

	begin(&l);
	check(!members(&l, BIT_ULL(SELF)));
	for (g = 1; g <= 2000; g++) {
		check(!submit(&l, SAMR_KIND_JOIN, g, g));
		check(samr_node_group(l.node, 0) == g);
		check(!submit(&l, SAMR_KIND_LEAVE, g, g));
		check(delivered(&l) && delivered(&l) && !delivered(&l));
		check(!samr_node_group(l.node, 0));
		objects = objects ?: memory_use_of(MEMORY_HOMES)->objects;
		check(memory_use_of(MEMORY_HOMES)->objects == objects);
	}
	end(&l);
}

/* A node may end between an event and its FLUSH: a frame is open then. */
static void test_unflushed(void)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS,
				 .members = BIT_ULL(SELF) | BIT_ULL(6) };
	u64 objects = memory_use_of(MEMORY_HOMES)->objects, before;
	struct lone l;

	begin(&l);
	ev.now = l.now;
	check(!samr_node_step(l.node, &ev, &l.out));
	check(samr_node_deadline(l.node) <= l.now);
	before = memory_use_of(MEMORY_HOMES)->objects;
	ev.type = SAMR_EV_TIMER;
	check(!samr_node_step(l.node, &ev, &l.out));
	check(memory_use_of(MEMORY_HOMES)->objects > before);
	end(&l);
	check(memory_use_of(MEMORY_HOMES)->objects == objects);
}

/* Join, and say whether that was refused in the order. */
static bool refused(struct lone *l, u32 group, u32 port)
{
	struct samr_msg *msg;
	u64 gseq;
	bool no;

	check(!submit(l, SAMR_KIND_JOIN, group, port));
	check(!list_empty(&l->out.list));
	msg = samr_msg_of_action(list_first_entry(&l->out.list,
						  struct samr_action, node));
	no = msg->refused;
	gseq = delivered(l);
	check(gseq && !delivered(l));
	read_up_to(l, group, gseq);
	return no;
}

/* What the order can make every head keep has an end. */
static void test_limits(void)
{
	struct samr_members *m;
	struct lone l;
	u32 i;

	begin(&l);
	check(!members(&l, BIT_ULL(SELF)));
	for (i = 1; i <= SAMR_MEMBERS_MAX; i++)
		check(!refused(&l, 1, i));
	check(refused(&l, 1, i));
	m = samr_node_members(l.node, 1);
	check(m && m->count == SAMR_MEMBERS_MAX);
	samr_members_put(m);
	for (i = 2; i <= SAMR_GROUPS_MAX; i++)
		check(!refused(&l, i, 1));
	check(refused(&l, i, 1) && !refused(&l, 2, 2));
	check(!samr_node_group(l.node, SAMR_GROUPS_MAX));
	/* Room for another one when one ends. */
	check(!submit(&l, SAMR_KIND_LEAVE, 3, 1) && delivered(&l));
	check(!refused(&l, i, 1));
	end(&l);
}

/* Is incarnation @inc of head 6 known to be dead? */
static bool known(const struct lone *l, u64 inc)
{
	struct samr_fence f;
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++)
		if (samr_node_fence(l->node, i, &f) && f.id == 6 &&
		    f.inc == inc)
			return f.dead;
	return false;
}

/* Of the dead, those known longest are forgotten, when others need their room. */
static void test_fences(void)
{
	struct lone l;
	u64 inc;

	begin(&l);
	for (inc = 1; inc <= SAMR_FENCES + 2; inc++) {
		l.now += SAMR_MSEC;
		check(!members(&l, BIT_ULL(SELF)));
		samr_fence_known(l.node, 6, inc);
		check(known(&l, inc));
	}
	check(!known(&l, 1) && !known(&l, 2) && known(&l, 3));
	end(&l);
}

/*
 * Heads in kernels and here draw the same: the example of SipHash's authors, where the bytes 0 to 15
 * are the key and 0 to 7 the message. Each key is another one, and hangs on the node's secret.
 */
static void test_keys(void)
{
	const struct samr_key key = {
		{ 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL }
	};
	struct samr_key a, b, c;
	struct lone l, other;

	check(samr_keyed(&key, 0x0706050403020100ULL) == 0x93f5f5799a932462ULL);
	begin(&l);
	begin(&other);
	other.node->cfg.secret.half[1]++;
	a = samr_node_key(l.node);
	b = samr_node_key(l.node);
	c = samr_node_key(other.node);
	check(a.half[0] != a.half[1] && a.half[0] != b.half[0] &&
	      a.half[1] != b.half[1]);
	check(a.half[0] != c.half[0] && a.half[1] != c.half[1]);
	end(&l);
	end(&other);
}

void leaf_node_run(void)
{
	test_keys();
	test_fences();
	test_limits();
	test_unflushed();
	test_idle();
	test_again();
	test_groups();
}
