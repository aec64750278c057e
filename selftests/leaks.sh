#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What kmemleak finds after the tests that ran before this one in the same guest (booted with kmemleak=on). An object counts
# only when it stays unreferenced: what waits for a grace period, or was moved during a scan, is found by one scan and not by
# a later one. What has leaked is found by all of them.
. "$(dirname "$0")/lib.sh"
kmemleak=/sys/kernel/debug/kmemleak

need_root
echo scan 2>/dev/null >$kmemleak || skip_all "kmemleak is not on in this kernel"
for _ in 1 2 3 4; do
	sleep 5
	echo scan >$kmemleak
	found=$(cat $kmemleak)
	[ -n "$found" ] || break
done
[ -z "$found" ] || note "$found"
is "nothing is leaked" "$(grep -c '^unreferenced object' <<<"$found")" 0
finish
