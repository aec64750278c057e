/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations that fail: of net.h, for suites that know the kernel's own struct net, too. */
#ifndef SAMR_TESTS_NET_FAIL_H
#define SAMR_TESTS_NET_FAIL_H

#include <linux/types.h>

/**
 * net_fail_arm - the @nth allocation of this task from here on fails
 * @nth: from 1
 */
void net_fail_arm(u32 nth);

/** net_fail_disarm - no further one does; has one failed? */
bool net_fail_disarm(void);

/** net_fail_sleeping - can allocations that may sleep be made to fail? */
bool net_fail_sleeping(void);

#endif /* SAMR_TESTS_NET_FAIL_H */
