/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libsamr-run.so: what is put between a program and its C library. Each file replaces
 * one kind of functions; all of them are as they were for what no rule names.
 *
 * Functions here may run in any thread, in signal handlers where the C library's may,
 * and before this library's constructor.
 */
#ifndef SAMR_RUN_PRELOAD_H
#define SAMR_RUN_PRELOAD_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "rules.h"
#include "say.h"

/** EXPORT - seen by the program instead of the C library's */
#define EXPORT __attribute__((visibility("default")))

/**
 * REAL - the C library's function of that name
 *
 * It is looked up once; where there is none the program could not have been linked.
 */
#define REAL(name) ({							\
	static __typeof__(&name) real_;					\
	__typeof__(&name) r_ = __atomic_load_n(&real_, __ATOMIC_RELAXED); \
									\
	if (!r_) {							\
		r_ = (__typeof__(&name))dlsym(RTLD_NEXT, #name);	\
		if (!r_)						\
			abort();					\
		__atomic_store_n(&real_, r_, __ATOMIC_RELAXED);		\
	}								\
	r_;								\
})

/** preload_rules - of this process; none when the variable is not there */
const struct rules *preload_rules(void);

/** preload_time - group time of what this replica has read last, ns; false: it is none */
bool preload_time(uint64_t *ns);

/** preload_place - the place of that; 0: of nothing yet */
uint64_t preload_place(void);

/** preload_now - both; zero where there is none */
void preload_now(uint64_t *ns, uint64_t *place);

#endif /* SAMR_RUN_PRELOAD_H */
