/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What DRBD is told about another head.
 *
 * It goes on without it only after exit status 7 or 4, and these only stand for what
 * samrd says itself: that power was read back as off, or that DRBD knows its data
 * to be outdated. That nobody answers, that an answer makes no sense, or that time
 * is over, is never one of them.
 */
#ifndef FENCE_PEER_ASK_H
#define FENCE_PEER_ASK_H

#define ASK_LIMIT_S	300	/* unless told otherwise */
#define ASK_LIMIT_MAX_S	3600
#define ASK_TEXT_MAX	1400

/**
 * enum ask_fate - what becomes of the other head, as DRBD's exit status
 * @ASK_UNKNOWN: all else: DRBD writes nothing until it is connected again
 * @ASK_OUTDATED: its data of this resource cannot be used by it
 * @ASK_OFF: its power is off
 */
enum ask_fate {
	ASK_UNKNOWN	= 1,
	ASK_OUTDATED	= 4,
	ASK_OFF		= 7,
};

/**
 * ask_samrd - until it knows, says no, or time is over
 * @resource: @peer: as DRBD calls them
 * @limit_ms: for all of it; a samrd that does not answer is asked again
 * @text: why, for people; ASK_TEXT_MAX bytes
 */
enum ask_fate ask_samrd(const char *resource, const char *peer,
			unsigned int limit_ms, char *text);

#endif /* FENCE_PEER_ASK_H */
