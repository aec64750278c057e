#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# Clients call a service on three heads while heads die in silence: that of the sequencer, any other, and the one that the
# clients are on. Every request that was answered was executed once, at all heads, at the place that the reply named. The
# clients also query: what an answer shows is no older than what they, or for linearizable ones all clients, were told before.
#
#   calls.sh kill [CYCLES]      of three heads one at a time, and back again
#   calls.sh leave              heads leave and join
#   calls.sh query [CYCLES]     of four heads, three with the service; clients are on all of them
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/survive.sh"
what=${1:-kill}
cycles=${2:-3}
every=${INTERVAL:-5000}

# The last call's pids are in servers and callers.
calls_up() {
	local k
	servers=() callers=()
	for ((k = 1; k <= ${1:-heads}; k++)); do
		samr-test-calls serve "samr$k" 1 "$work/serve$k" &
		servers+=($!)
	done
	at_exit "kill -KILL ${servers[*]} 2>/dev/null"
	sleep 1
	for ((k = 1; k <= heads; k++)); do
		samr-test-calls call "samr$k" 1 "$work/call$k-one" $((2 * k)) 1 "$every" &
		callers+=($!)
		samr-test-calls call "samr$k" 1 "$work/call$k-many" $((2 * k + 1)) 12 "$every" &
		callers+=($!)
	done
	at_exit "kill -KILL ${callers[*]} 2>/dev/null"
}

# ended NAME PID...: they come to their end, when they are asked to.
ended() {
	local name=$1 pid bad=0
	shift
	kill -TERM "$@"
	for pid; do wait "$pid" || bad=1; done
	is "$name" $bad 0
}

calls_down() {
	local out bad=0
	ended "$1: the clients have an end for each request" "${callers[@]}"
	# What the last ones have sent is executed everywhere.
	sleep 2
	ended "$1: the members came to their end" "${servers[@]}"
	out=$(python3 -B "$CLUSTER/calls.py" "$work") || bad=1
	note "$out"
	is "$1: each answered request was executed once, at all heads" $bad 0
	is "$1: no session was lost, no outcome is unknown" "$(cat "$work"/call* | grep -cE '^(unknown|undone|unread|session)')" 0
}

kill_and_return() {
	cluster_up 3 1 --cluster "dead $dead stuck 500ms"
	calls_up
	sleep 2
	each_is_cut "$cycles" || return
	calls_down "$cycles kills"
}

leave_and_join() {
	cluster_up 3 1 --cluster "dead $dead"
	calls_up
	sleep 1
	each_leaves || return
	calls_down "leaving"
}

# The fourth head has no member: others answer its clients' queries.
query_elsewhere() {
	local i victim
	cluster_up 4 1 --cluster "dead $dead stuck 500ms"
	calls_up 3
	sleep 2
	for ((i = 0; i < cycles; i++)); do
		victim=$((i % 3 + 1))
		cut $victim
		await "head $victim is silent: the others go on" 20 4 3 || return
		sleep 1
		heal $victim
		await "head $victim is back" 60 $victim 4 || return
		await "and the others know" 20 4 4 || return
		sleep 1
	done
	calls_down "$cycles kills"
}

case $what in
query) query_elsewhere ;;
kill) kill_and_return ;;
leave) leave_and_join ;;
*) die "usage: calls.sh kill|query [CYCLES] | leave" ;;
esac
no_reports
finish
