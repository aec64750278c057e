// SPDX-License-Identifier: GPL-2.0
/* Streams against what both sides should see, see check_stream.h. */
#include <stdlib.h>

#include "check_stream.h"
#include "core/msg.h"
#include "rng.h"
#include "sim.h"

/* Input after which a service ends the output though the client has not. */
#define RESET_AT	700
#define SHUT_AT		300
#define CLOSE_AT	500
/* It answers so many bytes to so many, and these when the input ends. */
#define BURST_EACH	100
#define BURST		200
#define TRAILER		13

static u64 stop_of(u64 id, u8 *end)
{
	switch (id >> 8 & 7) {
	case 0:
		*end = SAMR_END_RESET;
		return RESET_AT;
	case 1:
		*end = SAMR_END_SHUT;
		return SHUT_AT;
	case 2:
		*end = SAMR_END_CLOSED;
		return CLOSE_AT;
	default:
		return U64_MAX;
	}
}

struct stream_made stream_made(u64 id, u64 count, bool fin)
{
	struct stream_made m = { };
	u8 end = SAMR_END_NONE;
	u64 stop = stop_of(id, &end), c = min(count, stop);

	m.bytes = c + c / BURST_EACH * BURST;
	if (count >= stop) {
		m.end = end;
	} else if (fin) {
		m.bytes += TRAILER;
		m.end = id >> 12 & 1 ? SAMR_END_SHUT : SAMR_END_CLOSED;
	}
	return m;
}

/* Eight bytes follow from their number, by eights, and from the stream. */
static u64 word_of(u64 id, bool back, u64 nth)
{
	return rng_mix(id ^ (back ? 0x5bd1e995ULL << 20 : 0) ^
		       nth * 0x9e3779b97f4a7c15ULL);
}

void stream_bytes(u64 id, bool back, u64 from, u8 *to, u32 len)
{
	u32 part, at;
	u64 word;

	for (; len; len -= part, to += part, from += part) {
		at = from % sizeof(word);
		part = min(len, (u32)sizeof(word) - at);
		word = word_of(id, back, from / sizeof(word)) >> 8 * at;
		memcpy(to, &word, part);
	}
}

void stream_check_bytes(u64 id, bool back, u64 from, const struct samr_msg *msg,
			u32 off)
{
	static u8 bytes[SAMR_LEN_MAX], want[SAMR_LEN_MAX];
	u32 i;

	if (!samr_msg_read(msg, bytes, msg->meta.len))
		sim_fail("a piece of stream %#llx has not all its bytes",
			 (unsigned long long)id);
	stream_bytes(id, back, from, want + off, msg->meta.len - off);
	if (!memcmp(bytes + off, want + off, msg->meta.len - off))
		return;
	for (i = off; bytes[i] == want[i]; i++)
		;
	sim_fail("byte %llu of the %s of stream %#llx is another one",
		 (unsigned long long)(from + i - off), back ? "output" : "input",
		 (unsigned long long)id);
}

/* Where @name is among those that were accepted, or belongs. */
static size_t place_of(const struct stream_check *k, u64 name)
{
	size_t i = k->names;

	while (i > 0 && k->name[i - 1] >= name)
		i--;
	return i;
}

/* Nobody who was a member on both sides of it may have left it out. */
static void insert(struct stream_check *k, size_t at, u64 name)
{
	u32 i;

	for (i = 0; i < NET_NODES; i++)
		if (k->inc[i] && k->first[i] < name && name < k->last[i])
			sim_fail("node %u has left out stream %llu", i,
				 (unsigned long long)name);
	k->name = sim_grow(k->name, k->names, &k->room, sizeof(*k->name));
	memmove(&k->name[at + 1], &k->name[at],
		(k->names - at) * sizeof(*k->name));
	k->name[at] = name;
	k->names++;
}

/* Members read at different speeds: the one that is ahead may have come later. */
void stream_check_accept(struct stream_check *k, const struct host *h, u64 name)
{
	size_t at = place_of(k, name);

	if (k->inc[h->id] != h->inc) {
		k->inc[h->id] = h->inc;
		k->first[h->id] = name;
	} else if (name <= k->last[h->id]) {
		sim_fail("node %u accepts stream %llu behind a later one",
			 h->id, (unsigned long long)name);
	} else if (at && k->name[at - 1] > k->last[h->id]) {
		sim_fail("node %u accepts stream %llu where others accept %llu",
			 h->id, (unsigned long long)name,
			 (unsigned long long)k->name[at - 1]);
	}
	k->last[h->id] = name;
	if (at == k->names || k->name[at] != name)
		insert(k, at, name);
}

void stream_check_kept(struct stream_check *k, const struct host *h, u64 name,
		       u64 id)
{
	size_t at = place_of(k, name);

	if (name >= id || at == k->names || k->name[at] != name)
		sim_fail("node %u gets stream %llu with the state of %llu, and nobody has it",
			 h->id, (unsigned long long)name,
			 (unsigned long long)id);
	if (k->inc[h->id] == h->inc && name <= k->last[h->id])
		sim_fail("node %u gets stream %llu behind a later one", h->id,
			 (unsigned long long)name);
	k->inc[h->id] = h->inc;
	k->last[h->id] = name;
	/* Between those that it gets others have ended. */
	k->first[h->id] = name;
}

void stream_check_begin(struct stream_check *k, const struct host *h, u64 id)
{
	k->inc[h->id] = h->inc;
	k->first[h->id] = id;
	k->last[h->id] = id;
}

void stream_check_leave(struct stream_check *k, u32 host)
{
	k->inc[host] = 0;
}

void stream_check_forget(struct stream_check *k)
{
	k->names = 0;
	memset(k->inc, 0, sizeof(k->inc));
}

bool stream_check_is(const struct samr_msg *msg)
{
	union {
		struct samr_session_payload s;
		struct samr_request_payload r;
	} p;
	bool ask = msg->meta.kind == SAMR_KIND_REQUEST;

	if (msg->meta.kind != SAMR_KIND_SESSION && !ask)
		return msg->meta.kind == SAMR_KIND_STREAM;
	if (!samr_msg_read(msg, (u8 *)&p, ask ? sizeof(p.r) : sizeof(p.s)))
		return false;
	/* Groups have no ids of their own. */
	if (ask ? msg->meta.flags & SAMR_MSG_GROUP : p.s.other)
		return false;
	return (be64_to_cpu(ask ? p.r.id : p.s.id) & STREAM_ID_BITS) ==
	       STREAM_ID_BITS;
}
