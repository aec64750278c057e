// SPDX-License-Identifier: GPL-2.0
/* A pretended network for the suites of the core, see net.h. */
#include <linux/bottom_half.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "net.h"
#include "plat.h"

/* Steps in which time stands still before a test gives up. */
#define STEPS_MAX	20000
#define SETTLE_MAX	(20000 * SAMR_MSEC)
#define SETTLE_STEP	(5 * SAMR_MSEC)
#define CHUNK		256

/**
 * struct flight - a frame on its way
 * @link: in net.flying
 * @at: when it arrives
 * @to: index of the head
 * @frame: a reference
 */
struct flight {
	struct list_head link;
	u64 at;
	u32 to;
	struct samr_blob *frame;
};

#ifdef CONFIG_FAILSLAB

void net_fail_arm(u32 nth)
{
	WRITE_ONCE(current->fail_nth, nth);
}

bool net_fail_disarm(void)
{
	bool spent = !READ_ONCE(current->fail_nth);

	WRITE_ONCE(current->fail_nth, 0);
	return spent;
}

#else

void net_fail_arm(u32 nth)
{
}

bool net_fail_disarm(void)
{
	return false;
}

#endif

/* Only when the test's script has said so to the fault injection. */
bool net_fail_sleeping(void)
{
	void *p;
	bool spent;

	net_fail_arm(1);
	p = kmalloc(64, GFP_KERNEL | __GFP_NOWARN);
	spent = net_fail_disarm();
	kfree(p);
	return spent;
}

int net_init(struct kunit *test)
{
	struct net *net = kunit_kzalloc(test, sizeof(*net), GFP_KERNEL);

	if (!net)
		return -ENOMEM;
	net->test = test;
	net->now = SAMR_MSEC;
	net->wall = 1700000000ULL * 1000 * SAMR_MSEC;
	net->prng = 0x9e3779b97f4a7c15ULL;
	net->sequence = 1;
	net->sick = NET_HEADS_MAX;
	INIT_LIST_HEAD(&net->flying);
	test->priv = net;
	return 0;
}

void net_lose_flying(struct net *net)
{
	struct flight *f, *next;

	list_for_each_entry_safe(f, next, &net->flying, link) {
		list_del(&f->link);
		samr_blob_put(f->frame);
		kfree(f);
	}
}

void net_exit(struct kunit *test)
{
	struct net *net = test->priv;
	u32 i;

	if (!net)
		return;
	net_lose_flying(net);
	for (i = 0; i < net->heads; i++)
		samr_node_free(net->head[i].node, NULL);
}

struct samr_node_config net_config(void)
{
	return (struct samr_node_config){
		.cluster = NET_CLUSTER,
		.history = 256,
		.submits = 64,
		.dead	 = 3600ULL * 1000 * SAMR_MSEC,
	};
}

void net_heads(struct net *net, u32 count, const struct samr_node_config *cfg)
{
	struct kunit *test = net->test;
	struct samr_node_config c;
	struct net_head *h;
	u32 i;

	for (i = 0; i < count; i++) {
		h = &net->head[i];
		c = cfg ? *cfg : net_config();
		c.self = i + 1;
		c.inc = 0x1000 + i;
		c.seed = 77 + i;
		c.secret.half[0] = 770 + i;
		h->id = c.self;
		h->log = kunit_kzalloc(test, NET_LOG * sizeof(*h->log),
				       GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, h->log);
		h->node = samr_node_new(&c);
		KUNIT_ASSERT_NOT_NULL(test, h->node);
		net->heads = i + 1;
	}
}

u32 net_random(struct net *net, u32 below)
{
	net->prng ^= net->prng >> 12;
	net->prng ^= net->prng << 25;
	net->prng ^= net->prng >> 27;
	return (u32)((net->prng * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static void fly(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	struct flight *f, *behind;
	u64 delay = NET_DELAY;

	net->sent++;
	if (net->fate)
		delay = net->fate(net, from, to, frame);
	if (delay == NET_LOST)
		return;
	f = kzalloc(sizeof(*f), GFP_ATOMIC);
	if (!f)
		return;
	f->at = net->now + delay;
	f->to = to;
	f->frame = samr_blob_get(frame);
	list_for_each_entry_reverse(behind, &net->flying, link)
		if (behind->at <= f->at)
			break;
	list_add(&f->link, &behind->link);
}

static void send(struct net *net, u32 from, struct samr_blob *frame, u64 dest)
{
	u32 i;

	for (i = 0; i < net->heads; i++)
		if (i != from && (dest == SAMR_DEST_ALL ||
				  dest == net->head[i].id))
			fly(net, from, i, frame);
	samr_blob_put(frame);
}

u8 net_payload_byte(u64 number, u32 at)
{
	return (u8)(number * 197 + at * 31 + (at >> 8));
}

struct samr_blob *net_payload(u64 number, u32 len)
{
	struct samr_blob *b = samr_blob_new(len);
	u8 bytes[CHUNK];
	u32 at, i, n;

	for (at = 0; b && at < len; at += n) {
		n = min_t(u32, CHUNK, len - at);
		for (i = 0; i < n; i++)
			bytes[i] = net_payload_byte(number, at + i);
		samr_blob_put_data(b, bytes, n);
	}
	return b;
}

/* Are the bytes of a delivered message those that were sent? */
static bool bytes_right(const struct samr_msg *msg)
{
	u32 i, k, at = 0, n, len;
	u8 scratch[CHUNK];
	const u8 *p;

	for (i = 0; i < msg->npieces; i++) {
		if (msg->pieces[i].off != at)
			return false;
		len = samr_blob_len(msg->pieces[i].blob);
		for (k = 0; k < len; k += n, at += n) {
			n = min_t(u32, CHUNK, len - k);
			p = samr_blob_peek(msg->pieces[i].blob, k, n, scratch);
			if (!p || p[0] != net_payload_byte(msg->meta.arg, at) ||
			    p[n - 1] != net_payload_byte(msg->meta.arg,
							 at + n - 1))
				return false;
		}
	}
	return at == msg->meta.len;
}

/* SAFE: as many as must hold it, do. */
static bool safe_held(const struct net *net, u32 i, const struct samr_msg *msg)
{
	u32 k, have = 0;

	for (k = 0; k < net->heads; k++)
		have += net->head[k].node->rcv.held >= msg->meta.gseq;
	return have >= net->head[i].node->view.holders;
}

static void deliver(struct net *net, u32 i, struct samr_msg *msg)
{
	struct net_head *h = &net->head[i];
	struct net_delivery *d;
	u32 k;

	KUNIT_EXPECT_TRUE_MSG(net->test, h->logged < NET_LOG, "log full");
	if (h->logged < NET_LOG) {
		d = &h->log[h->logged++];
		d->meta = msg->meta;
		d->epoch = msg->epoch;
		d->view = msg->view;
		d->random = msg->random;
		d->members = msg->members ? msg->members->count : 0;
		d->refused = msg->refused;
		d->notes = msg->locks ? msg->locks->count : 0;
		for (k = 0; k < min(d->notes, 2u); k++)
			d->result[k] = msg->locks->note[k].result;
		d->ses = msg->result;
		if (msg->diverged && msg->diverged->count)
			d->diverged = msg->diverged->d[msg->diverged->count - 1];
		d->session = msg->session;
		d->next = msg->next;
		d->owned = msg->owner;
		d->at = net->now;
	}
	if (msg->meta.kind == SAMR_KIND_DATA)
		KUNIT_EXPECT_TRUE_MSG(net->test, bytes_right(msg),
				      "head %u: wrong bytes at %llu", i,
				      (unsigned long long)msg->meta.gseq);
	if (msg->meta.flags & SAMR_MSG_SAFE)
		KUNIT_EXPECT_TRUE_MSG(net->test, safe_held(net, i, msg),
				      "head %u: %llu is not safe", i,
				      (unsigned long long)msg->meta.gseq);
	if (!h->deaf)
		net_consumed(net, i, msg->meta.group, msg->meta.gseq,
			     samr_msg_cost(msg));
	samr_msg_put(msg);
}

static void run_actions(struct net *net, u32 i, struct samr_actions *out)
{
	struct samr_action *a, *next;

	if (out->writable)
		net->head[i].writable = true;
	if (out->changes) {
		net->head[i].changes = out->changes;
		memcpy(net->head[i].changed, out->changed, sizeof(out->changed));
	}
	list_for_each_entry_safe(a, next, &out->list, node) {
		list_del_init(&a->node);
		if (a->type == SAMR_ACT_SEND)
			send(net, i, samr_blob_of_action(a), a->dest);
		else
			deliver(net, i, samr_msg_of_action(a));
	}
}

int net_step(struct net *net, u32 i, struct samr_event *ev)
{
	struct net_head *h = &net->head[i];
	struct samr_actions out;
	u32 nth = net->fail_nth;
	bool sick = nth && (net->sick == i || net->sick == NET_HEADS_MAX);
	bool failed;
	int err;

	ev->now = net->now;
	ev->wall = net->wall + net->now;
	samr_actions_init(&out);
	local_bh_disable();
	samr_plat_step_begin(&h->broken);
	if (sick)
		net_fail_arm(nth);
	err = samr_node_step(h->node, ev, &out);
	failed = sick && net_fail_disarm();
	samr_plat_step_end();
	local_bh_enable();
	KUNIT_EXPECT_FALSE_MSG(net->test, h->broken,
			       "head %u: an invariant does not hold", i);
	net->fail_nth = 0;
	run_actions(net, i, &out);
	net->fail_nth = nth;
	h->failed = failed;
	return err;
}

void net_flush(struct net *net, u32 i)
{
	struct samr_event ev = { .type = SAMR_EV_FLUSH };

	net_step(net, i, &ev);
}

void net_consumed(struct net *net, u32 i, u32 group, u64 gseq, u32 cost)
{
	struct samr_event ev = {
		.type = SAMR_EV_CONSUMED,
		.consumed = { .group = group, .cost = cost, .gseq = gseq },
	};

	net_step(net, i, &ev);
}

/* All frames that arrive at a head now are one run of steps. */
static void arrive(struct net *net, u32 to)
{
	struct samr_event ev = { .type = SAMR_EV_FRAME };
	struct flight *f, *next;
	LIST_HEAD(now);

	list_for_each_entry_safe(f, next, &net->flying, link) {
		if (f->at > net->now)
			break;
		if (f->to == to) {
			list_del(&f->link);
			list_add_tail(&f->link, &now);
		}
	}
	list_for_each_entry_safe(f, next, &now, link) {
		list_del(&f->link);
		ev.frame = f->frame;
		net_step(net, to, &ev);
		samr_blob_put(f->frame);
		kfree(f);
	}
	net_flush(net, to);
}

/* Time of what comes next, and whose it is: a deadline, or a frame. */
static u64 next_of(struct net *net, u32 *who, bool *frame)
{
	struct flight *f;
	u64 at = SAMR_NEVER, deadline;
	u32 i;

	for (i = 0; i < net->heads; i++) {
		deadline = max(samr_node_deadline(net->head[i].node), net->now);
		if (deadline < at) {
			at = deadline;
			*who = i;
			*frame = false;
		}
	}
	if (list_empty(&net->flying))
		return at;
	f = list_first_entry(&net->flying, struct flight, link);
	if (max(f->at, net->now) > at)
		return at;
	*who = f->to;
	*frame = true;
	return max(f->at, net->now);
}

void net_run(struct net *net, u64 ns)
{
	struct samr_event timer = { .type = SAMR_EV_TIMER };
	u64 at, end = net->now + ns;
	u32 who = 0, still = 0;
	bool frame = false;

	for (;;) {
		at = next_of(net, &who, &frame);
		if (at > end)
			break;
		still = at == net->now ? still + 1 : 0;
		KUNIT_ASSERT_TRUE_MSG(net->test, still < STEPS_MAX,
				      "head %u: time stands still", who);
		net->now = at;
		if (frame) {
			arrive(net, who);
			continue;
		}
		net_step(net, who, &timer);
		net_flush(net, who);
	}
	net->now = end;
}

static bool settled(const struct net *net)
{
	const struct samr_node *n, *first = net->head[0].node;
	u32 i;

	for (i = 0; i < net->heads; i++) {
		n = net->head[i].node;
		if (n->gone)
			return true;
		if (!n->view.epoch || n->rcv.last != first->rcv.last ||
		    n->stab.trimmed != n->rcv.last ||
		    n->flow.next != n->origin[n->view.self].win.base)
			return false;
	}
	return true;
}

void net_settle(struct net *net)
{
	u64 end = net->now + SETTLE_MAX;

	while (!settled(net)) {
		KUNIT_ASSERT_TRUE_MSG(net->test, net->now < end,
				      "the heads do not come to an end");
		net_run(net, SETTLE_STEP);
	}
}

void net_view(struct net *net)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS };
	u32 i;

	for (i = 0; i < net->heads; i++)
		ev.members |= BIT_ULL(net->head[i].id);
	for (i = 0; i < net->heads; i++) {
		KUNIT_ASSERT_EQ(net->test, net_step(net, i, &ev), 0);
		net_flush(net, i);
	}
	net_run(net, 100 * SAMR_MSEC);
	for (i = 0; i < net->heads; i++)
		KUNIT_ASSERT_NE(net->test, net->head[i].node->view.epoch, 0ULL);
}

struct net *net_up(struct kunit *test, u32 count,
		   const struct samr_node_config *cfg)
{
	struct net *net = test->priv;
	u32 i;

	net_heads(net, count, cfg);
	net_view(net);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, net_member(net, i, SAMR_KIND_JOIN,
						 NET_GROUP, 1, NET_WINDOW), 0);
	net_settle(net);
	return net;
}

static int submit(struct net *net, u32 i, u32 group, u32 len, u8 flags)
{
	struct samr_event ev = {
		.type = SAMR_EV_SUBMIT,
		.submit = {
			.group	= group,
			.port	= 1,
			.kind	= SAMR_KIND_DATA,
			.flags	= flags,
			.arg	= net->sequence,
			.len	= len,
			.owner	= net,
		},
	};
	int err;

	if (len)
		ev.submit.payload = net_payload(net->sequence, len);
	net->sequence++;
	err = net_step(net, i, &ev);
	samr_blob_put(ev.submit.payload);
	return err;
}

struct samr_blob *net_blob(struct net *net, const void *head, u32 len, u32 more)
{
	static const u8 zeroes[CHUNK];
	struct samr_blob *b = samr_blob_new(len + more);

	KUNIT_ASSERT_NOT_NULL(net->test, b);
	samr_blob_put_data(b, head, len);
	for (; more; more -= min_t(u32, more, CHUNK))
		samr_blob_put_data(b, zeroes, min_t(u32, more, CHUNK));
	return b;
}

int net_order(struct net *net, u32 i, struct samr_submit *s, const void *head,
	      u32 len, u32 more)
{
	struct samr_event ev = { .type = SAMR_EV_SUBMIT };
	int err;

	s->group = s->group ?: NET_GROUP;
	s->payload = net_blob(net, head, len, more);
	s->len = len + more;
	s->owner = net;
	ev.submit = *s;
	err = net_step(net, i, &ev);
	samr_blob_put(s->payload);
	net_flush(net, i);
	return err;
}

const struct net_delivery *net_told(struct net *net, u32 i, u32 port, u8 ses)
{
	const struct net_delivery *d;
	u32 k;

	for (k = net->head[i].logged; k; k--) {
		d = &net->head[i].log[k - 1];
		if (d->ses && d->meta.port == port)
			break;
	}
	KUNIT_ASSERT_NE(net->test, k, 0U);
	KUNIT_EXPECT_EQ(net->test, d->ses, ses);
	return d;
}

int net_submit(struct net *net, u32 i, u32 len, u8 flags)
{
	return submit(net, i, NET_GROUP, len, flags);
}

int net_send(struct net *net, u32 i, u32 group, u32 len, u8 flags)
{
	int err = submit(net, i, group, len, flags);

	net_flush(net, i);
	return err;
}

int net_query(struct net *net, u32 i, u64 number, u32 len, u64 seen, bool linear,
	      u32 most)
{
	struct samr_event ev = { .type = SAMR_EV_QUERY };
	int err;

	ev.query.group = NET_GROUP;
	ev.query.port = NET_ASKER;
	ev.query.uid = NET_UID;
	ev.query.gid = NET_GID;
	ev.query.arg = number;
	ev.query.seen = seen;
	ev.query.linear = linear;
	ev.query.most = most;
	ev.query.len = len;
	ev.query.payload = len ? net_blob(net, "q", 1, len - 1) : NULL;
	err = net_step(net, i, &ev);
	samr_blob_put(ev.query.payload);
	return err;
}

int net_answer(struct net *net, u32 i, u64 query, u32 len, u64 upto)
{
	struct samr_event ev = { .type = SAMR_EV_ANSWER };
	int err;

	ev.answer.group = NET_GROUP;
	ev.answer.query = query;
	ev.answer.upto = upto;
	ev.answer.len = len;
	ev.answer.payload = len ? net_blob(net, "a", 1, len - 1) : NULL;
	err = net_step(net, i, &ev);
	samr_blob_put(ev.answer.payload);
	net_flush(net, i);
	return err;
}

int net_reply(struct net *net, u32 i, u64 session, u64 number, u32 len)
{
	struct samr_event ev = { .type = SAMR_EV_REPLY };
	int err;

	ev.reply.group = NET_GROUP;
	ev.reply.session = session;
	ev.reply.request = number;
	ev.reply.len = len;
	ev.reply.payload = net_blob(net, "r", 1, len - 1);
	err = net_step(net, i, &ev);
	samr_blob_put(ev.reply.payload);
	net_flush(net, i);
	return err;
}

u32 net_delivered(const struct net *net, u32 i, u8 kind)
{
	u32 k, count = 0;

	for (k = 0; k < net->head[i].logged; k++)
		count += net->head[i].log[k].meta.kind == kind;
	return count;
}

int net_member(struct net *net, u32 i, u8 kind, u32 group, u32 port, u64 window)
{
	struct samr_event ev = {
		.type = SAMR_EV_SUBMIT,
		.submit = {
			.group	= group,
			.port	= port,
			.kind	= kind,
			.arg	= window,
			.owner	= net,
		},
	};
	int err = net_step(net, i, &ev);

	net_flush(net, i);
	return err;
}

u32 net_data(const struct net *net, u32 i)
{
	u32 k, count = 0;

	for (k = 0; k < net->head[i].logged; k++)
		count += net->head[i].log[k].meta.kind == SAMR_KIND_DATA;
	return count;
}

const struct net_delivery *net_last(struct net *net, u32 i)
{
	KUNIT_ASSERT_NE(net->test, net->head[i].logged, 0U);
	return &net->head[i].log[net->head[i].logged - 1];
}

static const struct net_delivery *nth_data(const struct net_head *h, u32 nth)
{
	u32 k;

	for (k = 0; k < h->logged; k++)
		if (h->log[k].meta.kind == SAMR_KIND_DATA && !nth--)
			return &h->log[k];
	return NULL;
}

void net_agreed(struct net *net, u32 count)
{
	const struct net_delivery *a, *b;
	u64 oseq[NET_HEADS_MAX] = {};
	u64 gseq = 0, time = 0;
	u32 i, k, from;

	for (i = 0; i < net->heads; i++)
		KUNIT_ASSERT_EQ(net->test, net_data(net, i), count);
	for (k = 0; k < count; k++) {
		a = nth_data(&net->head[0], k);
		for (i = 1; i < net->heads; i++) {
			b = nth_data(&net->head[i], k);
			KUNIT_ASSERT_TRUE(net->test,
					  samr_msg_same(&a->meta, &b->meta));
			KUNIT_EXPECT_EQ(net->test, a->meta.gseq, b->meta.gseq);
			KUNIT_EXPECT_EQ(net->test, a->random, b->random);
			KUNIT_EXPECT_EQ(net->test, a->view, b->view);
		}
		from = (u32)a->meta.origin - 1;
		KUNIT_EXPECT_GT(net->test, a->meta.gseq, gseq);
		KUNIT_EXPECT_GT(net->test, a->meta.time, time);
		KUNIT_EXPECT_GT(net->test, a->meta.oseq, oseq[from]);
		gseq = a->meta.gseq;
		time = a->meta.time;
		oseq[from] = a->meta.oseq;
	}
}

u64 net_drops(const struct net *net, u32 i, enum samr_drop reason)
{
	return net->head[i].node->stats.drops[reason];
}

struct net_craft net_craft(struct net *net, u32 from)
{
	const struct samr_node *n = net->head[from].node;
	struct samr_hdr room = {};
	struct net_craft c = {
		.info = {
			.type	 = SAMR_FRAME_CORE,
			.cluster = n->cfg.cluster,
			.src	 = n->cfg.self,
			.inc	 = n->cfg.inc,
			.epoch	 = n->view.epoch,
			.ack	 = n->rcv.held,
			.domain	 = n->cfg.domain,
		},
		.blob = samr_blob_new(SAMR_FRAME_LIMIT),
	};

	KUNIT_ASSERT_NOT_NULL(net->test, c.blob);
	samr_blob_put_data(c.blob, &room, sizeof(room));
	return c;
}

void net_craft_add(struct net_craft *c, const void *bytes, u32 len)
{
	samr_blob_put_data(c->blob, bytes, len);
	c->records++;
}

void net_craft_fill(struct net_craft *c, u64 number, u32 off, u32 len)
{
	u8 byte;
	u32 i;

	for (i = 0; i < len; i++) {
		byte = net_payload_byte(number, off + i);
		samr_blob_put_data(c->blob, &byte, 1);
	}
}

void net_craft_send(struct net *net, struct net_craft *c, u32 to)
{
	struct samr_event ev = { .type = SAMR_EV_FRAME, .frame = c->blob };
	struct samr_hdr h;

	if (!c->info.len)
		c->info.len = (u16)samr_blob_len(c->blob);
	if (!c->info.records)
		c->info.records = c->records;
	samr_wire_put_header(&h, &c->info);
	samr_blob_set_data(c->blob, 0, &h, sizeof(h));
	net_step(net, to, &ev);
	samr_blob_put(c->blob);
	c->blob = NULL;
	net_flush(net, to);
}

static u32 records_of(const struct samr_blob *frame, u8 type)
{
	u32 i, count = 0, at = sizeof(struct samr_hdr);
	struct samr_frame_info info;
	const struct samr_hdr *h;
	struct samr_hdr scratch;
	struct samr_record r;

	h = samr_blob_peek(frame, 0, sizeof(*h), &scratch);
	if (!h || samr_wire_header(h, samr_blob_len(frame), NET_CLUSTER, &info))
		return 0;
	for (i = 0; i < info.records; i++)
		if (!samr_wire_record(frame, &info, &at, &r))
			count += r.type == type;
	return count;
}

bool net_has(const struct samr_blob *frame, u8 type)
{
	return records_of(frame, type);
}

u32 net_count(const struct net *net, u32 to, u8 type)
{
	const struct flight *f;
	u32 count = 0;

	list_for_each_entry(f, &net->flying, link)
		if (f->to == to)
			count += records_of(f->frame, type);
	return count;
}
