// SPDX-License-Identifier: GPL-2.0
/* Doors of members that accept streams, see door.h. */
#include "connection.h"
#include "door.h"

int samr_door_open(struct samr_listener *ls, const struct samr_local_ops *ops,
		   void *ctx)
{
	struct samr_service *svc = ls->local->svc;
	int err = samr_local_err(ls->local);

	if (err)
		return err;
	spin_lock_bh(&svc->lock);
	if (!ls->sockets)
		err = -ENOTCONN;
	else if (ls->local->state != SAMR_MEMBER_BOUND)
		err = -EISCONN;
	else if (ls->door.ops)
		err = -EBUSY;
	if (!err) {
		ls->door.ops = ops;
		ls->door.ctx = ctx;
	}
	spin_unlock_bh(&svc->lock);
	return err;
}

/* What its program holds is nobody's state any more when nobody can give it. */
void samr_door_close(struct samr_listener *ls)
{
	struct samr_service *svc = ls->local->svc;
	LIST_HEAD(free);
	bool out;

	spin_lock_bh(&svc->lock);
	ls->door.ops = NULL;
	ls->door.ctx = NULL;
	out = samr_local_expel(ls->local, ECONNABORTED, &free);
	samr_service_unlock(svc, &free);
	if (!out)
		samr_local_leave(ls->local);
}

void samr_door_back(struct samr_listener *ls)
{
	struct samr_local *l = ls->local;
	struct samr_service *svc = l->svc;
	struct samr_msg *msg;
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	msg = samr_log_peek(&svc->log, &l->reader);
	if (l->offer == SAMR_OFFER_TAKEN && msg) {
		l->offer = SAMR_OFFER_NONE;
		ls->door.given = msg->meta.gseq;
		samr_listener_pump(ls, &free);
	}
	samr_service_unlock(svc, &free);
}

void samr_door_taken(struct samr_listener *ls, const struct samr_msg *msg)
{
	lockdep_assert_held(&ls->local->svc->lock);
	if (msg->meta.flags & SAMR_MSG_KEEP)
		samr_keep_say(ls, msg->meta.gseq, SAMR_PLACE_KEEP);
}

int samr_door_policy(struct samr_listener *ls, u32 policy)
{
	struct samr_service *svc = ls->local->svc;
	int err = -EISCONN;

	if (policy > SAMR_STREAMS_KEEP)
		return -EINVAL;
	spin_lock_bh(&svc->lock);
	if (ls->local->state == SAMR_MEMBER_BOUND) {
		ls->keep.policy = policy;
		ls->local->install.keeps = policy != SAMR_STREAMS_END;
		err = 0;
	}
	spin_unlock_bh(&svc->lock);
	return err;
}

/* Has its program read all that came, but what nobody will ever read? */
static bool has_read_all(const struct samr_listener *ls)
{
	const struct samr_connection *x;
	unsigned int i;

	if (ls->waiting)
		return false;
	for (i = 0; i < SAMR_LISTENER_BUCKETS; i++)
		hlist_for_each_entry(x, &ls->conns[i], hash)
			if (x->side.in.bytes)
				return false;
	return true;
}

bool samr_door_holds(struct samr_listener *ls, const struct samr_msg *msg)
{
	struct samr_local *l = ls->local;

	lockdep_assert_held(&l->svc->lock);
	if (!ls->door.ops || ls->door.given == msg->meta.gseq ||
	    !samr_log_asks(&l->reader, msg))
		return false;
	if (l->offer != SAMR_OFFER_NONE || !has_read_all(ls))
		return true;
	if (msg->meta.flags & SAMR_MSG_KEEP && !samr_keep_may(ls)) {
		ls->door.given = msg->meta.gseq;
		samr_keep_say(ls, msg->meta.gseq, SAMR_PLACE_CUT);
		return false;
	}
	l->offer = SAMR_OFFER_MADE;
	ls->door.ops->readable(ls->door.ctx);
	return true;
}
