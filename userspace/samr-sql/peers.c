// SPDX-License-Identifier: GPL-2.0
/* The beginning, who comes later, and the end, agreed on through the order. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "peers.h"
#include "stream.h"

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

unsigned int samr_peers_since(const struct samr_peers *p, uint64_t gseq)
{
	unsigned int i, n = 0;

	for (i = 0; i < p->count; i++)
		n += !p->one[i].gone && p->one[i].since <= gseq;
	return n;
}

unsigned int samr_peers_present(const struct samr_peers *p)
{
	return samr_peers_since(p, UINT64_MAX);
}

void samr_peers_lack(struct samr_peers *p)
{
	p->state = SAMR_PEERS_LACKING;
}

static unsigned int check_end(struct samr_peers *p)
{
	unsigned int i;

	/* Whoever has just come has not said anything yet. */
	if (!p->in)
		return 0;
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

	if (v->count > SAMR_PEERS_MAX)
		return fail(p, "the group has %u members: more than %u cannot take part",
			    v->count, SAMR_PEERS_MAX);
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
			p->self_incarnation = v->members[i].incarnation;
		}
	}
	if (p->state == SAMR_PEERS_NEW)
		p->state = SAMR_PEERS_WAITING;
	if (p->state == SAMR_PEERS_WAITING)
		return waiting_view(p, v);
	if (p->state != SAMR_PEERS_RUNNING)
		return 0;
	for (i = 0; i < p->count; i++)
		if (!in_view(v, &p->one[i]))
			p->one[i].gone = true;
	if (samr_peers_present(p) != present)
		todo = SAMR_PEERS_CHANGED | check_end(p);
	return todo;
}

/*
 * Is what another head said equal to what we say?
 *
 * Return: it is; otherwise @why says what is not.
 */
static bool compare(const struct samr_peers *p, const char *who,
		    const struct samr_batch_hello *h, char *why, size_t size)
{
	bool keys = h->flags & SAMR_BATCH_FOREIGN_KEYS;

	if (h->env_len != p->own.env_len ||
	    memcmp(h->env, p->own.env, h->env_len))
		snprintf(why, size, "%s has %.*s, this one has %.*s: statements could differ between them",
			 who, (int)(h->env_len > 100 ? 100 : h->env_len),
			 h->env, (int)p->own.env_len, p->own.env);
	else if (h->flags != p->own.flags)
		snprintf(why, size, "%s was started with%s --foreign-keys, this one with%s",
			 who, keys ? "" : "out", keys ? "out" : "");
	else
		return true;
	return false;
}

/* Is this head the most senior of those that are left? One answer is enough. */
static bool is_eldest(const struct samr_peers *p)
{
	unsigned int i;

	for (i = 0; i < p->count && p->one[i].gone; i++)
		;
	return i < p->count && p->one[i].node == p->self_node &&
	       p->one[i].port == p->self_port &&
	       p->one[i].incarnation == p->self_incarnation;
}

/* Room for one more, who takes the place of nobody that is there. */
static struct samr_peers_one *add(struct samr_peers *p)
{
	unsigned int i, n = 0;

	/* Those that have gone are shown until somebody comes. */
	for (i = 0; i < p->count; i++)
		if (!p->one[i].gone)
			p->one[n++] = p->one[i];
	p->count = n;
	return n < SAMR_PEERS_MAX ? &p->one[p->count++] : NULL;
}

static bool is_self(const struct samr_peers *p, const struct samr_delivery *d)
{
	return d->origin == p->self_node && d->port == p->self_port &&
	       d->incarnation == p->self_incarnation;
}

/* Someone says HELLO who was not here at the beginning. */
static unsigned int meet(struct samr_peers *p, const struct samr_delivery *d,
			 const struct samr_batch_hello *h)
{
	struct samr_peers_one *o = NULL;

	if (compare(p, "this head", h, p->why, sizeof(p->why))) {
		o = add(p);
		snprintf(p->why, sizeof(p->why),
			 "more than %u members cannot take part",
			 SAMR_PEERS_MAX);
	}
	if (!o) {
		p->stranger.node = d->origin;
		p->stranger.port = d->port;
		p->stranger.text = p->why;
		p->stranger.text_len = strlen(p->why);
		return is_eldest(p) ? SAMR_PEERS_REFUSE : 0;
	}
	*o = (struct samr_peers_one){
		.node = d->origin, .incarnation = d->incarnation,
		.port = d->port, .since = d->gseq, .hello = true,
	};
	if (!is_self(p, d))
		return SAMR_PEERS_CHANGED;
	p->in = true;
	return SAMR_PEERS_STARTED;
}

static unsigned int start(struct samr_peers *p, uint64_t gseq)
{
	unsigned int i;

	for (i = 0; i < p->count; i++)
		p->one[i].since = gseq;
	p->state = SAMR_PEERS_RUNNING;
	p->start = gseq;
	p->in = true;
	return SAMR_PEERS_STARTED;
}

static unsigned int take_hello(struct samr_peers *p,
			       const struct samr_delivery *d,
			       const void *data, size_t len)
{
	struct samr_peers_one *o = find(p, d->origin, d->incarnation, d->port);
	struct samr_batch_hello h;
	char who[40], why[400];
	unsigned int i;

	if (!samr_batch_get_hello(data, len, &h))
		return 0;
	if (p->state == SAMR_PEERS_RUNNING)
		return o ? 0 : meet(p, d, &h);
	if (!o || h.view != p->view)	/* meant for a view that is over */
		return 0;
	if (h.heads != p->own.heads)
		return fail(p, "head %" PRIu64 " waits for %u heads, this one for %u: --heads must be the same",
			    o->node, h.heads, p->own.heads);
	/* What else differs is told when all are here to hear it. */
	if (p->count < p->own.heads)
		return 0;
	snprintf(who, sizeof(who), "head %" PRIu64, (uint64_t)d->origin);
	if (!compare(p, who, &h, why, sizeof(why)))
		return fail(p, "%s", why);
	o->hello = true;
	for (i = 0; i < p->count; i++)
		if (!p->one[i].hello)
			return 0;
	return start(p, d->gseq);
}

static unsigned int take_refusal(struct samr_peers *p, const void *data,
				 size_t len)
{
	struct samr_batch_refusal r;

	if (!samr_batch_get_refusal(data, len, &r) || p->in ||
	    r.node != p->self_node || r.port != p->self_port)
		return 0;
	return fail(p, "the other heads refuse this one: %.*s",
		    (int)(r.text_len > 400 ? 400 : r.text_len), r.text);
}

unsigned int samr_peers_message(struct samr_peers *p,
				const struct samr_delivery *d, int type,
				const void *data, size_t len)
{
	struct samr_peers_one *o;

	if (p->state < SAMR_PEERS_WAITING || p->state == SAMR_PEERS_OVER)
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

/*
 * What a member that comes later is told: state, start, view, heads, flags, length
 * of the environment, number of members (8 each), the environment, and for each
 * member node, incarnation, port, since, bits (8 each).
 */
#define SAVED_HEAD	56
#define SAVED_ONE	40
#define SAVED_HELLO	1U
#define SAVED_BYE	2U
#define SAVED_GONE	4U

bool samr_peers_save(const struct samr_peers *p, struct samr_batch_buf *out)
{
	const uint64_t head[] = {
		p->state, p->start, p->view, p->own.heads, p->own.flags,
		p->own.env_len, p->count,
	};
	unsigned int i;
	uint8_t *q;

	out->len = 0;
	if (!samr_batch_room(out, SAVED_HEAD + p->own.env_len +
			     (size_t)p->count * SAVED_ONE))
		return false;
	for (i = 0; i < SAVED_HEAD / 8; i++)
		samr_stream_put_number(out->p + 8 * i, head[i]);
	q = out->p + SAVED_HEAD;
	memcpy(q, p->own.env, p->own.env_len);
	q += p->own.env_len;
	for (i = 0; i < p->count; i++, q += SAVED_ONE) {
		const struct samr_peers_one *o = &p->one[i];

		samr_stream_put_number(q, o->node);
		samr_stream_put_number(q + 8, o->incarnation);
		samr_stream_put_number(q + 16, o->port);
		samr_stream_put_number(q + 24, o->since);
		samr_stream_put_number(q + 32, (o->hello ? SAVED_HELLO : 0) |
				       (o->bye ? SAVED_BYE : 0) |
				       (o->gone ? SAVED_GONE : 0));
	}
	out->len = (size_t)(q - out->p);
	return true;
}

/* False: it is not well formed. Members follow behind the environment. */
static bool read_saved(const uint8_t *data, size_t len, uint64_t head[7],
		       struct samr_batch_hello *h)
{
	unsigned int i;

	if (len < SAVED_HEAD)
		return false;
	for (i = 0; i < 7; i++)
		head[i] = samr_stream_number(data + 8 * i);
	memset(h, 0, sizeof(*h));
	h->heads = (uint32_t)head[3];
	h->flags = (uint32_t)head[4];
	h->env = (const char *)data + SAVED_HEAD;
	h->env_len = head[5];
	return (head[0] == SAMR_PEERS_WAITING ||
		head[0] == SAMR_PEERS_RUNNING) && head[6] <= SAMR_PEERS_MAX &&
	       head[5] <= len &&
	       SAVED_HEAD + head[5] + head[6] * SAVED_ONE == len;
}

unsigned int samr_peers_check(struct samr_peers *p, const uint8_t *data,
			      size_t len)
{
	struct samr_batch_hello h;
	uint64_t head[7];
	char why[400];

	if (!read_saved(data, len, head, &h))
		return fail(p, "the other heads run another version of samr-sql");
	if (!compare(p, "the other heads' samr-sql", &h, why, sizeof(why)))
		return fail(p, "%s", why);
	if (head[0] == SAMR_PEERS_WAITING && h.heads != p->own.heads)
		return fail(p, "the other heads wait for %u heads, this one for %u: --heads must be the same",
			    h.heads, p->own.heads);
	return 0;
}

unsigned int samr_peers_load(struct samr_peers *p, const uint8_t *data,
			     size_t len)
{
	unsigned int i, todo = samr_peers_check(p, data, len);
	struct samr_batch_hello h;
	uint64_t head[7];

	if (todo || !read_saved(data, len, head, &h))
		return todo;
	p->state = (enum samr_peers_state)head[0];
	p->start = head[1];
	p->view = head[2];
	p->count = (unsigned int)head[6];
	p->in = false;
	data += SAVED_HEAD + h.env_len;
	for (i = 0; i < p->count; i++, data += SAVED_ONE) {
		uint64_t bits = samr_stream_number(data + 32);
		struct samr_peers_one *o = &p->one[i];

		o->node = samr_stream_number(data);
		o->incarnation = samr_stream_number(data + 8);
		o->port = (uint32_t)samr_stream_number(data + 16);
		o->since = samr_stream_number(data + 24);
		o->hello = bits & SAVED_HELLO;
		o->bye = bits & SAVED_BYE;
		o->gone = bits & SAVED_GONE;
	}
	/* It may be told a second time, by when it has said HELLO. */
	p->in = p->state == SAMR_PEERS_RUNNING &&
		find(p, p->self_node, p->self_incarnation, p->self_port);
	return p->in ? SAMR_PEERS_STARTED : SAMR_PEERS_HELLO;
}
