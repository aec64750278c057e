// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "queue.h"

struct samr_message *samr_message_new(void)
{
	return calloc(1, sizeof(struct samr_message));
}

void samr_message_free(struct samr_message *msg)
{
	if (msg)
		free(msg->buf.p);
	free(msg);
}

void samr_queue_init(struct samr_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

void samr_queue_push(struct samr_queue *q, struct samr_message *msg)
{
	msg->next = NULL;
	*q->last = msg;
	q->last = &msg->next;
}

void samr_queue_first(struct samr_queue *q, struct samr_message *msg)
{
	msg->next = q->first;
	q->first = msg;
	if (!msg->next)
		q->last = &msg->next;
}

struct samr_message *samr_queue_pop(struct samr_queue *q)
{
	struct samr_message *msg = q->first;

	if (!msg)
		return NULL;
	q->first = msg->next;
	if (!q->first)
		q->last = &q->first;
	return msg;
}

void samr_queue_free(struct samr_queue *q)
{
	struct samr_message *msg;

	while ((msg = samr_queue_pop(q)))
		samr_message_free(msg);
}
