// SPDX-License-Identifier: GPL-2.0
/* Stateful members, see service.h. */
#include <stdio.h>
#include <stdlib.h>

#include "service.h"
#include "ledger.h"
#include "sim.h"

/* A receiver says how far it is when it has read so much. */
#define SAY_BYTES	(256 << 10)
#define TURN		(500 * SAMR_USEC)

/* In front of the meaningless bytes of a state. */
struct head {
	u64 digest;
	u64 hash;
	u64 len;
	struct service_request parked;
	struct caller caller;
	struct sleeper sleeper;
};

struct piece {
	struct list_head list;
	u64 gseq;
	bool last;
	size_t len;
	u8 bytes[];
};

struct later {
	struct list_head list;
	u64 gseq;
	u64 epoch;
	u64 hash;
	struct service_request request;
	struct caller_news news;
	struct sleeper_news alarm;
};

static const char *const state_name[] = {
	"is out", "lacks it", "gets it", "has it", "holds it", "has lost it",
};

void services_init(struct services *all, struct cluster *c, u64 seed)
{
	memset(all, 0, sizeof(*all));
	all->cluster = c;
	INIT_LIST_HEAD(&all->list);
	rng_init(&all->rng, seed, 's');
}

/* The streams that it serves, or NULL. */
static struct streams *streams_of(const struct service *s)
{
	struct streams *all = s->all->streams;

	return all && all->group == s->group && all->stateful ? all : NULL;
}

/* Nothing of a transfer that is received is kept. */
static void drop_got(struct service *s)
{
	struct piece *p;
	struct later *l;

	while (!list_empty(&s->pieces)) {
		p = list_first_entry(&s->pieces, struct piece, list);
		list_del(&p->list);
		free(p);
	}
	while (!list_empty(&s->later)) {
		l = list_first_entry(&s->later, struct later, list);
		list_del(&l->list);
		free(l);
	}
	if (streams_of(s))
		streams_drop(streams_of(s), s->host);
	s->got_len = 0;
	s->behind = 0;
	s->last = 0;
	s->unsaid = 0;
	s->ended = false;
	s->complete = false;
	s->id = 0;
}

static void stop_giving(struct service *s)
{
	free(s->bytes);
	s->bytes = NULL;
	s->gives = 0;
}

static void service_free(struct service *s)
{
	queue_cancel(&s->all->cluster->queue, &s->turn);
	caller_forget(s);
	sleeper_forget(s);
	drop_got(s);
	stop_giving(s);
	free(s->got);
	list_del(&s->list);
	free(s);
}

void services_free(struct services *all)
{
	while (!list_empty(&all->list))
		service_free(list_first_entry(&all->list, struct service,
					      list));
	free(all->truth);
}

void services_gone(struct services *all, struct host *h)
{
	struct service *s, *n;

	list_for_each_entry_safe(s, n, &all->list, list)
		if (s->host == h)
			service_free(s);
}

/* Perhaps in the middle of its own turn. */
void service_end(struct service *s)
{
	s->dead = true;
	s->state = SERVICE_OUT;
	caller_forget(s);
	sleeper_forget(s);
}

static struct truth *truth_at(struct services *all, u64 key)
{
	size_t i = key & (all->room - 1);

	while (all->truth[i].key && all->truth[i].key != key)
		i = (i + 1) & (all->room - 1);
	return &all->truth[i];
}

static struct truth *truth_of(struct services *all, u64 key)
{
	struct truth *old = all->truth;
	size_t i, n = all->room;

	if (2 * (all->truths + 1) > n) {
		all->room = n ? 2 * n : 1024;
		all->truth = sim_alloc(all->room * sizeof(*old));
		for (i = 0; i < n; i++)
			if (old[i].key)
				*truth_at(all, old[i].key) = old[i];
		free(old);
	}
	return truth_at(all, key);
}

/* What @s has behind place @gseq of view @epoch, all have. */
static void check_digest(struct service *s, u64 epoch, u64 gseq)
{
	struct services *all = s->all;
	u64 key = rng_mix(rng_mix(epoch ^ (u64)all->formation << 48) ^
			  rng_mix(gseq) ^ s->group) | 1;
	struct truth *t = truth_of(all, key);

	if (!t->key) {
		t->key = key;
		t->digest = s->digest;
		all->truths++;
	} else if (t->digest != s->digest) {
		sim_fail("node %u port %u: its state behind place %llu is not that of others",
			 s->host->id, s->port, (unsigned long long)gseq);
	}
}

/*
 * Every fifth request is replied to when the next message comes, and shows the
 * effect of that: it waits in the state.
 */
static void apply(struct service *s, u64 epoch, u64 gseq, u64 hash,
		  const struct service_request *r,
		  const struct caller_news *news,
		  const struct sleeper_news *alarm)
{
	s->digest = rng_mix(s->digest ^ rng_mix(gseq) ^ hash);
	s->applied = gseq;
	check_digest(s, epoch, gseq);
	if (!r->name)
		caller_apply(s, gseq, news);
	sleeper_apply(s, gseq, alarm);
	if (s->parked.name)
		s->all->answer(s, &s->parked, gseq);
	s->parked.name = 0;
	if (!r->name)
		return;
	if (r->mark % 5 == 0)
		s->parked = *r;
	else
		s->all->answer(s, r, gseq);
}

static int send(struct service *s, u8 kind, u8 flags, u64 arg,
		const u8 *bytes, size_t len)
{
	struct samr_submit what = {
		.group	= s->group,
		.port	= s->port,
		.kind	= kind,
		.flags	= flags,
		.arg	= arg,
		.len	= (u32)len,
	};

	return s->all->send(s, &what, bytes);
}

/* The state as it is now, in bytes. */
static void take_snapshot(struct service *s, u64 id)
{
	struct rng *r = &s->all->rng;
	struct head head = { .digest = s->digest, .parked = s->parked,
			     .caller = s->caller,
			     .sleeper = s->sleeper };
	u64 word;
	size_t at;

	if (s->state != SERVICE_HOLDS)
		sim_fail("node %u port %u shall give the state, and %s",
			 s->host->id, s->port, state_name[s->state]);
	stop_giving(s);
	head.len = rng_below(r, rng_one_in(r, 20) ? 3 << 20 :
			     rng_one_in(r, 4) ? 300000 : 20000);
	s->len = sizeof(head) + head.len;
	s->bytes = sim_alloc(s->len);
	word = rng_u64(r);
	for (at = sizeof(head); at + 8 <= s->len; at += 8) {
		word = word * 0x9fb21c651e98df25ULL + 1;
		memcpy(s->bytes + at, &word, 8);
	}
	head.hash = ledger_hash(s->bytes + sizeof(head), (u32)head.len);
	memcpy(s->bytes, &head, sizeof(head));
	s->gives = id;
	s->at = 0;
	s->placed = !streams_of(s);
	if (streams_of(s))
		streams_snapshot(streams_of(s), s->host, id);
	s->all->begun++;
}

/* What it has of streams goes in front. Return: may it give its state now? */
static bool place(struct service *s)
{
	u64 id = s->gives;
	int ret;

	if (s->placed)
		return true;
	ret = streams_place(streams_of(s), s->host, s->port, id);
	/* A lone head delivers before this returns. */
	if (s->gives != id)
		return false;
	s->placed = ret > 0;
	s->all->failed += ret == 0;
	if (ret <= 0)
		stop_giving(s);
	return s->placed;
}

/* One piece, at most; false: not now, or not any more. */
static bool give(struct service *s)
{
	struct rng *r = &s->all->rng;
	size_t len = min((size_t)rng_range(r, 1, rng_one_in(r, 5) ? 60000 :
					   2000), s->len - s->at);
	u8 flags = rng_one_in(r, 10) ? SAMR_MSG_SAFE : 0;
	u64 id = s->gives;
	int err;

	if ((s->all->answered && !s->all->answered(s)) || !caller_turn(s) ||
	    !sleeper_turn(s) || !place(s))
		return false;
	/* The end may be seen only behind it. */
	if (s->at == s->len || (s->at + len == s->len && rng_one_in(r, 2)))
		flags |= SAMR_MSG_LAST;
	if (!s->all->calm && rng_one_in(r, 400)) {
		flags = SAMR_MSG_FAILED;
		len = 0;
	}
	err = send(s, SAMR_KIND_STATE, flags, id, s->bytes + s->at, len);
	/* A lone head delivers before this returns. */
	if (err == -ESTALE) {
		if (s->gives == id)
			stop_giving(s);
		return false;
	}
	if (err)
		return false;
	s->all->failed += (flags & SAMR_MSG_FAILED) != 0;
	if (s->gives != id)
		return false;
	s->at += len;
	if (flags & (SAMR_MSG_LAST | SAMR_MSG_FAILED))
		stop_giving(s);
	return s->gives;
}

/* The LAST piece was read: what came is the state. */
static void install(struct service *s)
{
	struct later *l;
	struct head head;

	if (s->got_len < sizeof(head))
		sim_fail("node %u port %u: a state of %zu bytes", s->host->id,
			 s->port, s->got_len);
	memcpy(&head, s->got, sizeof(head));
	if (head.len != s->got_len - sizeof(head) ||
	    head.hash != ledger_hash(s->got + sizeof(head), (u32)head.len))
		sim_fail("node %u port %u: the bytes of transfer %llu are not those given",
			 s->host->id, s->port, (unsigned long long)s->id);
	s->digest = head.digest;
	s->parked = head.parked;
	s->caller = head.caller;
	s->sleeper = head.sleeper;
	caller_forget(s);
	sleeper_forget(s);
	s->applied = 0;
	s->since = s->id;
	s->all->bytes += s->got_len;
	list_for_each_entry(l, &s->later, list)
		apply(s, l->epoch, l->gseq, l->hash, &l->request, &l->news,
		      &l->alarm);
	s->ended = true;
	s->state = SERVICE_HAS;
}

static void read_piece(struct service *s)
{
	struct piece *p = list_first_entry(&s->pieces, struct piece, list);

	while (s->got_len + p->len > s->got_room)
		s->got = sim_grow(s->got, s->got_room, &s->got_room, 1);
	memcpy(s->got + s->got_len, p->bytes, p->len);
	s->got_len += p->len;
	s->unsaid += p->len;
	s->last = p->gseq;
	if (p->last)
		install(s);
	list_del(&p->list);
	free(p);
}

static void receive(struct service *s)
{
	u32 n = (u32)rng_below(&s->all->rng, 40);

	if (s->state == SERVICE_GETS && s->behind > s->most) {
		/* It has fallen behind: from the beginning. */
		s->all->behind++;
		s->ask = true;
		s->state = SERVICE_LACKS;
		drop_got(s);
		return;
	}
	while (n-- && !list_empty(&s->pieces))
		read_piece(s);
	if ((s->ended || s->unsaid >= SAY_BYTES) &&
	    !send(s, SAMR_KIND_READ, 0, s->last, NULL, 0)) {
		s->unsaid = 0;
		s->ended = false;
	}
}

static void on_turn(struct timer *t)
{
	struct service *s = container_of(t, struct service, turn);
	struct services *all = s->all;
	u32 n = (u32)rng_below(&all->rng, 30);
	u64 pause = TURN;

	if (s->dead) {
		service_free(s);
		return;
	}
	if (all->cluster->queue.now < s->host->paused_until ||
	    samr_node_out(s->host->node)) {
		queue_set(&all->cluster->queue, t, all->cluster->queue.now + TURN);
		return;
	}
	if (s->ask && !s->asked && s->state == SERVICE_LACKS) {
		/* It may be there before this returns. */
		s->asked = true;
		s->ask = false;
		if (send(s, SAMR_KIND_SNAPSHOT, rng_one_in(&all->rng, 5) ?
			 0 : SAMR_MSG_KEEP, s->drops, NULL, 0)) {
			s->asked = false;
			s->ask = true;
		}
	}
	if (s->state == SERVICE_LOST && !s->leaving) {
		s->leaving = true;
		if (send(s, SAMR_KIND_LEAVE, 0, 0, NULL, 0))
			s->leaving = false;
	}
	if (s->state == SERVICE_GETS || s->ended)
		receive(s);
	while (s->gives && n-- && give(s))
		;
	if (!rng_one_in(&all->rng, 4))
		caller_turn(s);
	if (!rng_one_in(&all->rng, 4))
		sleeper_turn(s);
	if (!all->calm && rng_one_in(&all->rng, 60))
		pause = rng_below(&all->rng, rng_one_in(&all->rng, 4) ?
				  900 * SAMR_MSEC : 60 * SAMR_MSEC);
	queue_set(&all->cluster->queue, t, all->cluster->queue.now + pause);
}

struct service *service_new(struct services *all, struct host *h, u32 group,
			    u32 port)
{
	struct service *s = sim_alloc(sizeof(*s));

	s->all = all;
	s->host = h;
	s->group = group;
	s->port = port;
	INIT_LIST_HEAD(&s->pieces);
	INIT_LIST_HEAD(&s->later);
	INIT_LIST_HEAD(&s->calls);
	INIT_LIST_HEAD(&s->asks);
	s->turn.fire = on_turn;
	list_add_tail(&s->list, &all->list);
	queue_set(&all->cluster->queue, &s->turn, all->cluster->queue.now + TURN);
	return s;
}

static bool is_me(const struct service *s, const struct samr_member_id *m)
{
	return m->node == s->host->id && m->inc == s->host->inc &&
	       m->port == s->port;
}

static bool is_mine(const struct service *s, const struct samr_msg *msg)
{
	return msg->meta.origin == s->host->id &&
	       msg->meta.inc == s->host->inc && msg->meta.port == s->port;
}

static bool lacks(const struct service *s)
{
	return s->state == SERVICE_LACKS || s->state == SERVICE_GETS;
}

/* How the order sees @s among the members that came with a change. */
static void join(struct service *s, const struct samr_msg *msg)
{
	const struct samr_members *m = msg->members;
	u32 i, holders = 0, me = 0;

	if (!m || s->state != SERVICE_OUT)
		return;
	for (i = 0; i < m->count; i++) {
		if (is_me(s, &m->m[i]))
			me = m->m[i].flags;
		else if (m->m[i].flags == SAMR_ID_STATEFUL)
			holders++;
	}
	if (!(me & SAMR_ID_STATEFUL) || (holders && !(me & SAMR_ID_LACKS)))
		sim_fail("node %u port %u joins with flags %#x, and %u members hold the state",
			 s->host->id, s->port, me, holders);
	s->state = SERVICE_LACKS;
	s->ask = true;
	s->drops = 0;
	s->asked = false;
	if (me & SAMR_ID_LACKS)
		return;
	s->state = SERVICE_HOLDS;
	s->digest = rng_mix(msg->meta.gseq);
	s->applied = 0;
	s->since = msg->meta.gseq;
	s->parked.name = 0;
	caller_begin(s);
	sleeper_begin(s);
	check_digest(s, msg->epoch, msg->meta.gseq);
}

static void lose(struct service *s, const struct samr_transfer *t)
{
	if (t->id || t->count)
		sim_fail("the state is lost, and transfer %llu is under way",
			 (unsigned long long)t->id);
	s->all->lost++;
	drop_got(s);
	s->ask = false;
	s->state = SERVICE_LOST;
	stop_giving(s);
}

/* The transfer is another one from here on. */
static void take_transfer(struct service *s, const struct samr_msg *msg)
{
	const struct samr_transfer *t = msg->transfer;
	bool gets = false;
	u32 i;

	/* It leaves; another one may have founded the state anew meanwhile. */
	if (s->state == SERVICE_LOST)
		return;
	if (t->lost && (s->state == SERVICE_HOLDS || s->state == SERVICE_HAS))
		sim_fail("node %u port %u %s, which is said to be lost",
			 s->host->id, s->port, state_name[s->state]);
	if (t->lost && lacks(s)) {
		lose(s, t);
		return;
	}
	if (t->id && is_me(s, &t->donor)) {
		if (t->id == msg->meta.gseq)
			take_snapshot(s, t->id);
	} else if (s->gives) {
		stop_giving(s);
	}
	for (i = 0; i < t->count; i++)
		gets |= is_me(s, &t->to[i]);
	s->drops = gets ? t->id : 0;
	if (gets && t->id == msg->meta.gseq) {
		if (!lacks(s))
			sim_fail("node %u port %u shall get the state, and %s",
				 s->host->id, s->port, state_name[s->state]);
		drop_got(s);
		s->id = t->id;
		s->donor = t->donor;
		s->ask = false;
		s->state = SERVICE_GETS;
		s->most = (u32)rng_below(&s->all->rng,
					 rng_one_in(&s->all->rng, 3) ? 30 : 2000);
		if (s->all->calm)
			s->most = U32_MAX;
	}
	if (t->id && t->id == s->id && !(s->complete && !t->donor.node) &&
	    (t->donor.node != s->donor.node || t->donor.inc != s->donor.inc ||
	     t->donor.port != s->donor.port))
		sim_fail("transfer %llu has another donor than before",
			 (unsigned long long)t->id);
	if (!gets && s->state == SERVICE_GETS) {
		drop_got(s);
		s->state = SERVICE_LACKS;
	}
	s->ask |= !t->id && s->state == SERVICE_LACKS;
}

static void take_piece(struct service *s, const struct samr_msg *msg)
{
	struct piece *p;
	size_t at = 0;
	u32 i;

	if (msg->refused || s->state != SERVICE_GETS ||
	    (msg->meta.flags & SAMR_MSG_FAILED))
		return;
	if (msg->meta.arg != s->id || msg->meta.origin != s->donor.node ||
	    msg->meta.inc != s->donor.inc || msg->meta.port != s->donor.port)
		sim_fail("node %u port %u gets a piece of transfer %llu from node %llu, and receives %llu from node %llu",
			 s->host->id, s->port, (unsigned long long)msg->meta.arg,
			 (unsigned long long)msg->meta.origin,
			 (unsigned long long)s->id,
			 (unsigned long long)s->donor.node);
	if (s->complete)
		sim_fail("node %u port %u gets a piece of transfer %llu behind its last",
			 s->host->id, s->port, (unsigned long long)s->id);
	s->complete = msg->meta.flags & SAMR_MSG_LAST;
	p = sim_alloc(sizeof(*p) + msg->meta.len);
	p->gseq = msg->meta.gseq;
	p->last = msg->meta.flags & SAMR_MSG_LAST;
	p->len = msg->meta.len;
	for (i = 0; i < msg->npieces; i++) {
		memcpy(p->bytes + at, blob_bytes(msg->pieces[i].blob),
		       samr_blob_len(msg->pieces[i].blob));
		at += samr_blob_len(msg->pieces[i].blob);
	}
	list_add_tail(&p->list, &s->pieces);
}

void service_request(const struct samr_msg *msg, u64 epoch,
		     struct service_request *r)
{
	u8 bytes[sizeof(struct samr_request_payload) + 2 * sizeof(u64)];

	memset(r, 0, sizeof(*r));
	if (msg->meta.kind != SAMR_KIND_REQUEST)
		return;
	if (!samr_msg_read(msg, bytes, sizeof(bytes)))
		sim_fail("place %llu: a request of %u bytes",
			 (unsigned long long)msg->meta.gseq, msg->meta.len);
	r->name = msg->session;
	r->number = msg->meta.arg;
	r->place = msg->meta.gseq;
	r->epoch = epoch;
	memcpy(&r->mark, bytes + sizeof(struct samr_request_payload), 8);
	memcpy(&r->want, bytes + sizeof(struct samr_request_payload) + 8, 8);
}

static void take_data(struct service *s, const struct samr_msg *msg)
{
	u64 hash = rng_mix(msg->meta.inc) ^ msg->meta.oseq;
	struct service_request r;
	struct caller_news news;
	struct sleeper_news alarm;
	struct later *l;

	service_request(msg, s->all->epoch ?
			     s->all->epoch(s, msg->meta.gseq) : 0, &r);
	caller_news(s->all->callers, msg, &news);
	sleeper_news(msg, &alarm);
	hash ^= news.hash ^ sleeper_hash(&alarm);
	if (s->state == SERVICE_HOLDS || s->state == SERVICE_HAS)
		apply(s, msg->epoch, msg->meta.gseq, hash, &r, &news,
		      &alarm);
	if (s->state != SERVICE_GETS)
		return;
	l = sim_alloc(sizeof(*l));
	l->gseq = msg->meta.gseq;
	l->epoch = msg->epoch;
	l->hash = hash;
	l->request = r;
	l->news = news;
	l->alarm = alarm;
	list_add_tail(&l->list, &s->later);
	s->behind++;
}

/* What @s itself has sent. */
static void take_own(struct service *s, const struct samr_msg *msg)
{
	switch (msg->meta.kind) {
	case SAMR_KIND_JOIN:
		s->joining = false;
		join(s, msg);
		break;
	case SAMR_KIND_LEAVE:
		if (streams_of(s))
			streams_leave(streams_of(s), s->host->id);
		drop_got(s);
		stop_giving(s);
		s->state = SERVICE_OUT;
		s->leaving = false;
		caller_forget(s);
		sleeper_forget(s);
		break;
	case SAMR_KIND_SNAPSHOT:
		s->asked = false;
		s->ask |= msg->refused && s->state == SERVICE_LACKS;
		break;
	case SAMR_KIND_READ:
		if (s->state != SERVICE_HAS || msg->meta.arg != s->last)
			break;
		if (msg->refused)
			sim_fail("node %u port %u: its reading of all of transfer %llu is refused",
				 s->host->id, s->port,
				 (unsigned long long)s->id);
		if (streams_of(s))
			streams_install(streams_of(s), s->host, s->id);
		drop_got(s);
		s->state = SERVICE_HOLDS;
		s->all->installed++;
		break;
	}
}

static void deliver(struct service *s, const struct samr_msg *msg)
{
	if (is_mine(s, msg))
		take_own(s, msg);
	if (s->state == SERVICE_OUT)
		return;
	if (msg->transfer)
		take_transfer(s, msg);
	if (msg->meta.kind == SAMR_KIND_STATE)
		take_piece(s, msg);
	if (msg->meta.kind == SAMR_KIND_DATA ||
	    msg->meta.kind == SAMR_KIND_CONNECT ||
	    msg->meta.kind == SAMR_KIND_RETURN ||
	    msg->meta.kind == SAMR_KIND_ALARM ||
	    (msg->meta.kind == SAMR_KIND_REQUEST && !msg->refused &&
	     !msg->segment))
		take_data(s, msg);
}

/* A transfer that begins has somebody who gives it, and somebody who gets it. */
static void check_transfer(struct host *h, const struct samr_msg *msg)
{
	const struct samr_transfer *t = msg->transfer;

	if (t->id > msg->meta.gseq || (t->id ? !t->count : t->count))
		sim_fail("node %u: at %llu transfer %llu has %u receivers",
			 h->id, (unsigned long long)msg->meta.gseq,
			 (unsigned long long)t->id, t->count);
	if (t->id == msg->meta.gseq && msg->meta.kind != SAMR_KIND_SNAPSHOT)
		sim_fail("node %u: a transfer begins at %llu, which is no question for it",
			 h->id, (unsigned long long)msg->meta.gseq);
}

void services_deliver(struct services *all, struct host *h,
		      const struct samr_msg *msg)
{
	struct service *s;

	if (!msg->meta.gseq)
		return;
	if (msg->transfer)
		check_transfer(h, msg);
	list_for_each_entry(s, &all->list, list)
		if (s->host == h && s->group == msg->meta.group && !s->dead)
			deliver(s, msg);
}

void services_query(struct services *all, struct host *h,
		    const struct samr_msg *msg)
{
	struct service *s;

	list_for_each_entry(s, &all->list, list) {
		if (s->host != h || s->group != msg->meta.group ||
		    s->port != msg->meta.port || s->dead)
			continue;
		if (lacks(s))
			sim_fail("node %u port %u gets a query, and %s",
				 h->id, s->port, state_name[s->state]);
		if (s->state == SERVICE_HOLDS)
			all->query(s, msg);
	}
}

bool services_settled(const struct services *all)
{
	struct service *s;

	list_for_each_entry(s, &all->list, list)
		if (!s->dead && (s->state != SERVICE_HOLDS || caller_open(s) ||
				 sleeper_waits(s)))
			return false;
	return true;
}

bool services_calling(const struct services *all)
{
	struct service *s;

	list_for_each_entry(s, &all->list, list)
		if (!s->dead && (caller_open(s) || sleeper_waits(s)))
			return true;
	return false;
}

void services_stuck(const struct services *all)
{
	struct service *s;

	list_for_each_entry(s, &all->list, list)
		if (!s->dead && (s->state != SERVICE_HOLDS || caller_open(s) ||
				 sleeper_waits(s)))
			fprintf(stderr, "node %u port %u %s: transfer %llu%s%s%s%s\n",
				s->host->id, s->port, state_name[s->state],
				(unsigned long long)s->id,
				caller_open(s) ? ", has calls open" : "",
				sleeper_waits(s) ? ", has alarms" : "",
				s->asked ? ", has asked" : "",
				s->ask ? ", wants to ask" : "");
}

const char *services_text(const struct services *all)
{
	static char text[240];

	snprintf(text, sizeof(text),
		 "%llu transfers, %llu installed (%llu KiB), %llu failed, %llu behind, %llu lost, %llu alarms asked for, %llu ends read",
		 (unsigned long long)all->begun,
		 (unsigned long long)all->installed,
		 (unsigned long long)all->bytes >> 10,
		 (unsigned long long)all->failed,
		 (unsigned long long)all->behind,
		 (unsigned long long)all->lost,
		 (unsigned long long)all->asked,
		 (unsigned long long)all->rung);
	return text;
}
