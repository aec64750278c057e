// SPDX-License-Identifier: GPL-2.0
/* Requests and queries of clients. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "serve.h"

/* What the kernel has no memory for is tried again so often. */
#define REPLY_TRIES		100
#define REPLY_WAIT_US		10000

bool samr_serve_is_query(const struct samr_delivery *d)
{
	return d->type == SAMR_TYPE_QUERY;
}

bool samr_serve_is(const struct samr_delivery *d)
{
	return d->type == SAMR_TYPE_REQUEST || samr_serve_is_query(d);
}

bool samr_serve_take(struct samr_serve *s, const struct samr_received *r,
		     struct samr_apply_unit *u)
{
	struct samr_call *c = &s->call[s->calls];

	if (!samr_call_read(r->data, r->len, c))
		return false;
	s->calls++;
	u->sql = c->sql;
	u->len = c->len;
	u->delivery = &r->delivery;
	u->print = &c->print;
	u->rows_max = c->rows_max;
	return true;
}

static bool answer(struct samr_serve *s, struct samr *m,
		   const struct samr_delivery *d, enum samr_call_status status,
		   const char *text, size_t len, size_t max)
{
	unsigned int i;
	int err = 0;

	if (!samr_call_answer(&s->reply, status, text, len, max))
		return false;
	for (i = 0; i < REPLY_TRIES; i++) {
		err = samr_reply(m, d, s->reply.p, s->reply.len);
		if (err != -ENOMEM)
			break;
		usleep(REPLY_WAIT_US);
	}
	/* It asked for longer rows than its session takes: they are lost to it. */
	if (err == -EMSGSIZE &&
	    samr_call_answer(&s->reply, status, NULL, 0, 0))
		err = samr_reply(m, d, s->reply.p, s->reply.len);
	return err != -ENOMEM;
}

bool samr_serve_answer(struct samr_serve *s, struct samr *m,
		       const struct samr_apply_unit *u)
{
	if (u->error)
		return answer(s, m, u->delivery, SAMR_CALL_FAILED, u->error,
			      strlen(u->error), u->rows_max);
	return answer(s, m, u->delivery, SAMR_CALL_DONE, u->rows, u->rows_len,
		      u->rows_max);
}

bool samr_serve_refuse(struct samr_serve *s, struct samr *m,
		       const struct samr_delivery *d,
		       enum samr_call_status status, const char *why)
{
	return answer(s, m, d, status, why, strlen(why), SAMR_CALL_ROWS_MIN);
}

bool samr_serve_query(struct samr_serve *s, struct samr *m, struct samr_apply *a,
		      const struct samr_received *r)
{
	struct samr_apply_unit u = { .sql = NULL };
	bool reads, ok;

	if (!samr_serve_take(s, r, &u))
		return samr_serve_refuse(s, m, &r->delivery, SAMR_CALL_FAILED,
					 SAMR_SERVE_UNKNOWN);
	ok = samr_apply_query(a, &u, &reads);
	if (ok && reads)
		ok = samr_serve_answer(s, m, &u);
	else if (ok)
		ok = samr_serve_refuse(s, m, &r->delivery, SAMR_CALL_NO_QUERY, "");
	samr_serve_done(s);
	samr_apply_free(&u, 1);
	return ok;
}

void samr_serve_done(struct samr_serve *s)
{
	s->calls = 0;
}

void samr_serve_free(struct samr_serve *s)
{
	free(s->reply.p);
}
