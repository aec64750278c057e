// SPDX-License-Identifier: GPL-2.0
/* One service on one of two heads; see standby.h. */
#include <string.h>

#include "standby.h"

#define BIT(n)	(1U << (n))

/* ---- words ---- */

const char *standby_state_word(enum standby_state state)
{
	static const char *const words[] = { "unknown", "standby", "waiting",
					     "starting", "active", "stopping",
					     "stuck", "failed" };

	return words[state];
}

const char *standby_run_word(enum standby_run what)
{
	static const char *const words[] = { "primary", "mount", "start", "stop",
					     "umount", "secondary" };

	return words[what];
}

const char *standby_wait_word(enum standby_wait wait)
{
	static const char *const words[] = { "none", "drbd", "down",
					     "peer-primary", "proof", "data",
					     "view" };

	return words[wait];
}

const char *standby_wait_text(enum standby_wait wait)
{
	static const char *const texts[] = {
		"",
		"DRBD does not say how it stands: does drbdsetup events2 work?",
		"the DRBD resource is not up: drbdadm up, or enable drbd.service",
		"the other head is primary, and has to stop the service first",
		"nobody knows what the other head does: DRBD has to be connected "
		"to it, or its power confirmed to be off",
		"the data of this head are not good enough: see drbdadm status",
		"the view orders nothing now",
	};

	return texts[wait];
}

const char *standby_alert_word(enum standby_alert alert)
{
	static const char *const words[] = { "none", "role-active",
					     "role-waits", "role-failed",
					     "role-stuck", "role-lost" };

	return words[alert];
}

const char *standby_alert_text(enum standby_alert alert)
{
	static const char *const texts[] = {
		"",
		"runs on this head now",
		"belongs on this head and cannot be started",
		"could not be started on this head and was taken down again; "
		"repair it, then systemctl reload samrd",
		"cannot be stopped on this head; it is tried again",
		"ran on this head, and DRBD is not primary any more",
	};

	return texts[alert];
}

/* ---- where it stands ---- */

void standby_init(struct standby *s, bool mount, bool start)
{
	*s = (struct standby){
		.state = STANDBY_UNKNOWN,
		.has = BIT(STANDBY_PRIMARY) | BIT(STANDBY_SECONDARY),
	};
	if (mount)
		s->has |= BIT(STANDBY_MOUNT) | BIT(STANDBY_UMOUNT);
	if (start)
		s->has |= BIT(STANDBY_START) | BIT(STANDBY_STOP);
}

static void enter(struct standby *s, enum standby_state state)
{
	if (s->state != state) {
		s->since = s->now;
		s->alerted = false;
	}
	s->state = state;
}

bool standby_is_down(const struct standby *s)
{
	return !s->running && (s->state == STANDBY_IDLE ||
			       s->state == STANDBY_FAILED ||
			       (s->state == STANDBY_WAITING && !s->ours));
}

static bool going_down(const struct standby *s)
{
	return s->state == STANDBY_STOPPING || s->state == STANDBY_STUCK;
}

/* What is in the way of becoming primary? */
static enum standby_wait obstacle(const struct standby *s)
{
	const struct standby_facts *f = &s->facts;

	if (!f->known)
		return STANDBY_WAIT_DRBD;
	if (!f->exists)
		return STANDBY_WAIT_DOWN;
	if (f->connected && f->peer_primary)
		return STANDBY_WAIT_PRIMARY;
	if (f->primary)
		return STANDBY_WAIT_NONE;
	if (!f->connected && !f->dead && !f->peer_outdated)
		return STANDBY_WAIT_PROOF;
	return f->usable ? STANDBY_WAIT_NONE : STANDBY_WAIT_DATA;
}

/* ---- running ---- */

/* The step that is there for this service, from @what on in its direction. */
static enum standby_run present(const struct standby *s, enum standby_run what)
{
	while (!(s->has & BIT(what)))
		what++;
	return what;
}

static bool is_last(const struct standby *s, enum standby_run what)
{
	enum standby_run end = what <= STANDBY_START ? STANDBY_START :
						       STANDBY_SECONDARY;

	while (what < end)
		if (s->has & BIT(++what))
			return false;
	return true;
}

static void run(struct standby *s, struct standby_out *out)
{
	s->running = true;
	if (s->what == STANDBY_PRIMARY) {
		s->ours = true;
		s->seen = s->facts.primary;
	}
	out->run = true;
	out->what = s->what;
}

static void begin_down(struct standby *s)
{
	enter(s, STANDBY_STOPPING);
	s->what = present(s, STANDBY_STOP);
	s->failed = 0;
	s->retry_at = 0;
}

static void begin_wait(struct standby *s)
{
	enter(s, STANDBY_WAITING);
	s->what = STANDBY_PRIMARY;
	s->failed = 0;
	s->retry_at = 0;
	s->gave_up = false;
}

static void is_down(struct standby *s, struct standby_out *out)
{
	s->failed = 0;
	s->ours = false;
	if (s->gave_up && !s->quit && s->facts.elected) {
		enter(s, STANDBY_FAILED);
		out->alert = STANDBY_ALERT_FAILED;
	} else {
		enter(s, STANDBY_IDLE);
	}
	s->gave_up = false;
}

static void go_down(struct standby *s, struct standby_out *out)
{
	if (s->now < s->retry_at)
		return;
	if (s->what != STANDBY_SECONDARY || s->ours) {
		run(s, out);
		return;
	}
	/* A resource that is not up, or secondary, needs no command that fails. */
	if (!s->facts.known)
		return;
	if (s->facts.exists && s->facts.primary)
		run(s, out);
	else
		is_down(s, out);
}

static void go_up(struct standby *s, struct standby_out *out)
{
	if (s->what == STANDBY_PRIMARY) {
		s->wait = obstacle(s);
		if (s->wait != STANDBY_WAIT_NONE) {
			enter(s, STANDBY_WAITING);
			return;
		}
	}
	enter(s, STANDBY_STARTING);
	if (s->now >= s->retry_at)
		run(s, out);
}

/* ---- what is wanted ---- */

static void want_down(struct standby *s, struct standby_out *out)
{
	bool left = s->facts.known && s->facts.exists && s->facts.primary;

	s->wait = STANDBY_WAIT_NONE;
	if (s->state == STANDBY_FAILED)
		enter(s, STANDBY_IDLE);
	if (s->state == STANDBY_IDLE && !left)
		return;
	if (!going_down(s))
		begin_down(s);
	go_down(s, out);
}

static void want_up(struct standby *s, struct standby_out *out)
{
	switch (s->state) {
	case STANDBY_FAILED:
		return;
	case STANDBY_ACTIVE:
		/* Its first word of that may still be on its way. */
		if (!s->facts.known || s->facts.primary || !s->seen)
			return;
		out->alert = STANDBY_ALERT_LOST;
		/* What runs on it has lost its data: all has to begin anew. */
		begin_down(s);
		go_down(s, out);
		return;
	case STANDBY_STOPPING:
	case STANDBY_STUCK:
		/* From the ground up, so that what failed has failed cleanly. */
		go_down(s, out);
		return;
	case STANDBY_UNKNOWN:
	case STANDBY_IDLE:
		begin_wait(s);
		break;
	case STANDBY_WAITING:
	case STANDBY_STARTING:
		break;
	}
	go_up(s, out);
}

static void decide(struct standby *s, struct standby_out *out)
{
	if (s->running)
		return;
	if (s->quit || s->facts.stand == STANDBY_OUT ||
	    (s->facts.stand == STANDBY_MEMBER && !s->facts.elected)) {
		want_down(s, out);
	} else if (s->facts.stand == STANDBY_MEMBER) {
		s->wait = STANDBY_WAIT_NONE;
		want_up(s, out);
		/* Down from a failure, and wanted: it begins at once. */
		if (!out->run && s->state == STANDBY_IDLE)
			want_up(s, out);
	} else if (going_down(s)) {
		go_down(s, out);
	} else if (s->state == STANDBY_WAITING ||
		   s->state == STANDBY_STARTING) {
		s->wait = STANDBY_WAIT_VIEW;
	}
}

/* ---- what has ended ---- */

static void back_off(struct standby *s)
{
	uint64_t wait = STANDBY_RETRY_NS;
	unsigned int i;

	for (i = 0; i < s->failed && wait < STANDBY_RETRY_MAX_NS; i++)
		wait *= 2;
	s->failed++;
	s->retry_at = s->now + (wait < STANDBY_RETRY_MAX_NS ?
				wait : STANDBY_RETRY_MAX_NS);
}

static void take_failure(struct standby *s, struct standby_out *out)
{
	back_off(s);
	if (s->failed < STANDBY_TRIES)
		return;
	if (s->what <= STANDBY_START) {
		begin_down(s);
		s->gave_up = true;
	} else if (s->state == STANDBY_STOPPING) {
		enter(s, STANDBY_STUCK);
		out->alert = STANDBY_ALERT_STUCK;
	}
}

/*
 * What was killed on its way up may live on in the kernel, or in systemd, and mount
 * or start something after it was found to be down: that holds the device open.
 */
static void begin_down_again(struct standby *s)
{
	if (going_down(s) && s->what == STANDBY_SECONDARY)
		s->what = present(s, STANDBY_STOP);
}

static void take_done(struct standby *s, bool ok, struct standby_out *out)
{
	if (!s->running)
		return;
	s->running = false;
	if (!ok) {
		take_failure(s, out);
		begin_down_again(s);
		return;
	}
	s->retry_at = 0;
	if (!is_last(s, s->what)) {
		s->what = present(s, s->what + 1);
	} else if (s->what <= STANDBY_START) {
		enter(s, STANDBY_ACTIVE);
		s->failed = 0;
		out->alert = STANDBY_ALERT_ACTIVE;
	} else {
		s->facts.primary = false;
		is_down(s, out);
	}
}

static void grow_impatient(struct standby *s, struct standby_out *out)
{
	if (s->state != STANDBY_WAITING || s->alerted ||
	    s->now - s->since < STANDBY_PATIENCE_NS)
		return;
	s->alerted = true;
	out->alert = STANDBY_ALERT_WAITS;
}

void standby_step(struct standby *s, const struct standby_event *ev,
		  struct standby_out *out)
{
	*out = (struct standby_out){ .alert = STANDBY_ALERT_NONE };
	s->now = ev->now;
	switch (ev->type) {
	case STANDBY_EV_TIME:
		break;
	case STANDBY_EV_FACTS:
		s->facts = *ev->facts;
		s->seen |= s->facts.known && s->facts.primary;
		break;
	case STANDBY_EV_DONE:
		take_done(s, ev->ok, out);
		break;
	case STANDBY_EV_AGAIN:
		if (s->state == STANDBY_FAILED)
			enter(s, STANDBY_IDLE);
		break;
	case STANDBY_EV_QUIT:
		s->quit = true;
		break;
	}
	if (s->state == STANDBY_UNKNOWN && ev->type != STANDBY_EV_FACTS &&
	    ev->type != STANDBY_EV_QUIT)
		return;
	decide(s, out);
	grow_impatient(s, out);
	out->prove = s->state == STANDBY_WAITING &&
		     s->wait == STANDBY_WAIT_PROOF;
}

uint64_t standby_deadline(const struct standby *s)
{
	if (s->running)
		return STANDBY_NEVER;
	if (s->retry_at > s->now && (going_down(s) ||
				     s->state == STANDBY_STARTING))
		return s->retry_at;
	if (s->state == STANDBY_WAITING && !s->alerted)
		return s->since + STANDBY_PATIENCE_NS;
	return STANDBY_NEVER;
}
