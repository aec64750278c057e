// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept on disk, and with whom a cluster starts that is down.
 *
 * The view in force is never larger than the newest one on any disk: one that
 * takes a head in is on all its disks before that head counts, and what follows
 * from it without new heads are parts of it. One that is formed anew is on all its
 * disks before it is, as the memory that it follows from. So when all that the
 * newest memory names are here, whoever has the newest state is here.
 *
 * An override is a memory, too: of a next view of those that are here. It is told
 * like any other, and so all of them act on it.
 */
#include "policy_inside.h"

static struct policy_head *self_of(struct policy *p)
{
	return &p->head[p->config.self];
}

static bool has_view(const struct policy *p)
{
	return p->view.state == POLICY_LEARNING ||
	       p->view.state == POLICY_SERVING ||
	       p->view.state == POLICY_WEDGED;
}

static bool same(const struct memory *a, const struct memory *b)
{
	return a->epoch == b->epoch && a->members == b->members &&
	       a->flags == b->flags;
}

static bool remembers(const struct policy_head *h)
{
	return h->told && !h->lost && h->memory.epoch;
}

/* This head itself, or one that is heard and has said what it remembers. */
static bool here(const struct policy *p, uint32_t id)
{
	return p->head[id].told && (p->head[id].heard || id == p->config.self);
}

static uint64_t heads_of(const struct policy *p)
{
	uint64_t set = 0;
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++)
		if (p->config.nodes[id].configured && id != p->config.witness)
			set |= policy_bit(id);
	return set;
}

/**
 * struct newest - the newest of all memories that are known
 * @epoch: of it; 0: there is none
 * @members: of that view, without the witness and those that have left it
 * @flags: MEMORY_FORCED
 * @holders: heads that remember it
 * @differ: they do not agree on who was in it
 */
struct newest {
	uint64_t epoch;
	uint64_t members;
	uint32_t flags;
	uint64_t holders;
	uint64_t differ;
};

/* That it is out a head knows before its disk does. */
static bool knows_out(const struct policy *p, uint32_t id)
{
	return id == p->config.self && p->want &&
	       (p->wanted.flags & MEMORY_GONE) &&
	       p->wanted.epoch == p->head[id].memory.epoch;
}

/* Of the heads in @set. */
static struct newest newest_of(const struct policy *p, uint64_t set)
{
	const struct policy_head *h;
	struct newest n = { 0 };
	uint64_t gone = 0;
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++) {
		h = &p->head[id];
		if (!(set & policy_bit(id)) || !remembers(h) ||
		    h->memory.epoch < n.epoch)
			continue;
		if (h->memory.epoch > n.epoch) {
			n = (struct newest){ .epoch = h->memory.epoch,
					     .members = h->memory.members };
			gone = 0;
		}
		if (h->memory.members != n.members)
			n.differ |= policy_bit(id);
		if ((h->memory.flags & MEMORY_GONE) || knows_out(p, id))
			gone |= policy_bit(id);
		n.flags |= h->memory.flags & MEMORY_FORCED;
		n.holders |= policy_bit(id);
	}
	if (p->config.witness)
		n.members &= ~policy_bit(p->config.witness);
	/* The last one cannot have been left behind by anybody. */
	if (n.members & ~gone)
		n.members &= ~gone;
	return n;
}

static uint64_t here_of(const struct policy *p)
{
	uint64_t set = 0;
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++)
		if (here(p, id))
			set |= policy_bit(id);
	return set;
}

/* Of @set: those that are here, but do not know what they had to know. */
static uint64_t amnesiacs(const struct policy *p, const struct newest *n,
			  uint64_t set)
{
	uint64_t out = 0;
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++) {
		if (!(set & policy_bit(id)) || !here(p, id))
			continue;
		/*
		 * Nobody has been in a view, or the admin has decided, or it is
		 * known to have been there before the first view.
		 */
		if (!p->head[id].lost &&
		    (!n->epoch || (n->flags & MEMORY_FORCED) ||
		     p->head[id].memory.members))
			continue;
		if (!remembers(&p->head[id]))
			out |= policy_bit(id);
	}
	return out;
}

/* The witness, where it is needed, or can take part. */
static uint64_t witness_of(const struct policy *p, bool needed)
{
	uint32_t w = p->config.witness;

	return w && (needed || (here(p, w) && !p->head[w].lost)) ?
	       policy_bit(w) : 0;
}

/* Whoever is missing, of those that are here it has to be the newest. */
static void look_override(const struct policy *p, struct policy_start *s)
{
	uint64_t present = here_of(p) & ~witness_of(p, true), set;
	uint64_t self = policy_bit(p->config.self);
	const struct memory *own = &p->head[p->config.self].memory;
	struct newest n = newest_of(p, present);
	uint32_t id;

	set = n.epoch ? n.members & present & ~amnesiacs(p, &n, present) :
			present;
	/* Where they differ it is his own that the admin decides for. */
	for (id = 1; id < POLICY_IDS && n.differ && (n.holders & self); id++)
		if (p->head[id].memory.epoch != n.epoch ||
		    p->head[id].memory.members != own->members)
			set &= ~policy_bit(id);
	if (!set)
		set = n.holders ? n.holders : self;
	if ((set & self) && p->config.self != p->config.witness)
		s->override = set;
	else
		s->better = set & ~self;
}

void policy_start_look(const struct policy *p, struct policy_start *s)
{
	struct newest n = newest_of(p, ~0ULL);
	uint64_t self = policy_bit(p->config.self), need, lost;

	memset(s, 0, sizeof(*s));
	s->epoch = n.epoch;
	s->members = n.members;
	if (!p->viewed || has_view(p))
		return;
	if (!p->head[p->config.self].told) {
		s->wait = POLICY_WAIT_MEMORY;
		return;
	}
	need = n.epoch ? n.members : heads_of(p) | witness_of(p, true);
	lost = amnesiacs(p, &n, need);
	look_override(p, s);
	if (n.differ) {
		s->wait = POLICY_WAIT_CONFLICT;
		s->heads = n.holders;
	} else if (p->head[p->config.self].lost ||
		   !((need | witness_of(p, true)) & self)) {
		s->wait = POLICY_WAIT_OTHERS;
		s->heads = need & ~self;
	} else if (need & ~here_of(p)) {
		s->wait = POLICY_WAIT_HEADS;
		s->heads = need & ~here_of(p);
	} else if (lost) {
		s->wait = POLICY_WAIT_AMNESIA;
		s->heads = lost;
	} else {
		s->wait = POLICY_WAIT_FORMING;
		s->founders = need | witness_of(p, !n.epoch);
		s->heads = s->founders;
		s->override = 0;
	}
}

static void tell(struct policy *p)
{
	struct policy_action *a = policy_ask(p, POLICY_TELL, p->config.self);

	a->memory = self_of(p)->memory;
	a->memory_state = self_of(p)->lost ? MEMORY_CORRUPT :
			  self_of(p)->memory.members ? MEMORY_FOUND :
						       MEMORY_NONE;
}

static int take_memory(struct policy *p, const struct policy_event *ev)
{
	struct policy_head *h = &p->head[ev->node];
	enum memory_state s = ev->memory.state;

	if (s > MEMORY_NODE)
		return -EINVAL;
	h->told = true;
	h->lost = (s != MEMORY_FOUND && s != MEMORY_NONE) ||
		  (ev->memory.memory.flags & MEMORY_LOST);
	h->memory = ev->memory.memory;
	if (s != MEMORY_FOUND || h->lost) {
		h->memory.cluster = p->config.cluster;
		h->memory.node = ev->node;
		h->memory.epoch = 0;
		h->memory.members = 0;
		h->memory.flags = 0;
	}
	if (ev->node != p->config.self)
		return 0;
	if (h->lost)
		policy_alert(p, POLICY_ALERT_MEMORY, ev->node, 0, s);
	tell(p);
	return 0;
}

static int take_saved(struct policy *p, const struct policy_event *ev)
{
	if (!p->busy || ev->epoch != p->saving.epoch)
		return -EINVAL;
	p->busy = false;
	if (ev->ok) {
		p->unsaved = 0;
		self_of(p)->told = true;
		self_of(p)->lost = false;
		self_of(p)->memory = p->saving;
		tell(p);
		return 0;
	}
	p->unsaved++;
	p->save_at = policy_add(p->now, policy_back_off(POLICY_SAVE_RETRY,
							p->unsaved,
							POLICY_SAVE_RETRY_MAX));
	if (!(p->unsaved & (p->unsaved - 1)))
		policy_alert(p, POLICY_ALERT_NOT_SAVED, 0, 0, p->unsaved);
	return 0;
}

static void want(struct policy *p, const struct memory *m)
{
	if (p->want && same(&p->wanted, m))
		return;
	p->wanted = *m;
	p->wanted.cluster = p->config.cluster;
	p->wanted.node = p->config.self;
	p->want = true;
	/* Something new is worth a try at once. */
	p->save_at = p->now;
}

static int take_override(struct policy *p)
{
	struct memory m = { .flags = MEMORY_FORCED };
	struct policy_start s;

	if (has_view(p))
		return -EISCONN;
	if (!p->viewed || !self_of(p)->told)
		return -EAGAIN;
	policy_start_look(p, &s);
	if (s.wait == POLICY_WAIT_FORMING)
		return 0;
	if (!s.override)
		return -EHOSTDOWN;
	m.epoch = s.epoch + 1;
	m.members = s.override;
	if (m.members == policy_bit(p->config.self))
		m.flags |= MEMORY_LAST;
	want(p, &m);
	return 0;
}

int policy_start_event(struct policy *p, const struct policy_event *ev)
{
	if (ev->type == POLICY_EV_MEMORY)
		return take_memory(p, ev);
	if (ev->type == POLICY_EV_SAVED)
		return take_saved(p, ev);
	return take_override(p);
}

/* What follows from the view for the memory. */
static void remember(struct policy *p)
{
	const struct policy_view *v = &p->view;
	struct memory m = { 0 };

	if (has_view(p) && v->epoch) {
		m.epoch = v->epoch;
		m.members = policy_members(v) & ~v->witness;
		if (m.members == policy_bit(p->config.self))
			m.flags |= MEMORY_LAST;
		want(p, &m);
		return;
	}
	/* Of what it does not know nobody can say that it is over. */
	if ((v->state != POLICY_EXPELLED && v->state != POLICY_LEFT) ||
	    !(p->want || remembers(self_of(p))))
		return;
	m = p->want ? p->wanted : self_of(p)->memory;
	m.flags |= MEMORY_GONE;
	m.flags &= ~MEMORY_LAST;
	if (v->state == POLICY_LEFT)
		m.flags |= MEMORY_LEFT;
	want(p, &m);
}

/* A disk that does not answer says nothing: no failure, and no success. */
static void wait_for_disk(struct policy *p)
{
	uint64_t at = policy_add(p->saving_since, POLICY_SAVE_SLOW);

	if (p->slow)
		return;
	if (p->now < at) {
		policy_wake(p, at);
		return;
	}
	p->slow = true;
	policy_alert(p, POLICY_ALERT_SAVE_HANGS, 0, 0, 0);
}

static void save(struct policy *p)
{
	struct policy_head *own = self_of(p);
	struct policy_action *a;

	if (p->busy) {
		wait_for_disk(p);
		return;
	}
	if (!p->want || !own->told ||
	    (!own->lost && same(&p->wanted, &own->memory)))
		return;
	if (p->now < p->save_at) {
		policy_wake(p, p->save_at);
		return;
	}
	a = policy_ask(p, POLICY_SAVE, p->config.self);
	a->memory = p->wanted;
	p->saving = p->wanted;
	p->busy = true;
	p->saving_since = p->now;
	p->slow = false;
	wait_for_disk(p);
}

/* The newest of all memories, for the own disk. */
static struct memory newest_memory(const struct policy *p, uint64_t epoch)
{
	struct memory m = { .epoch = epoch };
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++)
		if (remembers(&p->head[id]) &&
		    p->head[id].memory.epoch == epoch) {
			m.members = p->head[id].memory.members;
			m.flags |= p->head[id].memory.flags & MEMORY_FORCED;
		}
	if (m.members == policy_bit(p->config.self))
		m.flags |= MEMORY_LAST;
	return m;
}

/*
 * Before a first view a head puts down of whom it will be. With an older memory,
 * in which it was alone, it could start alone after all power was lost once more.
 * And a head that is in a view, but has nothing on disk, has another disk.
 */
static bool prepared(struct policy *p, const struct policy_start *s)
{
	const struct memory *own = &self_of(p)->memory;
	struct memory m = { .members = s->founders & heads_of(p) };

	if (!s->founders || (own->members && own->epoch >= s->epoch))
		return true;
	if (s->epoch)
		m = newest_memory(p, s->epoch);
	want(p, &m);
	save(p);
	return false;
}

static void start(struct policy *p)
{
	struct policy_start s;
	struct policy_action *a;

	if (!p->viewed || !self_of(p)->told)
		return;
	if (has_view(p) || p->view.state == POLICY_LEFT) {
		p->started = true;
		return;
	}
	/* Somebody has taken it down: that is not for us to undo. */
	if (p->started && p->view.state != POLICY_WAITING)
		return;
	policy_start_look(p, &s);
	if (!prepared(p, &s))
		s.founders = 0;
	if (p->asked && s.founders == p->founders)
		return;
	p->started = true;
	p->asked = true;
	p->founders = s.founders;
	a = policy_ask(p, POLICY_START, 0);
	a->founders = s.founders;
}

static void watch(struct policy *p)
{
	struct newest n = newest_of(p, ~0ULL);
	struct policy_head *h;
	uint32_t id;

	if (n.differ && !p->conflict)
		policy_alert(p, POLICY_ALERT_CONFLICT,
			     (uint32_t)__builtin_ctzll(n.differ), 0, 0);
	p->conflict = n.differ;
	/* One that was cut off finds out in this way, too: that is no fault. */
	if (p->view.state != POLICY_SERVING)
		return;
	for (id = 1; id < POLICY_IDS; id++) {
		h = &p->head[id];
		if (id == p->config.self || !remembers(h) ||
		    h->memory.epoch <= p->view.epoch ||
		    h->newer == h->memory.epoch ||
		    (policy_members(&p->view) & policy_bit(id)))
			continue;
		h->newer = h->memory.epoch;
		policy_alert(p, POLICY_ALERT_NEWER, id, 0, 0);
	}
}

void policy_start_run(struct policy *p)
{
	if (p->viewed)
		remember(p);
	save(p);
	start(p);
	watch(p);
}
