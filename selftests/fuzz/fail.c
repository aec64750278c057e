// SPDX-License-Identifier: GPL-2.0
/* A violation is a crash for libFuzzer; in the simulator's place, see sim.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

void sim_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* Nobody counts marks here. */
void samr_mark(const char *name)
{
	(void)name;
}

void samr_saw(u64 self, const struct samr_msg *msg)
{
	(void)self;
	(void)msg;
}
