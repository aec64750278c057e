#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# Two services on three heads that are clients of each other, and clients of both on each head. One head after the other, each
# with members of both, falls silent in the middle of it, and comes back without a state. Each request of a client is executed
# once by the service it was sent to, and once by the other one; all replicas end alike, and nobody waits for ever.
#
#   chain.sh [CYCLES [COUNT]]      of cuts, and requests of each client
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/survive.sh"
cycles=${1:-3}
count=${2:-1500}
every=${INTERVAL:-4000}

# The pids are in servers and callers.
chain_up() {
	local k s
	servers=() callers=()
	for ((k = 1; k <= heads; k++)); do
		for s in 1 2; do
			samr-test-chain serve "samr$k" $s $((3 - s)) "$work/state$s-$k" &
			servers+=($!)
		done
	done
	at_exit "kill -KILL ${servers[*]} 2>/dev/null"
	sleep 1
	for ((k = 1; k <= heads; k++)); do
		for s in 1 2; do
			samr-test-chain call "samr$k" $s "$work/calls$s-$k" $((2 * k + s)) "$count" "$every" &
			callers+=($!)
		done
	done
	at_exit "kill -KILL ${callers[*]} 2>/dev/null"
}

# each_ended NAME SECONDS PID...: they end by themselves, and well.
each_ended() {
	local name=$1 until=$((SECONDS + $2)) pid bad=0
	shift 2
	for pid; do
		while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $until ]; do sleep 0.2; done
		kill -KILL "$pid" 2>/dev/null && note "process $pid did not end"
		wait "$pid" || bad=1
	done
	is "$name" $bad 0
}

# What a service has executed for clients, or for the other service, is each number once; and these are NUMBERS.
executed_once() {
	local name=$1 kind=$2 file=$3 numbers=$4
	is "$name" "$(awk -v k="$kind" '$1 == k { print $2, $3 }' "$file" | sort)" "$(awk '{ print $1, 1 }' <<<"$numbers" | sort)"
}

judge() {
	local s k numbers
	is "each request was answered by both services" "$(cat "$work"/calls* | grep -vc '^done ')" 0
	is "and all were" "$(cat "$work"/calls* | grep -c '^done ')" $((2 * heads * count))
	for s in 1 2; do
		numbers=$(awk '{ print $2 }' "$work"/calls$s-*)
		for ((k = 2; k <= heads; k++)); do
			check "service $s: head $k has what head 1 has" cmp "$work/state$s-1" "$work/state$s-$k"
		done
		executed_once "service $s: what its clients asked for was executed once" outer "$work/state$s-1" "$numbers"
		executed_once "and once by the other service" inner "$work/state$((3 - s))-1" "$numbers"
		is "and nothing is open" "$(awk 'NR == 1 { print $6, $8 }' "$work/state$s-1")" "0 0"
		note "$(head -n 1 "$work/state$s-1")"
	done
}

cluster_up 3 2 --cluster "dead $dead stuck 500ms"
chain_up
sleep 2
if each_is_cut "$cycles"; then
	is "in the middle: there are requests left" "$(cat "$work"/calls* | wc -l | awk -v all=$((2 * heads * count)) '{ print ($1 < all) }')" 1
	each_ended "the clients have an end for each request" 200 "${callers[@]}"
	sleep 2
	kill -TERM "${servers[@]}"
	each_ended "the members came to their end" 60 "${servers[@]}"
	judge
fi
no_reports
finish
