// SPDX-License-Identifier: GPL-2.0
/*
 * What a link finds out about its peers, by probes.
 *
 * A round begins with two probes to all, as multicasts: one of the largest size
 * that is tried, one of the smallest. Each configured head that hears one
 * answers it to its sender. So on a healthy wire two frames and their answers
 * settle everything: who is there, at what address, that multicast passes, and
 * which size does. When answers lack after WAIT_MS the round goes on: smaller
 * sizes, unicasts to peers whose address is known, and, for peers that were not
 * heard at all, a broadcast. After TRIES bursts what was answered counts.
 *
 * A full round begins at the size of the device; it is run when the link comes
 * up, when its MTU or address changes, when a peer appears or comes back, when a
 * round found less than before, and now and then. The other rounds, one a
 * second, begin at the known size. What gets better counts at once, what gets
 * worse at the end of a full round.
 *
 * Where the core repeats in vain what it sends to a peer, a way may have become too
 * narrow for large frames while all that says who is alive is small. That is not
 * waited for: the smallest frames are used at once, on all links, and a full round
 * shows a round trip later on which of them large ones pass.
 *
 * A peer is heard from its first valid probe or answer on, until LOST rounds
 * have passed without any frame of it.
 */
#include <linux/random.h>

#include "shell.h"

#define WAIT_MS		20	/* for answers, before the next burst */
#define SOON_MS		1	/* gathers reasons for a round */
#define PERIOD_MS	1000	/* between rounds */
#define JITTER_MS	100	/* at random, added to it */
#define TRIES		4	/* bursts in a round */
#define LOST		3	/* rounds */
#define FULL_EVERY	16	/* rounds, when all is well */
#define FULL_IF_LESS	4	/* rounds, when frames are small or copied */
#define DOUBT_MS	1000	/* a size is not doubted more often */
#define RATE_MS		100	/* answers are counted for so long */
#define RATE_MAX	1000	/* and limited to so many */

/* MTUs worth a try below the device's own. */
static const u16 mtus[] = { 9000, 4000, 1500, 1450, 1400, 1280, 1000 };
#define SIZES_MAX	(ARRAY_SIZE(mtus) + 2)

/**
 * struct plan - a burst
 * @sizes: of probes, bytes from header to the end of the record, falling
 * @count: of @sizes
 * @multi: all of @sizes are multicast
 * @small: at least the smallest is
 * @broad: the smallest is broadcast
 * @uni: heads that get all of @sizes
 */
struct plan {
	u32 sizes[SIZES_MAX];
	u32 count;
	bool multi;
	bool small;
	bool broad;
	u64 uni;
};

static bool can(const struct samr_link *l, u32 flag)
{
	return l->flags & flag;
}

static bool size_known(const struct samr_link *l,
		       const struct samr_link_peer *p)
{
	u32 want = l->probe.ceiling;

	if (!l->probe.full)
		want = min(want, p->size);
	return p->round_size >= want;
}

static bool cast_known(const struct samr_link *l,
		       const struct samr_link_peer *p)
{
	if (!can(l, SAMR_TRANSPORT_MULTICAST))
		return true;
	return p->round_multi || (!l->probe.full && !p->multicast);
}

/* Do all peers that take part answer as well as they can? */
static bool satisfied(const struct samr_link *l)
{
	u64 heads = samr_link_others(l->c);
	unsigned int id;

	samr_for_each_head(id, heads) {
		const struct samr_link_peer *p = &l->peer[id];

		if (p->heard && (!size_known(l, p) || !cast_known(l, p)))
			return false;
	}
	return true;
}

static bool all_heard(const struct samr_link *l)
{
	u64 heads = samr_link_others(l->c);
	unsigned int id;

	samr_for_each_head(id, heads)
		if (!l->peer[id].heard)
			return false;
	return true;
}

/* Is nothing more to be expected of the round? A first broadcast is. */
static bool round_over(const struct samr_link *l)
{
	const struct samr_probe *pr = &l->probe;

	return satisfied(l) && (all_heard(l) || pr->tries > 1);
}

/* ---- a round ---- */

/* What passes to a peer, as far as the transport knows: the largest for sure that is tried. */
static u32 way_room(const struct samr_link *l, const struct samr_link_peer *p)
{
	u32 max;

	if (!l->t->path_max || !p->addr.len || !p->heard)
		return U32_MAX;
	max = l->t->path_max(l, &p->addr);
	return max > SAMR_CRC_LEN ? max - SAMR_CRC_LEN : 0;
}

static void start(struct samr_link *l)
{
	struct samr_probe *pr = &l->probe;
	u32 room = samr_link_room(l);
	u64 heads = samr_link_others(l->c);
	unsigned int id;

	pr->running = true;
	pr->again = false;
	pr->round++;
	pr->tries = 0;
	pr->started = jiffies;
	samr_for_each_head(id, heads) {
		room = min(room, way_room(l, &l->peer[id]));
		l->peer[id].round_size = 0;
		l->peer[id].round_multi = false;
	}
	pr->ceiling = pr->full ? room : min(room, l->frame_max);
	pr->ceiling = max_t(u32, pr->ceiling, SAMR_FRAME_MIN);
}

static void tell_peer(struct samr_link *l, u64 id,
		      enum samr_cluster_event_type type)
{
	struct samr_cluster_event e = {
		.type = type,
		.link = l->id,
		.device = l->device,
		.node = id,
	};

	lockdep_assert_held(&l->lock);
	samr_cluster_notify(l->c, &e);
}

static void finish_peer(struct samr_link *l, unsigned int id)
{
	struct samr_probe *pr = &l->probe;
	struct samr_link_peer *p = &l->peer[id];

	if (!p->heard)
		return;
	if (!p->round_size) {
		if (time_before(READ_ONCE(p->stamp), pr->started) &&
		    ++p->missed >= LOST) {
			WRITE_ONCE(p->heard, false);
			tell_peer(l, id, SAMR_CLUSTER_EV_LOST);
		}
		return;
	}
	p->missed = 0;
	if (pr->full) {
		p->size = p->round_size;
		p->multicast = p->round_multi;
	} else if (!size_known(l, p) || !cast_known(l, p)) {
		pr->again = true;
	}
}

/* Returns how long until the next round. */
static unsigned long finish(struct samr_link *l)
{
	struct samr_probe *pr = &l->probe;
	u64 heads = samr_link_others(l->c);
	unsigned int id;
	bool less;

	samr_for_each_head(id, heads)
		finish_peer(l, id);
	pr->running = false;
	pr->rounds++;
	if (pr->again) {
		pr->full = true;
		return msecs_to_jiffies(SOON_MS);
	}
	less = l->frame_max < samr_link_room(l) || !l->multicast;
	pr->full = !(pr->rounds % (less ? FULL_IF_LESS : FULL_EVERY));
	return msecs_to_jiffies(PERIOD_MS + get_random_u32() % JITTER_MS);
}

/* All sizes that are worth a try, from the ceiling down. */
static void plan_sizes(const struct samr_link *l, struct plan *plan)
{
	u32 ceiling = l->probe.ceiling;
	u32 i, size;

	plan->sizes[plan->count++] = ceiling;
	for (i = 0; i < ARRAY_SIZE(mtus) && l->probe.tries > 1; i++) {
		size = mtus[i] - SAMR_CRC_LEN - l->overhead;
		if (size < ceiling)
			plan->sizes[plan->count++] = size;
	}
	if (ceiling > SAMR_FRAME_MIN)
		plan->sizes[plan->count++] = SAMR_FRAME_MIN;
}

static void plan_burst(struct samr_link *l, struct plan *plan)
{
	bool first = !l->probe.tries++;
	bool multi_lacks = first, size_lacks = first;
	u64 heads = samr_link_others(l->c);
	unsigned int id;

	plan_sizes(l, plan);
	samr_for_each_head(id, heads) {
		const struct samr_link_peer *p = &l->peer[id];

		if (!p->heard) {
			multi_lacks = true;
			plan->broad |= !first && can(l, SAMR_TRANSPORT_BROADCAST);
			if (p->addr.len && p->configured)
				plan->uni |= BIT_ULL(id);
			continue;
		}
		multi_lacks |= !cast_known(l, p);
		size_lacks |= !size_known(l, p);
		plan->broad |= !first && !p->round_size &&
			       can(l, SAMR_TRANSPORT_BROADCAST);
		if (p->addr.len && !size_known(l, p) &&
		    (!first || !p->multicast))
			plan->uni |= BIT_ULL(id);
	}
	if (!can(l, SAMR_TRANSPORT_MULTICAST))
		return;
	plan->small = multi_lacks;
	plan->multi = size_lacks;
}

struct sk_buff *samr_probe_frame(struct samr_link *l, u32 size,
				 struct samr_rec *r, u32 len, gfp_t gfp)
{
	struct samr_frame_info info = {
		.type = SAMR_FRAME_LINK,
		.cluster = l->c->params.id,
		.src = l->c->params.node,
		.inc = READ_ONCE(l->c->inc),
		.len = size,
		.records = 1,
	};
	struct sk_buff *skb;

	skb = alloc_skb(SAMR_LINK_HEADROOM + size + SAMR_LINK_TAILROOM,
			gfp | __GFP_NOWARN);
	if (!skb) {
		samr_stats_inc(l->c->stats, SAMR_STAT_TX_MEMORY);
		return NULL;
	}
	skb_reserve(skb, SAMR_LINK_HEADROOM);
	r->len = cpu_to_be16(size - sizeof(struct samr_hdr));
	samr_wire_put_header(skb_put(skb, sizeof(struct samr_hdr)), &info);
	skb_put_data(skb, r, len);
	skb_put_zero(skb, size - skb->len);
	return samr_link_seal(l->c, skb);
}

static void send_probe(struct samr_link *l, u32 size, enum samr_cast cast,
		       const struct samr_addr *to)
{
	struct samr_link_rec r = {
		.rec = { .type = SAMR_LINK_REC_PROBE },
		.cast = cast,
		.round = cpu_to_be32(l->probe.round),
		.size = cpu_to_be32(size),
	};
	struct sk_buff *skb = samr_probe_frame(l, size, &r.rec, sizeof(r),
					       GFP_KERNEL);

	if (!skb)
		return;
	samr_stats_inc(l->c->stats, SAMR_STAT_LINK_OUT);
	this_cpu_inc(l->counters->probes_out);
	local_bh_disable();
	samr_link_out(l, skb, cast, to);
	local_bh_enable();
}

static void send_plan(struct samr_link *l, const struct plan *plan)
{
	struct samr_addr to;
	unsigned int id;
	u32 i;

	for (i = 0; i < plan->count && plan->multi; i++)
		send_probe(l, plan->sizes[i], SAMR_CAST_MULTI, NULL);
	if (plan->small && !plan->multi)
		send_probe(l, SAMR_FRAME_MIN, SAMR_CAST_MULTI, NULL);
	if (plan->broad)
		send_probe(l, SAMR_FRAME_MIN, SAMR_CAST_BROAD, NULL);
	samr_for_each_head(id, plan->uni) {
		spin_lock_bh(&l->lock);
		to = l->peer[id].addr;
		spin_unlock_bh(&l->lock);
		for (i = 0; i < plan->count && to.len; i++)
			send_probe(l, plan->sizes[i], SAMR_CAST_UNI, &to);
	}
}

static void probe_work(struct work_struct *work)
{
	struct samr_link *l = container_of(to_delayed_work(work),
					   struct samr_link, probe.work);
	struct samr_probe *pr = &l->probe;
	struct plan plan = { };
	unsigned long delay;
	bool ended = false;

	spin_lock_bh(&l->lock);
	if (l->closed || !samr_link_usable(l)) {
		pr->running = false;
		spin_unlock_bh(&l->lock);
		return;
	}
	if (!pr->running)
		start(l);
	ended = pr->tries && (round_over(l) || pr->tries >= TRIES);
	if (ended) {
		delay = finish(l);
	} else {
		plan_burst(l, &plan);
		delay = msecs_to_jiffies(WAIT_MS);
	}
	mod_delayed_work(samr_wq, &pr->work, delay);
	spin_unlock_bh(&l->lock);
	if (ended)
		samr_link_update(l->c);
	else
		send_plan(l, &plan);
}

void samr_probe_init(struct samr_link *l)
{
	INIT_DELAYED_WORK(&l->probe.work, probe_work);
	l->probe.round = get_random_u32();
	l->probe.rate_at = jiffies;
}

/* A round that is running keeps its aim, the next one is full. */
static void want_full(struct samr_link *l, u32 ms)
{
	struct samr_probe *pr = &l->probe;

	if (pr->running) {
		pr->again = true;
		return;
	}
	pr->full = true;
	mod_delayed_work(samr_wq, &pr->work, msecs_to_jiffies(ms));
}

void samr_probe_begin(struct samr_link *l)
{
	lockdep_assert_held(&l->lock);
	/* Where a client node has no peers, KNOCK finds out what passes. */
	if (l->closed || !samr_link_usable(l) || samr_link_is_local(l) ||
	    samr_cluster_is_client(l->c))
		return;
	want_full(l, 0);
}

/* Frames get lost for other reasons, too: those must not keep frames small. */
static bool doubt(struct samr_link_peer *p)
{
	if (!p->heard || p->size == SAMR_FRAME_MIN ||
	    (p->doubted && time_before(jiffies, p->doubted_at +
					       msecs_to_jiffies(DOUBT_MS))))
		return false;
	p->doubted = true;
	p->doubted_at = jiffies;
	p->size = SAMR_FRAME_MIN;
	return true;
}

static bool doubt_link(struct samr_link *l, u64 heads)
{
	bool news = false;
	unsigned int id;

	spin_lock(&l->lock);
	if (!l->closed && samr_link_usable(l) && !samr_link_is_local(l)) {
		samr_for_each_head(id, heads)
			news |= doubt(&l->peer[id]);
		if (news)
			want_full(l, 0);
	}
	spin_unlock(&l->lock);
	return news;
}

void samr_link_narrow(struct samr_link *l, const struct samr_addr *to, u32 max)
{
	u64 heads = samr_link_others(l->c);
	bool news = false;
	unsigned int id;

	max = max_t(u32, max, SAMR_FRAME_MIN + SAMR_CRC_LEN) - SAMR_CRC_LEN;
	spin_lock(&l->lock);
	samr_for_each_head(id, heads) {
		struct samr_link_peer *p = &l->peer[id];

		if (p->size <= max || memcmp(&p->addr, to, sizeof(*to)))
			continue;
		p->size = max;
		news = true;
	}
	if (news && !l->closed && samr_link_usable(l))
		want_full(l, SOON_MS);
	spin_unlock(&l->lock);
	if (news)
		samr_link_update(l->c);
}

void samr_probe_doubt(struct samr_cluster *c, u64 heads)
{
	struct samr_link *l;
	bool news = false;

	lockdep_assert_in_softirq();
	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node)
		news |= doubt_link(l, heads);
	rcu_read_unlock();
	if (news)
		samr_link_update(c);
}

/* ---- what comes in ---- */

static void send_answer(struct samr_link *l, const struct samr_link_rec *probe,
			const struct samr_frame_info *info,
			const struct samr_addr *to)
{
	struct samr_link_rec r = {
		.rec = { .type = SAMR_LINK_REC_ANSWER },
		.cast = probe->cast,
		.round = probe->round,
		.size = probe->size,
		.node = cpu_to_be64(info->src),
		.inc = cpu_to_be64(info->inc),
	};
	struct sk_buff *skb;

	skb = samr_probe_frame(l, sizeof(struct samr_hdr) + sizeof(r), &r.rec,
			       sizeof(r), GFP_ATOMIC);
	if (!skb)
		return;
	samr_stats_inc(l->c->stats, SAMR_STAT_LINK_OUT);
	samr_link_out(l, skb, SAMR_CAST_UNI, to);
}

static bool may_answer(struct samr_link *l)
{
	struct samr_probe *pr = &l->probe;

	if (time_after(jiffies, pr->rate_at + msecs_to_jiffies(RATE_MS))) {
		pr->rate_at = jiffies;
		pr->rate_n = 0;
	}
	return pr->rate_n++ < RATE_MAX;
}

/* A head has shown itself. True when that is news. */
static bool meet(struct samr_link *l, const struct samr_frame_info *info,
		 const struct samr_addr *from)
{
	struct samr_link_peer *p = &l->peer[info->src];
	bool news = !p->heard || p->inc != info->inc;

	p->missed = 0;
	if (!p->configured && memcmp(&p->addr, from, sizeof(*from))) {
		p->addr = *from;
		news = true;
	}
	if (!news)
		return false;
	if (!p->heard)
		tell_peer(l, info->src, SAMR_CLUSTER_EV_HEARD);
	if (!p->heard || p->inc != info->inc) {
		p->size = SAMR_FRAME_MIN;
		p->multicast = false;
		if (p->inc != info->inc)
			samr_path_new(&p->path);
	}
	p->inc = info->inc;
	WRITE_ONCE(p->heard, true);
	want_full(l, SOON_MS);
	return true;
}

/* True when the peer is better than was known. */
static bool take_answer(struct samr_link *l, const struct samr_link_rec *r,
			const struct samr_frame_info *info)
{
	struct samr_link_peer *p = &l->peer[info->src];
	struct samr_probe *pr = &l->probe;
	u32 size = be32_to_cpu(r->size);
	bool news = false;

	if (!pr->running || be32_to_cpu(r->round) != pr->round ||
	    be64_to_cpu(r->node) != l->c->params.node ||
	    be64_to_cpu(r->inc) != READ_ONCE(l->c->inc) || size > pr->ceiling)
		return false;
	this_cpu_inc(l->counters->answers_in);
	p->round_size = max(p->round_size, size);
	if (r->cast == SAMR_CAST_MULTI) {
		news |= !p->multicast;
		p->round_multi = true;
		p->multicast = true;
	}
	if (size > p->size) {
		p->size = size;
		news = true;
	}
	if (round_over(l))
		mod_delayed_work(samr_wq, &pr->work, 0);
	return news;
}

static bool well_formed(const struct samr_link_rec *r,
			const struct samr_frame_info *info)
{
	u32 size = be32_to_cpu(r->size);

	if (r->cast >= SAMR_CASTS || r->reserved[0] || r->reserved[1] ||
	    r->reserved[2] ||
	    be16_to_cpu(r->rec.len) != info->len - sizeof(struct samr_hdr) ||
	    size < SAMR_FRAME_MIN || size > SAMR_FRAME_LIMIT)
		return false;
	if (r->rec.type == SAMR_LINK_REC_PROBE)
		return size == info->len && !r->node && !r->inc;
	return r->rec.type == SAMR_LINK_REC_ANSWER &&
	       info->len == sizeof(struct samr_hdr) + sizeof(*r);
}

static bool acceptable(const struct samr_link_rec *r,
		       const struct samr_frame_info *info)
{
	u32 len = info->len - sizeof(struct samr_hdr);

	if (len < sizeof(struct samr_link_pulse) || info->records != 1 ||
	    info->epoch || info->ack || info->domain || r->rec.flags)
		return false;
	if (r->rec.type == SAMR_LINK_REC_PULSE)
		return samr_pulse_well_formed((const struct samr_link_pulse *)r,
					      info);
	return len >= sizeof(*r) && well_formed(r, info);
}

bool samr_probe_receive(struct samr_link *l, const struct sk_buff *skb,
			const struct samr_frame_info *info,
			const struct samr_addr *from)
{
	const struct samr_link_rec *r;
	bool news = false, answer = false;

	r = (const struct samr_link_rec *)(skb->data + sizeof(struct samr_hdr));
	if (!acceptable(r, info)) {
		samr_stats_inc(l->c->stats, SAMR_STAT_DROP_PROBE);
		return false;
	}
	if (info->src > SAMR_HEAD_MAX || !(samr_link_others(l->c) & BIT_ULL(info->src))) {
		samr_stats_inc(l->c->stats, SAMR_STAT_DROP_PROBE_SOURCE);
		return false;
	}
	if (r->rec.type == SAMR_LINK_REC_PULSE)
		return samr_pulse_receive(l, (const struct samr_link_pulse *)r,
					  info);
	spin_lock(&l->lock);
	if (l->closed || !samr_link_usable(l)) {
		spin_unlock(&l->lock);
		samr_stats_inc(l->c->stats, SAMR_STAT_DROP_ENDED);
		return false;
	}
	news = meet(l, info, from);
	if (r->rec.type == SAMR_LINK_REC_ANSWER)
		news |= take_answer(l, r, info);
	else
		answer = may_answer(l);
	spin_unlock(&l->lock);
	samr_stats_inc(l->c->stats, SAMR_STAT_LINK_IN);
	if (answer)
		send_answer(l, r, info, from);
	else if (r->rec.type == SAMR_LINK_REC_PROBE)
		samr_stats_inc(l->c->stats, SAMR_STAT_DROP_PROBE_RATE);
	if (news)
		samr_link_update(l->c);
	return true;
}
