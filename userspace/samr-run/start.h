/* SPDX-License-Identifier: GPL-2.0 */
/* The program's start: what it finds in its environment. */
#ifndef SAMR_RUN_START_H
#define SAMR_RUN_START_H

#include <stdint.h>

#include "rules.h"

/**
 * struct start - what is started
 * @argv: the program and its arguments
 * @rules: of it
 * @seed: of its random numbers
 * @listener: descriptor of the socket that it is to accept by; -1: it accepts nothing
 * @ready: descriptor to which a byte is written when it listens
 * @time: group time that it begins with, ns; of one that accepts
 */
struct start {
	char **argv;
	const struct rules *rules;
	unsigned long long seed;
	int listener;
	int ready;
	uint64_t time;
};

/** start_check - whatever can be known before; ends this process if it cannot be started */
void start_check(void);

/** start_program - this process becomes it */
__attribute__((noreturn))
void start_program(const struct start *s);

#endif /* SAMR_RUN_START_H */
