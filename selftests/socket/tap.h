/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small harness: each test is a process of its own with a time limit, in a
 * fresh network namespace; results are printed as TAP.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAP_SKIP	4	/* exit status of a test that cannot be run here */

/* A test; its body follows. It has failed when a check has, or when it dies. */
#define TEST(name)							\
	static void name(void);						\
	static void __attribute__((constructor)) add_##name(void)	\
	{								\
		tap_add(#name, name);					\
	}								\
	static void name(void)

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			tap_fail(__FILE__, __LINE__, #cond, errno);	\
	} while (0)

/* Equal numbers; both are printed when they are not. */
#define CHECK_EQ(a, b)							\
	do {								\
		long long _a = (a), _b = (b);				\
		if (_a != _b)						\
			tap_fail_eq(__FILE__, __LINE__, #a, _a, #b, _b);	\
	} while (0)

/* A call that returns 0 or more. */
#define OK(call)							\
	({								\
		long long _r = (call);					\
		if (_r < 0)						\
			tap_fail(__FILE__, __LINE__, #call, errno);	\
		_r;							\
	})

/* A call that must return -1 with this errno. */
#define FAILS(err, call)						\
	do {								\
		long long _r;						\
		errno = 0;						\
		_r = (call);						\
		if (_r != -1 || errno != (err))				\
			tap_fail_errno(__FILE__, __LINE__, #call, _r,	\
				       errno, err);			\
	} while (0)

void tap_add(const char *name, void (*fn)(void));
void tap_fail(const char *file, int line, const char *what, int err);
void tap_fail_eq(const char *file, int line, const char *a, long long av,
		 const char *b, long long bv);
void tap_fail_errno(const char *file, int line, const char *call, long long ret,
		    int err, int wanted);

/** tap_skip - this test cannot be run here, for this reason */
void tap_skip(const char *why);

/** tap_limit - seconds that this test may take from now on; 30 at its start */
void tap_limit(unsigned int seconds);

/** tap_ms - monotonic time, milliseconds */
long long tap_ms(void);

#endif /* TAP_H */
