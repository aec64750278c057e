// SPDX-License-Identifier: GPL-2.0
/* The ways between heads and client nodes, see trail.h. */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "shell.h"
#include "trail.h"

/* Who was not heard for so long makes room for another one, ms. */
#define OLD_MS	10000

struct samr_trails *samr_trails_new(void)
{
	struct samr_trails *w = kvzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);

	if (w)
		spin_lock_init(&w->lock);
	return w;
}

void samr_trails_free(struct samr_trails *w)
{
	kvfree(w);
}

static struct samr_trail *set_of(struct samr_trails *w, u64 node)
{
	return w->set[hash_64(node, ilog2(SAMR_TRAIL_SETS))];
}

static bool is_old(const struct samr_trail *way)
{
	return !way->node || time_after(jiffies, way->stamp +
					msecs_to_jiffies(OLD_MS));
}

void samr_trail_heard(struct samr_link *l, u64 node, const struct samr_addr *from)
{
	struct samr_trails *w = l->c->trails;
	struct samr_trail *set = set_of(w, node), *way = NULL;
	int i;

	spin_lock(&w->lock);
	for (i = 0; i < SAMR_TRAIL_EACH && !way; i++)
		if (set[i].node == node)
			way = &set[i];
	for (i = 0; i < SAMR_TRAIL_EACH && !way; i++)
		if (is_old(&set[i]))
			way = &set[i];
	if (way) {
		way->node = node;
		way->link = l->id;
		way->addr = *from;
		way->stamp = jiffies;
	}
	spin_unlock(&w->lock);
}

static bool find(struct samr_trails *w, u64 node, struct samr_trail *found)
{
	struct samr_trail *set = set_of(w, node);
	bool there = false;
	int i;

	spin_lock(&w->lock);
	for (i = 0; i < SAMR_TRAIL_EACH; i++) {
		if (set[i].node != node)
			continue;
		*found = set[i];
		there = true;
	}
	spin_unlock(&w->lock);
	return there;
}

static void send_one(struct samr_cluster *c, struct sk_buff *skb, u64 dest)
{
	struct samr_trail way;
	struct samr_link *l;

	if (find(c->trails, dest, &way)) {
		list_for_each_entry_rcu(l, &c->links, node) {
			if (l->id != way.link)
				continue;
			samr_link_out(l, skb, SAMR_CAST_UNI, &way.addr);
			return;
		}
	}
	samr_stats_inc(c->stats, SAMR_STAT_TX_NO_ADDRESS);
	kfree_skb(skb);
}

static void send_copy(struct samr_link *l, const struct sk_buff *skb,
		      enum samr_cast cast, const struct samr_addr *to)
{
	struct sk_buff *copy;

	copy = skb_copy_expand(skb, SAMR_LINK_HEADROOM, SAMR_LINK_TAILROOM,
			       GFP_ATOMIC | __GFP_NOWARN);
	if (copy)
		samr_link_out(l, copy, cast, to);
	else
		samr_stats_inc(l->c->stats, SAMR_STAT_TX_MEMORY);
}

static void send_configured(struct samr_link *l, const struct sk_buff *skb)
{
	struct samr_addr to;
	unsigned int id;

	for (id = 1; id <= SAMR_HEAD_MAX; id++) {
		spin_lock(&l->lock);
		to = l->peer[id].addr;
		if (!l->peer[id].configured)
			to.len = 0;
		spin_unlock(&l->lock);
		if (to.len)
			send_copy(l, skb, SAMR_CAST_UNI, &to);
	}
}

/*
 * A client node does not know where heads are: whoever listens hears it, and those whose
 * addresses it was told.
 */
static void send_all(struct samr_cluster *c, struct sk_buff *skb)
{
	struct samr_link *l;

	list_for_each_entry_rcu(l, &c->links, node) {
		if (!samr_link_usable(l))
			continue;
		if (samr_link_has_group(l))
			send_copy(l, skb, SAMR_CAST_MULTI, NULL);
		send_configured(l, skb);
	}
	consume_skb(skb);
}

void samr_trail_send(struct samr_cluster *c, struct sk_buff *skb, u64 dest)
{
	rcu_read_lock();
	skb = samr_link_seal(c, skb);
	if (skb && dest == SAMR_DEST_ALL)
		send_all(c, skb);
	else if (skb)
		send_one(c, skb, dest);
	rcu_read_unlock();
}
