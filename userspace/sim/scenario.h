/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of a scenario; testdata/README lists them. */
#ifndef SAMR_SIM_SCENARIO_H
#define SAMR_SIM_SCENARIO_H

#include <stdio.h>

struct scenario;

struct scenario *scenario_new(void);

/** scenario_output - where transcripts go from now on; NULL: nowhere */
void scenario_output(struct scenario *sc, FILE *out);

/** scenario_command - run one line; @line is its number, for messages */
void scenario_command(struct scenario *sc, const char *text, size_t line);

/** scenario_end - let all settle, run the final checks, free all */
void scenario_end(struct scenario *sc);

#endif /* SAMR_SIM_SCENARIO_H */
