// SPDX-License-Identifier: GPL-2.0
/* A machine with samrd, see machine.h. */
#include <stdlib.h>

#include "machine.h"
#include "sim.h"

static u64 now_of(const struct machine *m)
{
	return m->host->cluster->queue.now;
}

static void step(struct machine *m, struct policy_event *ev);

static void on_start(struct machine *m, u64 founders)
{
	m->up = true;
	m->founders = founders;
	host_founders(m->host, m->host->cluster->mask,
		      founders ?: SAMR_NO_FOUNDERS);
}

static void on_tell(struct machine *m, const struct policy_action *a)
{
	struct samr_saved s = {
		.told = true, .epoch = a->memory.epoch,
		.members = a->memory.members, .flags = a->memory.flags,
	};

	if (a->memory_state != MEMORY_FOUND && a->memory_state != MEMORY_NONE)
		s.flags = SAMR_SAVED_UNREADABLE;
	m->saved[m->id] = s;
	if (host_saved(m->host, &s, true))
		sim_fail("node %u: its memory is refused", m->id);
}

static void on_shoot(struct machine *m, const struct policy_action *a)
{
	struct machine *at = room_machine(m->room, a->node);
	struct shot *s = &at->shot[m->id];

	if (s->on)
		sim_fail("node %u does two things to the power of node %u",
			 m->id, a->node);
	if (a->type == POLICY_FENCE_START)
		room_shoots(m->room, m, at, a);
	*s = room_draw_shot(m->room);
	s->on = true;
	s->power_on = a->type == POLICY_POWER_ON;
	s->inc = a->inc;
	s->token = a->token;
	if (s->power_on) {
		s->returns = false;
		s->result = s->cut_at ? FENCE_IS_ON : s->result;
	}
}

/* What is on the wire already may still happen. */
static void on_cancel(struct machine *m, u32 id)
{
	struct shot *s = &room_machine(m->room, id)->shot[m->id];
	u64 now = now_of(m);

	if (!s->on)
		sim_fail("node %u cancels nothing", m->id);
	if (now >= s->end_at)
		return;
	s->result = FENCE_CANCELLED;
	s->end_at = now;
	if (s->cut_at > now + 50 * SAMR_MSEC)
		s->cut_at = 0;
}

static void on_confirm(struct machine *m, const struct policy_action *a)
{
	struct samr_event ev = { .type = SAMR_EV_FENCED };

	room_confirms(m->room, m, a);
	ev.fenced.node = a->node;
	ev.fenced.inc = a->inc;
	ev.fenced.token = a->token;
	host_step(m->host, &ev);
	host_flush(m->host);
}

static void run_action(struct machine *m, const struct policy_action *a)
{
	switch (a->type) {
	case POLICY_FENCE_START:
	case POLICY_POWER_ON:
		on_shoot(m, a);
		break;
	case POLICY_FENCE_CANCEL:
		on_cancel(m, a->node);
		break;
	case POLICY_CONFIRM:
		on_confirm(m, a);
		break;
	case POLICY_SAVE:
		if (m->write_at)
			sim_fail("node %u writes twice at once", m->id);
		m->writing = a->memory;
		m->write_at = now_of(m) + (1 + a->memory.epoch % 19) * SAMR_MSEC;
		break;
	case POLICY_TELL:
		on_tell(m, a);
		break;
	case POLICY_START:
		on_start(m, a->founders);
		break;
	case POLICY_ALERT:
		room_alert(m->room, a);
		break;
	case POLICY_FEED:
	case POLICY_STARVE:
		break;
	}
}

static void step(struct machine *m, struct policy_event *ev)
{
	struct policy_actions acts;
	size_t i;

	ev->now = host_now(m->host);
	if (policy_step(m->policy, ev, &m->acts))
		sim_fail("node %u: event %u is refused", m->id, ev->type);
	acts = m->acts;
	for (i = 0; i < acts.count; i++)
		run_action(m, &acts.action[i]);
}

/* samrd comes up: what was told to the one before it does not count. */
static void start_daemon(struct machine *m)
{
	struct policy_event ev = { .type = POLICY_EV_CONFIG,
				   .config = &m->config };

	free(m->policy);
	m->policy = sim_alloc(policy_size());
	policy_init(m->policy);
	m->viewed = false;
	m->carrier = false;
	m->fresh = U64_MAX;
	memset(m->heard, 0, sizeof(m->heard));
	memset(m->fence, 0, sizeof(m->fence));
	memset(m->saved, 0, sizeof(m->saved));
	m->write_at = 0;
	step(m, &ev);
	ev = (struct policy_event){ .type = POLICY_EV_MEMORY, .node = m->id };
	ev.memory.state = m->disk_state;
	ev.memory.memory = m->disk;
	step(m, &ev);
}

static void forget_member(struct machine *m)
{
	m->talker = (struct talker){ };
}

void machine_on(struct machine *m)
{
	forget_member(m);
	memset(m->frame_at, 0, sizeof(m->frame_at));
	m->on_at = U64_MAX;
	m->up = false;
	room_born(m->room, m);
	start_daemon(m);
}

/* What was being written is there, or is not. What it was doing is over. */
void machine_off(struct machine *m, u64 wait)
{
	struct cluster *c = m->host->cluster;
	struct machine *other;
	u32 i;

	if (m->write_at && rng_one_in(&c->rng, 2)) {
		m->disk = m->writing;
		m->disk_state = MEMORY_FOUND;
	}
	m->write_at = 0;
	for (i = 0; (other = room_nth(m->room, i)); i++)
		other->shot[m->id].on = false;
	m->on_at = wait == U64_MAX ? wait : c->queue.now + wait;
	free(m->policy);
	m->policy = NULL;
	c->host[m->id] = NULL;
	host_free(m->host);
	m->host = NULL;
}

void machine_restart(struct machine *m)
{
	struct machine *other;
	u32 i;

	for (i = 0; (other = room_nth(m->room, i)); i++)
		other->shot[m->id].on = false;
	start_daemon(m);
}

void machine_frame(struct machine *m, u32 from, u64 inc)
{
	m->frame_at[from] = host_now(m->host);
	m->frame_inc[from] = inc;
}

static void tell_view(struct machine *m, enum policy_state state)
{
	struct policy_event ev = { .type = POLICY_EV_VIEW };
	struct samr_view_info v;
	struct policy_view p;
	u32 i;

	memset(&p, 0, sizeof(p));
	samr_node_view(m->host->node, &v);
	p.state = state != POLICY_SERVING ? state :
		  !v.epoch ? m->up ? POLICY_WAITING : POLICY_DOWN :
		  v.learning ? POLICY_LEARNING :
		  v.wedged ? POLICY_WEDGED : POLICY_SERVING;
	if (v.epoch && p.state != POLICY_EXPELLED) {
		p.epoch = v.epoch;
		p.rule = v.policy == SAMR_POLICY_FENCE ? POLICY_FENCE :
							 POLICY_MAJORITY;
		p.count = v.count;
		for (i = 0; i < v.count; i++) {
			p.node[i] = (u32)v.node[i];
			if (v.flags[i] & SAMR_SEAT_LEARNER)
				p.learners |= BIT_ULL(v.node[i]);
			if (v.flags[i] & SAMR_SEAT_WITNESS)
				p.witness |= BIT_ULL(v.node[i]);
		}
	}
	if (m->viewed && !memcmp(&p, &m->view, sizeof(p)))
		return;
	m->view = p;
	m->viewed = true;
	ev.view = &p;
	step(m, &ev);
}

static void tell_heard(struct machine *m, u32 id)
{
	struct policy_event ev = { .type = POLICY_EV_HEARD, .node = id };
	u64 at = m->frame_at[id];
	bool heard = at && host_now(m->host) - at < m->config.dead;
	bool fresh = m->fresh & BIT_ULL(id);
	struct samr_peer_info p;

	m->fresh &= ~BIT_ULL(id);
	if (heard == m->heard[id] && !(fresh && at && !heard) &&
	    (!heard || m->heard_inc[id] == m->frame_inc[id]))
		return;
	m->heard[id] = heard;
	m->heard_inc[id] = m->frame_inc[id];
	ev.inc = m->frame_inc[id];
	if (!heard) {
		ev.type = POLICY_EV_LOST;
		/* A core that stood still counts anew, as the kernel's does. */
		if (samr_node_peer(m->host->node, id, &p))
			at = max(at, p.heard);
		ev.since = at + m->config.dead;
	}
	step(m, &ev);
}

static void tell_saved(struct machine *m, u32 id)
{
	struct policy_event ev = { .type = POLICY_EV_MEMORY, .node = id };
	struct samr_peer_info p;
	struct memory *mem = &ev.memory.memory;

	if (!samr_node_peer(m->host->node, id, &p) || !p.saved.told ||
	    (p.saved.epoch == m->saved[id].epoch && m->saved[id].told &&
	     p.saved.members == m->saved[id].members &&
	     p.saved.flags == m->saved[id].flags))
		return;
	m->saved[id] = p.saved;
	ev.memory.state = p.saved.flags & SAMR_SAVED_UNREADABLE ?
			  MEMORY_CORRUPT :
			  p.saved.members ? MEMORY_FOUND : MEMORY_NONE;
	*mem = (struct memory){ .cluster = m->config.cluster, .node = id,
				.flags = p.saved.flags, .epoch = p.saved.epoch,
				.members = p.saved.members };
	step(m, &ev);
}

static void tell_fence(struct machine *m, u32 id, const struct samr_fence *is)
{
	const struct samr_fence was = m->fence[id];
	struct policy_event ev = { .node = id };

	m->fence[id] = *is;
	if (was.id && is->inc != was.inc) {
		ev.type = POLICY_EV_FENCE_OVER;
		ev.inc = was.inc;
		step(m, &ev);
	}
	if (is->id && (is->inc != was.inc || is->token != was.token ||
		       is->why != was.why)) {
		ev.type = POLICY_EV_FENCE;
		ev.inc = is->inc;
		ev.token = is->token;
		ev.fence.epoch = is->epoch;
		ev.fence.why = is->why == SAMR_FENCE_BLOCKED ?
			       POLICY_BLOCKED : POLICY_EXCLUDED;
		step(m, &ev);
	}
}

/* Of each head the one that is asked for; those that are not any more. */
static void tell_fences(struct machine *m)
{
	static const struct samr_fence none;
	struct samr_fence f[SAMR_FENCES + 1];
	u32 index[NET_NODES] = { }, count = 0, i, id;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (!samr_node_fence(m->host->node, i, &f[count]) ||
		    f[count].dead || f[count].why == SAMR_FENCE_NONE)
			continue;
		id = (u32)f[count].id;
		if (!index[id] || f[count].at >= f[index[id] - 1].at)
			index[id] = count + 1;
		count++;
	}
	for (id = 1; id < NET_NODES; id++)
		if (index[id] || m->fence[id].id)
			tell_fence(m, id, index[id] ? &f[index[id] - 1] : &none);
}

static void tell_answers(struct machine *m)
{
	struct policy_event ev;
	struct machine *at;
	struct shot *s;
	u64 now = now_of(m);
	u32 i;

	for (i = 0; (at = room_nth(m->room, i)); i++) {
		s = &at->shot[m->id];
		if (!s->on || now < s->end_at)
			continue;
		s->on = false;
		if (s->cut_at && (s->result == FENCE_IS_OFF ||
				  s->result == FENCE_IS_ON))
			sim_fail("a device of node %u says done, and has yet to do it",
				 at->id);
		ev = (struct policy_event){ .type = POLICY_EV_ATTEMPT,
			.node = at->id, .inc = s->inc, .token = s->token };
		ev.result = s->result;
		if (s->power_on) {
			ev.type = POLICY_EV_POWERED;
			ev.ok = ev.result == FENCE_IS_ON;
		}
		step(m, &ev);
	}
	if (!m->write_at || now < m->write_at)
		return;
	m->write_at = 0;
	ev = (struct policy_event){ .type = POLICY_EV_SAVED };
	ev.epoch = m->writing.epoch;
	ev.ok = !rng_one_in(&m->host->cluster->rng, 20);
	if (ev.ok) {
		m->disk = m->writing;
		m->disk_state = MEMORY_FOUND;
	}
	step(m, &ev);
}

/* The kernel begins anew at once, with what it was told before. */
static void begin_anew(struct machine *m)
{
	struct cluster *c = m->host->cluster;

	tell_view(m, POLICY_EXPELLED);
	c->host[m->id] = NULL;
	host_free(m->host);
	m->host = NULL;
	forget_member(m);
	room_born(m->room, m);
	if (m->saved[m->id].told)
		host_saved(m->host, &m->saved[m->id], true);
	host_founders(m->host, c->mask, m->founders ?: SAMR_NO_FOUNDERS);
}

void machine_power(struct machine *m, u64 now)
{
	struct machine *by;
	struct shot *s;
	u32 i;

	for (i = 0; (by = room_nth(m->room, i)); i++) {
		s = &m->shot[by->id];
		if (!s->cut_at || now < s->cut_at)
			continue;
		s->cut_at = 0;
		if (s->power_on && !m->host)
			m->on_at = now;
		else if (!s->power_on && m->host)
			machine_off(m, s->returns ? 4 * SAMR_MSEC : U64_MAX);
	}
}

void machine_tick(struct machine *m, u64 now)
{
	struct policy_event ev = { .type = POLICY_EV_TIME };
	struct machine *other;
	u32 i;

	if (!m->host || now < m->host->paused_until)
		return;
	if (samr_node_out(m->host->node))
		begin_anew(m);
	tell_view(m, POLICY_SERVING);
	if (m->carrier == m->unplugged) {
		m->carrier = !m->unplugged;
		ev.type = POLICY_EV_CARRIER;
		ev.carrier = m->carrier;
		step(m, &ev);
	}
	for (i = 0; (other = room_nth(m->room, i)); i++) {
		if (other == m)
			continue;
		tell_heard(m, other->id);
		tell_saved(m, other->id);
	}
	tell_fences(m);
	tell_answers(m);
	ev = (struct policy_event){ .type = POLICY_EV_TIME };
	if (host_now(m->host) >= policy_deadline(m->policy))
		step(m, &ev);
}
