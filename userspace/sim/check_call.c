// SPDX-License-Identifier: GPL-2.0
/* Calls against what nodes make of them, see check_call.h. */
#include "check_call.h"
#include "sim.h"

static void __attribute__((noreturn)) wrong(const struct call_place *p,
					    const char *what)
{
	sim_fail("place %llu, call %llu of group %u, has the answer %u: %s",
		 (unsigned long long)p->meta->gseq,
		 (unsigned long long)p->meta->arg, p->meta->group, p->result,
		 what);
}

static struct call_model *of(struct call_models *all, u32 service, u32 client)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		if (all->m[i].service == service && all->m[i].client == client)
			return &all->m[i];
	return NULL;
}

static struct call_model *named(struct call_models *all, u32 service, u64 name)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		if (all->m[i].service == service && all->m[i].name == name)
			return &all->m[i];
	return NULL;
}

static void end(struct call_model *m)
{
	if (m->over)
		return;
	m->over = true;
	m->ended = true;
	m->acked = m->next - 1;
}

/* It may have ended where only views, or states, have changed. */
static void may_have_ended(const struct call_models *all, struct call_model *m,
			   const struct call_place *p)
{
	if (m->over)
		return;
	if (!all->shaky[m->service & 15])
		wrong(p, "its service is there");
	end(m);
}

static void open(struct call_models *all, struct call_model *m,
		 const struct call_place *p,
		 const struct samr_session_payload *s)
{
	u64 key = be64_to_cpu(s->id);

	if (p->result == SAMR_SES_FULL)
		return;
	if (p->result == SAMR_SES_REPEATED) {
		if (!m || m->key < key)
			wrong(p, "it is the first");
		return;
	}
	if (p->result != SAMR_SES_OPENED && p->result != SAMR_SES_GONE)
		wrong(p, "there is no such answer");
	if (m && m->key >= key)
		wrong(p, "it was there before");
	if (p->session != p->meta->gseq)
		wrong(p, "it has another name");
	if (!m) {
		if (all->count == CALL_MODELS)
			sim_fail("more groups as clients than the model can count");
		m = &all->m[all->count++];
	}
	*m = (struct call_model){
		.service = be32_to_cpu(s->other), .client = p->meta->group,
		.key = key, .name = p->session, .next = 1,
		.over = p->result == SAMR_SES_GONE,
	};
}

static void connect(struct call_models *all, const struct call_place *p)
{
	const struct samr_session_payload *s = (const void *)p->bytes;
	struct call_model *m = of(all, be32_to_cpu(s->other), p->meta->group);
	bool closes;

	if (s->op == SAMR_SESSION_OPEN) {
		open(all, m, p, s);
		return;
	}
	closes = m && m->key == be64_to_cpu(s->id) && (!m->over || m->ended);
	if (closes != (p->result == SAMR_SES_DONE))
		wrong(p, "there is, or is not, what it closes");
	if (!closes)
		return;
	m->over = true;
	m->ended = false;
}

static void request(struct call_models *all, const struct call_place *p)
{
	const struct samr_request_payload *r = (const void *)p->bytes;
	struct call_model *m = named(all, p->meta->group, be64_to_cpu(r->id));
	u64 number = p->meta->arg;

	if (p->result == SAMR_SES_GONE) {
		if (m)
			may_have_ended(all, m, p);
		return;
	}
	if (!m || m->over)
		wrong(p, "there is no session");
	if (p->session != m->name)
		wrong(p, "it is another one");
	if (p->result != (number < m->next ? SAMR_SES_REPEATED :
			  number > m->next ? SAMR_SES_AHEAD : SAMR_SES_ORDERED))
		wrong(p, "another one is next");
	/* Members ask without a gap, and send in their order. */
	if (p->result == SAMR_SES_AHEAD)
		wrong(p, "one before it is missing");
	m->next += p->result == SAMR_SES_ORDERED;
}

static void take_return(struct call_models *all, const struct call_place *p)
{
	const struct samr_return_payload *r = (const void *)p->bytes;
	struct call_model *m = named(all, be32_to_cpu(r->service),
				     be64_to_cpu(r->session));
	bool next;

	if (m && p->result == SAMR_SES_ENDED)
		may_have_ended(all, m, p);
	if (p->result == SAMR_SES_ENDED) {
		if (!m || !m->ended)
			wrong(p, "it has not ended");
		m->ended = false;
		return;
	}
	next = m && !m->over && m->client == p->meta->group &&
	       p->meta->arg == m->acked + 1 && p->meta->arg < m->next;
	if (p->result == SAMR_SES_REPLY || p->result == SAMR_SES_UNKNOWN) {
		if (!next)
			wrong(p, "another one is next");
		m->acked++;
	} else if (next && r->how == SAMR_RETURN_REPLY) {
		may_have_ended(all, m, p);
	}
}

static void expire(struct call_models *all, const struct call_place *p)
{
	const struct samr_session_payload *s = (const void *)p->bytes;
	struct call_model *m = of(all, p->meta->group, be32_to_cpu(s->other));

	if (p->result != SAMR_SES_DONE)
		return;
	if (!m || m->name != be64_to_cpu(s->since))
		wrong(p, "there is none");
	*m = all->m[--all->count];
}

void call_check(struct call_models *all, const struct call_place *p)
{
	switch (p->meta->kind) {
	case SAMR_KIND_CONNECT:
		connect(all, p);
		break;
	case SAMR_KIND_REQUEST:
		request(all, p);
		break;
	case SAMR_KIND_RETURN:
		take_return(all, p);
		break;
	default:
		expire(all, p);
	}
}

void call_check_gone(struct call_models *all, u32 group)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		if (all->m[i].service == group)
			end(&all->m[i]);
}
