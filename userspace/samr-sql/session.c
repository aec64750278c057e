// SPDX-License-Identifier: GPL-2.0
/*
 * Sending and executing.
 *
 * Own messages come back in the order in which they were sent, so what is under
 * way is a queue: of messages, and of the units in them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "det.h"
#include "queue.h"
#include "serve.h"
#include "session.h"
#include "transfer.h"

/* A message is not made longer than this by adding units to it. */
#define BATCH_BYTES		((size_t)32 << 10)

/* So many of the newest latencies are kept. */
#define LATENCIES_MAX		65536

/* Wait before what the head could not do is tried again. */
#define UNREACHABLE_US	100000

/* So many batches are received before the input is looked at. */
#define ROUNDS			4

/*
 * What others send while the database comes is kept by the kernel, up to four
 * times this; beyond, it has to come anew.
 */
#define BUFFER_BYTES	(8 << 20)

struct samr_session {
	struct samr_session_config cfg;
	enum samr_session_state state;
	struct samr *m;
	struct samr_apply *apply;
	struct samr_peers peers;
	struct samr_transfer transfer;
	char *env;
	bool bye;			/* to be sent behind the last unit */
	bool said_bye;
	bool more;			/* to be received, without waiting */
	unsigned int present;		/* as was said last */
	bool said_out;			/* of the cluster, and not in again */
	bool checking;			/* of this head, not answered yet */

	struct samr_message *filling;	/* takes units */
	struct samr_queue out;		/* to be sent */
	struct samr_queue away;		/* units sent, not yet received */
	unsigned int away_count;
	uint64_t request;

	/* Lines of own units that were not executed, from the oldest on. */
	unsigned long *line;
	size_t lines, lines_cap, lines_first;

	/* Units received, not yet executed. */
	struct samr_apply_unit *unit;
	size_t units, units_cap;

	struct samr_serve serve;	/* clients' requests among them */

	struct samr_checks checks;
	bool diverged;

	struct samr_session_stats stats;
	int64_t start_ns;
	int64_t waits_ns;		/* since when for a delivery; 0: not */
	uint32_t latency_us[LATENCIES_MAX];
	size_t latencies;		/* ever */
	char error[600];
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

__attribute__((format(printf, 3, 4)))
static bool stop(struct samr_session *s, enum samr_session_state state,
		 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->error, sizeof(s->error), fmt, ap);
	va_end(ap);
	s->state = state;
	return false;
}

static bool no_memory(struct samr_session *s)
{
	return stop(s, SAMR_SESSION_BROKEN, "no memory");
}

__attribute__((format(printf, 2, 3)))
static void note(struct samr_session *s, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->cfg.note(s->cfg.arg, text);
}

/* Make room for one more element of an array. */
static bool grow(void **array, size_t *cap, size_t count, size_t size)
{
	size_t more = *cap ? *cap * 2 : 64;
	void *p;

	if (count < *cap)
		return true;
	p = realloc(*array, more * size);
	if (!p)
		return false;
	*array = p;
	*cap = more;
	return true;
}

/* Queue a message without units: made by @ok's encoder into @msg. */
static bool queue_control(struct samr_session *s, struct samr_message *msg, bool ok)
{
	if (!ok) {
		samr_message_free(msg);
		return no_memory(s);
	}
	samr_queue_push(&s->out, msg);
	return true;
}

static bool queue_hello(struct samr_session *s)
{
	struct samr_message *msg = samr_message_new();
	struct samr_batch_hello h = s->peers.own;

	h.view = s->peers.view;
	if (!msg || !samr_batch_put_hello(&msg->buf, &h)) {
		samr_message_free(msg);
		return no_memory(s);
	}
	/* Units that a membership before has left behind wait for it. */
	samr_queue_first(&s->out, msg);
	return true;
}

static bool queue_refusal(struct samr_session *s)
{
	struct samr_message *msg = samr_message_new();

	return queue_control(s, msg, msg &&
			     samr_batch_put_refusal(&msg->buf,
						    &s->peers.stranger));
}

static bool queue_simple(struct samr_session *s, enum samr_batch_type type)
{
	struct samr_message *msg = samr_message_new();

	return queue_control(s, msg, msg && samr_batch_simple(&msg->buf, type));
}

static bool queue_digest(struct samr_session *s, const struct samr_check *c)
{
	struct samr_batch_digest d = { .gseq = c->gseq };
	struct samr_message *msg = samr_message_new();

	memcpy(d.digest, c->digest, SAMR_DIGEST_SIZE);
	return queue_control(s, msg, msg && samr_batch_put_digest(&msg->buf, &d));
}

/* Sending. */

static void close_filling(struct samr_session *s)
{
	samr_queue_push(&s->out, s->filling);
	s->filling = NULL;
}

static bool send_one(struct samr_session *s, struct samr_message *msg)
{
	int err;

	msg->request = s->request + 1;
	msg->sent_ns = now_ns();
	err = samr_send(s->m, msg->buf.p, msg->buf.len, msg->request,
			SAMR_SEND_NOWAIT |
			(s->cfg.agreed ? 0 : SAMR_SEND_SAFE));
	if (err == -EHOSTUNREACH || err == -ENETRESET || err == -ENOTCONN)
		/* Nothing is ordered for now: what is received says why. */
		usleep(UNREACHABLE_US);
	if (err == -EAGAIN || err == -EHOSTUNREACH || err == -ENETRESET ||
	    err == -ENOTCONN)
		return false;
	if (err)
		return stop(s, SAMR_SESSION_BROKEN, "sending: %s",
			    samr_strerror(err));
	s->request++;
	samr_queue_pop(&s->out);
	if (!msg->units) {
		samr_message_free(msg);
		return true;
	}
	s->stats.messages++;
	s->away_count++;
	if (!s->waits_ns)
		s->waits_ns = msg->sent_ns;
	samr_queue_push(&s->away, msg);
	return true;
}

static bool may_send_units(const struct samr_session *s)
{
	return s->peers.in && s->away_count < s->cfg.window;
}

static void send_out(struct samr_session *s)
{
	for (;;) {
		struct samr_message *msg = s->out.first;

		if (!msg) {
			if (s->filling && may_send_units(s)) {
				close_filling(s);
				continue;
			}
			if (s->filling || !s->bye || !s->peers.in)
				return;
			s->bye = false;
			if (!queue_simple(s, SAMR_BATCH_BYE))
				return;
			continue;
		}
		if (msg->units && !may_send_units(s))
			return;
		if (!send_one(s, msg))
			return;
	}
}

static bool has_room(const struct samr_session *s, size_t len)
{
	return s->filling->units < s->cfg.batch &&
	       s->filling->buf.len + SAMR_BATCH_UNIT + len <= BATCH_BYTES;
}

bool samr_session_full(const struct samr_session *s)
{
	return s->out.first || (s->filling && !has_room(s, 0));
}

size_t samr_session_pending(const struct samr_session *s)
{
	return s->lines - s->lines_first;
}

static bool keep_line(struct samr_session *s, unsigned long line)
{
	if (s->lines_first && s->lines == s->lines_cap) {
		s->lines -= s->lines_first;
		memmove(s->line, s->line + s->lines_first,
			s->lines * sizeof(*s->line));
		s->lines_first = 0;
	}
	if (!grow((void **)&s->line, &s->lines_cap, s->lines, sizeof(*s->line)))
		return false;
	s->line[s->lines++] = line;
	return true;
}

const char *samr_session_submit(struct samr_session *s, const char *sql,
				size_t len, unsigned long line)
{
	if (len > SAMR_MESSAGE_MAX - SAMR_BATCH_HEADER - SAMR_BATCH_UNIT)
		return "longer than one message of the order can be (1 MiB)";
	if (s->filling && !has_room(s, len))
		close_filling(s);
	if (!s->filling) {
		s->filling = samr_message_new();
		if (!s->filling || !samr_batch_exec(&s->filling->buf)) {
			samr_message_free(s->filling);
			s->filling = NULL;
			return "no memory";
		}
	}
	if (!keep_line(s, line))
		return "no memory";
	if (!samr_batch_add(&s->filling->buf, sql, len)) {
		s->lines--;
		return "no memory";
	}
	s->filling->units++;
	return NULL;
}

void samr_session_bye(struct samr_session *s)
{
	s->bye = s->said_bye = true;
}

/* Executing. */

/* Something was received: for how long has it been waited for? */
static void note_gap(struct samr_session *s)
{
	int64_t now = now_ns();

	if (s->waits_ns && now - s->waits_ns > s->stats.gap_ns)
		s->stats.gap_ns = now - s->waits_ns;
	s->waits_ns = s->away_count ? now : 0;
}

static void note_latency(struct samr_session *s, int64_t sent_ns)
{
	int64_t us = (now_ns() - sent_ns) / 1000;

	s->latency_us[s->latencies++ % LATENCIES_MAX] =
		us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* Returns: have all units so far been executed? */
static bool execute(struct samr_session *s)
{
	size_t i;

	if (!s->units)
		return true;
	if (!samr_apply_run(s->apply, s->unit, s->units))
		return stop(s, SAMR_SESSION_BROKEN, "this head stops, since it cannot do what the others do: %s",
			    samr_apply_error(s->apply));
	for (i = 0; i < s->units; i++) {
		struct samr_apply_unit *u = &s->unit[i];

		s->stats.units++;
		s->stats.rows += (unsigned long long)u->changes;
		s->stats.position = u->delivery->gseq;
		if (samr_serve_is(u->delivery)) {
			if (!samr_serve_answer(&s->serve, s->m, u))
				return no_memory(s);
			continue;
		}
		if (!(u->delivery->flags & SAMR_DELIVERY_OWN))
			continue;
		s->stats.own++;
		s->stats.own_rows += (unsigned long long)u->changes;
		s->stats.failed += !!u->error;
		s->cfg.result(s->cfg.arg, s->line[s->lines_first++], u);
	}
	s->stats.seconds = (double)(now_ns() - s->start_ns) / 1e9;
	samr_apply_free(s->unit, s->units);
	samr_serve_done(&s->serve);
	s->units = 0;
	return true;
}

static struct samr_apply_unit *add_unit(struct samr_session *s)
{
	struct samr_apply_unit *u;

	if (!grow((void **)&s->unit, &s->units_cap, s->units,
		  sizeof(*s->unit)))
		return NULL;
	u = &s->unit[s->units++];
	memset(u, 0, sizeof(*u));
	return u;
}

static bool add_units(struct samr_session *s, const struct samr_received *r)
{
	bool own = r->delivery.flags & SAMR_DELIVERY_OWN;
	int i, n = samr_batch_units(r->data, r->len);
	size_t pos = 0;

	/* All heads see that it is not well formed, and do the same. */
	if (n < 0)
		return true;
	for (i = 0; i < n; i++) {
		struct samr_apply_unit *u = add_unit(s);

		if (!u)
			return no_memory(s);
		samr_batch_unit(r->data, &pos, &u->sql, &u->len);
		u->delivery = &r->delivery;
		u->index = (unsigned int)i;
		u->print = own ? s->cfg.print : NULL;
	}
	return true;
}

static bool take_exec(struct samr_session *s, const struct samr_received *r)
{
	if (r->delivery.flags & SAMR_DELIVERY_OWN) {
		struct samr_message *msg = samr_queue_pop(&s->away);

		if (!msg || msg->request != r->delivery.request) {
			samr_message_free(msg);
			return stop(s, SAMR_SESSION_BROKEN,
				    "own message %" PRIu64 " came out of its turn",
				    (uint64_t)r->delivery.request);
		}
		note_latency(s, msg->sent_ns);
		s->away_count--;
		samr_message_free(msg);
	}
	return add_units(s, r);
}

static bool refuse(struct samr_session *s, const struct samr_delivery *d,
		   enum samr_call_status status, const char *why)
{
	return samr_serve_refuse(&s->serve, s->m, d, status, why) || no_memory(s);
}

/* A client asks. Of a request all heads see the same state of ours at this place. */
static bool take_request(struct samr_session *s, const struct samr_received *r)
{
	struct samr_apply_unit *u;

	if (s->peers.state == SAMR_PEERS_OVER)
		return true;
	if (s->peers.state != SAMR_PEERS_RUNNING)
		return refuse(s, &r->delivery, SAMR_CALL_NOT_BEGUN,
			      "the heads wait for each other, and have not begun");
	if (samr_serve_is_query(&r->delivery))
		return execute(s) && (samr_serve_query(&s->serve, s->m, s->apply,
						       r) || no_memory(s));
	u = add_unit(s);
	if (!u)
		return no_memory(s);
	if (samr_serve_take(&s->serve, r, u))
		return true;
	s->units--;
	return refuse(s, &r->delivery, SAMR_CALL_FAILED, SAMR_SERVE_UNKNOWN);
}

/* Somebody wants to compare: here is the place. */
static bool take_check(struct samr_session *s, const struct samr_delivery *d)
{
	struct samr_check *c;

	if (!execute(s))
		return false;
	if (!s->peers.in)
		return true;
	c = samr_checks_add(&s->checks, d->gseq,
			    d->flags & SAMR_DELIVERY_OWN);
	if (!samr_apply_digest(s->apply, c->digest))
		return stop(s, SAMR_SESSION_BROKEN, "%s",
			    samr_apply_error(s->apply));
	return queue_digest(s, c);
}

/* Have all that are there answered? */
static void finish_check(struct samr_session *s, struct samr_check *c)
{
	if (c->answers < samr_peers_since(&s->peers, c->gseq))
		return;
	if (c->own) {
		s->checking = false;
		s->cfg.check(s->cfg.arg, c->answers, c->digest, !c->differs);
	}
	c->gseq = 0;
}

static void take_digest(struct samr_session *s, const struct samr_received *r)
{
	struct samr_batch_digest d;
	struct samr_check *c;
	bool differs;

	if (!samr_batch_get_digest(r->data, r->len, &d))
		return;
	c = samr_checks_answer(&s->checks, &d, &differs);
	if (!c)
		return;
	if (differs) {
		s->diverged = true;
		note(s, "DIVERGED: at position %" PRIu64 " head %" PRIu64 " has another database than this head",
		     d.gseq, (uint64_t)r->delivery.origin);
	}
	finish_check(s, c);
}

/* A head that has gone does not answer any more. */
static void finish_checks(struct samr_session *s)
{
	unsigned int i;

	for (i = 0; i < SAMR_CHECKS_MAX; i++)
		if (s->checks.one[i].gseq)
			finish_check(s, &s->checks.one[i]);
}

static void begin(struct samr_session *s, uint64_t gseq)
{
	s->state = SAMR_SESSION_RUNNING;
	s->said_out = false;
	if (!s->start_ns)
		s->start_ns = now_ns();
	if (s->stats.position < gseq)
		s->stats.position = gseq;
	s->present = samr_peers_present(&s->peers);
	if (gseq == s->peers.start)
		note(s, "%u heads begin with equal databases at position %" PRIu64,
		     s->peers.count, gseq);
	else
		note(s, "this head begins to take part, with %u others, at position %" PRIu64,
		     samr_peers_present(&s->peers) - 1, gseq);
	/* The answer was to come to a membership that is over. */
	if (s->checking)
		queue_simple(s, SAMR_BATCH_CHECK);
}

static void note_change(struct samr_session *s)
{
	unsigned int before = s->present;

	s->present = samr_peers_present(&s->peers);
	if (s->peers.state == SAMR_PEERS_WAITING)
		note(s, "%u of %u heads are here", s->peers.count,
		     s->cfg.heads);
	else if (s->present < before)
		note(s, "%u of %u heads are left", s->present, before);
	else
		note(s, "%u heads take part now", s->present);
}

/* Return: false: stop. */
static bool react(struct samr_session *s, const struct samr_received *r,
		  unsigned int todo, int type)
{
	bool ok = true;

	if (todo & SAMR_PEERS_FAILED) {
		/* Our HELLO may be the only one that differs: others need it. */
		send_out(s);
		return stop(s, SAMR_SESSION_REFUSED, "%s", s->peers.error);
	}
	if (todo & SAMR_PEERS_CHANGED) {
		note_change(s);
		finish_checks(s);
	}
	if (todo & SAMR_PEERS_HELLO)
		ok = queue_hello(s);
	if (todo & SAMR_PEERS_REFUSE)
		ok = queue_refusal(s);
	if (todo & SAMR_PEERS_STARTED && s->state == SAMR_SESSION_WAITING)
		begin(s, r ? r->delivery.gseq : s->peers.start);
	if (todo & SAMR_PEERS_RUN) {
		if (type == SAMR_BATCH_EXEC)
			ok = take_exec(s, r);
		else if (type == SAMR_BATCH_CHECK)
			ok = take_check(s, &r->delivery);
		else
			take_digest(s, r);
	}
	if (ok && todo & SAMR_PEERS_ENDED) {
		if (!execute(s))
			return false;
		s->state = SAMR_SESSION_ENDED;
		ok = false;
	}
	return ok;
}

/* The first view: what we have counts, or we are given what others have. */
static bool take_part(struct samr_session *s)
{
	struct samr_info info;
	int err = samr_info(s->m, &info);

	if (err)
		return stop(s, SAMR_SESSION_BROKEN, "joining: %s",
			    samr_strerror(err));
	if (info.state == SAMR_MEMBER_INSTALLING) {
		samr_peers_lack(&s->peers);
		return true;
	}
	/* Others will be given it. */
	if (!samr_apply_check(s->apply))
		return stop(s, SAMR_SESSION_BROKEN, "%s",
			    samr_apply_error(s->apply));
	samr_apply_end_run(s->apply);
	if (s->said_out)
		note(s, "no other head has the database: this one waits for others, with its own");
	return true;
}

static bool take(struct samr_session *s, const struct samr_received *r)
{
	unsigned int todo = 0;
	int type = -1;

	if (r->view) {
		if (s->peers.state == SAMR_PEERS_NEW && !take_part(s))
			return false;
		todo = samr_peers_view(&s->peers, r->view);
	} else if (r->delivery.type == SAMR_TYPE_MESSAGE) {
		type = samr_batch_type(r->data, r->len);
		todo = samr_peers_message(&s->peers, &r->delivery, type,
					  r->data, r->len);
	} else if (samr_serve_is(&r->delivery)) {
		return take_request(s, r);
	}
	return react(s, r, todo, type);
}

static bool open_member(struct samr_session *s)
{
	int err = samr_open(&s->m, s->cfg.service, 0);

	return !err || stop(s, SAMR_SESSION_BROKEN, "service %u: %s",
			    s->cfg.service, samr_strerror(err));
}

static bool join(struct samr_session *s)
{
	const int size = BUFFER_BYTES;
	int err;

	/* Who may not ask for that much has what the kernel gives to all. */
	setsockopt(samr_fd(s->m), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		   sizeof(size));
	err = samr_state(s->m, &samr_transfer_ops, &s->transfer);
	if (!err)
		err = samr_join(s->m, 0);
	return err == -EINPROGRESS || stop(s, SAMR_SESSION_BROKEN,
					   "joining: %s", samr_strerror(err));
}

/* What was sent is in the order or not; what was not sent still can be. */
static void give_up_sent(struct samr_session *s)
{
	struct samr_queue out;
	struct samr_message *msg;
	size_t units = 0;

	samr_queue_init(&out);
	while ((msg = samr_queue_pop(&s->away))) {
		units += msg->units;
		samr_message_free(msg);
	}
	s->away_count = 0;
	s->waits_ns = 0;
	while ((msg = samr_queue_pop(&s->out))) {
		/* About a membership that is over. */
		if (msg->units)
			samr_queue_push(&out, msg);
		else
			samr_message_free(msg);
	}
	while ((msg = samr_queue_pop(&out)))
		samr_queue_push(&s->out, msg);
	if (!units)
		return;
	s->cfg.lost(s->cfg.arg, s->line[s->lines_first],
		    s->line[s->lines_first + units - 1], units);
	s->lines_first += units;
}

/* This head was put out of the cluster, or has left it: as new, from the start. */
static bool join_again(struct samr_session *s)
{
	struct samr_batch_hello own = s->peers.own;

	if (!s->said_out)
		note(s, "this head was put out of the cluster, or has left it, and joins again");
	else
		usleep(UNREACHABLE_US);
	s->said_out = true;
	samr_transfer_stop(&s->transfer);
	samr_close(s->m);
	s->m = NULL;
	give_up_sent(s);
	memset(&s->checks, 0, sizeof(s->checks));
	samr_peers_init(&s->peers, &own);
	s->bye = s->said_bye;
	s->state = SAMR_SESSION_WAITING;
	return open_member(s) && join(s);
}

/* Nothing more can be received. */
static void end(struct samr_session *s, int err)
{
	if (err == -ENETRESET)
		join_again(s);
	else if (s->transfer.result)
		stop(s, s->transfer.result == SAMR_TAKE_REFUSED ?
		     SAMR_SESSION_REFUSED : SAMR_SESSION_BROKEN, "%s",
		     s->transfer.error);
	else if (err == -ENODATA)
		stop(s, SAMR_SESSION_BROKEN, "all heads that had the database of the group are gone before this one had it: start the one that has the newest first");
	else
		stop(s, SAMR_SESSION_BROKEN, "receiving: %s",
		     err ? samr_strerror(err) :
		     "not a member of the group any more");
}

/* Return: there may be more. */
static bool receive(struct samr_session *s)
{
	struct samr_received r[SAMR_BATCH_MAX];
	int i, n;

	/* Nothing of the state is read before take_part() has asked for it. */
	n = samr_recv_batch(s->m, r, s->peers.state == SAMR_PEERS_NEW ? 1 :
			    SAMR_BATCH_MAX, 0);
	/* It comes before all that was received. */
	if (s->transfer.taken) {
		s->transfer.taken = false;
		if (!react(s, NULL, s->transfer.todo, -1))
			return false;
	}
	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n <= 0) {
		end(s, n);
		return false;
	}
	for (i = 0; i < n; i++)
		if (!take(s, &r[i]))
			return false;
	note_gap(s);
	/* Before the bytes go: units point to them. */
	return execute(s);
}

void samr_session_send(struct samr_session *s)
{
	if (s->state <= SAMR_SESSION_RUNNING)
		send_out(s);
}

enum samr_session_state samr_session_step(struct samr_session *s)
{
	int i;

	samr_session_send(s);
	s->more = s->state <= SAMR_SESSION_RUNNING;
	for (i = 0; s->more && i < ROUNDS; i++) {
		s->more = receive(s);
		samr_session_send(s);
	}
	return s->state;
}

bool samr_session_more(const struct samr_session *s)
{
	return s->more;
}

short samr_session_events(const struct samr_session *s)
{
	const struct samr_message *msg = s->out.first;

	/* What waits for the window waits for a delivery. */
	if (msg && (!msg->units || may_send_units(s)))
		return POLLIN | POLLOUT;
	return samr_events(s->m);
}

/* Opening and closing. */

static bool open_database(struct samr_session *s)
{
	struct samr_batch_hello own = { .heads = s->cfg.heads };

	if (!samr_apply_open(&s->apply, &s->cfg.db))
		return stop(s, SAMR_SESSION_BROKEN, "%s",
			    samr_apply_error(s->apply));
	s->env = samr_det_environment(samr_apply_reader(s->apply));
	if (!s->env)
		return no_memory(s);
	own.env = s->env;
	own.env_len = strlen(s->env);
	own.flags = s->cfg.db.foreign_keys ? SAMR_BATCH_FOREIGN_KEYS : 0;
	samr_peers_init(&s->peers, &own);
	s->transfer = (struct samr_transfer){
		.apply = s->apply, .peers = &s->peers,
		.note = s->cfg.note, .arg = s->cfg.arg,
	};
	return true;
}

bool samr_session_open(struct samr_session **out,
		       const struct samr_session_config *cfg)
{
	struct samr_session *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return false;
	s->cfg = *cfg;
	samr_queue_init(&s->out);
	samr_queue_init(&s->away);
	/* Without a cluster no file is made. */
	return open_member(s) && open_database(s) && join(s);
}

void samr_session_close(struct samr_session *s)
{
	if (!s)
		return;
	samr_transfer_stop(&s->transfer);
	samr_close(s->m);
	samr_apply_close(s->apply);
	samr_message_free(s->filling);
	samr_queue_free(&s->out);
	samr_queue_free(&s->away);
	samr_apply_free(s->unit, s->units);
	free(s->unit);
	samr_serve_free(&s->serve);
	free(s->line);
	free(s->env);
	free(s);
}

int samr_session_fd(const struct samr_session *s)
{
	return samr_fd(s->m);
}

void samr_session_check(struct samr_session *s)
{
	s->checking = true;
	queue_simple(s, SAMR_BATCH_CHECK);
}

bool samr_session_diverged(const struct samr_session *s)
{
	return s->diverged;
}

bool samr_session_taking(const struct samr_session *s)
{
	return samr_transfer_taking(&s->transfer);
}

struct samr_apply *samr_session_apply(struct samr_session *s)
{
	return s->apply;
}

const struct samr_peers *samr_session_peers(const struct samr_session *s)
{
	return &s->peers;
}

void samr_session_stats(const struct samr_session *s,
			struct samr_session_stats *st)
{
	*st = s->stats;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

double samr_session_latency(const struct samr_session *s,
			    unsigned int permille)
{
	size_t n = s->latencies < LATENCIES_MAX ? s->latencies : LATENCIES_MAX;
	uint32_t *sorted, us;

	sorted = n ? malloc(n * sizeof(*sorted)) : NULL;
	if (!sorted)
		return -1;
	memcpy(sorted, s->latency_us, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_u32);
	us = sorted[(n - 1) * permille / 1000];
	free(sorted);
	return us;
}

const char *samr_session_error(const struct samr_session *s)
{
	return s ? s->error : "no memory";
}
