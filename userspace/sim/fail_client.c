// SPDX-License-Identifier: GPL-2.0
/* Clients in runs in which heads die: who answers them, and how they reach heads. */
#include "fail_inside.h"

#define CLIENTS_MOST	8
#define PACE_MOST	10
#define STREAMS_MOST	5

/* The members of group 2 have no state: what they reply follows from the place. */
static void execute(struct fail *f, struct host *h, const struct samr_msg *msg)
{
	struct service_request r;

	if (msg->meta.group != PLAIN || !f->app[h->id].joined[1] ||
	    stream_check_is(msg))
		return;
	service_request(msg, session_check_epoch(&f->sessions, h,
						 msg->meta.gseq), &r);
	clients_answer(&f->clients, h, PLAIN, 1, &r, r.place, rng_mix(r.place));
}

/* A member without a state has what it has read, from its JOIN on. */
static void query(struct fail *f, struct host *h, const struct samr_msg *msg)
{
	const struct app *a = &f->app[h->id];

	if (msg->meta.group != PLAIN)
		services_query(&f->services, h, msg);
	else if (a->joined[1])
		queries_asked(&f->clients, h, msg, a->last, a->since);
}

/* To a client, or to the member, which may be still about to get its state. */
static void deliver_stream(struct fail *f, struct host *h,
			   const struct samr_msg *msg)
{
	const struct app *a = &f->app[h->id];
	const struct service *s = a->service[STATEFUL_SERVICE];

	if (msg->meta.kind == SAMR_KIND_REPLY ||
	    (f->streams.stateful ? s && s->state == SERVICE_HOLDS : a->joined[1]))
		streams_deliver(&f->streams, h, msg);
	else if (s && f->streams.stateful &&
		 (s->state == SERVICE_GETS || s->state == SERVICE_HAS))
		streams_hold(&f->streams, h, msg);
}

/* Of a client's message nobody but the client hears when it is refused. */
bool fail_clients_deliver(struct fail *f, struct host *h,
			  const struct samr_msg *msg)
{
	const struct note *note = msg->owner;

	if (note && note->client)
		client_told(note->client, note->turn, &note->what, msg);
	if (note && note->stream)
		streams_told(note->stream, note->turn, &note->what, msg);
	if (!msg->meta.gseq)
		return true;
	deliver_stream(f, h, msg);
	if (msg->meta.kind == SAMR_KIND_REPLY)
		clients_reply(&f->clients, h, msg);
	else if (msg->meta.kind == SAMR_KIND_ANSWER)
		queries_told(&f->clients, h, msg);
	else if (msg->meta.kind == SAMR_KIND_QUERY)
		query(f, h, msg);
	else if (msg->meta.kind == SAMR_KIND_REQUEST && !msg->refused)
		execute(f, h, msg);
	return msg->meta.kind > SAMR_KIND_VIEW ||
	       msg->meta.kind == SAMR_KIND_SESSION ||
	       ((msg->meta.kind == SAMR_KIND_REQUEST ||
		 msg->meta.kind == SAMR_KIND_STREAM) && msg->refused);
}

static int send_for(struct clients *all, struct client *c, struct host *h,
		    struct samr_submit *s, const u8 *bytes)
{
	struct fail *f = container_of(all, struct fail, clients);

	return fail_submit(&f->app[h->id], s, bytes, c);
}

static int send_stream(struct streams *all, struct stream_client *c,
		       struct host *h, struct samr_submit *s, const u8 *bytes)
{
	struct fail *f = container_of(all, struct fail, streams);

	f->sender = c;
	return fail_submit(&f->app[h->id], s, bytes, NULL);
}

static bool usable_stream(struct streams *all, struct host *h)
{
	return !(all->cluster->witness & BIT_ULL(h->id));
}

static bool usable(struct clients *all, struct host *h)
{
	return !(all->cluster->witness & BIT_ULL(h->id));
}

static void answer(struct service *s, const struct service_request *r, u64 last)
{
	struct fail *f = container_of(s->all, struct fail, services);

	clients_answer(&f->clients, s->host, s->group, s->port, r, last,
		       s->digest);
}

static bool answered(struct service *s)
{
	struct fail *f = container_of(s->all, struct fail, services);

	return clients_answered(&f->clients, s->host, s->group, s->port);
}

static void query_of(struct service *s, const struct samr_msg *msg)
{
	struct fail *f = container_of(s->all, struct fail, services);

	queries_asked(&f->clients, s->host, msg, s->applied, s->since);
}

static u64 epoch_of(struct service *s, u64 gseq)
{
	struct fail *f = container_of(s->all, struct fail, services);

	return session_check_epoch(&f->sessions, s->host, gseq);
}

/* Two services that are clients of each other; one of them has another one, too. */
static u32 target_of(u32 group, u32 link)
{
	static const u32 target[GROUPS][CALLER_LINKS] = { { 3, PLAIN }, { 0, 0 }, { 1, 0 } };

	return target[group - 1][link];
}

/* In half of the runs there is time to fail between what two clients do. */
static u32 draw_pace(struct rng *r)
{
	return rng_one_in(r, 2) ? 1 : (u32)rng_range(r, 3, PACE_MOST);
}

void fail_clients_init(struct fail *f, u64 seed)
{
	u32 i, count;

	clients_init(&f->clients, &f->cluster, &f->sessions, seed);
	f->clients.send = send_for;
	f->clients.usable = usable;
	f->services.answer = answer;
	f->services.answered = answered;
	f->services.query = query_of;
	f->services.epoch = epoch_of;
	f->services.callers = &f->callers;
	f->services.sleepers = true;
	f->callers.check = &f->sessions;
	f->callers.marks = &f->clients.marks;
	f->callers.target = target_of;
	f->clients.pace = draw_pace(&f->clients.rng);
	count = (u32)rng_below(&f->clients.rng, CLIENTS_MOST);
	for (i = 0; i < count; i++)
		client_new(&f->clients, (u32)rng_range(&f->clients.rng, 1,
						       GROUPS), 1000 + i);
	streams_init(&f->streams, &f->cluster, PLAIN, seed);
	f->streams.stateful = rng_one_in(&f->streams.rng, 2);
	if (f->streams.stateful)
		f->streams.group = STATEFUL;
	f->services.streams = &f->streams;
	f->streams.send = send_stream;
	f->streams.usable = usable_stream;
	f->streams.pace = draw_pace(&f->streams.rng);
	count = (u32)rng_below(&f->streams.rng, STREAMS_MOST);
	for (i = 0; i < count; i++)
		streams_client(&f->streams, 2000 + i);
}
