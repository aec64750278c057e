// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that no samr would send, into a running cluster of scripts/lab, to
 * heads 1 (the sequencer) and 2.
 *
 *	samr-test-hostile cases		each kind, and the counter that it must
 *					raise: that one and no other
 *	samr-test-hostile storm MS	as many as possible that do no harm
 *	samr-test-hostile mutate MS	the heads' own frames, changed, with a
 *					right trailer: there is no key to tell
 *					them from the heads', so the order may
 *					suffer, but nothing else
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "frames.h"

/* A message of head 3 that is within the window and will not be reached. */
#define FAR_AHEAD	220

/* ---- counters ---- */

static const char *const reasons[] = {
	"short", "version", "cluster", "length", "crc", "key", "header", "self",
	"domain", "source", "incarnation", "epoch", "record", "unknown", "role",
	"window", "duplicate", "conflict", "memory", "limit", "view", "session",
	"drop_foreign", "drop_queue", "drop_memory", "drop_probe",
	"drop_probe_source", "drop_probe_rate",
};

#define REASONS	(sizeof(reasons) / sizeof(reasons[0]))

struct counters {
	unsigned long long n[REASONS];
};

static struct counters read_counters(int head)
{
	char cmd[128], out[16384], key[32], *drops, *at;
	struct counters c = { };
	size_t i, len;
	FILE *p;

	snprintf(cmd, sizeof(cmd),
		 "samrctl -n samr%d -j stats show counters all", head);
	p = popen(cmd, "r");
	len = p ? fread(out, 1, sizeof(out) - 1, p) : 0;
	if (!len || pclose(p))
		die("%s failed", cmd);
	out[len] = 0;
	drops = strstr(out, "\"drops\":");
	for (i = 0; i < REASONS; i++) {
		snprintf(key, sizeof(key), "\"%s\":", reasons[i]);
		at = drops ? strstr(drops, key) : NULL;
		if (!at)
			die("no counter %s in %s", reasons[i], out);
		c.n[i] = strtoull(at + strlen(key), NULL, 10);
	}
	return c;
}

/* ---- cases ---- */

static void frames_short(int to)
{
	struct frame f = frame_of(3);

	transmit(to, f.b, 1);
	transmit(to, f.b, 20);
	transmit(to, f.b, HEADER - 1);
	transmit(to, f.b, HEADER + 3);
}

static void one(int to, int at, int bytes, uint64_t v)
{
	struct frame f = frame_of(3);

	beat(&f);
	header(&f, at, bytes, v);
	send_frame(to, f);
}

static void frames_version(int to)
{
	uint64_t ours = get(heard[3].b + H_VERSION, 1);

	one(to, H_VERSION, 1, ours - 1);
	one(to, H_VERSION, 1, ours + 1);
	one(to, H_VERSION, 1, 255);
}

static void frames_cluster(int to)
{
	one(to, H_CLUSTER, 4, get(heard[3].b + H_CLUSTER, 4) + 1);
	one(to, H_CLUSTER, 4, 0);
}

static void frames_length(int to)
{
	static const uint16_t wrong[] = { 0, HEADER - 1, HEADER + BEAT_LEN + 1, 65535 };
	struct frame f;
	size_t i;

	for (i = 0; i < 4; i++) {
		f = frame_of(3);
		beat(&f);
		f.keep_len = true;
		header(&f, H_LEN, 2, wrong[i]);
		send_frame(to, f);
	}
	/* Truncated on the way. */
	f = frame_of(3);
	beat(&f);
	f.cut = 10;
	send_frame(to, f);
}

static void frames_crc(int to)
{
	struct frame f = frame_of(3);
	int bit;

	beat(&f);
	for (bit = 0; bit < 32; bit += 7) {
		f.crc_xor = 1u << bit;
		send_frame(to, f);
	}
	/* A length that takes other bytes for the trailer. */
	f = frame_of(3);
	beat(&f);
	beat(&f);
	f.keep_len = true;
	header(&f, H_LEN, 2, HEADER + 16);
	send_frame(to, f);
}

static void frames_key(int to)
{
	one(to, H_KEY, 1, 1);
	one(to, H_KEY, 1, 255);
}

static void frames_header(int to)
{
	one(to, H_TYPE, 1, 0);
	one(to, H_TYPE, 1, 4);
	one(to, H_FLAGS, 1, 1);
	one(to, H_FLAGS, 1, 0x80);
	one(to, H_RESERVED, 2, 1);
	one(to, H_SRC, 8, 0);
	one(to, H_INC, 8, 0);
}

static void frames_self(int to)
{
	struct frame f = frame_of(to);

	beat(&f);
	send_frame(to, f);
	header(&f, H_INC, 8, 4711);
	send_frame(to, f);
}

static void frames_domain(int to)
{
	one(to, H_DOMAIN, 2, 1);
	one(to, H_DOMAIN, 2, 65535);
}

static void frames_source(int to)
{
	one(to, H_SRC, 8, 9);
	one(to, H_SRC, 8, 63);
	one(to, H_SRC, 8, 64);
	one(to, H_SRC, 8, 1ULL << 63);
	one(to, H_SRC, 8, UINT64_MAX);
}

static void frames_incarnation(int to)
{
	one(to, H_INC, 8, get(heard[3].b + H_INC, 8) + 1);
	one(to, H_INC, 8, get(heard[3].b + H_INC, 8) ^ 1ULL << 63);
}

static void frames_epoch(int to)
{
	struct frame f = frame_of(3);

	one(to, H_EPOCH, 8, get(heard[3].b + H_EPOCH, 8) + 1);
	one(to, H_EPOCH, 8, UINT64_MAX);
	one(to, H_EPOCH, 8, 0);
	/* Who is in a view says no HELLO. */
	hello(&f);
	send_frame(to, f);
}

/* A message whose record @at, @bytes wide, is @v. */
static void bad_submit(int to, int at, int bytes, uint64_t v)
{
	struct frame f = frame_of(3);

	submit(&f, F_ALL, 1, 100);
	field(&f, at, bytes, v);
	send_frame(to, f);
}

static void bad_order(int to, int at, int bytes, uint64_t v)
{
	struct frame f = frame_of(1);

	order(&f, F_REPAIR, 3, 1, 1, 100);
	header(&f, H_SRC, 8, 3);
	header(&f, H_INC, 8, get(heard[3].b + H_INC, 8));
	field(&f, at, bytes, v);
	send_frame(to, f);
}

static void bad_nack(int to, uint64_t first, uint64_t last, uint32_t off,
		     uint32_t len)
{
	struct frame f = frame_of(3);

	nack(&f, 0, first, last);
	field(&f, N_OFF, 4, off);
	field(&f, N_BYTES, 4, len);
	send_frame(to, f);
}

static void bad_view(int to, uint32_t count, int members)
{
	struct frame f = frame_of(3);

	view(&f, 1, count, members);
	send_frame(to, f);
}

/* A record of type @type whose own length is @len and that is @real long. */
static void bad_length(int to, int type, size_t real, uint16_t len)
{
	struct frame f = frame_of(3);

	record(&f, type, 0, real);
	field(&f, 2, 2, len);
	send_frame(to, f);
}

static void frames_record_messages(int to)
{
	bad_submit(to, S_GROUP, 4, 0);
	bad_submit(to, S_OSEQ, 8, 0);
	bad_submit(to, S_TOTAL, 4, 99);
	bad_submit(to, S_TOTAL, 4, (1 << 20) + 1);
	bad_submit(to, S_TOTAL, 4, UINT32_MAX);
	bad_submit(to, S_OFF, 4, 1);
	bad_submit(to, S_OFF, 4, UINT32_MAX);
	bad_submit(to, S_OFF, 4, UINT32_MAX - 99);
	bad_submit(to, S_KIND, 1, 1);		/* JOIN with bytes */
	bad_submit(to, S_KIND, 1, 3);
	bad_submit(to, S_KIND, 1, 255);
	bad_submit(to, S_MFLAGS, 1, 2);
	bad_submit(to, S_RESERVED, 2, 1);
	bad_order(to, O_GSEQ, 8, 0);
	bad_order(to, O_ORIGIN, 8, 0);
	bad_order(to, O_INC, 8, 0);
	bad_order(to, O_TIME, 8, 0);
	bad_order(to, O_TOTAL, 4, UINT32_MAX);
	bad_order(to, O_OFF, 4, UINT32_MAX - 99);
	bad_order(to, O_KIND, 1, 200);
	bad_order(to, O_RESERVED, 2, 0x8000);
}

static void frames_record_others(int to)
{
	struct frame f;

	bad_nack(to, 0, 5, 0, 0);
	bad_nack(to, 6, 5, 0, 0);
	bad_nack(to, 5, 6, 0, 1);
	bad_nack(to, 5, 5, 1, 1 << 20);
	bad_nack(to, 5, 5, UINT32_MAX, 2);
	bad_view(to, 0, 0);
	bad_view(to, 17, 17);
	bad_view(to, 3, 2);
	bad_view(to, 2, 3);
	bad_view(to, 0x10000002, 2);
	bad_view(to, UINT32_MAX, 3);
	bad_length(to, BEAT, BEAT_LEN, 0);
	bad_length(to, BEAT, BEAT_LEN, 3);
	bad_length(to, BEAT, BEAT_LEN, BEAT_LEN - 1);
	bad_length(to, BEAT, BEAT_LEN, BEAT_LEN + 1);
	bad_length(to, BEAT, BEAT_LEN, 65535);
	bad_length(to, BEAT, BEAT_LEN + 4, BEAT_LEN + 4);
	bad_length(to, SUBMIT, 60, 40);
	bad_length(to, ORDER, 90, 79);
	bad_length(to, VIEW, 40, 39);
	bad_length(to, CREDIT, 16, 16);		/* of group 0 */
	bad_length(to, 200, 8, 2);
	/* More records than there are; the last one is cut. */
	f = frame_of(3);
	beat(&f);
	header(&f, H_RECORDS, 2, 65535);
	send_frame(to, f);
	f = frame_of(3);
	beat(&f);
	submit(&f, F_ALL, 1, 0);
	f.len -= 1;
	send_frame(to, f);
}

static void frames_unknown(int to)
{
	static const uint8_t type[] = { 0, 64, 77, 200, 255 };
	struct frame f = frame_of(3);
	size_t i;

	for (i = 0; i < sizeof(type); i++)
		record(&f, type[i], 0, 4 + 9 * i);
	/* What follows is read all the same. */
	beat(&f);
	send_frame(to, f);
}

/* Records that this sender may not send, or not to this receiver. */
static void frames_role_leader(int to)
{
	uint64_t last = get(heard[1].b + H_ACK, 8);
	struct frame f = frame_of(3);

	order(&f, 0, 3, last + 1, 999, 0);
	order(&f, F_REPAIR, 3, last + 1, 999, 0);
	order(&f, F_REPAIR, 2, last + 50, 999, 0);
	nack(&f, 2, 1, 5);
	send_frame(to, f);
}

static void frames_role_member(int to)
{
	uint64_t last = get(heard[1].b + H_ACK, 8);
	struct frame f = frame_of(3);

	submit(&f, 0, 999, 10);
	order(&f, 0, 3, last + 1, 999, 0);
	nack(&f, 3, 1, UINT64_MAX);
	send_frame(to, f);
}

static void frames_window_leader(int to)
{
	struct frame f = frame_of(3);

	submit(&f, 0, UINT64_MAX, 10);
	submit(&f, F_ALL, UINT64_MAX - 1, 10);
	submit(&f, 0, 1000000, 10);
	send_frame(to, f);
}

static void frames_window_member(int to)
{
	struct frame f = frame_of(1);

	order(&f, 0, 3, UINT64_MAX, 999, 10);
	order(&f, 0, 3, 1ULL << 40, 999, 10);
	order(&f, F_REF, 3, UINT64_MAX - 1, 999, 0);
	send_frame(to, f);
}

/* Parts of a message that was ordered long ago: they overlap and differ. */
static void frames_duplicate_leader(int to)
{
	static const uint32_t off[] = { 0, 50, 100, 0, 900 };
	struct frame f;
	int i;

	for (i = 0; i < 5; i++) {
		f = frame_of(3);
		submit(&f, i & F_ALL, 1, 100);
		field(&f, S_TOTAL, 4, 1000);
		field(&f, S_OFF, 4, off[i]);
		send_frame(to, f);
	}
}

static void frames_duplicate_member(int to)
{
	uint64_t last = get(heard[1].b + H_ACK, 8);
	struct frame f = frame_of(1);

	order(&f, 0, 3, 1, 1, 100);
	order(&f, F_REPAIR, 3, last, 1, 100);
	order(&f, F_REF, 2, last, 7, 0);
	submit(&f, F_ALL, 1, 30);
	view(&f, get(heard[1].b + H_EPOCH, 8), 3, 3);
	send_frame(to, f);
}

/* Nobody holds what the sequencer has not ordered. */
static void frames_conflict_leader(int to)
{
	struct frame f = frame_of(3);

	beat(&f);
	header(&f, H_ACK, 8, get(heard[1].b + H_ACK, 8) + 1000);
	send_frame(to, f);
	header(&f, H_ACK, 8, UINT64_MAX);
	send_frame(to, f);
}

/* An order of messages that this head has never submitted. */
static void frames_conflict_member(int to)
{
	uint64_t last = get(heard[1].b + H_ACK, 8);
	struct frame f = frame_of(1);

	order(&f, 0, to, last + 1, 900, 10);
	order(&f, F_REPAIR, to, last + 2, UINT64_MAX, 10);
	send_frame(to, f);
}

/*
 * Shreds of a message that is far ahead, and never comes: nobody keeps so many
 * of them. No test reaches this number.
 */
static void frames_limit_member(int to)
{
	struct frame f = frame_of(3);
	int i;

	for (i = 0; i < 3; i++) {
		submit(&f, F_ALL, FAR_AHEAD, 10);
		field(&f, S_TOTAL, 4, 1000);
		field(&f, S_OFF, 4, 300 + 100 * i);
	}
	send_frame(to, f);
}

static void frames_foreign(int to)
{
	struct frame f = frame_of(3);

	beat(&f);
	send_frame(-to, f);
}

/* A probe whose field @at, @bytes wide, is @v. */
static void bad_probe(int to, int at, int bytes, uint64_t v)
{
	struct frame f = probe_of(3, PROBE, 600);

	field(&f, at, bytes, v);
	send_frame(to, f);
}

static void frames_probe(int to)
{
	struct frame f;

	bad_probe(to, 0, 1, 0);
	bad_probe(to, 0, 1, 3);
	bad_probe(to, 1, 1, 1);
	bad_probe(to, 2, 2, 543);
	bad_probe(to, L_CAST, 1, 3);
	bad_probe(to, L_CAST, 1, 255);
	bad_probe(to, L_CAST + 1, 1, 1);
	bad_probe(to, L_SIZE, 4, 599);
	bad_probe(to, L_SIZE, 4, UINT32_MAX);
	bad_probe(to, L_NODE, 8, 1);
	bad_probe(to, L_INC, 8, 1);
	send_frame(to, probe_of(3, ANSWER, 600));
	send_frame(to, probe_of(3, PROBE, HEADER + L_LEN));
	send_frame(to, probe_of(3, PROBE, HEADER + L_LEN - 1));
	f = probe_of(3, PROBE, 600);
	header(&f, H_RECORDS, 2, 2);
	send_frame(to, f);
	f = probe_of(3, PROBE, 600);
	header(&f, H_EPOCH, 8, 1);
	send_frame(to, f);
}

static void frames_probe_source(int to)
{
	static const uint64_t src[] = { 9, 63, 64, 1ULL << 40, UINT64_MAX };
	struct frame f;
	int i;

	for (i = 0; i < 5; i++) {
		f = probe_of(3, PROBE, 600);
		header(&f, H_SRC, 8, src[i]);
		send_frame(to, f);
	}
}

static void frames_view_member(int to)
{
	struct frame f = frame_of(1);

	view(&f, 77, 3, 3);
	view(&f, UINT64_MAX, 3, 3);
	view(&f, 3, 3, 3);
	send_frame(to, f);
}

/* Well-formed, and without any meaning here: nothing is counted. */
static void frames_of_no_use(int to)
{
	struct frame f = frame_of(3);

	record(&f, CREDIT, 0, 16);
	field(&f, 4, 4, 4711);
	field(&f, 8, 8, UINT64_MAX);
	record(&f, CREDIT_ASK, 0, 16);
	field(&f, 4, 4, UINT32_MAX);
	beat(&f);
	field(&f, 8, 8, UINT64_MAX);
	nack(&f, 0, UINT64_MAX, UINT64_MAX);
	nack(&f, 0, 1ULL << 40, UINT64_MAX);
	send_frame(to, f);
}

/* ---- client nodes ---- */

/* Each case has a client node of its own, and each frame a pipe. */
static struct frame of_client(int to)
{
	static uint64_t link;

	return client_frame(to, 0x700000, ++link);
}

static void clients_source(int to)
{
	static const uint64_t src[] = { 3, 9, 63 };
	struct frame f;
	int i;

	for (i = 0; i < 3; i++) {
		f = of_client(to);
		header(&f, H_SRC, 8, src[i]);
		send_frame(to, f);
	}
	f = frame_of(3);
	header(&f, H_TYPE, 1, 3);
	record(&f, KNOCK, 0, KNOCK_LEN);
	send_frame(to, f);
}

static void clients_domain(int to)
{
	struct frame f = of_client(to);

	header(&f, H_DOMAIN, 2, 1);
	send_frame(to, f);
}

static void clients_incarnation(int to)
{
	struct frame f = of_client(to);

	field(&f, P_INC, 8, 4711);
	send_frame(to, f);
}

/* What only heads say, among themselves or to client nodes. */
static void clients_role(int to)
{
	struct frame f = of_client(to);

	carry(&f, 1, C_TOLD, 0);
	send_frame(to, f);
	f = of_client(to);
	carry(&f, 1, C_GIVE, 10);
	field(&f, C_KIND, 1, C_KIND_REPLY);
	send_frame(to, f);
	f = of_client(to);
	beat(&f);
	send_frame(to, f);
	f = client_frame(to, 0x700000, 1);
	f.len = HEADER;
	header(&f, H_RECORDS, 2, 0);
	beat(&f);
	send_frame(to, f);
}

/* A CARRY whose field @at, @bytes wide, is @v. */
static void bad_carry(int to, int at, int bytes, uint64_t v)
{
	struct frame f = of_client(to);

	carry(&f, 1, C_QUERY, 50);
	field(&f, C_KIND, 1, C_KIND_QUERY);
	field(&f, at, bytes, v);
	send_frame(to, f);
}

static void bad_pipe(int to, int at, int bytes, uint64_t v)
{
	struct frame f = of_client(to);

	field(&f, at, bytes, v);
	send_frame(to, f);
}

static void clients_record(int to)
{
	struct frame f = of_client(to);

	bad_carry(to, C_GROUP, 4, 0);
	bad_carry(to, C_SEQ, 8, 0);
	bad_carry(to, C_PORT, 4, 1 << 20);
	bad_carry(to, C_TOTAL, 4, 49);
	bad_carry(to, C_TOTAL, 4, UINT32_MAX);
	bad_carry(to, C_OFF, 4, 1);
	bad_carry(to, C_OFF, 4, UINT32_MAX - 49);
	bad_carry(to, C_WHAT, 1, 0);
	bad_carry(to, C_WHAT, 1, 6);
	bad_carry(to, C_WHAT, 1, C_SUBMIT);	/* of a query */
	bad_carry(to, C_WHAT, 1, C_FORGET);	/* with bytes */
	bad_carry(to, C_KIND, 1, 0);
	bad_carry(to, C_MFLAGS, 1, 2);
	bad_carry(to, C_NEXT, 8, UINT64_MAX);
	bad_pipe(to, P_FLAGS, 2, 4);
	bad_pipe(to, P_FLAGS, 2, 0xffff);
	bad_pipe(to, P_LINK, 8, 0);
	field(&f, 2, 2, P_LEN - 4);
	send_frame(to, f);
	f = of_client(to);
	f.len = HEADER;
	header(&f, H_RECORDS, 2, 0);
	send_frame(to, f);
}

static void clients_window(int to)
{
	struct frame f = of_client(to);

	carry(&f, 1000, C_FORGET, 0);
	carry(&f, UINT64_MAX, C_FORGET, 0);
	send_frame(to, f);
}

static void clients_duplicate(int to)
{
	struct frame f = of_client(to);
	int i;

	carry(&f, 1, C_FORGET, 0);
	for (i = 0; i < 3; i++)
		carry(&f, 3, C_FORGET, 0);
	carry(&f, 1, C_FORGET, 0);
	send_frame(to, f);
}

/* Has heard what was never said; goes on with what it has not begun. */
static void clients_conflict(int to)
{
	struct frame f = of_client(to);

	send_frame(to, f);
	field(&f, P_FLAGS, 2, 0);
	field(&f, P_SIZE, 2, 0);
	field(&f, P_GOT, 8, 5);
	send_frame(to, f);
	f = of_client(to);
	carry(&f, 1, C_QUERY, 10);
	field(&f, C_KIND, 1, C_KIND_QUERY);
	field(&f, C_TOTAL, 4, 100);
	carry(&f, 2, C_QUERY, 10);
	field(&f, C_KIND, 1, C_KIND_QUERY);
	field(&f, C_TOTAL, 4, 100);
	field(&f, C_OFF, 4, 50);
	send_frame(to, f);
}

/* Nobody knows them, and nothing is counted: pipes that were never begun, many ends. */
static void clients_of_no_use(int to)
{
	struct frame f;
	int i;

	for (i = 0; i < 100; i++) {
		f = of_client(to);
		field(&f, P_FLAGS, 2, i & 2);
		field(&f, P_SIZE, 2, 0);
		send_frame(to, f);
	}
	f = client_frame(to, 0x700000, 1);
	f.len = HEADER;
	header(&f, H_RECORDS, 2, 0);
	record(&f, KNOCK, 0, KNOCK_LEN + 900);
	field(&f, 8, 8, UINT64_MAX);
	send_frame(to, f);
}

/**
 * struct hostile - a case
 * @name: of it
 * @to: head
 * @reason: counter that it raises, or NULL: none
 * @count: by how much
 * @run: sends it
 */
static const struct hostile {
	const char *name;
	int to;
	const char *reason;
	unsigned int count;
	void (*run)(int to);
} hostile[] = {
	{ "shorter than a header", 1, "short", 4, frames_short },
	{ "another version", 1, "version", 3, frames_version },
	{ "another cluster", 1, "cluster", 2, frames_cluster },
	{ "wrong lengths, truncated", 1, "length", 5, frames_length },
	{ "wrong trailer", 1, "crc", 6, frames_crc },
	{ "unknown key", 1, "key", 2, frames_key },
	{ "types, flags, reserved bits", 1, "header", 7, frames_header },
	{ "own identity", 1, "self", 2, frames_self },
	{ "another order", 1, "domain", 2, frames_domain },
	{ "sender that is no head", 1, "source", 5, frames_source },
	{ "another incarnation", 1, "incarnation", 2, frames_incarnation },
	{ "another epoch", 1, "epoch", 4, frames_epoch },
	{ "malformed messages", 1, "record", 21, frames_record_messages },
	{ "malformed messages, to a member", 2, "record", 21,
	  frames_record_messages },
	{ "malformed records", 1, "record", 24, frames_record_others },
	{ "malformed records, to a member", 2, "record", 24,
	  frames_record_others },
	{ "unknown records", 1, "unknown", 5, frames_unknown },
	{ "not its role, to the sequencer", 1, "role", 4, frames_role_leader },
	{ "not its role, to a member", 2, "role", 3, frames_role_member },
	{ "wild numbers, to the sequencer", 1, "window", 3,
	  frames_window_leader },
	{ "wild places, to a member", 2, "window", 3, frames_window_member },
	{ "overlapping parts of old messages", 1, "duplicate", 5,
	  frames_duplicate_leader },
	{ "old places, the view again", 2, "duplicate", 5,
	  frames_duplicate_member },
	{ "acks of what is not ordered", 1, "conflict", 2,
	  frames_conflict_leader },
	{ "orders of what was never sent", 2, "conflict", 2,
	  frames_conflict_member },
	{ "views from nowhere", 2, "view", 3, frames_view_member },
	{ "shreds", 2, "limit", 3, frames_limit_member },
	{ "another station", 2, "drop_foreign", 1, frames_foreign },
	{ "malformed probes", 1, "drop_probe", 16, frames_probe },
	{ "probes of no head", 1, "drop_probe_source", 5, frames_probe_source },
	{ "client nodes with a head's number", 1, "source", 4, clients_source },
	{ "client nodes of another order", 2, "domain", 1, clients_domain },
	{ "client nodes of a former head", 2, "incarnation", 1,
	  clients_incarnation },
	{ "client nodes that speak as heads", 1, "role", 4, clients_role },
	{ "malformed records of client nodes", 2, "record", 19, clients_record },
	{ "wild numbers of client nodes", 1, "window", 2, clients_window },
	{ "client nodes that repeat", 2, "duplicate", 3, clients_duplicate },
	{ "client nodes that contradict themselves", 1, "conflict", 2,
	  clients_conflict },
	{ "client nodes of no use", 2, NULL, 0, clients_of_no_use },
	{ "records of no use", 1, NULL, 0, frames_of_no_use },
	{ "records of no use, to a member", 2, NULL, 0, frames_of_no_use },
};

#define CASES	(sizeof(hostile) / sizeof(hostile[0]))

/* The counters that this case raised, and by how much, as text. */
static void difference(char *out, size_t size, const struct counters *a,
		       const struct counters *b)
{
	size_t i, at = 0;

	*out = 0;
	for (i = 0; i < REASONS; i++)
		if (b->n[i] != a->n[i])
			at += snprintf(out + at, size - at, "%s +%llu ",
				       reasons[i], b->n[i] - a->n[i]);
}

static bool run_case(const struct hostile *h, struct counters *was)
{
	char want[64] = "", got[1024];
	struct counters now;
	int tries;

	if (h->reason)
		snprintf(want, sizeof(want), "%s +%u ", h->reason, h->count);
	listen_for(1);
	h->run(h->to);
	for (tries = 0; tries < 20; tries++) {
		listen_for(20);
		now = read_counters(h->to);
		difference(got, sizeof(got), was, &now);
		if (!strcmp(got, want))
			break;
	}
	*was = now;
	printf("%sok - %s\n", strcmp(got, want) ? "not " : "", h->name);
	if (strcmp(got, want))
		printf("# counted '%s', wanted '%s'\n", got, want);
	return !strcmp(got, want);
}

static int cases(void)
{
	struct counters was[HEADS + 1];
	size_t i;
	bool right = true;

	was[1] = read_counters(1);
	was[2] = read_counters(2);
	for (i = 0; i < CASES; i++)
		right &= run_case(&hostile[i], &was[hostile[i].to]);
	return !right;
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (argc == 2 && !strcmp(argv[1], "cases")) {
		open_wire();
		return cases();
	}
	if (argc == 3 && !strcmp(argv[1], "storm")) {
		open_wire();
		storm(atoi(argv[2]));
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "mutate")) {
		open_wire();
		mutate(atoi(argv[2]));
		return 0;
	}
	fprintf(stderr, "usage: samr-test-hostile cases | storm MS | mutate MS\n");
	return 2;
}
