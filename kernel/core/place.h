/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams across a state transfer.
 *
 * The state is that of the place of the SNAPSHOT. What was ordered before that place the
 * donor's member has read when it begins to give: so its place in the input of each stream is
 * known to all. How far it had written it says (PLACE), and the donor's core submits it, for
 * each stream in front of the first piece: the output that is kept, as replies are, and then
 * the place. Receivers' heads keep that output, and their members get the streams as they
 * come out of the state: with the input behind that place, and what they write behind what
 * the donor's member had written. A stream that has ended meanwhile is given like any other,
 * as its input up to there is part of what receivers do. So a stream goes on, whoever of them
 * is left.
 *
 * When a donor can not give the state at this place, or has to end a stream first, it ends the
 * transfer, and the receivers ask again.
 *
 * A SNAPSHOT without SAMR_MSG_KEEP ends all streams of the group at its place.
 */
#ifndef SAMR_CORE_PLACE_H
#define SAMR_CORE_PLACE_H

#include "event.h"

struct samr_group;
struct samr_msg;
struct samr_node;
struct samr_session;

/**
 * struct samr_place_said - where a member here stands in a stream, when it gives the state
 * @link: in samr_give.places
 * @session: name of the stream
 * @read: number of the last byte of input that it has read, or of the end
 * @made: of the last byte that it has written
 * @node: head of the client when it was opened
 * @port: of the client, there
 * @how: enum samr_place
 * @end: enum samr_end, of its output
 * @fin: @read is that of the end
 * @gave: output before this number was given
 */
struct samr_place_said {
	struct list_head link;
	u64 session;
	u64 read;
	u64 made;
	u32 node;
	u32 port;
	u8 how;
	u8 end;
	bool fin;
	u64 gave;
};

/** samr_place_forget - the transfer, or the group, is gone */
void samr_place_forget(struct samr_group *g);

/** samr_place_begin - a transfer begins: streams end, or @keep where their input is */
void samr_place_begin(struct samr_node *n, struct samr_group *g, bool keep);

/** samr_place_all - has the order the places of all streams that are older than the transfer? */
bool samr_place_all(const struct samr_group *g);

/** samr_place_made - PLACE of a local member, as samr_node_step() */
int samr_place_made(struct samr_node *n, const struct samr_event *ev);

/**
 * samr_place_give - a donor here: submit what was said, as much as there is room for
 *
 * Return: whether all was, and the state may follow.
 */
bool samr_place_give(struct samr_node *n, struct samr_group *g);

/**
 * samr_place_told - REPLIES with SAMR_MSG_KEEP at its place, from the donor
 * @s: the session that it names, or NULL
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_place_told(struct samr_node *n, struct samr_group *g,
		     struct samr_session *s, struct samr_msg *msg);

/** samr_place_output - REPLIES of stream @s at its place, likewise */
bool samr_place_output(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s, struct samr_msg *msg);

#endif /* SAMR_CORE_PLACE_H */
