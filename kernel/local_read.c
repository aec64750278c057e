// SPDX-License-Identifier: GPL-2.0
/* What a member reads, and how far it is, see local.h. */
#include <linux/err.h>
#include "listener.h"

static struct samr_msg *next_in_log(const struct samr_local *l)
{
	struct samr_msg *msg = samr_log_peek(&l->svc->log, &l->reader);

	/* The rest its listener reads by itself. */
	if (l->reader.streams)
		return l->offer == SAMR_OFFER_MADE ? msg : NULL;
	return samr_local_query_before(l, msg) ?: msg;
}

/* What is to be read next, without a reference. */
static struct samr_msg *front(const struct samr_local *l)
{
	struct samr_msg *msg;
	int err = samr_local_err(l);

	lockdep_assert_held(&l->svc->lock);
	if (err)
		return ERR_PTR(err);
	msg = l->install.lacks ? samr_install_front(l) : next_in_log(l);
	if (msg)
		return msg;
	if (l->state == SAMR_MEMBER_BOUND)
		return ERR_PTR(-ENOTCONN);
	if (l->state == SAMR_MEMBER_LEFT || l->muted)
		return NULL;
	return ERR_PTR(-EAGAIN);
}

struct samr_msg *samr_local_peek(struct samr_local *l, bool *first)
{
	struct samr_msg *msg;

	spin_lock_bh(&l->svc->lock);
	msg = front(l);
	if (!IS_ERR_OR_NULL(msg))
		samr_msg_get(msg);
	if (first)
		*first = !l->install.read;
	spin_unlock_bh(&l->svc->lock);
	return msg;
}

const struct samr_lock_note *samr_local_note(struct samr_local *l,
					     const struct samr_msg *msg)
{
	const struct samr_lock_note *note;

	spin_lock_bh(&l->svc->lock);
	note = l->install.lacks || msg->meta.kind == SAMR_KIND_QUERY ? NULL :
	       samr_log_note(&l->reader, msg);
	spin_unlock_bh(&l->svc->lock);
	return note;
}

bool samr_local_idle(const struct samr_local *l)
{
	bool is;

	spin_lock_bh(&l->svc->lock);
	is = front(l) == ERR_PTR(-EAGAIN);
	spin_unlock_bh(&l->svc->lock);
	return is;
}

static void refuse(const struct samr_local *l, u64 id)
{
	struct samr_event ev = {
		.type = SAMR_EV_PLACE,
		.place = {
			.group	= l->svc->id,
			.port	= l->port,
			.id	= id,
			.how	= SAMR_PLACE_CUT,
		},
	};

	samr_cluster_ask(l->svc->all->c, &ev);
}

static void take_offer(struct samr_local *l, const struct samr_msg *msg)
{
	l->offer = SAMR_OFFER_TAKEN;
	if (l->ctx)
		samr_door_taken(l->ctx, msg);
}

void samr_local_pass(struct samr_local *l, const struct samr_msg *msg)
{
	LIST_HEAD(free);

	spin_lock_bh(&l->svc->lock);
	if (msg->meta.kind == SAMR_KIND_QUERY)
		samr_local_query_pass(l, msg, &free);
	else if (l->install.lacks)
		samr_install_pass(l, msg, &free);
	else if (l->reader.streams)
		take_offer(l, msg);
	else
		samr_log_pass(&l->svc->log, &l->reader, msg, &free);
	samr_service_unlock(l->svc, &free);
	/* Of streams it knows nothing. */
	if (msg->meta.kind == SAMR_KIND_SNAPSHOT &&
	    msg->meta.flags & SAMR_MSG_KEEP && !l->reader.streams)
		refuse(l, msg->meta.gseq);
}

__poll_t samr_local_poll(struct samr_local *l)
{
	__poll_t mask = 0;

	spin_lock_bh(&l->svc->lock);
	l->reader.edges = true;
	l->install.pieces.edges = true;
	if (!IS_ERR_OR_NULL(front(l)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (l->state == SAMR_MEMBER_BOUND)
		mask |= EPOLLHUP;
	if (l->state == SAMR_MEMBER_LEFT)
		mask |= EPOLLHUP | EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	spin_unlock_bh(&l->svc->lock);
	return mask;
}

void samr_local_notify(struct samr_local *l, u32 mask)
{
	LIST_HEAD(free);

	spin_lock_bh(&l->svc->lock);
	l->reader.diverged = mask & (1U << SAMR_TYPE_DIVERGED);
	samr_log_want_views(&l->svc->log, &l->reader, mask & (1U << SAMR_TYPE_VIEW), &free);
	samr_service_unlock(l->svc, &free);
}

void samr_local_info(struct samr_local *l, struct samr_local_info *info)
{
	spin_lock_bh(&l->svc->lock);
	info->service = l->svc->id;
	info->port = l->port;
	info->state = l->state == SAMR_MEMBER_JOINED && l->install.lacks ?
		      SAMR_MEMBER_INSTALLING : l->state;
	info->members = l->reader.members;
	info->view = l->reader.view;
	info->gseq = l->reader.seen.gseq;
	info->time = l->reader.seen.time;
	info->queued = samr_log_unread(&l->svc->log, &l->reader) +
		       samr_log_unread(&l->svc->pieces, &l->install.pieces) +
		       samr_local_query_bytes(l);
	info->unsettled = l->unsettled;
	spin_unlock_bh(&l->svc->lock);
}
