#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
#
# A service of three heads that does nothing but set alarms, and cancel some (alarms.c). One head after the other falls silent while
# alarms are due, the sequencer first, and comes back without a state. All replicas read the same end of each alarm, at the same
# place, once, and none is lost.
#
#   alarms.sh [CYCLES [COUNT]]      of cuts, and alarms
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/survive.sh"
cycles=${1:-3}
count=${2:-1500}

serve_all() {
	local k
	pids=()
	for ((k = 1; k <= heads; k++)); do
		samr-test-alarms serve "samr$k" 1 "$work/alarms$k" &
		pids+=($!)
		sleep 0.5
	done
	at_exit "kill -KILL ${pids[*]} 2>/dev/null"
}

ask() { timeout 100 samr-test-alarms ask samr1 1 "$1"; }
ended() { [ "$(ask 0)" = "$count $count" ]; }

judge() {
	local k
	for ((k = 2; k <= heads; k++)); do
		check "head $k has read what head 1 has, where it has" cmp "$work/alarms1" "$work/alarms$k"
	done
	is "each alarm has an end" "$(head -n 1 "$work/alarms1")" "set $count awaited 0 ended $count"
	is "and one only" "$(awk 'NR > 1 { print $1 }' "$work/alarms1" | sort -u | wc -l)" "$count"
	is "there was room for each" "$(awk 'NR > 1 && $3 == 2' "$work/alarms1" | wc -l)" 0
	check "some were cancelled" test "$(awk 'NR > 1 && $3 == 1' "$work/alarms1" | wc -l)" -gt 0
	note "late by, ms: $(awk 'NR > 1 && $3 == 0 { print $4 }' "$work/alarms1" | sort -n |
		awk '{ v[NR] = $1 } END { print "half of them", v[int(NR / 2)], "at most", v[NR] }')"
}

cluster_up 3 1 --cluster "dead $dead stuck 500ms"
serve_all
ask "$count" >"$work/begun" || die "nobody answers"
if each_is_cut "$cycles"; then
	check "in the middle: not all have come to their end" test "$(ask 0)" != "$count $count"
	check "all come to their end" wait_for 100 ended
	sleep 1
	kill -TERM "${pids[@]}"
	for pid in "${pids[@]}"; do
		wait "$pid"
		is "a member came to its end" $? 0
	done
	judge
fi
no_reports
finish
