// SPDX-License-Identifier: GPL-2.0
/*
 * A replicated counter: the smallest service that has a state.
 *
 *	cc counter.c $(pkg-config --cflags --libs samr) -o counter
 *	./counter SERVICE HEADS
 *
 * Lines of standard input go to all heads: a number is added, "roll" adds the
 * roll of a die. Every head prints the order's positions and the counter behind
 * each, and all print the same. The counter is 0 when HEADS members are there.
 *
 * It shows the one rule of replication: the state changes by what samr_recv()
 * returns, by nothing else; chance and time come from there too.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <samr/samr.h>

struct counter {
	struct samr *m;
	unsigned int heads;
	bool started;
	bool leaving;
	long long value;
	char line[64];		/* read, not yet sent */
	size_t len;
};

static void execute(struct counter *c, const struct samr_received *r)
{
	struct samr_random random;
	char text[sizeof(c->line) + 1];

	if (r->view && r->view->count == c->heads)
		c->started = true;
	if (r->delivery.type != SAMR_TYPE_MESSAGE || !c->started ||
	    r->len > sizeof(c->line))
		return;
	memcpy(text, r->data, r->len);
	text[r->len] = '\0';
	if (!strcmp(text, "roll")) {
		samr_random_delivery(&random, &r->delivery, 0);
		c->value += 1 + (long long)samr_random_below(&random, 6);
	} else {
		c->value += atoll(text);
	}
	printf("%llu %lld\n", (unsigned long long)r->delivery.gseq, c->value);
	fflush(stdout);
}

/*
 * Send the line that was read, if the group has room for it: this one thread
 * must go on receiving, so it never waits here.
 */
static int send_line(struct counter *c)
{
	int err = samr_send(c->m, c->line, c->len, 0, SAMR_SEND_NOWAIT);

	if (err == -EAGAIN)
		return 0;
	c->len = 0;
	return err;
}

static int read_line(struct counter *c)
{
	if (fgets(c->line, sizeof(c->line), stdin)) {
		c->len = strcspn(c->line, "\n");
		return 0;
	}
	c->leaving = true;
	return samr_leave(c->m);	/* behind what was sent before */
}

static int run(struct counter *c)
{
	struct samr_received r;
	int err = 0;

	while (!err) {
		struct pollfd p[2] = {
			{ .fd = samr_fd(c->m), .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN },
		};

		if (c->len)
			p[0].events |= POLLOUT;
		if (c->len || !c->started || c->leaving)
			p[1].fd = -1;
		if (poll(p, 2, -1) < 0)
			return -errno;
		if (p[0].revents & ~POLLOUT) {
			err = samr_recv(c->m, &r, 0);
			if (!err)
				return 0;	/* we have left */
			if (err > 0)
				execute(c, &r);
			err = err == -EAGAIN || err > 0 ? 0 : err;
		}
		if (!err && p[1].revents)
			err = read_line(c);
		if (!err && c->len)
			err = send_line(c);
	}
	return err;
}

int main(int argc, char **argv)
{
	struct counter c = { .m = NULL };
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: %s SERVICE HEADS\n", argv[0]);
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);	/* poll() sees what stdio has not */
	c.heads = (unsigned int)atoi(argv[2]);
	err = samr_open(&c.m, (uint32_t)strtoul(argv[1], NULL, 0), 0);
	if (!err)
		err = samr_join(c.m, 5000);
	if (!err) {
		c.started = samr_view(c.m)->count == c.heads;
		err = run(&c);
	}
	if (err)
		fprintf(stderr, "%s: %s\n", argv[0], samr_strerror(err));
	samr_close(c.m);
	return err ? 1 : 0;
}
