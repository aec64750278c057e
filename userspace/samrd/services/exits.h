/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Members of services that end: looked for, put out when they do not read, told
 * to the admin, and followed by what on-exit says.
 */
#ifndef SAMRD_EXITS_H
#define SAMRD_EXITS_H

#include <jansson.h>

struct exits;
struct samrd;

/** exits_new - 0 or -errno; nothing happens before exits_start() */
int exits_new(struct exits **x, struct samrd *d);

/** exits_start - policy and kernel are there: look after the services from now on */
void exits_start(struct exits *x);

/** exits_soon - members came or went, or the configuration is another one */
void exits_soon(struct exits *x);

/** exits_free - kills what runs; NULL is fine */
void exits_free(struct exits *x);

/** exits_json - each service, how many members are watched, the last end of one */
json_t *exits_json(const struct exits *x);

#endif /* SAMRD_EXITS_H */
