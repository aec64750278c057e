// SPDX-License-Identifier: GPL-2.0
/* Messages, windows and stability against models, see leaf.h. */
#include "core/msg.h"
#include "core/node.h"
#include "core/seqno.h"
#include "core/stable.h"
#include "core/window.h"
#include "leaf.h"
#include "leaf_check.h"
#include "leaf_learner.h"
#include "leaf_lock.h"
#include "leaf_node.h"
#include "leaf_state.h"
#include "leaf_view.h"
#include "leaf_wire.h"
#include "memory.h"

#define LEN_MAX		6000
#define ROUNDS		400

/* What byte @pos of a test message is. */
static u8 byte_at(u32 pos)
{
	return (u8)(rng_mix(pos) >> 7);
}

/* A frame that has bytes @off .. of the message at @at. */
static struct samr_blob *frame_with(u32 at, u32 off, u32 len)
{
	struct buffer *b = buffer_new(at + len + 3);
	struct samr_blob *blob;
	u32 i;

	b->len = b->room;
	memset(b->bytes, 0xee, b->len);
	for (i = 0; i < len; i++)
		b->bytes[at + i] = byte_at(off + i);
	blob = blob_of_buffer(b, 0, b->len);
	buffer_put(b);
	return blob;
}

/* The pieces lie in order, side by side at most, and have the right bytes. */
static void check_pieces(const struct samr_msg *msg, const bool *held)
{
	u32 i, k, end = 0, have = 0;
	const struct samr_piece *p;

	check(msg->npieces <= 1 || msg->pieces != &msg->one);
	for (i = 0; i < msg->npieces; i++) {
		p = &msg->pieces[i];
		check(p->off >= end && samr_blob_len(p->blob));
		end = p->off + samr_blob_len(p->blob);
		have += samr_blob_len(p->blob);
		check(end <= msg->meta.len);
		for (k = p->off; k < end; k++)
			check(held[k] &&
			      blob_bytes(p->blob)[k - p->off] == byte_at(k));
	}
	check(msg->have == have);
	check(samr_msg_complete(msg) == (have == msg->meta.len));
}

static void check_gap(const struct samr_msg *msg, const bool *held, u32 from)
{
	u32 off = 0, len = 0, first = from, end;
	bool found = samr_msg_gap(msg, from, &off, &len);

	while (first < msg->meta.len && held[first])
		first++;
	check(found == (first < msg->meta.len));
	if (!found)
		return;
	for (end = first; end < msg->meta.len && !held[end]; end++)
		;
	check(off == first && len == end - first);
}

/*
 * What adding @off .. must do: take the run of new bytes that begins where the
 * piece that has @off ends, or at @off; a run that is short and touches no
 * other piece is refused. Returns the bytes taken.
 */
static u32 expect_add(const struct samr_msg *msg, bool *held, u32 off, u32 len,
		      enum samr_drop *drop)
{
	u32 start = off, end = off + len, low = 0, high = msg->meta.len, i, to;
	const struct samr_piece *p;

	for (i = 0; i < msg->npieces; i++) {
		p = &msg->pieces[i];
		to = p->off + samr_blob_len(p->blob);
		if (p->off <= off) {
			low = to;
		} else {
			high = p->off;
			break;
		}
	}
	start = max(start, low);
	end = min(end, high);
	*drop = SAMR_DROP_DUPLICATE;
	if (start >= end)
		return 0;
	*drop = SAMR_DROP_LIMIT;
	if (end - start < SAMR_PIECE_MIN && start != low && end != high)
		return 0;
	*drop = SAMR_DROP_NONE;
	for (i = start; i < end; i++)
		held[i] = true;
	return end - start;
}

static void check_write(struct rng *r, const struct samr_msg *msg)
{
	u32 off = rng_below(r, msg->meta.len + 1), i;
	u32 len = rng_below(r, msg->meta.len - off + 1);
	struct samr_blob *out = samr_blob_new(len + 5);

	samr_blob_put_data(out, "12345", 5);
	samr_msg_write(msg, out, off, len);
	check(samr_blob_len(out) == len + 5);
	for (i = 0; i < len; i++)
		check(blob_bytes(out)[5 + i] == byte_at(off + i));
	samr_blob_put(out);
}

static void test_msg(struct rng *r)
{
	struct samr_meta meta = { .len = rng_range(r, 1, LEN_MAX) };
	struct samr_msg *msg = samr_msg_new(&meta);
	u32 off, len, at, most = rng_range(r, 1, 900), before;
	bool held[LEN_MAX] = { false };
	enum samr_drop drop, must;
	struct samr_blob *frame;
	u32 rounds = ROUNDS;

	while (!samr_msg_complete(msg)) {
		len = rng_range(r, 1, min(most, meta.len));
		off = rng_below(r, meta.len - len + 1);
		if (!--rounds) {
			off = 0;
			check(samr_msg_gap(msg, 0, &off, &len));
			rounds = 1;
		}
		at = rng_below(r, 50);
		frame = frame_with(at, off, len);
		before = msg->have;
		len = expect_add(msg, held, off, len, &must);
		drop = samr_msg_add(msg, frame, at, off,
				    samr_blob_len(frame) - at - 3);
		samr_blob_put(frame);
		check(drop == must && msg->have == before + len);
		check_pieces(msg, held);
		check_gap(msg, held, 0);
		check_gap(msg, held, rng_below(r, meta.len));
	}
	check_write(r, msg);
	check_write(r, msg);
	samr_msg_put(msg);
}

/* Pieces as small as they may be, with gaps: their number has an end. */
static void test_pieces(void)
{
	struct samr_meta meta = { .len = SAMR_LEN_MAX };
	struct samr_msg *msg = samr_msg_new(&meta);
	struct samr_blob *frame;
	enum samr_drop drop;
	u32 off, len;

	for (off = 0; off < meta.len; off += 2 * SAMR_PIECE_MIN) {
		frame = frame_with(0, off, SAMR_PIECE_MIN);
		check(!samr_msg_add(msg, frame, 0, off, SAMR_PIECE_MIN));
		drop = samr_msg_add(msg, frame, 0, off, SAMR_PIECE_MIN);
		check(drop == SAMR_DROP_DUPLICATE);
		samr_blob_put(frame);
	}
	/* Side by side with others a piece may be smaller: until there is no room. */
	do {
		check(samr_msg_gap(msg, 0, &off, &len));
		frame = frame_with(0, off, 1);
		drop = samr_msg_add(msg, frame, 0, off, 1);
		samr_blob_put(frame);
	} while (!drop);
	check(drop == SAMR_DROP_LIMIT && msg->npieces == SAMR_PIECES_MAX);
	samr_msg_put(msg);
}

static void test_same(void)
{
	const struct samr_meta a = {
		.gseq = 1, .origin = 2, .inc = 3, .oseq = 4, .time = 5,
		.arg = 6, .group = 7, .port = 8, .uid = 9, .gid = 10,
		.len = 11, .kind = 1, .flags = 1,
	};
	struct samr_meta b = a;

	check(samr_msg_same(&a, &b));
	b.gseq = b.time = 0;
	check(samr_msg_same(&a, &b) && samr_msg_same(&b, &a));
#define differs(field)							\
	do {								\
		b = a;							\
		b.field ^= 64;						\
		check(!samr_msg_same(&a, &b) && !samr_msg_same(&b, &a)); \
	} while (0)
	differs(gseq);
	differs(time);
	differs(origin);
	differs(inc);
	differs(oseq);
	differs(arg);
	differs(group);
	differs(port);
	differs(uid);
	differs(gid);
	differs(len);
	differs(kind);
	differs(flags);
#undef differs
}

static void test_window(struct rng *r)
{
	u64 objects = memory_use_of(0)->objects, base = 1, s;
	u32 size = 1u << rng_below(r, 6), i;
	struct samr_meta meta = { .len = 0 };
	struct samr_window w = { .base = 0 };
	struct samr_slot *slot;

	check(samr_window_init(&w, size) == 0 && w.base == 1);
	for (i = 0; i < 100; i++) {
		check(!samr_window_at(&w, base - 1));
		check(!samr_window_at(&w, base + size));
		check(!samr_window_at(&w, 0) && !samr_window_at(&w, U64_MAX));
		for (s = base; s < base + size; s++) {
			slot = samr_window_at(&w, s);
			check(slot && (!slot->msg || slot->msg->meta.oseq == s));
			if (slot->msg || !rng_one_in(r, 2))
				continue;
			meta.oseq = s;
			slot->msg = samr_msg_new(&meta);
			slot->ask_at = s;
		}
		s = base + rng_below(r, size + 2);
		samr_window_advance(&w, s);
		samr_window_advance(&w, base ? base - 1 : 0);
		base = s;
		check(w.base == base);
		for (s = base; s < base + size; s++) {
			slot = samr_window_at(&w, s);
			check(slot->msg || !slot->ask_at);
			check(!slot->msg || slot->ask_at == s);
		}
	}
	samr_window_fini(&w);
	check(memory_use_of(0)->objects == objects);
	check(samr_window_init(&w, 0) == -EINVAL);
	check(samr_window_init(&w, 6) == -EINVAL);
	samr_window_fini(&w);
}

static void test_seqno(void)
{
	check(samr_seqno_in(5, 5, 1) && !samr_seqno_in(4, 5, 1) &&
	      !samr_seqno_in(6, 5, 1) && !samr_seqno_in(5, 5, 0));
	check(samr_seqno_in(U64_MAX, U64_MAX - 1, 8) &&
	      !samr_seqno_in(1, U64_MAX - 1, 8));
	check(samr_seqno_last(5, 4) == 8);
	check(samr_seqno_last(U64_MAX - 3, 4) == U64_MAX &&
	      samr_seqno_last(U64_MAX - 2, 4) == U64_MAX);
}

static bool legal(enum samr_policy policy, u64 voters, u64 witness, u64 set,
		  u64 fenced)
{
	return samr_policy_verdict(policy, voters, witness, set, fenced) ==
	       SAMR_VERDICT_LEGAL;
}

/*
 * Whoever may go on, however many are fenced, has a holder of what is stable
 * among them, and one holder less would not do.
 */
static void test_holders(enum samr_policy policy, bool quorum, u32 n)
{
	u32 h = samr_policy_holders(policy, quorum, n), lacking;
	u64 all = BIT_ULL(n + 1) - 2;

	check(h >= 1 && h <= n);
	for (lacking = 1; lacking <= n; lacking++) {
		u64 set = BIT_ULL(lacking + 1) - 2;
		bool can = legal(policy, all, 0, set, all & ~set);

		if (lacking > n - h)
			check(can || !quorum || policy == SAMR_POLICY_FENCE);
		else
			check(!can);
	}
}

/* Two legal sets of a view meet, or one of them has fenced the other. */
static void test_verdicts(enum samr_policy policy, u32 n)
{
	u64 all = BIT_ULL(n + 1) - 2, w = BIT_ULL(40), a, b;

	for (a = 2; a <= all; a += 2) {
		b = all & ~a;
		check(!legal(policy, all, 0, a, 0) ||
		      !b || !legal(policy, all, 0, b, 0));
		check(!legal(policy, all, w, a | w, 0) ||
		      !b || !legal(policy, all, w, b, a));
		check(!legal(policy, all, 0, 0, all));
		if (legal(policy, all, 0, a, 0))
			check(samr_policy_verdict(policy, all, 0, a, b) ==
			      SAMR_VERDICT_LEGAL);
	}
	check(legal(policy, all, 0, all, 0) && legal(policy, all, w, all, 0));
}

static void test_policy(void)
{
	u32 n;

	for (n = 1; n <= 8; n++) {
		test_holders(SAMR_POLICY_MAJORITY, true, n);
		test_holders(SAMR_POLICY_FENCE, true, n);
		test_holders(SAMR_POLICY_MAJORITY, false, n);
		test_verdicts(SAMR_POLICY_MAJORITY, n);
		test_verdicts(SAMR_POLICY_FENCE, n);
	}
	/* A minority never, an exact half with the witness or after fencing. */
	check(samr_policy_verdict(SAMR_POLICY_MAJORITY, 0x1e, 0, 0x02, 0x1c) ==
	      SAMR_VERDICT_NEVER);
	check(samr_policy_verdict(SAMR_POLICY_MAJORITY, 0x1e, 0, 0x06, 0x08) ==
	      SAMR_VERDICT_UNFENCED);
	check(legal(SAMR_POLICY_MAJORITY, 0x1e, 0, 0x06, 0x18));
	check(samr_policy_verdict(SAMR_POLICY_MAJORITY, 0x1e, 0x20, 0x06,
				  0x18) == SAMR_VERDICT_NEVER);
	check(legal(SAMR_POLICY_FENCE, 0x1e, 0, 0x02, 0x1c));
}

static void test_config(void)
{
	struct samr_node_config ok = { .self = 63, .inc = 1, .history = 16,
				       .submits = 16 };
	struct samr_node_config bad;
	struct samr_actions none;
	u64 objects;
	u32 i;

#define refused(field, value)						\
	do {								\
		bad = ok;						\
		bad.field = value;					\
		check(!samr_node_new(&bad));				\
	} while (0)
	refused(self, 0);
	refused(inc, 0);
	refused(history, 17);
	refused(submits, 15);
	refused(submits, 8);
#undef refused
	/* Without memory there is no node, and nothing of one is left. */
	objects = memory_use_of(MEMORY_HOMES)->objects;
	memory_enter(1);
	for (i = 0; i < SAMR_HEADS_MAX + 2; i++) {
		memory_fail_next(1, 1, i);
		check(!samr_node_new(&ok));
		check(memory_use_of(MEMORY_HOMES)->objects == objects);
	}
	memory_enter(0);
	samr_actions_init(&none);
	samr_node_free(samr_node_new(&ok), &none);
	samr_node_free(NULL, &none);
	check(list_empty(&none.list));
}

void leaf_run(u64 seed)
{
	u64 objects;
	struct rng r;
	u32 i;

	memory_reset(seed);
	memory_enter(0);
	rng_init(&r, seed, 'f');
	objects = memory_use_of(MEMORY_HOMES)->objects;
	test_seqno();
	test_policy();
	test_same();
	test_config();
	leaf_node_run();
	leaf_learner_run();
	leaf_state_run();
	leaf_lock_run();
	leaf_view_run();
	test_pieces();
	for (i = 0; i < 40; i++) {
		test_msg(&r);
		test_window(&r);
	}
	leaf_wire_run(&r);
	check(memory_use_of(MEMORY_HOMES)->objects == objects);
}
