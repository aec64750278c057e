// SPDX-License-Identifier: GPL-2.0
/*
 * Say hello to a group, and show what is said in it.
 *
 *	cc hello.c $(pkg-config --cflags --libs samr) -o hello
 *	./hello SERVICE TEXT [COUNT]
 *
 * Ends after COUNT messages (default: never).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <samr/samr.h>

static void show_view(const struct samr_view *v)
{
	uint32_t i;

	printf("members:");
	for (i = 0; i < v->count; i++)
		printf(" %llu%s", (unsigned long long)v->members[i].node,
		       v->members[i].flags & SAMR_MEMBER_SELF ? "(me)" : "");
	printf("\n");
}

static int talk(struct samr *m, const char *text, long count)
{
	struct samr_received r;
	int err;

	err = samr_join(m, 5000);
	if (err)
		return err;
	show_view(samr_view(m));
	err = samr_send(m, text, strlen(text), 0, 0);
	while (!err && count) {
		err = samr_recv(m, &r, -1);
		if (err <= 0)
			return err;
		err = 0;
		if (r.view)
			show_view(r.view);
		if (r.delivery.type != SAMR_TYPE_MESSAGE)
			continue;
		printf("head %llu: %.*s\n",
		       (unsigned long long)r.delivery.origin, (int)r.len,
		       (const char *)r.data);
		fflush(stdout);
		count--;
	}
	return err;
}

int main(int argc, char **argv)
{
	struct samr *m;
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: %s SERVICE TEXT [COUNT]\n", argv[0]);
		return 2;
	}
	err = samr_open(&m, (uint32_t)strtoul(argv[1], NULL, 0), 0);
	if (!err)
		err = talk(m, argv[2], argc > 3 ? atol(argv[3]) : -1);
	if (err)
		fprintf(stderr, "%s: %s\n", argv[0], samr_strerror(err));
	samr_close(m);
	return err ? 1 : 0;
}
