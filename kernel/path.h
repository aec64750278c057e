/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a link is a way to a head, and which links carry what.
 *
 * Pure: no lock, no clock, no memory. Who feeds it is pulse.c, who asks link.c.
 *
 * Of a head that is heard on several links nothing comes on one of them, for
 * QUIET pulses during each of which something came on another one; or it says
 * itself that it does not hear us there: that way is broken. Silence on all links
 * alike says nothing of links, nor does a pulse of ours that comes late.
 *
 * A way that works again is held: it is used only where no other one does, until
 * it has been good for a while, and for longer the more often it broke lately.
 */
#ifndef SAMR_PATH_H
#define SAMR_PATH_H

#include <linux/types.h>

#define SAMR_PATH_QUIET		3	/* pulses */
#define SAMR_PATH_HOLD_MIN_MS	1000
#define SAMR_PATH_FLAPS_MAX	7	/* so that it is held for 64 s at most */
/* Good for so many times as long as it was held: what was before is forgotten. */
#define SAMR_PATH_FORGET	10

/** enum samr_path_state - from the worst to the best */
enum samr_path_state {
	SAMR_PATH_UNHEARD,	/* no probe was answered */
	SAMR_PATH_BROKEN,
	SAMR_PATH_HELD,
	SAMR_PATH_GOOD,
	SAMR_PATH_STATES,
};

/**
 * struct samr_path - one head on one link; all zero: good
 * @silent: nothing comes
 * @deaf: it says that it does not hear us
 * @met: it has said that it does, since it came up
 * @broken: the way is; see above
 * @held: it works again, and is not used yet
 * @quiet: pulses without a frame of it while it was heard elsewhere
 * @flaps: breaks that count
 * @breaks: all of them
 * @since: ms; when it began to be held, or ceased to be
 */
struct samr_path {
	bool silent;
	bool deaf;
	bool met;
	bool broken;
	bool held;
	u8 quiet;
	u8 flaps;
	u32 breaks;
	u64 since;
};

/**
 * samr_path_pulse - one more pulse
 * @p: the path
 * @here: a frame of the head came on this link since the last one
 * @elsewhere: or on any other link
 * @now: ms
 *
 * These four return true when the state has changed.
 */
bool samr_path_pulse(struct samr_path *p, bool here, bool elsewhere, u64 now);

/** samr_path_told - the head says whether it hears us here */
bool samr_path_told(struct samr_path *p, bool hears, u64 now);

/** samr_path_cut - our own device carries nothing any more */
bool samr_path_cut(struct samr_path *p, u64 now);

/** samr_path_alone - there is nothing to compare with any more: it is taken as good */
bool samr_path_alone(struct samr_path *p);

/** samr_path_new - the head has come up anew: its first words are no news of the link */
void samr_path_new(struct samr_path *p);

/** samr_path_hold_ms - how long @p is held after it broke now */
u64 samr_path_hold_ms(const struct samr_path *p);

static inline enum samr_path_state samr_path_state(const struct samr_path *p,
						   bool heard)
{
	if (!heard)
		return SAMR_PATH_UNHEARD;
	if (p->broken)
		return SAMR_PATH_BROKEN;
	return p->held ? SAMR_PATH_HELD : SAMR_PATH_GOOD;
}

/**
 * struct samr_path_link - a link, to choose from
 * @heads: those in each state; SAMR_PATH_UNHEARD is not looked at
 * @size: of its frames
 * @usable: false: it is not there
 * @local: it leads nowhere but to ourselves
 */
struct samr_path_link {
	u64 heads[SAMR_PATH_STATES];
	u32 size;
	bool usable;
	bool local;
};

#define SAMR_PATH_LINKS		16
#define SAMR_PATH_NO_LINK	U32_MAX

/**
 * struct samr_path_choice - which links carry
 * @best: index, or SAMR_PATH_NO_LINK; on it goes what is for heads that no link
 *	serves, too
 * @serves: heads that get their frames through this link; each head at most once
 * @spread: more than @best serve
 */
struct samr_path_choice {
	u32 best;
	u64 serves[SAMR_PATH_LINKS];
	bool spread;
};

/**
 * samr_path_choose - the fewest links that reach all
 * @l: the links, the oldest first
 * @n: how many, at most SAMR_PATH_LINKS
 * @out: filled in
 *
 * A head is reached by a link when its state there is the best that it has on any.
 */
void samr_path_choose(const struct samr_path_link *l, u32 n,
		      struct samr_path_choice *out);

#endif /* SAMR_PATH_H */
