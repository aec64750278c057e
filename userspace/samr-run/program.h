/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a program can be run by samr-run at all, as far as its file tells. */
#ifndef SAMR_RUN_PROGRAM_H
#define SAMR_RUN_PROGRAM_H

#define PROGRAM_WHY_MAX	256

/**
 * enum program_fitness - what its file says
 * @PROGRAM_FINE: nothing against it
 * @PROGRAM_DOUBTFUL: it may do what goes around libsamr-run.so
 * @PROGRAM_NOT_FOUND: there is none
 * @PROGRAM_CANNOT: the C library's functions cannot be replaced
 */
enum program_fitness {
	PROGRAM_FINE,
	PROGRAM_DOUBTFUL,
	PROGRAM_NOT_FOUND,
	PROGRAM_CANNOT,
};

/** program_check - look at @name, found as execvp() does; @why has PROGRAM_WHY_MAX bytes */
enum program_fitness program_check(const char *name, char *why);

#endif /* SAMR_RUN_PROGRAM_H */
