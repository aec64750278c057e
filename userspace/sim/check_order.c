// SPDX-License-Identifier: GPL-2.0
/*
 * One order: what a place holds is what it holds everywhere, it is a message
 * that was submitted, and deliveries in a group go up.
 */
#include "check.h"
#include "core/state.h"
#include "sim.h"

static struct check *check_of(struct watch *w)
{
	return container_of(w, struct check, order);
}

static u64 members_hash(const struct samr_msg *msg)
{
	const struct samr_members *m = msg->members;
	u64 hash;
	u32 i;

	if (!m)
		return 0;
	hash = rng_mix(m->id ^ (u64)m->count << 48);
	for (i = 0; i < m->count; i++)
		hash = rng_mix(hash ^ rng_mix(m->m[i].node) ^ m->m[i].inc ^
			       ((u64)m->m[i].window << 32 | m->m[i].port) ^
			       (u64)m->m[i].flags << 60);
	return hash | 1;
}

static bool same_meta(const struct samr_meta *a, const struct samr_meta *b)
{
	return a->gseq == b->gseq && a->origin == b->origin &&
	       a->inc == b->inc && a->oseq == b->oseq && a->time == b->time &&
	       a->arg == b->arg && a->group == b->group &&
	       a->port == b->port && a->uid == b->uid && a->gid == b->gid &&
	       a->len == b->len && a->kind == b->kind && a->flags == b->flags;
}

/* A message must be the one that its origin submitted under this number. */
static void compare_sub(struct host *h, const struct samr_msg *msg,
			const struct sub *sub)
{
	const struct samr_meta *m = &msg->meta;
	const struct samr_submit *s = &sub->what;

	if (m->group != s->group || m->port != s->port || m->kind != s->kind ||
	    m->flags != s->flags || m->uid != s->uid || m->gid != s->gid ||
	    m->arg != s->arg || m->len != s->len)
		sim_fail("node %u: place %llu is not as node %llu submitted it",
			 h->id, (unsigned long long)m->gseq,
			 (unsigned long long)m->origin);
}

static void check_owner(struct check *k, struct host *h,
			const struct samr_msg *msg, struct sub *sub)
{
	if (msg->meta.origin != h->id) {
		if (msg->owner)
			sim_fail("node %u: owner of a message of node %llu",
				 h->id, (unsigned long long)msg->meta.origin);
		return;
	}
	if (sub->own && !msg->owner)
		return;
	if (msg->owner != sub)
		sim_fail("node %u: owner of message %llu is %s", h->id,
			 (unsigned long long)msg->meta.oseq,
			 msg->owner ? "another one's" : "not named");
	if (sub->settled)
		sim_fail("node %u: owner of message %llu hears of it twice",
			 h->id, (unsigned long long)msg->meta.oseq);
	sub->settled = true;
	sub->gseq = msg->meta.gseq;
	k->ledger->settled++;
}

/*
 * Hostile frames: nothing is known of what is delivered, but that each owner
 * hears of his message once.
 */
static void on_deliver_blind(struct watch *w, struct host *h,
			     struct samr_msg *msg)
{
	struct sub *sub = msg->owner;

	(void)w;
	if (!sub)
		return;
	if (sub->host != h->id || sub->settled)
		sim_fail("node %u: owner of message %llu hears of it twice",
			 h->id, (unsigned long long)sub->oseq);
	sub->settled = true;
}

void check_owners(struct check *k)
{
	u32 id;
	size_t i;

	for (id = 1; id < NET_NODES; id++)
		for (i = 0; i < k->ledger->by_host[id].count; i++)
			if (!k->ledger->by_host[id].sub[i]->settled)
				sim_fail("node %u is gone, and the owner of message %zu has not heard of it",
					 id, i + 1);
}

/* At the end of a node: it says which of its messages were not delivered. */
static void dropped(struct check *k, struct host *h, const struct samr_msg *msg)
{
	struct sub *sub = ledger_find(k->ledger, h->id, msg->meta.oseq);

	if (!sub || msg->owner != sub)
		sim_fail("node %u: an unknown message is dropped", h->id);
	if (sub->settled)
		sim_fail("node %u: owner of message %llu hears of it twice",
			 h->id, (unsigned long long)sub->oseq);
	sub->settled = true;
	sub->dropped = true;
}

/* How many heads hold the order up to @gseq, at this instant? */
static u32 holders_of(const struct check *k, u64 gseq)
{
	struct host *h;
	u32 n = 0;

	cluster_for_each(k->cluster, h)
		n += h->node->rcv.held >= gseq;
	return n;
}

static void check_safe(struct check *k, struct host *h,
		       const struct samr_msg *msg)
{
	u32 have = holders_of(k, msg->meta.gseq);
	u32 need = h->node->view.holders;

	if (have < need)
		sim_fail("node %u delivers SAFE %llu, which %u hold and not %u",
			 h->id, (unsigned long long)msg->meta.gseq, have, need);
	k->safe++;
}

static void note_share(struct check *k, const struct samr_msg *msg)
{
	u32 g = check_group(k, msg->meta.group), i, window = U32_MAX;
	struct samr_view_info view;
	struct host *h = cluster_next(k->cluster, NULL);

	if (!msg->members || !msg->members->count)
		return;
	samr_node_view(h->node, &view);
	for (i = 0; i < msg->members->count; i++)
		if (!(msg->members->m[i].flags & SAMR_ID_LACKS))
			window = min(window, msg->members->m[i].window);
	k->share[g] = max(k->share[g], (u64)window / max(view.count, 1u));
}

/* Views go up, and each is installed once. */
static void on_view(struct watch *w, struct host *h)
{
	struct check *k = check_of(w);
	struct samr_view_info view;

	samr_node_view(h->node, &view);
	if (view.epoch && view.epoch <= k->installed[h->id])
		sim_fail("node %u installs view %llu after view %llu", h->id,
			 (unsigned long long)view.epoch,
			 (unsigned long long)k->installed[h->id]);
	k->installed[h->id] = max(k->installed[h->id], view.epoch);
}

/* A proposal has one key, whoever makes it again; no two have the same. */
static void check_key(struct check *k, const struct samr_rec_plan *rec)
{
	bool same = !memcmp(&rec->born, &k->plan.born, sizeof(rec->born)) &&
		    rec->epoch == k->plan.epoch,
	     alike = !memcmp(rec->key, k->plan.key, sizeof(rec->key));

	/* A first view may have the number of one that nobody is left of. */
	if (rec->base && k->plan.base && same != alike)
		sim_fail("view %llu has %s",
			 (unsigned long long)be64_to_cpu(rec->epoch),
			 same ? "two keys" : "the key of another one");
	k->plan = *rec;
}

/* With which key group random is drawn in a view. */
static void note_key(struct check *k, const struct samr_rec_plan *rec)
{
	check_key(k, rec);
	if (rec->rec.type != SAMR_REC_VIEW)
		return;
	k->key_epoch = be64_to_cpu(rec->epoch);
	k->key.half[0] = be64_to_cpu(rec->key[0]);
	k->key.half[1] = be64_to_cpu(rec->key[1]);
}

static void on_sent(struct watch *w, struct host *h, struct samr_blob *frame,
		    u64 dest)
{
	struct check *k = check_of(w);
	const u8 *bytes = blob_bytes(frame);
	struct samr_rec_plan rec;
	u32 at = sizeof(struct samr_hdr), i;

	(void)h;
	(void)dest;
	for (i = 0; i < be16_to_cpu(((const struct samr_hdr *)bytes)->records);
	     i++) {
		memcpy(&rec.rec, bytes + at, sizeof(rec.rec));
		if (rec.rec.type == SAMR_REC_VIEW ||
		    rec.rec.type == SAMR_REC_TAKEN ||
		    rec.rec.type == SAMR_REC_ACCEPT) {
			memcpy(&rec, bytes + at, sizeof(rec));
			note_key(k, &rec);
		}
		at += be16_to_cpu(rec.rec.len);
	}
}

/* Cores make these by themselves: nobody waits to hear of them. */
static bool is_own(const struct samr_msg *msg)
{
	struct samr_session_payload p;

	switch (msg->meta.kind) {
	case SAMR_KIND_DIGEST:
	case SAMR_KIND_REPLIES:
	case SAMR_KIND_CONNECT:
	case SAMR_KIND_RETURN:
	case SAMR_KIND_ALARM:
		return true;
	case SAMR_KIND_REQUEST:
		return msg->meta.flags & SAMR_MSG_GROUP;
	case SAMR_KIND_SESSION:
		return samr_msg_read(msg, (u8 *)&p, sizeof(p)) &&
		       p.op == SAMR_SESSION_EXPIRE;
	default:
		return false;
	}
}

static void first_seen(struct check *k, struct place *p,
		       const struct samr_msg *msg)
{
	struct sub *sub = ledger_find(k->ledger, msg->meta.origin,
				      msg->meta.oseq);

	p->meta = msg->meta;
	p->hash = ledger_hash_msg(msg);
	p->view = msg->view;
	p->random = msg->random;
	p->epoch = msg->epoch;
	p->members = members_hash(msg);
	p->transfer = check_transfer_hash(msg->transfer);
	p->refused = msg->refused;
	p->own = is_own(msg);
	if (sub->own && !sub->what.group)
		ledger_learn(sub, msg);
	if (p->hash != sub->hash)
		sim_fail("place %llu: bytes are not those submitted",
			 (unsigned long long)msg->meta.gseq);
	if (p->epoch == k->key_epoch &&
	    p->random != samr_keyed(&k->key, msg->meta.gseq))
		sim_fail("place %llu: group random is not drawn with the view's key",
			 (unsigned long long)msg->meta.gseq);
	note_share(k, msg);
}

static void compare_place(struct host *h, const struct place *p,
			  const struct samr_msg *msg)
{
	const char *what = NULL;

	if (!same_meta(&p->meta, &msg->meta))
		what = "another message";
	else if (p->view != msg->view)
		what = "another group view";
	else if (p->random != msg->random)
		what = "another random number";
	else if (p->epoch != msg->epoch)
		what = "another epoch";
	else if (p->members != members_hash(msg))
		what = "other members";
	else if (p->refused != msg->refused)
		what = "another answer";
	else if (p->transfer != check_transfer_hash(msg->transfer))
		what = "another state transfer";
	else if (p->hash != ledger_hash_msg(msg))
		what = "other bytes";
	if (what)
		sim_fail("node %u delivers at %llu %s than those before it",
			 h->id, (unsigned long long)msg->meta.gseq, what);
}

/* In a view that this head knows, and never in one before the last delivery's. */
static void check_epoch(struct check *k, struct host *h,
			const struct samr_msg *msg)
{
	u64 epoch = h->node->view.epoch;

	if (!msg->epoch || msg->epoch > epoch ||
	    msg->epoch < k->epoch[h->id])
		sim_fail("node %u delivers %llu in epoch %llu, after %llu, and its view is %llu",
			 h->id, (unsigned long long)msg->meta.gseq,
			 (unsigned long long)msg->epoch,
			 (unsigned long long)k->epoch[h->id],
			 (unsigned long long)epoch);
	k->epoch[h->id] = msg->epoch;
}

static void check_ascending(struct check *k, struct host *h,
			    const struct samr_msg *msg)
{
	u64 *last = &k->last[h->id][check_group(k, msg->meta.group)];

	if (msg->meta.gseq <= *last)
		sim_fail("node %u delivers %llu after %llu in group %u", h->id,
			 (unsigned long long)msg->meta.gseq,
			 (unsigned long long)*last, msg->meta.group);
	*last = msg->meta.gseq;
}

static void on_stepped(struct watch *w, struct host *h,
		       const struct samr_event *ev, int err)
{
	(void)err;
	if (ev->type != SAMR_EV_SUBMIT)
		ledger_sync(check_of(w)->ledger, h);
}

static struct place *place_of(struct check *k, u64 gseq)
{
	while (gseq > k->room)
		k->place = sim_grow(k->place, k->room, &k->room,
				    sizeof(*k->place));
	k->places = max(k->places, (size_t)gseq);
	return &k->place[gseq - 1];
}

/* Of most that cores make nobody hears: it has its place all the same. */
static void on_batch(struct watch *w, struct host *h)
{
	const struct samr_receiver *rcv = &h->node->rcv;
	struct check *k = check_of(w);
	struct samr_slot *slot;
	struct place *p;
	u64 at;

	ledger_sync(k->ledger, h);
	for (at = max(k->walked[h->id] + 1, rcv->win.base); at <= rcv->delivered;
	     at++) {
		slot = samr_window_at(&rcv->win, at);
		if (!slot || !slot->msg || !is_own(slot->msg))
			continue;
		p = place_of(k, at);
		if (p->meta.gseq)
			continue;
		first_seen(k, p, slot->msg);
		p->unheard = true;
	}
	k->walked[h->id] = rcv->delivered;
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct check *k = check_of(w);
	const struct samr_meta *m = &msg->meta;
	struct sub *sub;
	struct place *p;

	if (!m->gseq) {
		dropped(k, h, msg);
		return;
	}
	ledger_sync(k->ledger, h);
	/* Nobody submits these; runs in which heads die look at views (era.c). */
	if (m->kind >= SAMR_KIND_VIEW)
		return;
	if (msg->result == SAMR_SES_CUT) {
		k->places = max(k->places, (size_t)m->gseq);
		return;
	}
	sub = ledger_find(k->ledger, m->origin, m->oseq);
	if (!sub)
		sim_fail("node %u delivers %llu, which was never submitted",
			 h->id, (unsigned long long)m->gseq);
	/* A view takes a place, too. */
	if (m->gseq > k->ledger->next + k->installed[h->id])
		sim_fail("node %u delivers place %llu after %llu submissions",
			 h->id, (unsigned long long)m->gseq,
			 (unsigned long long)k->ledger->next);
	p = place_of(k, m->gseq);
	if (!p->meta.gseq || p->unheard)
		first_seen(k, p, msg);
	else
		compare_place(h, p, msg);
	p->unheard = false;
	if (p->seen & BIT_ULL(h->id))
		sim_fail("node %u delivers %llu twice", h->id,
			 (unsigned long long)m->gseq);
	p->seen |= BIT_ULL(h->id);
	compare_sub(h, msg, sub);
	check_owner(k, h, msg, sub);
	check_epoch(k, h, msg);
	/* What concerns its sender only comes when it is stable. */
	if (!member_private(m, msg->refused))
		check_ascending(k, h, msg);
	else
		check_safe(k, h, msg);
	/* Without members there is nobody whom it could mislead. */
	if (m->flags & SAMR_MSG_SAFE && msg->view)
		check_safe(k, h, msg);
	k->delivered++;
}

void check_order_init_blind(struct check *k)
{
	k->order.deliver = on_deliver_blind;
	cluster_watch(k->cluster, &k->order);
}

void check_order_init(struct check *k)
{
	k->order.stepped = on_stepped;
	k->order.view = on_view;
	k->order.sent = on_sent;
	k->order.deliver = on_deliver;
	k->order.batch = on_batch;
	cluster_watch(k->cluster, &k->order);
}
