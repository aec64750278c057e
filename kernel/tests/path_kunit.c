// SPDX-License-Identifier: GPL-2.0
/* Whether a link is a way to a head, and which links carry what. */
#include <kunit/test.h>
#include "../path.h"

#define PULSE_MS	10
#define HEADS(...)	masks((const int[]){ __VA_ARGS__, 0 })

static u64 masks(const int *id)
{
	u64 mask = 0;

	for (; *id; id++)
		mask |= 1ULL << *id;
	return mask;
}

/**
 * struct way - a path and its time
 * @p: the path
 * @now: ms
 */
struct way {
	struct samr_path p;
	u64 now;
};

static enum samr_path_state state_of(const struct way *w)
{
	return samr_path_state(&w->p, true);
}

/* @n pulses, all alike. */
static void pulses(struct way *w, u32 n, bool here, bool elsewhere)
{
	while (n--) {
		w->now += PULSE_MS;
		samr_path_pulse(&w->p, here, elsewhere, w->now);
	}
}

/* A way that has been good for long. */
static void settled(struct way *w)
{
	*w = (struct way){ .now = 1000000 };
	samr_path_told(&w->p, true, w->now);
	pulses(w, 10, true, true);
}

static void path_breaks_in_three_pulses(struct kunit *test)
{
	struct way w;

	settled(&w);
	pulses(&w, 2, false, true);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	pulses(&w, 1, true, true);
	pulses(&w, 2, false, true);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	pulses(&w, 1, false, true);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_BROKEN);
	KUNIT_EXPECT_EQ(test, w.p.breaks, 1);
	KUNIT_EXPECT_EQ(test, (int)samr_path_state(&w.p, false),
			(int)SAMR_PATH_UNHEARD);
}

/* It hangs, or we do: that is no link's fault. */
static void path_needs_another_to_break(struct kunit *test)
{
	struct way w;

	settled(&w);
	pulses(&w, 1000, false, false);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	pulses(&w, 2, false, true);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	KUNIT_EXPECT_EQ(test, w.p.breaks, 0);
}

static void path_is_broken_where_it_is_not_heard(struct kunit *test)
{
	struct way w;

	settled(&w);
	KUNIT_EXPECT_TRUE(test, samr_path_told(&w.p, false, w.now));
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_BROKEN);
	KUNIT_EXPECT_FALSE(test, samr_path_told(&w.p, false, w.now));
	pulses(&w, 100, true, true);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_BROKEN);
	KUNIT_EXPECT_EQ(test, w.p.breaks, 1);
	KUNIT_EXPECT_TRUE(test, samr_path_told(&w.p, true, w.now));
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_HELD);
}

/* The first words of a head that comes up: it has heard nobody yet. */
static void path_begins_without_a_break(struct kunit *test)
{
	struct way w = { .now = 5 };

	KUNIT_EXPECT_TRUE(test, samr_path_told(&w.p, false, w.now));
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_BROKEN);
	KUNIT_EXPECT_TRUE(test, samr_path_told(&w.p, true, w.now));
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	KUNIT_EXPECT_EQ(test, w.p.breaks, 0);
	/* And again after a reboot, but not when it only changes its mind. */
	samr_path_new(&w.p);
	samr_path_told(&w.p, false, w.now);
	samr_path_told(&w.p, true, w.now);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	samr_path_told(&w.p, false, w.now);
	samr_path_told(&w.p, true, w.now);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_HELD);
	KUNIT_EXPECT_EQ(test, w.p.breaks, 1);
}

/* Returns how long it is held, ms. */
static u64 flap(struct way *w)
{
	u64 begin;

	pulses(w, SAMR_PATH_QUIET, false, true);
	begin = w->now + PULSE_MS;
	do {
		pulses(w, 1, true, true);
	} while (state_of(w) == SAMR_PATH_HELD);
	return w->now - begin;
}

static void path_is_held_longer_when_it_flaps(struct kunit *test)
{
	struct way w;
	u64 wait;
	int i;

	settled(&w);
	for (i = 0, wait = 1000; i < 10; i++, wait = min(2 * wait, 64000ULL))
		KUNIT_EXPECT_EQ(test, flap(&w), wait);
	/* Good for ten times as long: that is forgotten. */
	pulses(&w, 641000 / PULSE_MS, true, true);
	KUNIT_EXPECT_EQ(test, flap(&w), 1000);
	KUNIT_EXPECT_EQ(test, w.p.breaks, 11);
}

/* While it is held it may break as often as it likes: it is held anew, no longer. */
static void path_that_is_held_begins_anew(struct kunit *test)
{
	struct way w;
	u64 begin;
	int i;

	settled(&w);
	for (i = 0; i < 20; i++) {
		pulses(&w, SAMR_PATH_QUIET, false, true);
		pulses(&w, 900 / PULSE_MS, true, true);
		KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_HELD);
	}
	begin = w.now;
	while (state_of(&w) == SAMR_PATH_HELD)
		pulses(&w, 1, true, true);
	KUNIT_EXPECT_LE(test, w.now - begin, 120);
	KUNIT_EXPECT_EQ(test, samr_path_hold_ms(&w.p), 1000);
}

static void path_cut_and_alone(struct kunit *test)
{
	struct way w;

	settled(&w);
	KUNIT_EXPECT_TRUE(test, samr_path_cut(&w.p, w.now));
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_BROKEN);
	pulses(&w, 1, true, true);
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_HELD);
	KUNIT_EXPECT_TRUE(test, samr_path_alone(&w.p));
	KUNIT_EXPECT_EQ(test, state_of(&w), SAMR_PATH_GOOD);
	KUNIT_EXPECT_FALSE(test, samr_path_alone(&w.p));
	KUNIT_EXPECT_EQ(test, w.p.flaps, 1);
}

/* ---- the choice ---- */

static struct samr_path_link link_of(u64 good, u64 held, u64 broken)
{
	return (struct samr_path_link){
		.usable = true,
		.size = 1496,
		.heads[SAMR_PATH_GOOD] = good,
		.heads[SAMR_PATH_HELD] = held,
		.heads[SAMR_PATH_BROKEN] = broken,
	};
}

static void choose_the_older_of_two_alike(struct kunit *test)
{
	struct samr_path_link l[2] = {
		link_of(HEADS(2, 3), 0, 0), link_of(HEADS(2, 3), 0, 0),
	};
	struct samr_path_choice c;

	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 0);
	KUNIT_EXPECT_EQ(test, c.serves[0], HEADS(2, 3));
	KUNIT_EXPECT_EQ(test, c.serves[1], 0);
	KUNIT_EXPECT_FALSE(test, c.spread);
	l[1].size = 8996;
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 1);
	l[1].usable = false;
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 0);
}

static void choose_what_is_good_before_what_is_held(struct kunit *test)
{
	struct samr_path_link l[2] = {
		link_of(HEADS(3), HEADS(2), 0), link_of(HEADS(2, 3), 0, 0),
	};
	struct samr_path_choice c;

	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 1);
	KUNIT_EXPECT_FALSE(test, c.spread);
	l[0] = link_of(0, HEADS(2), 0);
	l[1] = link_of(0, 0, HEADS(2));
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 0);
	/* A broken way is better than none. */
	l[0].usable = false;
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 1);
	KUNIT_EXPECT_EQ(test, c.serves[1], HEADS(2));
}

static void choose_several_where_none_reaches_all(struct kunit *test)
{
	struct samr_path_link l[3] = {
		link_of(HEADS(2), 0, HEADS(3, 4)),
		link_of(HEADS(3, 4), 0, HEADS(2)),
		link_of(HEADS(4), HEADS(2), 0),
	};
	struct samr_path_choice c;

	samr_path_choose(l, 3, &c);
	KUNIT_EXPECT_EQ(test, c.best, 1);
	KUNIT_EXPECT_TRUE(test, c.spread);
	KUNIT_EXPECT_EQ(test, c.serves[0], HEADS(2));
	KUNIT_EXPECT_EQ(test, c.serves[1], HEADS(3, 4));
	KUNIT_EXPECT_EQ(test, c.serves[2], 0);
}

static void choose_without_peers_or_links(struct kunit *test)
{
	struct samr_path_link l[2] = { link_of(0, 0, 0), link_of(0, 0, 0) };
	struct samr_path_choice c;

	samr_path_choose(l, 0, &c);
	KUNIT_EXPECT_EQ(test, c.best, SAMR_PATH_NO_LINK);
	l[0].local = true;
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 1);
	l[1].usable = false;
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, 0);
	l[0].usable = false;
	samr_path_choose(l, 2, &c);
	KUNIT_EXPECT_EQ(test, c.best, SAMR_PATH_NO_LINK);
	KUNIT_EXPECT_FALSE(test, c.spread);
}

static struct kunit_case path_cases[] = {
	KUNIT_CASE(path_breaks_in_three_pulses),
	KUNIT_CASE(path_needs_another_to_break),
	KUNIT_CASE(path_is_broken_where_it_is_not_heard),
	KUNIT_CASE(path_begins_without_a_break),
	KUNIT_CASE(path_is_held_longer_when_it_flaps),
	KUNIT_CASE(path_that_is_held_begins_anew),
	KUNIT_CASE(path_cut_and_alone),
	KUNIT_CASE(choose_the_older_of_two_alike),
	KUNIT_CASE(choose_what_is_good_before_what_is_held),
	KUNIT_CASE(choose_several_where_none_reaches_all),
	KUNIT_CASE(choose_without_peers_or_links),
	{ }
};

static struct kunit_suite path_suite = {
	.name = "samr_path",
	.test_cases = path_cases,
};
kunit_test_suite(path_suite);
