// SPDX-License-Identifier: GPL-2.0
/* The ledger, see ledger.h. */
#include <stdlib.h>

#include "core/state.h"
#include "ledger.h"
#include "sim.h"

void ledger_init(struct ledger *l, struct cluster *c, u64 seed)
{
	memset(l, 0, sizeof(*l));
	l->cluster = c;
	l->seed = seed;
	rng_init(&l->rng, seed, 'l');
}

void ledger_free(struct ledger *l)
{
	struct subs *s;
	u32 id;
	size_t i;

	for (id = 0; id < NET_NODES; id++) {
		s = &l->by_host[id];
		for (i = 0; i < s->count; i++)
			free(s->sub[i]);
		free(s->sub);
	}
}

static u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
	return hash ^ hash >> 32;
}

/*
 * Eight bytes at a time, each mixed with those before it: with every fourth one, so that
 * four can be under way at once. Equal bytes in other portions give another number:
 * pieces are joined first.
 */
u64 ledger_hash(const u8 *bytes, u32 len)
{
	u64 hash = 0x2545f4914f6cdd1dULL, word[4];
	u64 lane[4] = { hash, hash + 1, hash + 2, hash + 3 };
	u32 i;

	for (; len >= sizeof(word); len -= sizeof(word), bytes += sizeof(word)) {
		memcpy(word, bytes, sizeof(word));
		for (i = 0; i < 4; i++)
			lane[i] = mix(lane[i], word[i]);
	}
	memset(word, 0, sizeof(word));
	if (len)
		memcpy(word, bytes, len);
	for (i = 0; i < 4; i++)
		hash = mix(mix(hash, lane[i]), word[i]);
	return mix(hash, len);
}

u64 ledger_hash_msg(const struct samr_msg *msg)
{
	static u8 joined[SAMR_LEN_MAX];
	u32 i, at = 0, len;

	if (msg->npieces == 1 && msg->pieces[0].off == 0 &&
	    samr_blob_len(msg->pieces[0].blob) == msg->meta.len)
		return ledger_hash(blob_bytes(msg->pieces[0].blob),
				   msg->meta.len);
	for (i = 0; i < msg->npieces; i++) {
		len = samr_blob_len(msg->pieces[i].blob);
		if (msg->pieces[i].off != at || len > sizeof(joined) - at)
			sim_fail("message %llu has a hole or an overlap at byte %u",
				 (unsigned long long)msg->meta.gseq, at);
		memcpy(joined + at, blob_bytes(msg->pieces[i].blob), len);
		at += len;
	}
	if (at != msg->meta.len)
		sim_fail("message %llu has %u bytes of %u",
			 (unsigned long long)msg->meta.gseq, at, msg->meta.len);
	return ledger_hash(joined, at);
}

static struct samr_blob *payload_of(const struct ledger *l,
				    const struct sub *sub, const char *text)
{
	struct buffer *b;
	struct samr_blob *blob;
	struct rng r;
	u64 word;
	u32 at;

	if (!sub->what.len)
		return NULL;
	b = buffer_new(sub->what.len);
	b->len = b->room;
	rng_init(&r, l->seed, sub->id);
	for (at = 0; at < b->len && !text; at += 8) {
		word = rng_u64(&r);
		memcpy(b->bytes + at, &word, min(8u, b->len - at));
	}
	if (text)
		memcpy(b->bytes, text, b->len);
	blob = blob_of_buffer(b, 0, b->len);
	buffer_put(b);
	return blob;
}

static bool has_members(struct host *h, u32 group)
{
	struct samr_members *m = samr_node_members(h->node, group);
	bool has = m;

	samr_members_put(m);
	return has;
}

void ledger_learn(struct sub *sub, const struct samr_msg *msg)
{
	const struct samr_meta *m = &msg->meta;

	sub->hash = ledger_hash_msg(msg);
	sub->what = (struct samr_submit){
		.group = m->group, .port = m->port, .kind = m->kind,
		.flags = m->flags, .uid = m->uid, .gid = m->gid, .arg = m->arg,
		.len = m->len,
	};
}

/* What the node has made itself may have left its window already. */
static void learn_own(struct sub *sub, const struct host *h)
{
	const struct samr_node *n = h->node;
	struct samr_slot *slot = samr_window_at(&n->origin[n->view.self].win,
						sub->oseq);

	if (slot && slot->msg)
		ledger_learn(sub, slot->msg);
}

void ledger_sync(struct ledger *l, struct host *h)
{
	struct subs *s = &l->by_host[h->id];
	struct sub *sub;

	while (s->count + 1 < h->node->flow.next) {
		sub = sim_alloc(sizeof(*sub));
		sub->id = ++l->next;
		sub->host = h->id;
		sub->settled = true;
		sub->own = true;
		s->sub = sim_grow(s->sub, s->count, &s->room, sizeof(*s->sub));
		s->sub[s->count++] = sub;
		sub->oseq = s->count;
		learn_own(sub, h);
	}
}

int ledger_submit(struct ledger *l, struct host *h, struct samr_submit *what,
		  const char *text)
{
	struct subs *s = &l->by_host[h->id];
	struct sub *sub = sim_alloc(sizeof(*sub));
	struct samr_event ev = { .type = SAMR_EV_SUBMIT };
	struct samr_blob *payload;
	int err;

	sub->id = ++l->next;
	sub->host = h->id;
	sub->at = l->cluster->queue.now;
	sub->client = l->client;
	sub->turn = l->turn;
	what->owner = sub;
	if (what->kind == SAMR_KIND_DATA)
		what->arg = sub->id;
	sub->what = *what;
	payload = payload_of(l, sub, text);
	sub->hash = ledger_hash(payload ? blob_bytes(payload) : NULL, what->len);
	what->payload = payload;
	sub->asked = rng_ppm(&l->rng, l->ask);
	if (sub->asked)
		sub->room = host_room(h, what->kind, what->group, what->len);

	sub->alone = what->kind == SAMR_KIND_JOIN &&
		     !has_members(h, what->group);

	s->sub = sim_grow(s->sub, s->count, &s->room, sizeof(*s->sub));
	s->sub[s->count++] = sub;
	sub->oseq = s->count;
	ev.submit = *what;
	err = host_step(h, &ev);
	samr_blob_put(payload);
	what->payload = NULL;
	if (!err) {
		l->count++;
		l->bytes += what->len;
	} else {
		l->refused += err == -EAGAIN;
		if (s->sub[s->count - 1] != sub)
			sim_fail("node %u: a refused submission was overtaken",
				 h->id);
		s->count--;
		free(sub);
	}
	/* Nothing is delivered before. */
	host_flush(h);
	return err;
}

struct sub *ledger_find(const struct ledger *l, u64 host, u64 oseq)
{
	const struct subs *s;

	if (!host || host >= NET_NODES)
		return NULL;
	s = &l->by_host[host];
	return oseq && oseq <= s->count ? s->sub[oseq - 1] : NULL;
}
