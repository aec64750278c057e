// SPDX-License-Identifier: GPL-2.0
/*
 * Target `head`: heads of a cluster that works, and frames that the fuzzer makes among those that
 * they send.
 *
 * Three heads have formed a view, each with a member of group 1. Then come events by the bytes. A
 * frame in a head's name can do harm, as there is no key: but no invariant of a core may break, no
 * step go on for ever, and in the end no memory may be left.
 */
#include "fuzz.h"

#define NODES		3
#define FAR		1000
#define FRAMES_MOST	64
#define EVENTS_MOST	60
#define MEMORY_MOST	(32U << 20)
#define BYTES_MOST	512

static struct {
	struct samr_node *node;
	struct samr_actions out;
	u32 cost;
	u64 read;
} at[NODES + 1];

static struct {
	struct samr_blob *frame;
	u64 dest;
	u32 src;
} queue[FRAMES_MOST];

static u32 queued;
static bool silent;		/* frames of the nodes themselves get lost */
static bool lied;	/* a frame came in the name of a head */
static u64 now;
static struct usual usual;

#define VICTIM(b)	(1 + (b) % NODES)

static void run_actions(u32 i)
{
	struct samr_actions *out = &at[i].out;
	struct samr_action *a;
	struct samr_msg *msg;

	while (!list_empty(&out->list)) {
		a = list_first_entry(&out->list, struct samr_action, node);
		list_del_init(&a->node);
		if (a->type == SAMR_ACT_DELIVER) {
			msg = samr_msg_of_action(a);
			if (msg->session)
				usual.session[msg->session % FUZZ_SESSIONS] = msg->session;
			if (msg->meta.group == 1 && msg->meta.gseq > at[i].read) {
				at[i].cost += samr_msg_cost(msg);
				at[i].read = msg->meta.gseq;
			}
			samr_msg_put(msg);
		} else if (queued < FRAMES_MOST) {
			queue[queued].frame = samr_blob_of_action(a);
			queue[queued].dest = a->dest;
			queue[queued++].src = i;
		} else {
			samr_blob_put(samr_blob_of_action(a));
		}
	}
	/* Only one that speaks as a head can make the order contradict itself: then heads halt. */
	fuzz_holds(!out->halted || lied);
	samr_actions_init(out);
}

static int step(u32 i, struct samr_event *ev)
{
	struct samr_event flush = { .type = SAMR_EV_FLUSH };
	int err;

	ev->now = flush.now = now;
	ev->wall = flush.wall = now;
	memory_enter(i);
	err = samr_node_step(at[i].node, ev, &at[i].out);
	if (at[i].out.flush)
		samr_node_step(at[i].node, &flush, &at[i].out);
	memory_enter(0);
	run_actions(i);
	return err;
}

static void give(u32 i, struct samr_blob *frame)
{
	struct samr_event ev = { .type = SAMR_EV_FRAME, .frame = frame };

	step(i, &ev);
}

/* What is on its way arrives, and what comes of that; not for ever. */
static void pass_frames(void)
{
	struct samr_blob *frame, *copy;
	u64 dest;
	u32 i, src, rounds = FRAMES_MOST;

	while (queued && rounds--) {
		frame = queue[0].frame;
		dest = queue[0].dest;
		src = queue[0].src;
		memmove(queue, queue + 1, --queued * sizeof(queue[0]));
		copy = fuzz_blob(blob_bytes(frame), samr_blob_len(frame));
		samr_blob_put(frame);
		for (i = 1; i <= NODES; i++)
			if (!silent && i != src && (dest == SAMR_DEST_ALL || dest == i))
				give(i, copy);
		samr_blob_put(copy);
	}
}

static void pass_time(u64 ns)
{
	struct samr_event ev = { .type = SAMR_EV_TIMER };
	u32 i;

	now += ns;
	for (i = 1; i <= NODES; i++)
		if (samr_node_deadline(at[i].node) <= now)
			step(i, &ev);
	pass_frames();
}

static int submit(u32 i, struct input *in, u8 kind, u64 arg, u8 flags)
{
	u8 bytes[BYTES_MOST];
	struct samr_event ev = { .type = SAMR_EV_SUBMIT };
	int err;

	ev.submit = (struct samr_submit){
		.group = 1 + (arg & 64 ? 1 : 0), .port = 1, .kind = kind, .flags = flags, .arg = arg,
	};
	ev.submit.len = grammar_payload(in, &usual, kind, bytes, sizeof(bytes));
	ev.submit.payload = ev.submit.len ? fuzz_blob(bytes, ev.submit.len) : NULL;
	err = step(i, &ev);
	samr_blob_put(ev.submit.payload);
	return err;
}

static void begin(void)
{
	struct samr_event members = { .type = SAMR_EV_MEMBERS, .members = 0x0e };
	struct samr_node_config cfg = { .cluster = FUZZ_CLUSTER, .history = 64, .submits = 64,
					.history_bytes = 1 << 20, .submit_bytes = 1 << 20 };
	struct input none = { NULL, 0 };
	u32 i, k;

	memory_reset(1);
	memset(&usual, 0, sizeof(usual));
	memset(at, 0, sizeof(at));
	silent = false;
	lied = false;
	now = SAMR_MSEC;
	for (i = 1; i <= NODES; i++) {
		cfg.self = i;
		cfg.inc = 100 + i;
		cfg.seed = i;
		usual.inc[i] = cfg.inc;
		samr_actions_init(&at[i].out);
		at[i].node = samr_node_new(&cfg);
		fuzz_holds(at[i].node);
		step(i, &members);
	}
	for (k = 0; k < 20; k++)
		pass_time(5 * SAMR_MSEC);
	for (i = 1; i <= NODES; i++) {
		submit(i, &none, SAMR_KIND_JOIN, 1 << 20, 0);
		pass_time(SAMR_MSEC);
	}
	pass_time(5 * SAMR_MSEC);
	fuzz_holds(at[1].node->view.count == NODES && at[1].node->rcv.held >= NODES);
}

static const struct samr_pipe *pipe_of(u32 i)
{
	const struct samr_node *n = at[i].node;

	return list_empty(&n->access.all) ? NULL :
	       &list_first_entry(&n->access.all, struct samr_outpost, link)->pipe;
}

static void hostile(struct input *in, bool client)
{
	u8 b = input_byte(in);
	u32 i = VICTIM(b & 3), src = 1 + (b >> 2) % NODES;
	u64 from = src, inc;
	struct samr_blob *frame;

	if (i == src)
		from = src = 1 + src % NODES;
	usual.node = at[i].node;
	usual.pipe = pipe_of(i);
	usual.inc[0] = at[i].node->cfg.inc;
	inc = usual.inc[src];
	if (client) {
		from = FAR + (b >> 5);
		inc = 104;
	}
	lied |= !client;
	frame = grammar_frame(in, &usual, client ? SAMR_FRAME_CLIENT : SAMR_FRAME_CORE, from, inc);
	give(i, frame);
	samr_blob_put(frame);
}

static void arbitrary(struct input *in)
{
	u32 i = VICTIM(input_byte(in)), n = input_byte(in), k;
	struct samr_blob *frame;
	u8 bytes[256];

	for (k = 0; k < n; k++)
		bytes[k] = input_byte(in);
	frame = fuzz_blob(bytes, n);
	lied = true;
	give(i, frame);
	samr_blob_put(frame);
}

static void ask(struct input *in, u32 i)
{
	struct samr_event ev = { .type = SAMR_EV_QUERY };

	ev.query.group = 1;
	ev.query.port = 2;
	ev.query.arg = input_byte(in);
	ev.query.most = 1000;
	ev.query.linear = input_byte(in) & 1;
	step(i, &ev);
}

static void local(struct input *in, u32 i)
{
	struct samr_event ev = { .type = SAMR_EV_CONSUMED };
	u8 b = input_byte(in);

	switch (b % 6) {
	case 0:
		ev.consumed.group = 1;
		ev.consumed.gseq = at[i].read;
		ev.consumed.cost = at[i].cost;
		at[i].cost = 0;
		break;
	case 1:
		ev.type = SAMR_EV_REPLY;
		ev.reply.group = 1;
		ev.reply.session = usual.session[b >> 4 & 3];
		ev.reply.request = 1 + input_byte(in) % 8;
		ev.reply.upto = at[i].read;
		break;
	case 2:
		ev.type = SAMR_EV_HINT;
		ev.lost = b >> 4 & 0x0e;
		break;
	case 3:
		ev.type = SAMR_EV_FRAME_MAX;
		ev.frame_max = SAMR_FRAME_MIN + input_byte(in) * 8;
		break;
	case 4:
		ev.type = b & 0x80 ? SAMR_EV_RETIRE : SAMR_EV_CLIENTS;
		if (!(b & 0x80))
			ev.clients = b >> 4;
		break;
	default:
		ev.type = SAMR_EV_FORGET;
		ev.forget.group = 1;
		ev.forget.port = 2;
	}
	step(i, &ev);
}

static void event(struct input *in)
{
	static const u64 span[] = { SAMR_USEC, SAMR_MSEC, 5 * SAMR_MSEC, 30 * SAMR_MSEC,
				    150 * SAMR_MSEC, 2000 * SAMR_MSEC };
	u8 what = input_byte(in), b;
	u32 i = VICTIM(what >> 4);

	switch (what & 0xf) {
	case 0:
	case 1:
	case 2:
		hostile(in, false);
		break;
	case 3:
		hostile(in, true);
		break;
	case 4:
		arbitrary(in);
		break;
	case 5:
	case 6:
		pass_frames();
		break;
	case 7:
	case 8:
		pass_time(span[input_byte(in) % ARRAY_SIZE(span)]);
		break;
	case 9:
	case 10:
		usual.node = at[i].node;
		usual.pipe = pipe_of(i);
		b = input_byte(in) % SAMR_KINDS;
		submit(i, in, b, input_byte(in), input_byte(in) & 0x7f);
		break;
	case 11:
		memory_fail_next(i, 1 + (input_byte(in) & 3), input_byte(in) & 31);
		break;
	case 12:
		silent = !silent;
		break;
	case 13:
		ask(in, i);
		break;
	default:
		local(in, i);
	}
}

static void end(void)
{
	struct samr_actions *out;
	u32 i;

	for (i = 1; i <= NODES; i++) {
		fuzz_holds(memory_use_of(i)->bytes < MEMORY_MOST);
		out = &at[i].out;
		samr_node_free(at[i].node, out);
		run_actions(i);
	}
	while (queued)
		samr_blob_put(queue[--queued].frame);
	fuzz_holds(!memory_use_of(MEMORY_HOMES)->objects);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u32 i;

	begin();
	for (i = 0; i < EVENTS_MOST && in.left; i++)
		event(&in);
	end();
	return 0;
}
