// SPDX-License-Identifier: GPL-2.0
/* Called by samr_recv_batch(): everything before has been executed. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "transfer.h"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void note_bytes(struct samr_transfer *t, const char *what,
		       uint64_t bytes)
{
	double seconds = (double)(now_ms() - t->begun_ms) / 1000;
	char text[200];

	snprintf(text, sizeof(text), "%s: %" PRIu64 " bytes in %.2f s", what,
		 bytes, seconds);
	t->note(t->arg, text);
}

static int cannot_give(struct samr_transfer *t, int err)
{
	char text[200];

	snprintf(text, sizeof(text), "this head cannot give its database to another one: %s",
		 strerror(-err));
	t->note(t->arg, text);
	samr_give_end(t->give);
	t->give = NULL;
	return err;
}

static int snapshot(void *ctx, uint64_t gseq)
{
	struct samr_transfer *t = ctx;
	struct samr_batch_buf blob = { .p = NULL };
	int err = -ENOMEM;

	t->begun_ms = now_ms();
	if (samr_peers_save(t->peers, &blob))
		err = samr_give_begin(&t->give, t->apply, gseq, blob.p,
				      blob.len);
	free(blob.p);
	return err ? cannot_give(t, err) : 0;
}

static ssize_t give(void *ctx, void *buf, size_t len)
{
	struct samr_transfer *t = ctx;
	ssize_t n;

	/* Those who waited have gone. */
	n = buf && t->give ? samr_give_next(t->give, buf, len) : 0;
	if (n > 0)
		return n;
	if (n < 0)
		return cannot_give(t, (int)n);
	if (buf && t->give)
		note_bytes(t, "this head has given its database to others",
			   samr_give_size(t->give));
	samr_give_end(t->give);
	t->give = NULL;
	return 0;
}

static int cannot_take(struct samr_transfer *t, enum samr_take_result why,
		       const char *text)
{
	t->result = why;
	snprintf(t->error, sizeof(t->error), "%s", text);
	samr_take_end(t->take);
	t->take = NULL;
	return -ECANCELED;
}

/* May we take part at all? Known before the database itself comes. */
static bool check(struct samr_transfer *t)
{
	const uint8_t *blob = samr_take_blob(t->take);

	if (t->checked || !blob)
		return true;
	t->checked = true;
	return !samr_peers_check(t->peers, blob, samr_take_head(t->take)->blob);
}

static int install(struct samr_transfer *t)
{
	enum samr_take_result r = samr_take_install(t->take);
	const struct samr_stream_head *h = samr_take_head(t->take);

	if (r)
		return cannot_take(t, r, samr_take_error(t->take));
	t->todo = samr_peers_load(t->peers, samr_take_blob(t->take), h->blob);
	note_bytes(t, "this head has taken the database of the others",
		   h->file + h->log);
	samr_take_end(t->take);
	t->take = NULL;
	t->taken = true;
	return 0;
}

static int take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	struct samr_transfer *t = ctx;
	enum samr_take_result r;

	if (flags & SAMR_DELIVERY_FIRST) {
		if (t->take)
			t->note(t->arg, "the database comes anew, from its beginning");
		samr_take_end(t->take);
		t->take = samr_take_begin(t->apply);
		t->begun_ms = now_ms();
		t->checked = t->taken = false;
	}
	if (!t->take)
		return cannot_take(t, SAMR_TAKE_FAILED, flags &
				   SAMR_DELIVERY_FIRST ? "no memory" :
				   "the beginning of the database is missing");
	r = samr_take_push(t->take, data, len);
	if (r)
		return cannot_take(t, r, samr_take_error(t->take));
	if (!check(t))
		return cannot_take(t, SAMR_TAKE_REFUSED, t->peers->error);
	return flags & SAMR_DELIVERY_LAST ? install(t) : 0;
}

const struct samr_state_ops samr_transfer_ops = {
	.snapshot = snapshot,
	.give = give,
	.take = take,
};

bool samr_transfer_taking(const struct samr_transfer *t)
{
	return t->take;
}

void samr_transfer_stop(struct samr_transfer *t)
{
	samr_give_end(t->give);
	samr_take_end(t->take);
	t->give = NULL;
	t->take = NULL;
	t->taken = false;
}
