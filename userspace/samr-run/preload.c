// SPDX-License-Identifier: GPL-2.0
/* What all of libsamr-run.so needs; see preload.h. */
#include <pthread.h>
#include <stdio.h>

#include "preload.h"

static struct rules rules;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_rules(void)
{
	const char *text = getenv(RULES_VARIABLE);

	if (text && !rules_read(&rules, text)) {
		/* A program that is not replicated must not run as if it were. */
		fprintf(stderr, "samr-run: %s makes no sense: %s\n", RULES_VARIABLE, text);
		exit(127);
	}
}

const struct rules *preload_rules(void)
{
	pthread_once(&once, read_rules);
	return &rules;
}
