/* SPDX-License-Identifier: GPL-2.0 */
/* What all targets share: the fuzzer's bytes as a stream, and frames made of them by a grammar. */
#ifndef SAMR_FUZZ_INPUT_H
#define SAMR_FUZZ_INPUT_H

#include "core/state.h"
#include "memory.h"

#define FUZZ_CLUSTER	7
#define FUZZ_SESSIONS	4

/**
 * struct input - bytes that decide; behind the last one all are zero
 * @p: the next one
 * @left: how many
 */
struct input {
	const u8 *p;
	size_t left;
};

u8 input_byte(struct input *in);
u64 input_number(struct input *in, u32 bytes);

/**
 * struct usual - what fields have, unless the bytes say something else
 * @node: receiver: where its order stands is looked up
 * @pipe: of CLIENT frames, or NULL
 * @inc: incarnations by id
 * @session: names seen in deliveries
 */
struct usual {
	struct samr_node *node;
	const struct samr_pipe *pipe;
	u64 inc[SAMR_IDS];
	u64 session[FUZZ_SESSIONS];
};

/** grammar_frame - a frame from @src; a reference of the caller's */
struct samr_blob *grammar_frame(struct input *in, const struct usual *u, u8 type,
				u64 src, u64 inc);

/** grammar_payload - bytes that go with a message of @kind; their number */
u32 grammar_payload(struct input *in, const struct usual *u, u8 kind, u8 *to,
		    u32 room);

/** fuzz_blob - a blob of a copy of @len bytes, which no allocation that is to fail refuses */
struct samr_blob *fuzz_blob(const void *bytes, u32 len);

#endif /* SAMR_FUZZ_INPUT_H */
