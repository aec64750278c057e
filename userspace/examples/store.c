// SPDX-License-Identifier: GPL-2.0
/*
 * A replicated store of keys and values that hands its contents to members which
 * come later.
 *
 *	cc store.c $(pkg-config --cflags --libs samr) -o store
 *	./store SERVICE
 *
 * Lines of standard input are executed by all copies: "set KEY VALUE", "del KEY".
 * "show" prints this copy's contents. Start another copy at any time, on any head:
 * it gets the contents from one of the others, and goes on with them. The end of
 * the input ends this copy.
 *
 * It shows what samr_state() wants: a snapshot of the state as it is at one place
 * of the order, given in pieces while the store goes on, and taken on the other
 * side. The state is text here, one "set" for each key, so that whoever takes it
 * only executes it.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <samr/samr.h>

#define LINE		256
#define SLOTS		4096

struct store {
	struct samr *m;
	struct { char *key, *value; } slot[SLOTS];
	char *copy;		/* the snapshot that is being given */
	size_t size, given;
	char part[LINE];	/* a line of the state that is being taken */
	size_t len;
	char line[LINE];	/* of the input, not yet sent */
	bool leaving;
};

/* The key's place, or an empty one for it; -1: all are used. */
static int place(const struct store *s, const char *key)
{
	int i, empty = -1;

	for (i = 0; i < SLOTS; i++) {
		if (!s->slot[i].key) {
			if (empty < 0)
				empty = i;
		} else if (!strcmp(s->slot[i].key, key)) {
			return i;
		}
	}
	return empty;
}

static void empty(struct store *s, int i)
{
	free(s->slot[i].key);
	free(s->slot[i].value);
	s->slot[i].key = s->slot[i].value = NULL;
}

static void forget(struct store *s)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		empty(s, i);
}

/* The same at every copy: it depends on the line and on the contents only. */
static void execute(struct store *s, const char *line)
{
	char key[LINE], value[LINE] = "";
	int i;

	if (sscanf(line, "set %255s %255[^\n]", key, value) >= 1) {
		i = place(s, key);
		if (i < 0)
			return;
		empty(s, i);
		s->slot[i].key = strdup(key);
		s->slot[i].value = strdup(value);
	} else if (sscanf(line, "del %255s", key) == 1) {
		i = place(s, key);
		if (i >= 0)
			empty(s, i);
	}
}

static void print(const struct store *s, FILE *f)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (s->slot[i].key)
			fprintf(f, "set %s %s\n", s->slot[i].key,
				s->slot[i].value);
}

/* ---- the state's transfer ---- */

static int snapshot(void *ctx, uint64_t gseq)
{
	struct store *s = ctx;
	FILE *f;

	(void)gseq;
	free(s->copy);
	s->copy = NULL;
	s->given = 0;
	f = open_memstream(&s->copy, &s->size);
	if (!f)
		return -errno;
	print(s, f);
	return fclose(f) ? -errno : 0;
}

static ssize_t give(void *ctx, void *buf, size_t len)
{
	struct store *s = ctx;

	if (!buf || s->given == s->size) {
		free(s->copy);
		s->copy = NULL;
		return 0;
	}
	if (len > s->size - s->given)
		len = s->size - s->given;
	memcpy(buf, s->copy + s->given, len);
	s->given += len;
	return (ssize_t)len;
}

/* A line may begin in one piece and end in the next. */
static int take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	struct store *s = ctx;
	const char *p = data;

	if (flags & SAMR_DELIVERY_FIRST) {
		forget(s);
		s->len = 0;
	}
	for (; len; len--, p++) {
		if (*p != '\n' && s->len < LINE - 1) {
			s->part[s->len++] = *p;
			continue;
		}
		s->part[s->len] = '\0';
		s->len = 0;
		execute(s, s->part);
	}
	return 0;
}

/* ---- the service ---- */

static int read_line(struct store *s)
{
	if (!fgets(s->line, LINE, stdin)) {
		s->line[0] = '\0';
		s->leaving = true;
		return samr_leave(s->m);
	}
	if (strcmp(s->line, "show\n"))
		return 0;
	print(s, stdout);
	puts(".");
	fflush(stdout);
	s->line[0] = '\0';
	return 0;
}

static int send_line(struct store *s)
{
	int err = samr_send(s->m, s->line, strlen(s->line), 0,
			    SAMR_SEND_NOWAIT);

	if (err == -EAGAIN)
		return 0;
	s->line[0] = '\0';
	return err;
}

/* Return: 1, 0: it has left, or an error. */
static int receive(struct store *s)
{
	struct samr_received r;
	char line[LINE];
	int err = samr_recv(s->m, &r, 0);

	if (err == -EAGAIN)
		return 1;
	if (err > 0 && r.delivery.type == SAMR_TYPE_MESSAGE && r.len < LINE) {
		memcpy(line, r.data, r.len);
		line[r.len] = '\0';
		execute(s, line);
	}
	return err;
}

static int run(struct store *s)
{
	int err = 1;

	while (err > 0) {
		/* While it gives its state there is more than POLLIN to wait for. */
		struct pollfd p[2] = {
			{ .fd = samr_fd(s->m), .events = samr_events(s->m) },
			{ .fd = STDIN_FILENO, .events = POLLIN },
		};

		if (s->line[0])
			p[0].events |= POLLOUT;
		if (s->line[0] || s->leaving)
			p[1].fd = -1;
		if (poll(p, 2, -1) < 0)
			return -errno;
		if (p[0].revents)
			err = receive(s);
		if (err > 0 && p[1].revents)
			err = read_line(s) ?: 1;
		if (err > 0 && s->line[0])
			err = send_line(s) ?: 1;
	}
	return err;
}

int main(int argc, char **argv)
{
	static const struct samr_state_ops ops = {
		.snapshot = snapshot, .give = give, .take = take,
	};
	static struct store s;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s SERVICE\n", argv[0]);
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);	/* poll() sees what stdio has not */
	err = samr_open(&s.m, (uint32_t)strtoul(argv[1], NULL, 0), 0);
	if (!err)
		err = samr_state(s.m, &ops, &s);
	if (!err)
		err = samr_join(s.m, 5000);
	if (!err)
		err = run(&s);
	if (err)
		fprintf(stderr, "%s: %s\n", argv[0], samr_strerror(err));
	samr_close(s.m);
	forget(&s);
	free(s.copy);
	return err ? 1 : 0;
}
