/* SPDX-License-Identifier: GPL-2.0 */
/* Scenarios: files with commands and the transcripts that they must give. */
#ifndef SAMR_SIM_SCRIPT_H
#define SAMR_SIM_SCRIPT_H

#include <stdbool.h>

/**
 * script_run - run a scenario and compare its transcript with what it says
 * @path: the file, see testdata/README
 * @update: write the transcript into it instead
 *
 * Return: true when they are equal, or were made so. A violation of what the
 * checkers check does not return.
 */
bool script_run(const char *path, bool update);

#endif /* SAMR_SIM_SCRIPT_H */
