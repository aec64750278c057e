// SPDX-License-Identifier: GPL-2.0
/* Locks on a head of its own, see leaf_lock.h. */
#include "core/group.h"
#include "core/lock.h"
#include "core/msg.h"
#include "core/state.h"
#include "leaf_check.h"
#include "leaf_lock.h"
#include "memory.h"
#include "ramp.h"

#define SELF		5
#define GROUP		7
#define TURNS_MOST	10
#define PIECES		3
#define PIECE		100

struct lone {
	struct samr_node *node;
	struct samr_actions out;
	u64 now;
};

static int step(struct lone *l, struct samr_event ev)
{
	struct samr_event flush = { .type = SAMR_EV_FLUSH };
	int err;

	l->now += SAMR_MSEC;
	ev.now = l->now;
	flush.now = l->now;
	memory_enter(SELF);
	err = samr_node_step(l->node, &ev, &l->out);
	check(!samr_node_step(l->node, &flush, &l->out));
	memory_enter(0);
	return err;
}

/* The next delivery; the caller gives it back. NULL: none. */
static struct samr_msg *delivery(struct lone *l)
{
	struct samr_msg *msg;

	if (list_empty(&l->out.list))
		return NULL;
	msg = samr_msg_of_action(list_first_entry(&l->out.list,
						  struct samr_action, node));
	list_del(&msg->action.node);
	return msg;
}

/* All that is delivered is read. */
static void read_all(struct lone *l)
{
	struct samr_msg *msg;

	while ((msg = delivery(l))) {
		step(l, (struct samr_event){
			.type = SAMR_EV_CONSUMED,
			.consumed = { .group = GROUP, .gseq = msg->meta.gseq,
				      .cost = samr_msg_cost(msg) } });
		samr_msg_put(msg);
	}
}

static int submit(struct lone *l, u8 kind, u32 port, const void *bytes, u32 len)
{
	struct samr_event ev = {
		.type = SAMR_EV_SUBMIT,
		.submit = { .group = GROUP, .port = port, .kind = kind,
			    .arg = kind == SAMR_KIND_JOIN ? 1 << 20 : 0,
			    .len = len, .owner = l },
	};
	struct buffer *b = buffer_new(len + 1);
	int err;

	b->len = len;
	memcpy(b->bytes, bytes, len);
	ev.submit.payload = len ? blob_of_buffer(b, 0, len) : NULL;
	err = step(l, ev);
	samr_blob_put(ev.submit.payload);
	buffer_put(b);
	return err;
}

/* LOCK or UNLOCK with a name, as somebody who knows how sends it. */
static int request(struct lone *l, u8 kind, u32 port, const char *name)
{
	u8 bytes[SAMR_LOCK_PAYLOAD_MAX] = { 0 };
	struct samr_lock_payload *p = (void *)bytes;

	p->name_len = (u8)strlen(name);
	memcpy(p + 1, name, p->name_len);
	return submit(l, kind, port, bytes, sizeof(*p) + p->name_len);
}

static void begin(struct lone *l)
{
	struct samr_node_config cfg = { .self = SELF, .inc = 1, .history = 64,
					.submits = 64 };

	memset(l, 0, sizeof(*l));
	l->node = samr_node_new(&cfg);
	check(l->node);
	samr_actions_init(&l->out);
	check(!step(l, (struct samr_event){ .type = SAMR_EV_MEMBERS,
					    .members = BIT_ULL(SELF) }));
	check(!submit(l, SAMR_KIND_JOIN, 1, "", 0));
	check(!submit(l, SAMR_KIND_JOIN, 2, "", 0));
	read_all(l);
}

static void end(struct lone *l)
{
	samr_node_free(l->node, &l->out);
	check(list_empty(&l->out.list));
}

/* @len bytes, flags, two lengths, reserved, the name: what is said to each kind. */
struct form {
	u32 len;
	u8 bytes[8];
	bool lock;
	bool unlock;
};

static void test_forms(void)
{
	static const struct form forms[] = {
		{ 5, { 0, 1, 0, 0, 'a' }, true, true },
		{ 0, { 0 }, false, false },
		{ 3, { 0, 1, 0 }, false, false },
		{ 4, { 0, 1, 0, 0 }, false, false },
		{ 6, { 0, 1, 0, 0, 'a', 'b' }, false, false },
		{ 5, { 0, 1, 0, 1, 'a' }, false, false },
		{ 5, { 0, 1, 0, 0, 0 }, false, false },
		{ 6, { 0, 2, 0, 0, 'a', 0 }, false, false },
		/* No name: of the first lock it may be asked what it is. */
		{ 4, { 0, 0, 0, 0 }, false, false },
		{ 4, { SAMR_LKF_NEXT, 0, 0, 0 }, true, false },
		{ 5, { SAMR_LKF_TRY, 1, 0, 0, 'a' }, true, false },
		{ 5, { SAMR_LKF_TRY | SAMR_LKF_NEXT, 1, 0, 0, 'a' }, false,
		  false },
		{ 5, { SAMR_LKF_KEEP, 1, 0, 0, 'a' }, false, true },
		{ 5, { SAMR_LKF_CANCEL, 1, 0, 0, 'a' }, false, true },
		{ 5, { SAMR_LKF_CANCEL | SAMR_LKF_KEEP, 1, 0, 0, 'a' }, false,
		  false },
		{ 5, { SAMR_LKF_CANCEL << 1, 1, 0, 0, 'a' }, false, false },
		/* A value, and whether it is announced. */
		{ 6, { 0, 1, 1, 0, 'a', 'v' }, false, false },
		{ 6, { SAMR_LKF_VALUE, 1, 1, 0, 'a', 'v' }, false, true },
		{ 5, { SAMR_LKF_VALUE, 1, 0, 0, 'a' }, false, true },
		{ 5, { SAMR_LKF_VALUE, 1, 1, 0, 'a' }, false, false },
	};
	struct lone l;
	size_t i;

	begin(&l);
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		check(submit(&l, SAMR_KIND_LOCK, 1, forms[i].bytes,
			     forms[i].len) == (forms[i].lock ? 0 : -EINVAL));
		check(submit(&l, SAMR_KIND_UNLOCK, 1, forms[i].bytes,
			     forms[i].len) == (forms[i].unlock ? 0 : -EINVAL));
		read_all(&l);
	}
	end(&l);
}

/* Name and value may be so long, and no longer. */
static void test_lengths(void)
{
	u8 bytes[SAMR_LOCK_PAYLOAD_MAX + 2];
	struct samr_lock_payload *p = (void *)bytes;
	struct lone l;
	u32 name, value, len;

	begin(&l);
	memset(bytes, 'x', sizeof(bytes));
	for (name = SAMR_LOCK_NAME_LEN; name <= SAMR_LOCK_NAME_LEN + 1; name++)
		for (value = SAMR_LOCK_VALUE_LEN;
		     value <= SAMR_LOCK_VALUE_LEN + 1; value++) {
			memset(p, 0, sizeof(*p));
			p->flags = SAMR_LKF_VALUE;
			p->name_len = (u8)name;
			p->value_len = (u8)value;
			len = (u32)sizeof(*p) + name + value;
			check(submit(&l, SAMR_KIND_UNLOCK, 1, bytes, len) ==
			      (len == SAMR_LOCK_PAYLOAD_MAX ? 0 : -EINVAL));
			read_all(&l);
		}
	end(&l);
}

static bool note_is(const struct samr_lock_note *note, const char *name)
{
	return note && note->result == SAMR_LK_GRANTED && note->dead &&
	       note->owner_port == 2 && note->name_len == strlen(name) &&
	       !memcmp(note->name, name, note->name_len);
}

/* The heir is told of each lock that it gets; nobody else is, and of no other. */
static void check_told(const struct samr_msg *msg)
{
	check(msg->meta.kind == SAMR_KIND_LEAVE && msg->members->count == 1);
	check(note_is(samr_msg_note(msg, SELF, 2, 0), "a"));
	check(note_is(samr_msg_note(msg, SELF, 2, 1), "c"));
	check(!samr_msg_note(msg, SELF, 2, 2));
	check(!samr_msg_note(msg, SELF, 1, 0));
	check(!samr_msg_note(msg, SELF + 1, 2, 0));
}

static void check_table(const struct samr_node *n)
{
	const struct samr_group *g = samr_group_find(n, GROUP);
	const struct samr_lock *l;

	check(g && g->locks.count == 3 && !g->locks.waiting);
	list_for_each_entry(l, &g->locks.locks, link)
		check(l->dead && l->owner.node == (l->name[0] == 'b' ? 0 : SELF));
}

/*
 * The owner of three locks leaves, and for two of them somebody waits. The k-th
 * allocation fails, for each k: nothing happens before all can.
 */
static void test_owner_leaves(void)
{
	struct samr_msg *msg;
	struct lone l;
	u32 k, turns;
	bool failed;

	for (k = 0, failed = true; failed; k++) {
		begin(&l);
		check(!request(&l, SAMR_KIND_LOCK, 1, "a"));
		check(!request(&l, SAMR_KIND_LOCK, 1, "b"));
		check(!request(&l, SAMR_KIND_LOCK, 1, "c"));
		check(!request(&l, SAMR_KIND_LOCK, 2, "a"));
		check(!request(&l, SAMR_KIND_LOCK, 2, "c"));
		read_all(&l);
		memory_fail_next(SELF, 1, k);
		for (turns = 0; submit(&l, SAMR_KIND_LEAVE, 1, "", 0); turns++)
			check(turns < TURNS_MOST);
		for (turns = 0; !(msg = delivery(&l)); turns++) {
			check(turns < TURNS_MOST);
			check(samr_group_find(l.node, GROUP)->locks.waiting ==
			      2);
			l.now = max(l.now, samr_node_deadline(l.node));
			step(&l, (struct samr_event){ .type = SAMR_EV_TIMER });
		}
		check_told(msg);
		samr_msg_put(msg);
		check_table(l.node);
		failed = memory_use_of(SELF)->failed;
		memory_fail_next(SELF, 0, 0);
		end(&l);
		check(!memory_use_of(SELF)->objects);
		memory_reset(1);
	}
	/* Message, members and notes. */
	check(k > 3);
}

/* The first bytes of a message, wherever its pieces end; and no more than it has. */
static void test_read(void)
{
	struct samr_meta meta = { .len = PIECES * PIECE };
	struct samr_msg *msg = samr_msg_new(&meta);
	u8 bytes[PIECES * PIECE + 1];
	struct samr_blob *blob;
	struct buffer *b;
	u32 i, len;

	for (i = 0; i < PIECES; i++) {
		b = buffer_new(PIECE);
		b->len = PIECE;
		ramp_fill(b->bytes, PIECE, (u8)(i * PIECE));
		blob = blob_of_buffer(b, 0, PIECE);
		check(!samr_msg_add(msg, blob, 0, i * PIECE, PIECE));
		samr_blob_put(blob);
		buffer_put(b);
	}
	for (len = 0; len <= meta.len; len++) {
		memset(bytes, 0, sizeof(bytes));
		check(samr_msg_read(msg, bytes, len));
		check(ramp_is(bytes, len, 0) && !bytes[len]);
	}
	check(!samr_msg_read(msg, bytes, meta.len + 1));
	check(!samr_msg_note(msg, SELF, 1, 0));
	samr_msg_put(msg);
}

void leaf_lock_run(void)
{
	test_forms();
	test_lengths();
	test_owner_leaves();
	test_read();
}
