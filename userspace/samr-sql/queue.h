/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of this head, to be sent or under way. */
#ifndef SAMR_SQL_QUEUE_H
#define SAMR_SQL_QUEUE_H

#include <stdint.h>
#include "batch.h"

/**
 * struct samr_message - one
 * @next: in its queue
 * @buf: its bytes
 * @units: in it; 0: it is about the session itself
 * @request: number that it was sent with
 * @sent_ns: when
 */
struct samr_message {
	struct samr_message *next;
	struct samr_batch_buf buf;
	unsigned int units;
	uint64_t request;
	int64_t sent_ns;
};

/** samr_message_new - empty, or NULL; samr_message_free() takes NULL, too */
struct samr_message *samr_message_new(void);
void samr_message_free(struct samr_message *msg);

/** struct samr_queue - first in, first out; its messages are its own */
struct samr_queue {
	struct samr_message *first;
	struct samr_message **last;
};

void samr_queue_init(struct samr_queue *q);
void samr_queue_push(struct samr_queue *q, struct samr_message *msg);

/** samr_queue_first - put a message before all others */
void samr_queue_first(struct samr_queue *q, struct samr_message *msg);

/** samr_queue_pop - the oldest, which is the caller's then; NULL: empty */
struct samr_message *samr_queue_pop(struct samr_queue *q);
void samr_queue_free(struct samr_queue *q);

#endif
