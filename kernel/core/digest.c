// SPDX-License-Identifier: GPL-2.0
/* Digests of replies, see digest.h. */
#include "digest.h"
#include "flow.h"
#include "group.h"
#include "session.h"

/* What there can be to tell at once: of each head, and of all. */
#define NEWS_MOST	(SAMR_HEADS_MAX + 2)

static u32 count_of(u32 mask)
{
	u32 count = 0;

	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

void samr_digest_init(struct samr_digest *d)
{
	INIT_LIST_HEAD(&d->due);
	d->due_at = SAMR_NEVER;
}

void samr_digest_fini(struct samr_digest *d)
{
	u32 i;

	list_del_init(&d->due);
	for (i = 0; i < SAMR_CLAIMS_PIECES; i++) {
		samr_free(d->claim[i]);
		d->claim[i] = NULL;
	}
}

static struct samr_claim *claim_of(const struct samr_digest *d, u64 number)
{
	u32 i = number % SAMR_CLAIMS;

	return &d->claim[i / SAMR_CLAIMS_EACH][i % SAMR_CLAIMS_EACH];
}

/* The oldest one that is still kept. */
static u64 oldest(const struct samr_digest *d)
{
	return d->next > SAMR_CLAIMS ? d->next - SAMR_CLAIMS : 0;
}

/* With one member that executes there is nothing to compare. */
static bool is_active(const struct samr_group *g)
{
	return g->local && g->digest.replicas > 1;
}

static bool is_fresh(const struct samr_claim *c)
{
	return (c->flags & SAMR_CLAIM_GIVEN) && !(c->flags & SAMR_CLAIM_SAID);
}

static void wait_for_more(struct samr_node *n, struct samr_digest *d, u64 wait)
{
	if (list_empty(&d->due)) {
		d->due_at = n->now + wait;
		list_add_tail(&d->due, &n->groups.digests);
	}
	n->groups.digest_at = min(n->groups.digest_at, d->due_at);
}

/* Said to nobody yet, as far as those who listen now are concerned. */
static void say_again(struct samr_node *n, struct samr_digest *d)
{
	struct samr_claim *c;
	u64 k;

	d->fresh = 0;
	d->unsaid = oldest(d);
	for (k = d->unsaid; k < d->next; k++) {
		c = claim_of(d, k);
		memset(c->who, 0, sizeof(c->who));
		c->odd = 0;
		if (c->flags & SAMR_CLAIM_SETTLED)
			c->flags |= SAMR_CLAIM_SAID;
		else
			c->flags &= ~SAMR_CLAIM_SAID;
		d->fresh += is_fresh(c);
	}
	if (d->fresh)
		wait_for_more(n, d, SAMR_DIGEST_DELAY);
}

static void find_speakers(const struct samr_node *n, struct samr_digest *d,
			  const struct samr_members *m)
{
	u32 i, index;

	d->speakers = 0;
	d->replicas = 0;
	for (i = 0; m && i < m->count; i++) {
		index = samr_node_index(n, m->m[i].node);
		if (m->m[i].flags & SAMR_ID_LACKS || index == SAMR_NO_INDEX)
			continue;
		d->speakers |= (u16)(1u << index);
		d->replicas++;
	}
}

void samr_digest_renew(struct samr_node *n, struct samr_group *g, u64 gseq,
		       bool grown)
{
	struct samr_digest *d = &g->digest;

	d->since = gseq;
	d->told = 0;
	d->wrong = 0;
	find_speakers(n, d, g->members);
	if (grown || !is_active(g)) {
		d->next = 0;
		d->unsaid = 0;
		d->fresh = 0;
		list_del_init(&d->due);
	} else {
		say_again(n, d);
	}
	if (!g->local)
		samr_digest_fini(d);
}

bool samr_digest_room(struct samr_group *g)
{
	struct samr_digest *d = &g->digest;
	u32 i = d->next % SAMR_CLAIMS / SAMR_CLAIMS_EACH;

	if (is_active(g) && !d->claim[i])
		d->claim[i] = samr_alloc(SAMR_CLAIMS_EACH *
					 sizeof(*d->claim[i]));
	return !is_active(g) || d->claim[i];
}

void samr_digest_expect(struct samr_node *n, struct samr_group *g,
			const struct samr_session *s,
			const struct samr_request *r)
{
	struct samr_digest *d = &g->digest;
	struct samr_claim *c;

	if (!is_active(g))
		return;
	c = claim_of(d, d->next);
	if (d->next >= SAMR_CLAIMS) {
		d->fresh -= is_fresh(c);
		if (!(c->flags & SAMR_CLAIM_SETTLED)) {
			samr_mark("replies not compared");
			n->stats.digests_unsettled++;
		}
	}
	memset(c, 0, sizeof(*c));
	c->place = r->place;
	c->session = s->name;
	c->number = r->number;
	d->next++;
	d->unsaid = max(d->unsaid, oldest(d));
}

/* The newest one about this request, or NULL. Most replies are to one of the last. */
static struct samr_claim *find(const struct samr_digest *d, u64 session,
			       u64 number, u64 place, u64 *k)
{
	struct samr_claim *c;

	for (*k = d->next; *k > oldest(d); ) {
		c = claim_of(d, --*k);
		if (c->session == session && c->number == number)
			return c;
		if (c->place < place)
			break;
	}
	return NULL;
}

/* What is unsaid, as far as it fits one message. Return: how many. */
static u32 collect(const struct samr_digest *d, struct samr_digest_payload *p)
{
	struct samr_digest_entry *entry = (struct samr_digest_entry *)(p + 1);
	u64 k, first = d->unsaid;
	const struct samr_claim *c;
	u32 count = 0, odd;

	for (k = first; k < d->next && count < SAMR_DIGESTS_EACH; k++) {
		c = claim_of(d, k);
		if (!is_fresh(c))
			continue;
		odd = c->flags & SAMR_CLAIM_ODD ? SAMR_DIGEST_ODD : 0;
		entry[count].request = cpu_to_be32((u32)(k - first) | odd);
		entry[count++].value = cpu_to_be32(c->own);
	}
	p->since = cpu_to_be64(d->since);
	p->first = cpu_to_be64(first);
	return count;
}

/* These were submitted. */
static void have_said(struct samr_digest *d, u32 count)
{
	struct samr_claim *c;

	d->fresh -= count;
	for (; count; d->unsaid++) {
		c = claim_of(d, d->unsaid);
		if (!is_fresh(c))
			continue;
		c->flags |= SAMR_CLAIM_SAID;
		count--;
	}
}

/* As many as one message takes. Return: whether it was taken. */
static bool say(struct samr_node *n, struct samr_group *g)
{
	struct samr_digest_payload *p;
	struct samr_meta m = {
		.group	= g->id,
		.len	= SAMR_DIGEST_PAYLOAD_MAX,
		.kind	= SAMR_KIND_DIGEST,
	};
	struct samr_msg *msg;
	u32 count;

	if (!samr_node_serves(n) || !samr_flow_room(n, m.kind, m.group, m.len))
		return false;
	p = samr_alloc(m.len);
	if (!p)
		return false;
	count = collect(&g->digest, p);
	samr_assert(count);
	m.len = (u32)(sizeof(*p) + count * sizeof(struct samr_digest_entry));
	msg = samr_flow_message(n, &m, p, m.len);
	samr_free(p);
	if (!msg || !samr_flow_own(n, msg))
		return false;
	samr_mark("digests said");
	have_said(&g->digest, count);
	return true;
}

/* All that is unsaid, or what there is room for now. */
static void say_all(struct samr_node *n, struct samr_group *g)
{
	struct samr_digest *d = &g->digest;

	list_del_init(&d->due);
	while (d->fresh)
		if (!say(n, g)) {
			wait_for_more(n, d, SAMR_RETRY);
			return;
		}
}

void samr_digest_made(struct samr_node *n, const struct samr_event *ev,
		      const struct samr_request *r)
{
	struct samr_group *g = samr_group_find(n, ev->reply.group);
	struct samr_claim *c;
	struct samr_digest *d;
	u64 k;

	/* Who has just got the state may reply before it is known to have it. */
	if (!ev->reply.digested || !g || !is_active(g) ||
	    !(g->digest.speakers & (1u << n->view.self)))
		return;
	d = &g->digest;
	c = find(d, ev->reply.session, ev->reply.request, r ? r->place : 0, &k);
	if (!c)
		return;
	if (!(c->flags & SAMR_CLAIM_GIVEN)) {
		c->flags |= SAMR_CLAIM_GIVEN;
		c->own = ev->reply.digest;
		c->port = ev->reply.port;
	} else if (c->own != ev->reply.digest && c->port != ev->reply.port &&
		   !(c->flags & SAMR_CLAIM_ODD)) {
		samr_mark("members of one head differ");
		d->fresh -= is_fresh(c);
		c->flags |= SAMR_CLAIM_ODD;
		c->flags &= ~SAMR_CLAIM_SAID;
	} else {
		return;
	}
	d->fresh++;
	d->unsaid = min(d->unsaid, k);
	if (d->fresh >= SAMR_DIGESTS_EACH)
		say_all(n, g);
	else
		wait_for_more(n, d, SAMR_DIGEST_DELAY);
}

/* ---- verdicts ---- */

static u64 heads_of(const struct samr_node *n, u16 mask)
{
	u64 heads = 0;
	u32 i;

	for (i = 0; i < n->view.count; i++)
		if (mask & (1u << i))
			heads |= BIT_ULL(n->view.node[i]);
	return heads;
}

static u16 said(const struct samr_claim *c)
{
	u16 mask = c->odd;
	u32 i;

	for (i = 0; i < SAMR_CLAIM_VALUES; i++)
		mask |= c->who[i];
	return mask;
}

/* Return: whether it says something new. */
static bool take_claim(struct samr_claim *c, u16 who, u32 value, bool odd)
{
	u32 i, k = SAMR_CLAIM_VALUES;

	if ((c->odd & who) || (!odd && (said(c) & who)))
		return false;
	for (i = SAMR_CLAIM_VALUES; i--; ) {
		c->who[i] &= ~who;
		if (!c->who[i] && (k == SAMR_CLAIM_VALUES || !c->who[k]))
			k = i;
		else if (c->who[i] && c->value[i] == value)
			k = i;
	}
	if (odd || k == SAMR_CLAIM_VALUES) {
		c->odd |= who;
		return true;
	}
	c->value[k] = value;
	c->who[k] |= who;
	return true;
}

/* What is to be said about one request; @wrong: about whom. */
static enum samr_div judge(const struct samr_digest *d,
			   const struct samr_claim *c, u16 *wrong)
{
	u32 i, values = 0;

	*wrong = said(c);
	for (i = 0; i < SAMR_CLAIM_VALUES; i++)
		values += c->who[i] != 0;
	if (!c->odd && values < 2)
		return SAMR_DIV_NONE;
	for (i = 0; i < SAMR_CLAIM_VALUES; i++) {
		if (2 * count_of(c->who[i]) <= count_of(d->speakers))
			continue;
		*wrong &= ~c->who[i];
		return SAMR_DIV_MINORITY;
	}
	return said(c) == d->speakers ? SAMR_DIV_TIE : SAMR_DIV_OPEN;
}

/* Was it said before that these differ? One that keeps differing is told of once. */
static bool is_news(const struct samr_digest *d, enum samr_div div, u16 wrong)
{
	if (div == SAMR_DIV_OPEN)
		return !d->told;
	return div == SAMR_DIV_MINORITY ? wrong & ~d->wrong :
					  !(d->told & BIT_ULL(div));
}

/* Each piece of news adds a bit to what was told: there is room for all of them. */
static void tell(struct samr_node *n, struct samr_digest *d,
		 const struct samr_claim *c, enum samr_div div, u16 wrong,
		 struct samr_divergences *out)
{
	struct samr_divergence *v;
	u32 i;

	if (!is_news(d, div, wrong) || !samr_assert(out->count < NEWS_MOST))
		return;
	d->told |= (u8)BIT_ULL(div);
	if (div == SAMR_DIV_MINORITY)
		d->wrong |= wrong;
	v = &out->d[out->count++];
	v->div = div;
	v->place = c->place;
	v->session = c->session;
	v->number = c->number;
	v->wrong = heads_of(n, wrong);
	v->odd = heads_of(n, c->odd);
	for (i = 0; i < SAMR_CLAIM_VALUES; i++) {
		v->value[i] = c->value[i];
		v->heads[i] = heads_of(n, c->who[i]);
	}
}

static void take_entry(struct samr_node *n, struct samr_digest *d, u64 k,
		       u16 who, u32 value, bool odd,
		       struct samr_divergences *out)
{
	struct samr_claim *c;
	enum samr_div div;
	u16 wrong;

	if (k >= d->next || k < oldest(d))
		return;
	c = claim_of(d, k);
	if (!take_claim(c, who, value, odd))
		return;
	div = judge(d, c, &wrong);
	if (said(c) == d->speakers)
		c->flags |= SAMR_CLAIM_SETTLED;
	if (div == SAMR_DIV_NONE)
		return;
	if (!(c->flags & SAMR_CLAIM_COUNTED))
		n->stats.diverged++;
	c->flags |= SAMR_CLAIM_COUNTED;
	tell(n, d, c, div, wrong, out);
}

/* Who says it, if it concerns the group as it is here: one bit. */
static u16 speaker_of(const struct samr_node *n, const struct samr_group *g,
		      const struct samr_msg *msg,
		      const struct samr_digest_payload *p)
{
	u32 index = samr_node_index(n, msg->meta.origin);

	if (be64_to_cpu(p->since) != g->digest.since || index == SAMR_NO_INDEX)
		return 0;
	return g->digest.speakers & (u16)(1u << index);
}

static void take_all(struct samr_node *n, struct samr_group *g,
		     const struct samr_msg *msg,
		     const struct samr_digest_payload *p,
		     struct samr_divergences *out)
{
	const struct samr_digest_entry *e = (const void *)(p + 1);
	u32 request, left = msg->meta.len - (u32)sizeof(*p);
	u16 who = speaker_of(n, g, msg, p);

	for (; who && left; left -= (u32)sizeof(*e), e++) {
		request = be32_to_cpu(e->request);
		take_entry(n, &g->digest,
			   be64_to_cpu(p->first) + (request & ~SAMR_DIGEST_ODD),
			   who, be32_to_cpu(e->value),
			   request & SAMR_DIGEST_ODD, out);
	}
}

bool samr_digest_apply(struct samr_node *n, struct samr_group *g,
		       struct samr_msg *msg)
{
	struct samr_digest_payload *p;
	struct samr_divergences *out;

	msg->refused = true;
	if (!g || !is_active(g))
		return true;
	p = samr_alloc(msg->meta.len);
	out = samr_alloc(sizeof(*out) + NEWS_MOST * sizeof(out->d[0]));
	if (!p || !out) {
		samr_free(p);
		samr_free(out);
		return false;
	}
	if (samr_msg_read(msg, (u8 *)p, msg->meta.len))
		take_all(n, g, msg, p, out);
	samr_free(p);
	if (!out->count) {
		samr_free(out);
		return true;
	}
	samr_mark("replicas differ");
	msg->refused = false;
	msg->diverged = out;
	return true;
}

void samr_digest_timer(struct samr_node *n)
{
	struct samr_digest *d;
	struct list_head work;

	if (n->now < n->groups.digest_at || !samr_node_serves(n))
		return;
	n->groups.digest_at = SAMR_NEVER;
	INIT_LIST_HEAD(&work);
	list_splice_init(&n->groups.digests, &work);
	while (!list_empty(&work)) {
		d = list_first_entry(&work, struct samr_digest, due);
		if (n->now >= d->due_at) {
			say_all(n, samr_group_of_digest(d));
			continue;
		}
		list_del(&d->due);
		list_add_tail(&d->due, &n->groups.digests);
		n->groups.digest_at = min(n->groups.digest_at, d->due_at);
	}
}

u64 samr_digest_deadline(const struct samr_node *n)
{
	return samr_node_serves(n) ? n->groups.digest_at : SAMR_NEVER;
}
