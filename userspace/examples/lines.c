// SPDX-License-Identifier: GPL-2.0
/*
 * A service of streams: it gives back each line with its number. There is nothing of
 * samr in it but the address, as with any other family of stream sockets.
 *
 *	cc lines.c $(pkg-config --cflags --libs samr) -o lines
 *	./lines SERVICE serve		on each head
 *	./lines SERVICE <TEXT		on any head
 *
 * What it says on a connection follows from what it reads there, and from nothing
 * else: not from how the bytes are cut, nor from what other connections do meanwhile.
 * So all copies say the same, and clients do not notice when heads die.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <samr/samr.h>

#define MOST	1024

struct connection {
	FILE *out;
	unsigned long lines;
	int begun;	/* the line's number was said */
};

static struct connection conn[MOST];
static struct pollfd polled[MOST];
static nfds_t count;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void add(int fd)
{
	if (count == MOST) {
		close(fd);
		return;
	}
	polled[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	conn[count] = (struct connection){ .out = fdopen(fd, "w") };
	if (!conn[count].out)
		die("fdopen");
	count++;
}

static void drop(nfds_t i)
{
	fclose(conn[i].out);
	count--;
	conn[i] = conn[count];
	polled[i] = polled[count];
}

static void serve_one(nfds_t i)
{
	struct connection *c = &conn[i];
	char buf[4096];
	ssize_t n = read(polled[i].fd, buf, sizeof(buf)), k;

	if (n <= 0) {
		drop(i);
		return;
	}
	for (k = 0; k < n; k++) {
		if (!c->begun)
			fprintf(c->out, "%lu ", ++c->lines);
		c->begun = buf[k] != '\n';
		putc(buf[k], c->out);
	}
	/* Whoever does not read is waited for: this is a small example. */
	fflush(c->out);
}

static void serve(int listener)
{
	nfds_t i;
	int fd;

	if (listen(listener, 64))
		die("listen");
	polled[count++] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		if (poll(polled, count, -1) < 0)
			die("poll");
		/* Backwards, as one that ends is replaced by the last one. */
		for (i = count - 1; i > 0; i--)
			if (polled[i].revents)
				serve_one(i);
		if (!polled[0].revents)
			continue;
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			die("accept");
		add(fd);
	}
}

static void copy(int from, int to)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			die("write");
	if (n < 0)
		die("read");
}

int main(int argc, char **argv)
{
	struct sockaddr_samr a = { .family = AF_SAMR };
	int fd = socket(AF_SAMR, SOCK_STREAM, 0);

	if (argc < 2) {
		fprintf(stderr, "usage: lines SERVICE [serve]\n");
		return 2;
	}
	a.service = (uint32_t)strtoul(argv[1], NULL, 0);
	if (fd < 0)
		die("socket");
	if (argc > 2) {
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
			die("bind");
		serve(fd);
	}
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect");
	if (!fork()) {
		copy(STDIN_FILENO, fd);
		shutdown(fd, SHUT_WR);
		return 0;
	}
	copy(fd, STDOUT_FILENO);
	return 0;
}
