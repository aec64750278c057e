// SPDX-License-Identifier: GPL-2.0
/*
 * A service on one of two heads: single cases, and then random orders of what can
 * happen to two heads, their cluster and DRBD, with a model of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "roles/standby.h"

#define SECOND		1000000000ULL
#define SEEDS		4000
#define TURNS		1000
#define LATE		4	/* turns until news of the cluster are there */
#define BOOT		8	/* until a machine that boots can take part */

/* ---- single cases ---- */

static struct standby s;
static struct standby_facts facts;
static struct standby_out out;
static uint64_t now;

/* An elected member whose DRBD is connected, both secondary. */
static void begin(void)
{
	now = 100 * SECOND;
	standby_init(&s, true, true);
	facts = (struct standby_facts){ .stand = STANDBY_MEMBER, .elected = true,
					.known = true, .exists = true,
					.usable = true, .connected = true };
}

static void tell(void)
{
	const struct standby_event ev = { .type = STANDBY_EV_FACTS, .now = now,
					  .facts = &facts };

	standby_step(&s, &ev, &out);
}

static void event(enum standby_event_type type)
{
	const struct standby_event ev = { .type = type, .now = now };

	standby_step(&s, &ev, &out);
}

static void done(bool ok)
{
	const struct standby_event ev = { .type = STANDBY_EV_DONE, .now = now,
					  .ok = ok };

	standby_step(&s, &ev, &out);
}

static void assert_runs(enum standby_run what)
{
	assert_true(out.run);
	assert_string_equal(standby_run_word(out.what), standby_run_word(what));
}

static void assert_state(enum standby_state state)
{
	assert_string_equal(standby_state_word(s.state),
			    standby_state_word(state));
}

static void go_active(void)
{
	begin();
	tell();
	assert_runs(STANDBY_PRIMARY);
	facts.primary = true;
	tell();
	assert_false(out.run);
	done(true);
	assert_runs(STANDBY_MOUNT);
	done(true);
	assert_runs(STANDBY_START);
	assert_state(STANDBY_STARTING);
	done(true);
	assert_false(out.run);
	assert_state(STANDBY_ACTIVE);
	assert_int_equal(out.alert, STANDBY_ALERT_ACTIVE);
}

static void up_in_order(void **state)
{
	(void)state;
	go_active();
	assert_false(standby_is_down(&s));
	assert_true(standby_deadline(&s) == STANDBY_NEVER);
}

static void down_in_order(void **state)
{
	(void)state;
	go_active();
	facts.elected = false;
	tell();
	assert_runs(STANDBY_STOP);
	done(true);
	assert_runs(STANDBY_UMOUNT);
	done(true);
	assert_runs(STANDBY_SECONDARY);
	done(true);
	assert_false(out.run);
	assert_state(STANDBY_IDLE);
	assert_true(standby_is_down(&s));
}

static void steps_that_are_not_there(void **state)
{
	(void)state;
	begin();
	standby_init(&s, false, false);
	tell();
	assert_runs(STANDBY_PRIMARY);
	done(true);
	assert_false(out.run);
	assert_state(STANDBY_ACTIVE);
	event(STANDBY_EV_QUIT);
	assert_runs(STANDBY_SECONDARY);
}

/* Nothing is done before anything is known, and what runs is found again. */
static void found_running(void **state)
{
	(void)state;
	begin();
	event(STANDBY_EV_TIME);
	assert_false(out.run);
	assert_state(STANDBY_UNKNOWN);
	facts.primary = true;
	facts.connected = false;
	tell();
	assert_runs(STANDBY_PRIMARY);
}

static void left_over_is_taken_down(void **state)
{
	(void)state;
	begin();
	facts.elected = false;
	facts.primary = true;
	tell();
	assert_runs(STANDBY_STOP);
	done(false);
	assert_false(out.run);
	now = standby_deadline(&s);
	event(STANDBY_EV_TIME);
	assert_runs(STANDBY_STOP);
}

static void no_command_for_a_resource_that_is_down(void **state)
{
	(void)state;
	begin();
	standby_init(&s, false, false);
	facts = (struct standby_facts){ };
	tell();
	assert_false(out.run);
	assert_state(STANDBY_STOPPING);
	facts.known = true;
	tell();
	assert_false(out.run);
	assert_state(STANDBY_IDLE);
}

/* Each thing that is in the way: until it is not, nothing runs. */
static void waits(void **state)
{
	static const enum standby_wait why[] = {
		STANDBY_WAIT_DRBD, STANDBY_WAIT_DOWN, STANDBY_WAIT_PRIMARY,
		STANDBY_WAIT_PROOF, STANDBY_WAIT_DATA,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(why) / sizeof(*why); i++) {
		begin();
		facts.known = why[i] != STANDBY_WAIT_DRBD;
		facts.exists = why[i] != STANDBY_WAIT_DOWN;
		facts.peer_primary = why[i] == STANDBY_WAIT_PRIMARY;
		facts.connected = why[i] != STANDBY_WAIT_PROOF;
		facts.usable = why[i] != STANDBY_WAIT_DATA;
		tell();
		assert_false(out.run);
		assert_state(STANDBY_WAITING);
		assert_int_equal(s.wait, why[i]);
		assert_true(*standby_wait_text(s.wait));
		assert_int_equal(out.prove, why[i] == STANDBY_WAIT_PROOF);
		assert_int_equal(out.alert, STANDBY_ALERT_NONE);
		now = standby_deadline(&s);
		event(STANDBY_EV_TIME);
		assert_int_equal(out.alert, STANDBY_ALERT_WAITS);
		assert_true(standby_deadline(&s) == STANDBY_NEVER);
		begin();
		facts.known = facts.exists = true;
		tell();
		assert_runs(STANDBY_PRIMARY);
	}
}

static void dead_or_outdated_will_do(void **state)
{
	(void)state;
	begin();
	facts.connected = false;
	facts.dead = true;
	tell();
	assert_runs(STANDBY_PRIMARY);
	begin();
	facts.connected = false;
	facts.peer_outdated = true;
	tell();
	assert_runs(STANDBY_PRIMARY);
}

static void held_while_wedged(void **state)
{
	(void)state;
	go_active();
	facts.stand = STANDBY_HOLD;
	facts.elected = false;
	tell();
	assert_false(out.run);
	assert_state(STANDBY_ACTIVE);
	begin();
	tell();
	facts.stand = STANDBY_HOLD;
	tell();
	done(true);
	assert_false(out.run);
	assert_int_equal(s.wait, STANDBY_WAIT_VIEW);
	facts.stand = STANDBY_MEMBER;
	tell();
	assert_runs(STANDBY_MOUNT);
}

static void tries_again_and_gives_up(void **state)
{
	unsigned int i;

	(void)state;
	begin();
	tell();
	done(true);
	for (i = 0; i < STANDBY_TRIES; i++) {
		assert_runs(STANDBY_MOUNT);
		done(false);
		if (i + 1 == STANDBY_TRIES)
			break;
		assert_false(out.run);
		assert_true(standby_deadline(&s) == now + (SECOND << i));
		now = standby_deadline(&s);
		event(STANDBY_EV_TIME);
	}
	assert_runs(STANDBY_STOP);
	done(true);
	done(true);
	assert_runs(STANDBY_SECONDARY);
	done(true);
	assert_false(out.run);
	assert_state(STANDBY_FAILED);
	assert_int_equal(out.alert, STANDBY_ALERT_FAILED);
	tell();
	assert_false(out.run);
	event(STANDBY_EV_AGAIN);
	assert_runs(STANDBY_PRIMARY);
}

static void never_gives_up_to_stop(void **state)
{
	bool alerted = false;
	uint64_t wait = 0;
	unsigned int i;

	(void)state;
	go_active();
	facts.stand = STANDBY_OUT;
	tell();
	done(true);
	for (i = 0; i < 20; i++) {
		assert_runs(STANDBY_UMOUNT);
		done(false);
		alerted |= out.alert == STANDBY_ALERT_STUCK;
		assert_true(standby_deadline(&s) != STANDBY_NEVER);
		wait = standby_deadline(&s) - now;
		now = standby_deadline(&s);
		event(STANDBY_EV_TIME);
	}
	assert_true(alerted);
	assert_true(wait == STANDBY_RETRY_MAX_NS);
	assert_state(STANDBY_STUCK);
	done(true);
	assert_runs(STANDBY_SECONDARY);
}

/*
 * A mount that was killed at its deadline is not dead yet, and comes to its end
 * behind the back of what took it down.
 */
static void what_comes_up_late_is_taken_down(void **state)
{
	bool alerted = false;
	unsigned int i;

	(void)state;
	go_active();
	facts.stand = STANDBY_OUT;
	tell();
	for (i = 0; i < 2 * STANDBY_TRIES; i++) {
		assert_runs(STANDBY_STOP);
		done(true);
		assert_runs(STANDBY_UMOUNT);
		done(true);
		assert_runs(STANDBY_SECONDARY);
		done(false);
		assert_false(out.run);
		alerted |= out.alert == STANDBY_ALERT_STUCK;
		assert_true(standby_deadline(&s) > now);
		now = standby_deadline(&s);
		event(STANDBY_EV_TIME);
	}
	assert_true(alerted);
	done(true);
	done(true);
	done(true);
	assert_state(STANDBY_IDLE);
}

static void lost_its_role(void **state)
{
	(void)state;
	go_active();
	facts.primary = false;
	tell();
	assert_int_equal(out.alert, STANDBY_ALERT_LOST);
	assert_runs(STANDBY_STOP);
	done(true);
	done(true);
	assert_runs(STANDBY_SECONDARY);
	done(true);
	assert_runs(STANDBY_PRIMARY);
}

/* DRBD's word that this head is primary may come after the command's end. */
static void late_word_is_no_loss(void **state)
{
	(void)state;
	begin();
	standby_init(&s, false, false);
	tell();
	done(true);
	tell();
	assert_state(STANDBY_ACTIVE);
	assert_false(out.run);
}

/* ---- two heads, in a model ---- */

/**
 * struct head - a machine and what its samrd was told
 * @on: it has power
 * @hung: it does nothing, and may go on later
 * @primary: @mounted: @runs: how it really stands
 * @joined: it is in the newest view
 * @outdated: of the other one: told by DRBD before the connection broke
 * @s: the service
 * @told: facts that it knows
 * @late: turns since it was told how the cluster stands
 * @age: turns since it was switched on: a boot takes longer than news
 * @left: turns until the step that runs ends; 0: none does
 * @what: that step
 */
struct head {
	bool on;
	bool hung;
	bool primary;
	bool mounted;
	bool runs;
	bool joined;
	bool outdated;
	struct standby s;
	struct standby_facts told;
	unsigned int late;
	unsigned int age;
	unsigned int left;
	enum standby_run what;
};

/**
 * struct world - all of it
 * @link: DRBD is connected when both are there
 * @senior: of the view: it is elected
 * @wedged: the view orders nothing
 * @quiet: nothing fails any more
 */
struct world {
	struct head head[2];
	bool link;
	int senior;
	bool wedged;
	bool quiet;
	uint64_t now;
	uint64_t random;
	unsigned int promotions;
};

static unsigned int dice(struct world *w, unsigned int n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (w->random >> 11) % n;
}

static bool linked(const struct world *w)
{
	return w->link && w->head[0].on && w->head[1].on && !w->head[0].hung &&
	       !w->head[1].hung;
}

static void check(const struct world *w)
{
	const struct head *a = &w->head[0], *b = &w->head[1];
	int i;

	assert_false(a->on && a->primary && b->on && b->primary);
	for (i = 0; i < 2; i++) {
		assert_false(w->head[i].mounted && !w->head[i].primary);
		assert_false(w->head[i].runs && !w->head[i].mounted);
	}
}

static void feed(struct world *w, int i, struct standby_event ev)
{
	struct head *h = &w->head[i], *other = &w->head[!i];
	struct standby_out o;

	ev.now = w->now;
	standby_step(&h->s, &ev, &o);
	if (!o.run)
		return;
	assert_int_equal(h->left, 0);
	h->left = 1 + dice(w, 4);
	h->what = o.what;
	if (o.what != STANDBY_PRIMARY)
		return;
	w->promotions++;
	assert_int_equal(h->told.stand, STANDBY_MEMBER);
	assert_true(h->told.elected);
	/* Where DRBD cannot arbitrate, the proof has to be true. */
	if (!linked(w) && !h->told.connected && !h->told.primary &&
	    !h->told.peer_outdated)
		assert_false(other->on && other->primary);
}

/* What DRBD lets happen. */
static bool promote(struct world *w, int i)
{
	struct head *h = &w->head[i], *other = &w->head[!i];

	if (h->primary)
		return true;
	if (linked(w) ? other->primary : !h->outdated &&
	    !(h->told.dead && h->told.stand == STANDBY_MEMBER))
		return false;
	h->primary = true;
	h->outdated &= !linked(w);
	return true;
}

static bool do_step(struct world *w, int i)
{
	struct head *h = &w->head[i];

	switch (h->what) {
	case STANDBY_PRIMARY:
		return promote(w, i);
	case STANDBY_MOUNT:
		assert_true(h->primary || !h->told.primary);
		h->mounted |= h->primary;
		return h->primary;
	case STANDBY_START:
		h->runs |= h->mounted;
		return h->mounted;
	case STANDBY_STOP:
		h->runs = false;
		return true;
	case STANDBY_UMOUNT:
		assert_false(h->runs);
		h->mounted = false;
		return true;
	default:
		assert_false(h->mounted);
		h->primary = false;
		return true;
	}
}

static void end_step(struct world *w, int i)
{
	struct standby_event ev = { .type = STANDBY_EV_DONE };
	unsigned int luck = w->quiet ? 0 : dice(w, 8);

	/* 1: nothing happened; 2: it happened, and is said to have failed. */
	ev.ok = luck != 1 && do_step(w, i) && luck != 2;
	feed(w, i, ev);
}

/* What it is told now: all of the truth, or one of its two sources is late. */
static void inform(struct world *w, int i, bool cluster, bool drbd)
{
	struct standby_event ev = { .type = STANDBY_EV_FACTS };
	struct head *h = &w->head[i], *other = &w->head[!i];
	struct standby_facts *f = &h->told;

	if (cluster) {
		f->stand = !h->joined ? STANDBY_OUT : w->wedged ? STANDBY_HOLD :
			   STANDBY_MEMBER;
		f->elected = h->joined && w->senior == i;
		if (other->on && !other->hung)
			f->dead = false;
	}
	if (drbd) {
		f->known = f->exists = f->usable = true;
		f->primary = h->primary;
		f->connected = linked(w);
		f->peer_primary = f->connected && other->primary;
		f->peer_outdated = !f->connected && h->outdated;
	}
	ev.facts = f;
	feed(w, i, ev);
}

static void power_off(struct world *w, int i)
{
	struct head *h = &w->head[i];

	h->on = h->hung = h->primary = h->mounted = h->runs = false;
	h->left = 0;
}

static void boot(struct world *w, int i)
{
	struct head *h = &w->head[i];

	*h = (struct head){ .on = true };
	standby_init(&h->s, true, true);
}

/* The others go on without it; what they may know of its power comes later. */
static void leave_view(struct world *w, int i)
{
	w->head[i].joined = false;
	if (w->head[!i].joined)
		w->senior = !i;
}

static void join_view(struct world *w, int i)
{
	struct head *h = &w->head[i];

	if (!h->on || h->hung || h->joined || (h->age < BOOT && !w->quiet))
		return;
	h->joined = true;
	if (!w->head[!i].joined)
		w->senior = i;
}

/* It is shut down as it should be, and tells the other one so. */
static void disconnect(struct world *w, int i)
{
	if (linked(w) && !w->head[i].primary) {
		w->head[!i].outdated = true;
		w->link = false;
	}
}

static void happen(struct world *w)
{
	int i = dice(w, 2);
	struct head *h = &w->head[i], *other = &w->head[!i];

	switch (dice(w, 48)) {
	case 0:
		if (h->on && !dice(w, 2))
			power_off(w, i);
		break;
	case 1:
		h->hung = h->on;
		break;
	case 2:
		h->hung = false;
		break;
	case 3:
		/* Only one of the two can go on without the other. */
		if (h->joined && other->joined)
			leave_view(w, i);
		break;
	case 4:
	case 5:
		join_view(w, i);
		break;
	case 6:
	case 7:
		/* A fence: the one that is out is switched off, and that is read back. */
		if (!h->joined && other->joined && !other->hung) {
			power_off(w, i);
			other->told.dead = true;
		}
		break;
	case 8:
	case 14:
	case 15:
		if (!h->on)
			boot(w, i);
		break;
	case 9:
		w->link = !w->link;
		break;
	case 10:
		w->link = true;
		break;
	case 11:
		w->wedged = !w->wedged;
		break;
	case 12:
		disconnect(w, i);
		break;
	case 13:
		if (h->on && !h->hung)
			feed(w, i, (struct standby_event){ .type = STANDBY_EV_AGAIN });
		break;
	default:
		break;
	}
	if (linked(w))
		w->head[0].outdated = w->head[1].outdated = false;
}

static void turn(struct world *w)
{
	struct head *h;
	bool news;
	int i;

	w->now += SECOND / 4 + dice(w, 1000000000);
	if (!w->quiet)
		happen(w);
	for (i = 0; i < 2; i++) {
		h = &w->head[i];
		if (!h->on || h->hung)
			continue;
		h->age++;
		news = w->quiet || !dice(w, 3) || ++h->late >= LATE;
		h->late = news ? 0 : h->late;
		inform(w, i, news, w->quiet || !dice(w, 3));
		if (h->left && !--h->left)
			end_step(w, i);
		if (standby_deadline(&h->s) <= w->now)
			feed(w, i, (struct standby_event){ .type = STANDBY_EV_TIME });
		check(w);
	}
}

/* In the end all is well again, and so it has to run on the elected head. */
static void settle(struct world *w)
{
	int i;

	w->quiet = w->link = true;
	w->wedged = false;
	for (i = 0; i < 2; i++) {
		w->head[i].hung = false;
		if (!w->head[i].on)
			boot(w, i);
	}
	if (!w->head[0].joined && !w->head[1].joined)
		join_view(w, 0);
	for (i = 0; i < 2; i++)
		join_view(w, i);
	for (i = 0; i < 200; i++) {
		if (i == 100) {
			feed(w, 0, (struct standby_event){ .type = STANDBY_EV_AGAIN });
			feed(w, 1, (struct standby_event){ .type = STANDBY_EV_AGAIN });
		}
		turn(w);
	}
	assert_int_equal(w->head[w->senior].s.state, STANDBY_ACTIVE);
	assert_true(w->head[w->senior].runs);
	assert_true(standby_is_down(&w->head[!w->senior].s));
	assert_false(w->head[!w->senior].primary);
}

static void random_orders(void **state)
{
	unsigned int promotions = 0, seed, i;
	struct world w;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		w = (struct world){ .now = SECOND, .link = true,
				    .random = seed * 0x9e3779b97f4a7c15ULL };
		boot(&w, 0);
		boot(&w, 1);
		w.head[0].age = w.head[1].age = BOOT;
		join_view(&w, 0);
		join_view(&w, 1);
		for (i = 0; i < TURNS; i++)
			turn(&w);
		settle(&w);
		promotions += w.promotions;
	}
	/* It is about promotions: there have to be many. */
	print_message("%u promotions in %u orders\n", promotions, SEEDS);
	assert_true(promotions > 5 * SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_in_order),
		cmocka_unit_test(down_in_order),
		cmocka_unit_test(steps_that_are_not_there),
		cmocka_unit_test(found_running),
		cmocka_unit_test(left_over_is_taken_down),
		cmocka_unit_test(no_command_for_a_resource_that_is_down),
		cmocka_unit_test(waits),
		cmocka_unit_test(dead_or_outdated_will_do),
		cmocka_unit_test(held_while_wedged),
		cmocka_unit_test(tries_again_and_gives_up),
		cmocka_unit_test(never_gives_up_to_stop),
		cmocka_unit_test(what_comes_up_late_is_taken_down),
		cmocka_unit_test(lost_its_role),
		cmocka_unit_test(late_word_is_no_loss),
		cmocka_unit_test(random_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
