// SPDX-License-Identifier: GPL-2.0
/* The beginning and the end, agreed on through the order. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "peers.h"

void samr_peers_init(struct samr_peers *p, const struct samr_batch_hello *own)
{
	memset(p, 0, sizeof(*p));
	p->own = *own;
}

__attribute__((format(printf, 2, 3)))
static unsigned int fail(struct samr_peers *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, sizeof(p->error), fmt, ap);
	va_end(ap);
	p->state = SAMR_PEERS_OVER;
	return SAMR_PEERS_FAILED;
}

static struct samr_peers_one *find(struct samr_peers *p, uint64_t node,
				   uint64_t incarnation, uint32_t port)
{
	unsigned int i;

	for (i = 0; i < p->count; i++) {
		struct samr_peers_one *o = &p->one[i];

		if (o->node == node && o->port == port &&
		    o->incarnation == incarnation && !o->gone)
			return o;
	}
	return NULL;
}

unsigned int samr_peers_present(const struct samr_peers *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < p->count; i++)
		n += !p->one[i].gone;
	return n;
}

static unsigned int check_end(struct samr_peers *p)
{
	unsigned int i;

	for (i = 0; i < p->count; i++)
		if (!p->one[i].gone && !p->one[i].bye)
			return 0;
	p->state = SAMR_PEERS_OVER;
	return SAMR_PEERS_ENDED;
}

static unsigned int waiting_view(struct samr_peers *p,
				 const struct samr_view *v)
{
	unsigned int i;

	if (v->count > p->own.heads)
		return fail(p, "the group has %u members, but %u heads were to be waited for (--heads)",
			    v->count, p->own.heads);
	p->count = v->count;
	memset(p->one, 0, sizeof(p->one));
	for (i = 0; i < v->count; i++) {
		p->one[i].node = v->members[i].node;
		p->one[i].incarnation = v->members[i].incarnation;
		p->one[i].port = v->members[i].port;
	}
	return SAMR_PEERS_HELLO | SAMR_PEERS_CHANGED;
}

static bool in_view(const struct samr_view *v, const struct samr_peers_one *o)
{
	uint32_t i;

	for (i = 0; i < v->count; i++)
		if (v->members[i].node == o->node &&
		    v->members[i].port == o->port &&
		    v->members[i].incarnation == o->incarnation)
			return true;
	return false;
}

unsigned int samr_peers_view(struct samr_peers *p, const struct samr_view *v)
{
	unsigned int present = samr_peers_present(p);
	unsigned int todo = 0;
	uint32_t i;

	p->view = v->id;
	for (i = 0; i < v->count; i++) {
		if (v->members[i].flags & SAMR_MEMBER_SELF) {
			p->self_node = v->members[i].node;
			p->self_port = v->members[i].port;
		}
	}
	if (p->state == SAMR_PEERS_WAITING)
		return waiting_view(p, v);
	if (p->state == SAMR_PEERS_OVER)
		return 0;
	for (i = 0; i < p->count; i++)
		if (!in_view(v, &p->one[i]))
			p->one[i].gone = true;
	if (samr_peers_present(p) != present)
		todo = SAMR_PEERS_CHANGED | check_end(p);
	return todo;
}

/* Is what another head said equal to what we say? */
static unsigned int compare(struct samr_peers *p, uint64_t node,
			    const struct samr_batch_hello *h)
{
	char theirs[SAMR_DIGEST_HEX], ours[SAMR_DIGEST_HEX];

	if (h->env_len != p->own.env_len ||
	    memcmp(h->env, p->own.env, h->env_len))
		return fail(p, "head %" PRIu64 " has %.*s, this one has %.*s: statements could differ between them",
			    node, (int)(h->env_len > 100 ? 100 : h->env_len),
			    h->env, (int)p->own.env_len, p->own.env);
	if (h->flags != p->own.flags)
		return fail(p, "head %" PRIu64 " was started with%s --foreign-keys, this one with%s",
			    node, h->flags & SAMR_BATCH_FOREIGN_KEYS ? "" : "out",
			    p->own.flags & SAMR_BATCH_FOREIGN_KEYS ? "" : "out");
	if (memcmp(h->digest, p->own.digest, SAMR_DIGEST_SIZE)) {
		samr_digest_hex(h->digest, theirs);
		samr_digest_hex(p->own.digest, ours);
		return fail(p, "the database of head %" PRIu64 " (%.12s) is not equal to this one (%.12s): copy one head's file to all",
			    node, theirs, ours);
	}
	return 0;
}

/* Someone says HELLO who was not here at the beginning. */
static unsigned int meet_stranger(struct samr_peers *p,
				  const struct samr_delivery *d)
{
	static const char text[] =
		"the other heads have begun without this one, and a head cannot be added to a running samr-sql: stop all, copy one head's file to all, start all";
	unsigned int i;

	/* One answer is enough: from the most senior. */
	for (i = 0; i < p->count && p->one[i].gone; i++)
		;
	if (i == p->count || p->one[i].node != p->self_node ||
	    p->one[i].port != p->self_port)
		return 0;
	p->stranger.node = d->origin;
	p->stranger.port = d->port;
	p->stranger.text = text;
	p->stranger.text_len = sizeof(text) - 1;
	return SAMR_PEERS_REFUSE;
}

static unsigned int take_hello(struct samr_peers *p,
			       const struct samr_delivery *d,
			       const void *data, size_t len)
{
	struct samr_peers_one *o = find(p, d->origin, d->incarnation, d->port);
	struct samr_batch_hello h;
	unsigned int i, todo;

	if (!samr_batch_get_hello(data, len, &h))
		return 0;
	if (p->state == SAMR_PEERS_RUNNING)
		return o ? 0 : meet_stranger(p, d);
	if (!o || h.view != p->view)	/* meant for a view that is over */
		return 0;
	if (h.heads != p->own.heads)
		return fail(p, "head %" PRIu64 " waits for %u heads, this one for %u: --heads must be the same",
			    o->node, h.heads, p->own.heads);
	/* What else differs is told when all are here to hear it. */
	if (p->count != p->own.heads)
		return 0;
	todo = compare(p, d->origin, &h);
	if (todo)
		return todo;
	o->hello = true;
	for (i = 0; i < p->count; i++)
		if (!p->one[i].hello)
			return 0;
	p->state = SAMR_PEERS_RUNNING;
	p->start = d->gseq;
	return SAMR_PEERS_STARTED;
}

static unsigned int take_refusal(struct samr_peers *p, const void *data,
				 size_t len)
{
	struct samr_batch_refusal r;

	if (!samr_batch_get_refusal(data, len, &r) ||
	    p->state != SAMR_PEERS_WAITING || r.node != p->self_node ||
	    r.port != p->self_port)
		return 0;
	return fail(p, "%.*s", (int)(r.text_len > 400 ? 400 : r.text_len),
		    r.text);
}

unsigned int samr_peers_message(struct samr_peers *p,
				const struct samr_delivery *d, int type,
				const void *data, size_t len)
{
	struct samr_peers_one *o;

	if (p->state == SAMR_PEERS_OVER)
		return 0;
	if (type == SAMR_BATCH_HELLO)
		return take_hello(p, d, data, len);
	if (type == SAMR_BATCH_REFUSAL)
		return take_refusal(p, data, len);
	o = find(p, d->origin, d->incarnation, d->port);
	if (p->state != SAMR_PEERS_RUNNING || !o)
		return 0;
	switch (type) {
	case SAMR_BATCH_EXEC:
	case SAMR_BATCH_CHECK:
	case SAMR_BATCH_DIGEST:
		return SAMR_PEERS_RUN;
	case SAMR_BATCH_BYE:
		o->bye = true;
		return check_end(p);
	default:
		return 0;
	}
}
