// SPDX-License-Identifier: GPL-2.0
/*
 * Queries that members on this head are to answer. They have no place in the log: each
 * waits in its member's list until the member has read all that was delivered before it.
 */
#include <linux/lockdep.h>
#include "local.h"

/*
 * The core keeps no more than so many; of clients that have gone the member may have
 * some which the core does not count any more.
 */
static void drop_unwanted(struct samr_local *l, struct list_head *free)
{
	struct samr_msg *msg, *next;

	list_for_each_entry_safe(msg, next, &l->queries, link)
		if (READ_ONCE(msg->unwanted))
			list_move_tail(&msg->link, free);
}

void samr_local_query(struct samr_service *svc, struct samr_msg *msg,
		      struct list_head *free)
{
	struct samr_local *l;

	lockdep_assert_held(&svc->lock);
	list_for_each_entry(l, &svc->locals, node) {
		if (l->port != msg->meta.port || !l->ops || l->muted ||
		    l->state != SAMR_MEMBER_JOINED || l->err)
			continue;
		drop_unwanted(l, free);
		list_add_tail(&msg->link, &l->queries);
		l->ops->readable(l->ctx);
		return;
	}
	list_add_tail(&msg->link, free);
}

struct samr_msg *samr_local_query_before(const struct samr_local *l,
					 const struct samr_msg *next)
{
	struct samr_msg *msg;

	lockdep_assert_held(&l->svc->lock);
	if (list_empty(&l->queries))
		return NULL;
	msg = list_first_entry(&l->queries, struct samr_msg, link);
	return !next || next->meta.gseq > msg->meta.gseq ? msg : NULL;
}

void samr_local_query_pass(struct samr_local *l, const struct samr_msg *msg,
			   struct list_head *free)
{
	struct samr_msg *first;

	lockdep_assert_held(&l->svc->lock);
	first = list_first_entry_or_null(&l->queries, struct samr_msg, link);
	if (first == msg)
		list_move_tail(&first->link, free);
}

u64 samr_local_query_bytes(const struct samr_local *l)
{
	const struct samr_msg *msg;
	u64 bytes = 0;

	lockdep_assert_held(&l->svc->lock);
	list_for_each_entry(msg, &l->queries, link)
		bytes += msg->meta.len;
	return bytes;
}
