/* SPDX-License-Identifier: GPL-2.0 */
/* How samrctl ends. */
#ifndef SAMRCTL_DIE_H
#define SAMRCTL_DIE_H

/* Exit statuses. */
enum {
	EXIT_OK		= 0,
	EXIT_REFUSED	= 1,
	EXIT_USAGE	= 2,
};

/** die - print "samrctl: ..." and exit with @status */
void die(int status, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif /* SAMRCTL_DIE_H */
