#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# How fast a state is transferred, for one guest with --icount: one instruction is one nanosecond there.
#
#   scripts/guest --icount --mem 512 selftests/bench/transfer.sh [KIB]
#
# Three heads, a member on each of the first two with a state of so many KiB; the one on the third comes. Once alone, and
# once while the first sends a SAFE message every 5 ms. For each: the rate, how much of the time the processor had
# nothing to do, what went over the wire, and how long the messages took. MTU and DELAY of the network in the environment.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster/cluster.sh"
kib=${1:-8192}

need_root

idle() { awk '/^cpu / { print $5 + $6 }' /proc/stat; }
all_time() { awk '/^cpu / { print $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat; }
sum() {
	local k total=0
	for k in 1 2 3; do total=$((total + $(counter $k "$1"))); done
	echo $total
}

# shellcheck disable=SC2317	# called by wait_for
has_it() { ! samrctl -n "samr$1" -j socket show | grep -q installing; }

# transfer NAME INTERVAL_US
transfer() {
	local name=$1 idle all frames nacks resent us _
	cluster_up 3 1 --cluster "dead 2s" --mtu "${MTU:-1500}" ${DELAY:+--delay "$DELAY"}
	samr-bench-transfer samr1 1 "$kib" "$2" >"$work/first" &
	donors=($!)
	sleep 0.5
	# It is given the state, and gives it later, as it is not on the sequencer's head.
	samr-bench-transfer samr2 1 "$kib" 0 >"$work/second" &
	donors+=($!)
	sleep 0.5
	wait_for 120 has_it 2 || die "the second member is not given the state"
	frames=$(sum frames-out) nacks=$(sum nacks-out) resent=$(sum resent)
	idle=$(idle) all=$(all_time)
	samr-bench-transfer samr3 1 0 0 >"$work/third" || die "the third member failed"
	idle=$(($(idle) - idle)) all=$(($(all_time) - all))
	read -r _ _ _ us <"$work/third"
	note "$name: $kib KiB in $((us / 1000)) ms: $((kib * 1000 / (us / 1000))) KiB/s; idle $((idle * 100 / (all + 1))) %; $(($(sum frames-out) - frames)) frames, $(($(sum nacks-out) - nacks)) NACKs, $(($(sum resent) - resent)) repeated"
	kill -TERM "${donors[@]}"
	wait "${donors[@]}" || die "a donor failed"
	[ ! -s "$work/first" ] || note "$name: $(cat "$work/first")"
	heads_down
	rm -r "$work"
}

transfer "alone" 0
transfer "with messages" 5000
