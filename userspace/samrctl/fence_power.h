/* SPDX-License-Identifier: GPL-2.0 */
/* The verbs of "fence" that samrd does: it has the devices. */
#ifndef SAMRCTL_FENCE_POWER_H
#define SAMRCTL_FENCE_POWER_H

#include <stdint.h>
#include "args.h"

extern const struct key power_look_keys[];	/* node */
extern const struct key power_test_keys[];	/* node, which may be left out */
extern const struct key power_cut_keys[];	/* node, yes */

int power_devices(const struct verb *v, const struct arg *args);
int power_status(const struct verb *v, const struct arg *args);
int power_test(const struct verb *v, const struct arg *args);
int power_off(const struct verb *v, const struct arg *args);
int power_on(const struct verb *v, const struct arg *args);
int power_cycle(const struct verb *v, const struct arg *args);

/**
 * power_confirm - have samrd tell the kernel that a head is fenced
 *
 * It takes that only from samrd while that runs.
 *
 * Return: false: no samrd runs. Dies when it refuses.
 */
bool power_confirm(uint64_t node, uint64_t inc, uint64_t token);

/** power_ask - ask on the error output for the word yes; dies without it */
void power_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* SAMRCTL_FENCE_POWER_H */
