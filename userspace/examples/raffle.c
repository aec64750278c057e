// SPDX-License-Identifier: GPL-2.0
/*
 * A raffle: a replicated service with its client.
 *
 *	cc raffle.c $(pkg-config --cflags --libs samr) -o raffle
 *	./raffle serve SERVICE		on each head; ends when it is killed
 *	./raffle ask SERVICE		on any head
 *	./raffle look SERVICE		likewise
 *
 * The client sends the lines of its standard input and prints the answer to each:
 * "enter NAME" takes part, once for each name; "draw" draws one of those who take
 * part, who then does so no more; "who" counts them. Each line is executed once,
 * whichever heads die meanwhile, and more than one may be under way. Who looks gets
 * the number, too, by a query: of one copy, and not through the order.
 *
 * A copy of the service prints what it answered and at which place of the order:
 * the same at all copies. A copy that comes later is given the names by another.
 *
 * Documentation/programming.rst goes through it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <samr/samr.h>

#define NAME		32
#define NAMES		1000
#define ANSWER		128

/* ---- the service: its state, and how a request changes it ---- */

struct raffle {
	struct samr *m;
	unsigned int count;
	char name[NAMES][NAME];

	char *copy;		/* the state that is being given, as text */
	size_t size, given;
	char part[NAME];	/* a name of the state that is being taken */
	size_t len;
};

static void enter(struct raffle *r, const char *name, char *answer)
{
	unsigned int i;

	for (i = 0; i < r->count && strcmp(r->name[i], name); i++)
		;
	if (i < r->count) {
		snprintf(answer, ANSWER, "%s takes part already", name);
	} else if (r->count == NAMES) {
		snprintf(answer, ANSWER, "no more than %u can take part", NAMES);
	} else {
		snprintf(r->name[r->count++], NAME, "%s", name);
		snprintf(answer, ANSWER, "%s is number %u", name, r->count);
	}
}

/* Chance and time come from the order, not from this machine. */
static void draw(struct raffle *r, const struct samr_delivery *d, char *answer)
{
	struct samr_random random;
	unsigned int i;

	if (!r->count) {
		snprintf(answer, ANSWER, "nobody takes part");
		return;
	}
	samr_random_delivery(&random, d, 0);
	i = (unsigned int)samr_random_below(&random, r->count);
	snprintf(answer, ANSWER, "%s wins, at %llu s since 1970", r->name[i],
		 (unsigned long long)(d->time / 1000000000));
	memmove(r->name[i], r->name[i + 1], (--r->count - i) * NAME);
}

static void look(const struct raffle *r, char *answer)
{
	snprintf(answer, ANSWER, "%u take part", r->count);
}

/* The same at every copy: it depends on the request and on the state only. */
static void execute(struct raffle *r, const struct samr_received *in,
		    char *answer)
{
	char line[64], name[NAME];
	int end = 0;

	snprintf(line, sizeof(line), "%.*s", (int)in->len,
		 (const char *)in->data);
	if (sscanf(line, "enter %31s%n", name, &end) == 1 && !line[end])
		enter(r, name, answer);
	else if (!strcmp(line, "draw"))
		draw(r, &in->delivery, answer);
	else if (!strcmp(line, "who"))
		look(r, answer);
	else
		snprintf(answer, ANSWER, "say enter NAME, draw or who");
}

/* ---- the service: its state for copies that come later ---- */

static int snapshot(void *ctx, uint64_t gseq)
{
	struct raffle *r = ctx;
	unsigned int i;
	FILE *f;

	(void)gseq;
	free(r->copy);
	r->copy = NULL;
	r->given = 0;
	f = open_memstream(&r->copy, &r->size);
	if (!f)
		return -errno;
	for (i = 0; i < r->count; i++)
		fprintf(f, "%s\n", r->name[i]);
	return fclose(f) ? -errno : 0;
}

static ssize_t give(void *ctx, void *buf, size_t len)
{
	struct raffle *r = ctx;

	if (!buf || r->given == r->size) {
		free(r->copy);
		r->copy = NULL;
		return 0;
	}
	if (len > r->size - r->given)
		len = r->size - r->given;
	memcpy(buf, r->copy + r->given, len);
	r->given += len;
	return (ssize_t)len;
}

/* A name may begin in one piece and end in the next. */
static int take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	struct raffle *r = ctx;
	const char *p = data;

	if (flags & SAMR_DELIVERY_FIRST)
		r->count = r->len = 0;
	for (; len; len--, p++) {
		if (*p != '\n' && r->len < NAME - 1) {
			r->part[r->len++] = *p;
			continue;
		}
		if (*p != '\n' || r->count == NAMES)
			return -EINVAL;
		snprintf(r->name[r->count++], NAME, "%.*s", (int)r->len,
			 r->part);
		r->len = 0;
	}
	return flags & SAMR_DELIVERY_LAST && r->len ? -EINVAL : 0;
}

static const struct samr_state_ops state_ops = {
	.snapshot = snapshot, .give = give, .take = take,
};

/* ---- the service: receive, execute, answer ---- */

/*
 * Before anything else is received: who is given the state has not executed this
 * request, and could not answer it. What else may be wrong, samr_recv() tells.
 */
static void reply(struct raffle *r, const struct samr_delivery *request,
		  const char *answer)
{
	int err;

	while ((err = samr_reply(r->m, request, answer, strlen(answer))) == -ENOMEM)
		usleep(10000);
	if (err == -EMSGSIZE)	/* its client wants short answers */
		samr_reply(r->m, request, "", 0);
}

static int serve(uint32_t service)
{
	static struct raffle r;
	struct samr_received in;
	char answer[ANSWER];
	int err = samr_open(&r.m, service, 0);

	if (!err)
		err = samr_state(r.m, &state_ops, &r);
	if (!err)
		err = samr_join(r.m, -1);
	while (!err) {
		err = samr_recv(r.m, &in, -1);
		if (err <= 0)
			break;
		err = 0;
		if (in.delivery.type == SAMR_TYPE_QUERY) {
			/* It changes nothing: the other copies do not get it. */
			look(&r, answer);
			reply(&r, &in.delivery, answer);
		}
		if (in.delivery.type != SAMR_TYPE_REQUEST)
			continue;
		execute(&r, &in, answer);
		reply(&r, &in.delivery, answer);
		printf("%llu %s\n", (unsigned long long)in.delivery.gseq, answer);
		fflush(stdout);
	}
	samr_close(r.m);
	free(r.copy);
	return err;
}

/* ---- the client ---- */

struct asker {
	unsigned long answered;	/* lines that had their end, in their order */
	int result;
};

static void done(void *ctx, int result, const void *reply, size_t len)
{
	struct asker *a = ctx;

	a->answered++;
	if (!result)
		printf("%.*s\n", (int)len, (const char *)reply);
	else if (result == -ECANCELED)
		fprintf(stderr, "line %lu: not executed\n", a->answered);
	else
		fprintf(stderr, "line %lu: executed once, or not at all: ask \"who\"\n",
			a->answered);
	if (result)
		a->result = result;
}

static int ask(uint32_t service)
{
	struct asker a = { .result = 0 };
	unsigned long sent = 0;
	struct samr_client *c;
	char line[64];
	int err = samr_connect(&c, service, NULL, 10000);

	if (err)
		return err;
	while (err >= 0 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		/* When there is no room for more, answers make some. */
		while ((err = samr_call_async(c, line, strlen(line), done, &a)) == -EAGAIN &&
		       (err = samr_client_run(c, -1)) >= 0)
			;
		if (!err)
			sent++;
	}
	while (err >= 0 && a.answered < sent)
		err = samr_client_run(c, -1);
	samr_disconnect(c);
	if (a.answered < sent)
		fprintf(stderr, "lines %lu to %lu: no answer; executed once, or not at all\n",
			a.answered + 1, sent);
	return a.result ? a.result : err < 0 ? err : 0;
}

/* Whatever any client was told before, its answer shows. */
static int ask_one(uint32_t service)
{
	struct samr_client *c;
	char answer[ANSWER];
	ssize_t len = samr_connect(&c, service, NULL, 10000);

	if (len)
		return (int)len;
	len = samr_query(c, "who", 3, SAMR_QUERY_LINEAR, answer, sizeof(answer), -1);
	samr_disconnect(c);
	if (len < 0)
		return (int)len;
	printf("%.*s\n", (int)len, answer);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(uint32_t service);
} modes[] = { { "serve", serve }, { "ask", ask }, { "look", ask_one } };

int main(int argc, char **argv)
{
	unsigned int i;
	int err;

	for (i = 0; argc == 3 && i < 3 && strcmp(argv[1], modes[i].name); i++)
		;
	if (argc != 3 || i == 3) {
		fprintf(stderr, "usage: %s serve|ask|look SERVICE\n", argv[0]);
		return 2;
	}
	err = modes[i].run((uint32_t)strtoul(argv[2], NULL, 0));
	if (err)
		fprintf(stderr, "%s: %s\n", argv[0], samr_strerror(err));
	return err ? 1 : 0;
}
