// SPDX-License-Identifier: GPL-2.0
/*
 * A service whose members can be made to differ, and a client of it.
 *
 *	samr-test-diverged serve NETNS SERVICE LOG [WORD]
 *	samr-test-diverged ask NETNS SERVICE REQUEST...
 *
 * The state is a number, to which each request adds one; the reply is the number and the
 * request. A member with a WORD adds hundreds (its length) for requests that begin with it: it then
 * differs for good, or until it is given the state. LOG gets a line for each thing
 * that a member is told: "request TEXT"; "minority|tie|open wrong HEADS odd HEADS request
 * NUMBER"; and in the end "end ERROR".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <samr/samr.h>
#include "util.h"

#define TEXT_MAX	200
#define PATIENCE_MS	60000

static int fail(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerrorname_np(-err));
	return 1;
}

/* ---- the service ---- */

static uint64_t state, kept;
static ssize_t left;

static int on_snapshot(void *ctx, uint64_t gseq)
{
	(void)ctx;
	(void)gseq;
	kept = state;
	left = sizeof(kept);
	return 0;
}

static ssize_t on_give(void *ctx, void *buf, size_t len)
{
	ssize_t n = left;

	(void)ctx;
	if (!buf || !n)
		return 0;
	if (len < sizeof(kept))
		return -1;
	memcpy(buf, &kept, sizeof(kept));
	left = 0;
	return n;
}

static int on_take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	FILE *log = ctx;

	if (len == sizeof(state))
		memcpy(&state, data, sizeof(state));
	else if (len)
		return -1;
	if (flags & SAMR_DELIVERY_LAST)
		fprintf(log, "installed %" PRIu64 "\n", state);
	return 0;
}

static const struct samr_state_ops state_ops = {
	.snapshot = on_snapshot, .give = on_give, .take = on_take,
};

static void say_heads(FILE *log, const char *what, uint64_t heads)
{
	const char *comma = " ";
	int id;

	fprintf(log, " %s%s", what, heads ? "" : " -");
	for (id = 0; id < 64; id++)
		if (heads >> id & 1) {
			fprintf(log, "%s%d", comma, id);
			comma = ",";
		}
}

static void say_difference(FILE *log, const struct samr_received *r)
{
	static const char *const results[] = {
		[SAMR_DIVERGED_OPEN]	 = "open",
		[SAMR_DIVERGED_TIE]	 = "tie",
		[SAMR_DIVERGED_MINORITY] = "minority",
	};
	const struct samr_diverged *d = r->data;
	size_t n = r->len / sizeof(*d);

	if (!n || r->len % sizeof(*d))
		fprintf(log, "of %zu bytes\n", r->len);
	for (; n; n--, d++) {
		fprintf(log, "%s", results[d->result]);
		say_heads(log, "wrong", d->wrong);
		say_heads(log, "odd", d->odd);
		fprintf(log, " request %llu\n", d->request);
	}
}

static int execute(struct samr *m, const struct samr_received *r, FILE *log,
		   const char *word)
{
	char reply[TEXT_MAX + 30];
	int len = r->len < TEXT_MAX ? (int)r->len : TEXT_MAX;
	bool differs = word && !strncmp(word, r->data, strlen(word));

	state += differs ? 100 * strlen(word) : 1;
	fprintf(log, "request %.*s\n", len, (const char *)r->data);
	len = snprintf(reply, sizeof(reply), "%" PRIu64 " %.*s", state, len,
		       (const char *)r->data);
	return samr_reply(m, &r->delivery, reply, (size_t)len);
}

static int serve(uint32_t service, const char *path, const char *word)
{
	FILE *log = fopen(path, "we");
	struct samr_received r;
	struct samr *m;
	int err;

	if (!log) {
		perror(path);
		return 1;
	}
	setlinebuf(log);
	err = samr_open(&m, service, SAMR_OPEN_NO_VIEWS | SAMR_OPEN_DIVERGED);
	if (err) {
		fclose(log);
		return fail("open", err);
	}
	err = samr_state(m, &state_ops, log);
	err = err ? err : samr_join(m, PATIENCE_MS);
	while (!err) {
		err = samr_recv(m, &r, -1);
		if (err != 1)
			break;
		err = 0;
		if (r.delivery.type == SAMR_TYPE_DIVERGED)
			say_difference(log, &r);
		else if (r.delivery.type == SAMR_TYPE_REQUEST)
			err = execute(m, &r, log, word);
	}
	fprintf(log, "end %s\n", strerrorname_np(-err));
	fclose(log);
	samr_close(m);
	return 0;
}

/* ---- the client ---- */

static int ask(uint32_t service, char **requests, int count)
{
	char reply[TEXT_MAX + 30];
	struct samr_client *c;
	ssize_t len = samr_connect(&c, service, NULL, PATIENCE_MS);

	if (len)
		return fail("connect", (int)len);
	for (; count-- && len >= 0; requests++) {
		len = samr_call(c, *requests, strlen(*requests) + 1, reply,
				sizeof(reply), PATIENCE_MS);
		if (len >= 0)
			printf("%.*s\n", (int)len, reply);
	}
	samr_disconnect(c);
	return len < 0 ? fail("call", (int)len) : 0;
}

int main(int argc, char **argv)
{
	bool serves = argc > 4 && !strcmp(argv[1], "serve");
	uint32_t service;

	if (!serves && !(argc > 4 && !strcmp(argv[1], "ask"))) {
		fprintf(stderr, "usage: samr-test-diverged serve NETNS SERVICE LOG [WORD]\n"
			"       samr-test-diverged ask NETNS SERVICE REQUEST...\n");
		return 2;
	}
	if (util_enter(argv[2])) {
		perror(argv[2]);
		return 1;
	}
	service = (uint32_t)atoi(argv[3]);
	return serves ? serve(service, argv[4], argv[5]) :
			ask(service, argv + 4, argc - 4);
}
