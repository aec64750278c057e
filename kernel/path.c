// SPDX-License-Identifier: GPL-2.0
/* Whether a link is a way to a head, and which links carry what; see path.h. */
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "path.h"

/* ---- one path ---- */

u64 samr_path_hold_ms(const struct samr_path *p)
{
	return (u64)SAMR_PATH_HOLD_MIN_MS << (max_t(u8, p->flaps, 1) - 1);
}

/*
 * What breaks while it is held begins to be held anew, and counts no further:
 * else a link that is bad for a minute would be kept out for an hour.
 */
static void note_break(struct samr_path *p, u64 now)
{
	p->breaks++;
	if (p->held)
		return;
	if (now - p->since > SAMR_PATH_FORGET * samr_path_hold_ms(p))
		p->flaps = 0;
	p->flaps = min(p->flaps + 1, SAMR_PATH_FLAPS_MAX);
}

static bool settle(struct samr_path *p, u64 now)
{
	enum samr_path_state before = samr_path_state(p, true);
	bool broken = p->silent || p->deaf;

	if (broken && !p->broken && p->met) {
		note_break(p, now);
	} else if (!broken && p->broken) {
		p->held = p->met;
		p->since = now;
	} else if (p->held && !broken &&
		   now - p->since >= samr_path_hold_ms(p)) {
		p->held = false;
		p->since = now;
	}
	p->broken = broken;
	return samr_path_state(p, true) != before;
}

bool samr_path_pulse(struct samr_path *p, bool here, bool elsewhere, u64 now)
{
	if (here) {
		p->quiet = 0;
		p->silent = false;
	} else if (elsewhere && p->quiet < SAMR_PATH_QUIET) {
		p->silent |= ++p->quiet == SAMR_PATH_QUIET;
	}
	return settle(p, now);
}

bool samr_path_told(struct samr_path *p, bool hears, u64 now)
{
	bool changed;

	p->deaf = !hears;
	changed = settle(p, now);
	p->met |= hears;
	return changed;
}

bool samr_path_cut(struct samr_path *p, u64 now)
{
	p->silent = true;
	p->quiet = SAMR_PATH_QUIET;
	return settle(p, now);
}

bool samr_path_alone(struct samr_path *p)
{
	bool changed = samr_path_state(p, true) != SAMR_PATH_GOOD;

	p->silent = false;
	p->deaf = false;
	p->broken = false;
	p->held = false;
	p->quiet = 0;
	return changed;
}

void samr_path_new(struct samr_path *p)
{
	p->met = false;
	p->held = false;
}

/* ---- the choice ---- */

/* Heads that @l reaches at least as well as any other link does. */
static u64 reach(const struct samr_path_link *l, const u64 *any)
{
	u64 above = 0, mask = 0;
	int s;

	for (s = SAMR_PATH_GOOD; s > SAMR_PATH_UNHEARD; s--) {
		mask |= l->heads[s] & ~above;
		above |= any[s];
	}
	return l->usable ? mask : 0;
}

/*
 * A link to others before one to ourselves; the more heads the better; then the
 * larger frames; then the older link.
 */
static bool better(const struct samr_path_link *a, u64 a_reach,
		   const struct samr_path_link *b, u64 b_reach)
{
	if (a->local != b->local)
		return b->local;
	if (hweight64(a_reach) != hweight64(b_reach))
		return hweight64(a_reach) > hweight64(b_reach);
	return a->size > b->size;
}

/* The heads that are left, through as few links as are found at a glance. */
static void cover(const u64 *reached, u32 n, u64 left,
		  struct samr_path_choice *out)
{
	u32 i, most;

	while (left) {
		most = 0;
		for (i = 1; i < n; i++)
			if (hweight64(reached[i] & left) >
			    hweight64(reached[most] & left))
				most = i;
		out->serves[most] |= reached[most] & left;
		left &= ~reached[most];
		out->spread = true;
	}
}

void samr_path_choose(const struct samr_path_link *l, u32 n,
		      struct samr_path_choice *out)
{
	u64 any[SAMR_PATH_STATES] = { }, reached[SAMR_PATH_LINKS] = { };
	u64 all = 0;
	u32 i, s;

	memset(out, 0, sizeof(*out));
	out->best = SAMR_PATH_NO_LINK;
	for (i = 0; i < n; i++)
		for (s = 0; s < SAMR_PATH_STATES && l[i].usable; s++)
			any[s] |= l[i].heads[s];
	for (i = 0; i < n; i++) {
		reached[i] = reach(&l[i], any);
		all |= reached[i];
		if (!l[i].usable)
			continue;
		if (out->best == SAMR_PATH_NO_LINK ||
		    better(&l[i], reached[i], &l[out->best],
			   reached[out->best]))
			out->best = i;
	}
	if (out->best == SAMR_PATH_NO_LINK)
		return;
	out->serves[out->best] = reached[out->best];
	cover(reached, n, all & ~reached[out->best], out);
}
