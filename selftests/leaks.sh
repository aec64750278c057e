#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What kmemleak finds after the tests that ran before this one in the same guest (booted with kmemleak=on). Two scans: an
# object counts only when it was unreferenced in both.
. "$(dirname "$0")/lib.sh"
kmemleak=/sys/kernel/debug/kmemleak

need_root
echo scan 2>/dev/null >$kmemleak || skip_all "kmemleak is not on in this kernel"
sleep 5
echo scan >$kmemleak
found=$(cat $kmemleak)
[ -z "$found" ] || note "$found"
is "nothing is leaked" "$(grep -c '^unreferenced object' <<<"$found")" 0
finish
