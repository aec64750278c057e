// SPDX-License-Identifier: GPL-2.0
/* Members that are clients of other groups, see caller.h. */
#include <stdio.h>
#include <stdlib.h>

#include "caller.h"
#include "check_session.h"
#include "ledger.h"
#include "service.h"
#include "sim.h"

#define REPLY_MOST	12000
#define OPEN_MOST	12

/* Asked for, and not handed in. */
struct call {
	struct list_head list;
	u8 op;
	u32 service;
	u64 session;
	u64 number;
};

static struct callers *all_of(const struct service *s)
{
	return s->all->callers;
}

/* No other request has it; all replicas get the same. */
static u64 mark_of(struct callers *all, u64 name, u64 number)
{
	size_t i = rng_mix(name << 20 ^ number) % CALLER_MARKS;
	struct caller_mark *m;

	for (;; i = (i + 1) % CALLER_MARKS) {
		m = &all->mark[i];
		if (m->mark && (m->name != name || m->number != number))
			continue;
		if (m->mark)
			return m->mark;
		if (++all->marked == CALLER_MARKS)
			sim_fail("more calls than can be told apart");
		*m = (struct caller_mark){
			.name = name, .number = number, .mark = ++*all->marks,
		};
		return m->mark;
	}
}

static u64 want_of(u64 mark)
{
	return rng_mix(mark) % (mark % 11 ? 300 : 10000);
}

void caller_begin(struct service *s)
{
	u32 i;

	caller_forget(s);
	memset(&s->caller, 0, sizeof(s->caller));
	for (i = 0; all_of(s) && i < CALLER_LINKS; i++)
		s->caller.link[i].service = all_of(s)->target(s->group, i);
}

static void ask(struct service *s, struct caller_link *l, u8 op, u64 session,
		u64 number)
{
	struct call *c = sim_alloc(sizeof(*c));

	c->op = op;
	c->service = l->service;
	c->session = session;
	c->number = number;
	list_add_tail(&c->list, &s->calls);
}

static void act(struct service *s, struct caller_link *l, u64 gseq, u64 dice)
{
	if (!l->service || l->asked)
		return;
	if (!l->name && dice % 5 == 0) {
		l->key = gseq;
		l->asked = true;
		ask(s, l, SAMR_CALL_OPEN, l->key, 0);
	} else if (l->name && dice % 150 == 0) {
		l->asked = true;
		ask(s, l, SAMR_CALL_CLOSE, l->key, 0);
	} else if (l->name && dice % 3 == 0) {
		for (; l->made - l->had < OPEN_MOST; dice = rng_mix(dice)) {
			ask(s, l, SAMR_CALL_REQUEST, l->name, ++l->made);
			if (dice % 2)
				break;
		}
	}
}

static void __attribute__((noreturn)) wrong(const struct service *s, u64 gseq,
					    const char *what)
{
	sim_fail("node %u port %u of group %u reads at %llu of a call: %s",
		 s->host->id, s->port, s->group, (unsigned long long)gseq, what);
}

static void connected(struct service *s, struct caller_link *l, u64 gseq,
		      const struct caller_news *n)
{
	bool open = n->op == SAMR_SESSION_OPEN;

	if (!l->asked || n->key != l->key)
		wrong(s, gseq, "it has not asked for this");
	l->asked = false;
	l->name = open && n->result == SAMR_SES_OPENED ? n->name : 0;
	l->made = 0;
	l->had = 0;
	if (open ? n->result != SAMR_SES_OPENED && n->result != SAMR_SES_GONE &&
		   n->result != SAMR_SES_FULL : n->result != SAMR_SES_DONE)
		wrong(s, gseq, "no such answer");
	if (l->name && l->name != gseq)
		wrong(s, gseq, "its session has another name");
}

static void returned(struct service *s, struct caller_link *l, u64 gseq,
		     const struct caller_news *n)
{
	if (n->name != l->name)
		wrong(s, gseq, "it is of another session");
	if (n->result == SAMR_SES_ENDED) {
		/* What it has asked for meanwhile comes too late. */
		l->name = 0;
		l->asked = false;
		l->made = 0;
		l->had = 0;
		return;
	}
	if (n->number != l->had + 1 || n->number > l->made)
		wrong(s, gseq, "another reply is next");
	l->had++;
}

void caller_apply(struct service *s, u64 gseq, const struct caller_news *n)
{
	struct caller_link *l;
	u64 dice = s->digest;
	u32 i;

	if (!all_of(s))
		return;
	for (i = 0; i < CALLER_LINKS; i++) {
		l = &s->caller.link[i];
		if (!n->kind && n->spurs)
			act(s, l, gseq, dice = rng_mix(dice));
		else if (n->kind == SAMR_KIND_CONNECT &&
			 l->service == n->service)
			connected(s, l, gseq, n);
		else if (n->kind && l->service == n->service)
			returned(s, l, gseq, n);
	}
}

/* What a replica has made, to this very request. */
static void check_reply(struct callers *all, const struct samr_msg *msg,
			const u8 *bytes, size_t len)
{
	u64 mark = mark_of(all, msg->session, msg->meta.arg);
	struct session_shown shown;

	if (len < sizeof(shown))
		sim_fail("place %llu: a reply of %zu bytes",
			 (unsigned long long)msg->meta.gseq, len);
	memcpy(&shown, bytes, sizeof(shown));
	if (shown.mark != mark || len != sizeof(shown) + want_of(mark))
		sim_fail("place %llu: the reply to another request",
			 (unsigned long long)msg->meta.gseq);
	/* Who reads it may be left behind with it. */
	session_check_seen(all->check, &shown, true);
	if (shown.place >= msg->meta.gseq || shown.last >= msg->meta.gseq)
		sim_fail("place %llu: a reply that shows what is behind it",
			 (unsigned long long)msg->meta.gseq);
}

void caller_news(struct callers *all, const struct samr_msg *msg,
		 struct caller_news *news)
{
	static u8 bytes[SAMR_LEN_MAX];
	const struct samr_session_payload *p = (const void *)bytes;
	const struct samr_return_payload *r = (const void *)bytes;

	memset(news, 0, sizeof(*news));
	news->spurs = msg->meta.kind == SAMR_KIND_DATA && msg->meta.len;
	if (!all || (msg->meta.kind != SAMR_KIND_CONNECT &&
		     msg->meta.kind != SAMR_KIND_RETURN))
		return;
	if (msg->refused)
		sim_fail("place %llu: what changes nothing is delivered",
			 (unsigned long long)msg->meta.gseq);
	if (!samr_msg_read(msg, bytes, msg->meta.len))
		sim_fail("place %llu has not all its bytes",
			 (unsigned long long)msg->meta.gseq);
	news->kind = msg->meta.kind;
	news->result = msg->result;
	news->name = msg->session;
	news->number = msg->meta.arg;
	if (news->kind == SAMR_KIND_CONNECT) {
		news->op = p->op;
		news->service = be32_to_cpu(p->other);
		news->key = be64_to_cpu(p->id);
		all->opened += news->result == SAMR_SES_OPENED;
	} else {
		news->service = be32_to_cpu(r->service);
		if (news->result == SAMR_SES_REPLY)
			check_reply(all, msg, bytes + sizeof(*r),
				    msg->meta.len - sizeof(*r));
		all->replied += news->result == SAMR_SES_REPLY;
		all->unknown += news->result == SAMR_SES_UNKNOWN;
		all->ended += news->result == SAMR_SES_ENDED;
	}
	news->hash = ledger_hash(bytes, msg->meta.len) ^ news->result;
}

static int hand_in(struct service *s, const struct call *c)
{
	u64 mark = c->op == SAMR_CALL_REQUEST ?
		   mark_of(all_of(s), c->session, c->number) : 1;
	u64 want = want_of(mark);
	u32 len = 16 + (u32)(rng_mix(~mark) % (mark % 13 ? 200 : 5000));
	struct samr_event ev = { .type = SAMR_EV_CALL };
	struct buffer *b = NULL;
	int err;

	ev.call.group = s->group;
	ev.call.port = s->port;
	ev.call.service = c->service;
	ev.call.op = c->op;
	ev.call.session = c->session;
	ev.call.number = c->number;
	if (c->op == SAMR_CALL_OPEN)
		ev.call.reply_max = REPLY_MOST;
	if (c->op == SAMR_CALL_REQUEST) {
		b = buffer_new(len);
		b->len = len;
		memset(b->bytes, 'c', len);
		memcpy(b->bytes, &mark, 8);
		memcpy(b->bytes + 8, &want, 8);
		ev.call.len = len;
		ev.call.payload = blob_of_buffer(b, 0, len);
	}
	err = host_step(s->host, &ev);
	samr_blob_put(ev.call.payload);
	if (b)
		buffer_put(b);
	return err;
}

bool caller_turn(struct service *s)
{
	struct call *c;
	int err;

	while (!list_empty(&s->calls)) {
		c = list_first_entry(&s->calls, struct call, list);
		err = hand_in(s, c);
		if (err == -EINVAL || err == -EMSGSIZE)
			sim_fail("node %u port %u of group %u: call %llu of session %llu is answered by %d",
				 s->host->id, s->port, s->group,
				 (unsigned long long)c->number,
				 (unsigned long long)c->session, err);
		if (!err) {
			all_of(s)->made += c->op == SAMR_CALL_REQUEST;
			list_del(&c->list);
			free(c);
		}
		/* It may be put out by what it is told. */
		host_flush(s->host);
		if (err)
			return false;
	}
	return true;
}

void caller_forget(struct service *s)
{
	struct call *c;

	while (!list_empty(&s->calls)) {
		c = list_first_entry(&s->calls, struct call, list);
		list_del(&c->list);
		free(c);
	}
}

bool caller_open(const struct service *s)
{
	u32 i;

	for (i = 0; i < CALLER_LINKS; i++)
		if (s->caller.link[i].asked ||
		    s->caller.link[i].made != s->caller.link[i].had)
			return true;
	return !list_empty(&s->calls);
}

const char *caller_text(const struct callers *all)
{
	static char text[160];

	snprintf(text, sizeof(text),
		 "%llu connects read, %llu calls, %llu replies read, %llu unknown, %llu ended",
		 (unsigned long long)all->opened, (unsigned long long)all->made,
		 (unsigned long long)all->replied,
		 (unsigned long long)all->unknown,
		 (unsigned long long)all->ended);
	return text;
}
