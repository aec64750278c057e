#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The debug kernel is what the tests rely on: its checks are compiled in and act.
. "$(dirname "$0")/lib.sh"

need_root
for option in KUNIT KASAN PROVE_LOCKING DEBUG_ATOMIC_SLEEP DEBUG_KMEMLEAK FAILSLAB UBSAN; do
	check "CONFIG_$option" grep -qx "CONFIG_$option=y" <(zcat /proc/config.gz)
done
is "lockdep is on" "$(awk '/debug_locks:/ { print $2 }' /proc/lockdep_stats)" 1
check "a task can be made to fail an allocation" test -w /proc/self/make-it-fail -a -w /proc/self/fail-nth
check "failslab is there" test -d /sys/kernel/debug/failslab
check "tracepoints are there" test -d /sys/kernel/tracing/events
for module in rdma_rxe siw i6300esb softdog; do
	check "module $module" modinfo -n $module
done
finish
