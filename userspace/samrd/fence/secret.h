/* SPDX-License-Identifier: GPL-2.0 */
/* Secrets from files that nobody else can read. */
#ifndef SAMRD_SECRET_H
#define SAMRD_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX	256	/* bytes, with the zero at their end */
#define SECRET_WHY_MAX	300

/**
 * secret_read - the first line of a file
 * @path: a regular file that belongs to root or to the user of this process and
 *	that neither its group nor others may read or write
 * @secret: SECRET_MAX bytes; the caller clears them when it has used them
 * @why: SECRET_WHY_MAX bytes: what is wrong with the file, and how to mend it
 */
bool secret_read(const char *path, char *secret, char *why);

/** secret_check - the same without the secret */
bool secret_check(const char *path, char *why);

/** secret_hide - overwrite each place of @text that holds @secret with stars */
void secret_hide(char *text, const char *secret);

#endif /* SAMRD_SECRET_H */
