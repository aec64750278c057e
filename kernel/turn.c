// SPDX-License-Identifier: GPL-2.0
/* Lock-step, see turn.h. */
#include "connection.h"
#include "listener.h"
#include "turn.h"

static unsigned int watched(const struct samr_local_ops *ops, void *ctx)
{
	return ops && ops->watched ? ops->watched(ctx) : 0;
}

/* Has its program what it got, or does it want it at all? */
static bool is_over(const struct samr_listener *ls)
{
	const struct samr_connection *x = ls->turn.of;

	if (!x)
		return !ls->waiting || !watched(ls->ops, ls->ctx);
	return (ls->turn.shown && !x->side.in.bytes) ||
	       !watched(x->side.ops, x->side.ctx);
}

void samr_turn_give(struct samr_listener *ls, struct samr_connection *x)
{
	lockdep_assert_held(&ls->local->svc->lock);
	if (!ls->turn.on || !(x ? watched(x->side.ops, x->side.ctx) :
				  watched(ls->ops, ls->ctx)))
		return;
	ls->turn.of = x;
	ls->turn.shown = false;
	WRITE_ONCE(ls->turn.taken, true);
}

/* Who watches it already is only told of what comes, and does not ask first. */
void samr_turn_begin(struct samr_listener *ls)
{
	lockdep_assert_held(&ls->local->svc->lock);
	if (!ls->turn.on || watched(ls->ops, ls->ctx))
		return;
	ls->turn.of = NULL;
	ls->turn.shown = false;
	WRITE_ONCE(ls->turn.taken, true);
}

void samr_turn_end(struct samr_listener *ls, struct samr_connection *x)
{
	lockdep_assert_held(&ls->local->svc->lock);
	if (ls->turn.of == x)
		WRITE_ONCE(ls->turn.taken, false);
}

void samr_turn_pass(struct samr_listener *ls, struct samr_connection *x,
		    struct list_head *free)
{
	lockdep_assert_held(&ls->local->svc->lock);
	if (!ls->turn.taken || ls->turn.of != x)
		return;
	ls->turn.shown = true;
	/* Who is told of changes only need not look once more before it waits. */
	if (x->side.in.bytes ||
	    !(watched(x->side.ops, x->side.ctx) & SAMR_WATCHED_EDGE))
		return;
	WRITE_ONCE(ls->turn.taken, false);
	samr_listener_pump(ls, free);
}

void samr_turn_show(struct samr_listener *ls, struct samr_connection *x)
{
	struct samr_service *svc = ls->local->svc;
	LIST_HEAD(free);

	if (!READ_ONCE(ls->turn.taken))
		return;
	spin_lock_bh(&svc->lock);
	samr_turn_pass(ls, x, &free);
	samr_service_unlock(svc, &free);
}

void samr_turn_back(struct samr_listener *ls)
{
	struct samr_service *svc = ls->local->svc;
	LIST_HEAD(free);

	/* Of an input that is handed out from now on its program is still to be told. */
	if (!READ_ONCE(ls->turn.taken))
		return;
	spin_lock_bh(&svc->lock);
	if (ls->turn.taken && is_over(ls)) {
		WRITE_ONCE(ls->turn.taken, false);
		samr_listener_pump(ls, &free);
	}
	samr_service_unlock(svc, &free);
}

void samr_turn_set(struct samr_listener *ls, bool on)
{
	struct samr_service *svc = ls->local->svc;
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	WRITE_ONCE(ls->turn.on, on);
	if (!on) {
		WRITE_ONCE(ls->turn.taken, false);
		samr_listener_pump(ls, &free);
	}
	samr_service_unlock(svc, &free);
}
