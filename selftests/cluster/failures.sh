#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# Heads die in silence under load, and come back: a head's port leaves the bridge, no farewell, no carrier lost. What
# each head received is judged by history.py. All messages are SAFE: what an excluded sequencer has delivered of others is
# its own affair.
#
#   failures.sh kill [CYCLES]       the sequencer, then any: three heads, majority
#   failures.sh leave               heads leave and join, one after the other
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
what=${1:-kill}
cycles=${2:-3}
dead=${DEAD:-300ms}
interval=${INTERVAL:-4000}
safe=${SAFE:-1}

need_root
need python3

# A silent kill: what is sent there goes nowhere, and nothing comes.
cut() { ip -n samr-switch link set "port$1" nomaster; }
heal() { ip -n samr-switch link set "port$1" master br0; }

now() { date +%s%3N; }

# view_of HEAD: epoch, members and state, as "EPOCH COUNT STATE".
view_of() {
	samrctl -n "samr$1" -j status | python3 -c '
import json, sys
s = json.load(sys.stdin)
view = s.get("view", {})
print(view.get("epoch", 0), len(view.get("members", [])), s["cluster"]["state"])'
}

# await NAME SECONDS HEAD COUNT: a view of so many members, in force.
await() {
	local name=$1 until=$(($(now) + $2 * 1000)) v count state
	while :; do
		v=$(view_of "$3")
		read -r _ count state <<<"$v"
		[ "$count $state" != "$4 up" ] || { ok "$name"; return 0; }
		[ "$(now)" -lt "$until" ] || break
		sleep 0.1
	done
	note "head $3: $v; wanted: $4 members"
	state
	not_ok "$name"
	return 1
}

load_up() {
	local k
	pids=()
	for ((k = 1; k <= heads; k++)); do
		samr-test-survive "samr$k" 1 "$work/head$k" "$interval" 200 "$safe" &
		pids+=($!)
	done
	at_exit "kill ${pids[*]} 2>/dev/null"
}

load_down() {
	local name=$1 out pid bad=0
	kill -TERM "${pids[@]}"
	for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
	is "$name: the members came to their end" $bad 0
	if out=$(python3 -B "$CLUSTER/history.py" "$work"/head*); then
		note "$out"
		ok "$name: one order, nothing lost, nothing twice"
	else
		note "$out"
		not_ok "$name: one order, nothing lost, nothing twice"
	fi
}

kill_and_return() {
	local i victim other
	cluster_up 3 1 --cluster "dead $dead stuck 500ms"
	load_up
	sleep 2
	for ((i = 0; i < cycles; i++)); do
		# The first one is the sequencer.
		victim=$((i % 3 + 1)) other=$(((i + 1) % 3 + 1))
		cut $victim
		await "head $victim is silent: the others go on" 20 $other 2 || return
		sleep 1
		heal $victim
		await "head $victim is back" 60 $victim 3 || return
		await "and the others know" 20 $other 3 || return
		sleep 1
	done
	check "who was alone was told while it lasted" grep -q '^stuck$' "$work/head1"
	load_down "$cycles kills"
}

leave_and_join() {
	local k other
	cluster_up 3 1 --cluster "dead $dead"
	load_up
	sleep 2
	for ((k = 1; k <= 3; k++)); do
		other=$((k % 3 + 1))
		check "head $k leaves" samrctl -n "samr$k" cluster set state down
		await "the others go on" 20 $other 2 || return
		sleep 1
		check "head $k joins" samrctl -n "samr$k" cluster set state up
		await "it is in" 60 $k 3 || return
		await "and the others know" 20 $other 3 || return
		sleep 1
	done
	load_down "leaving"
}

case $what in
kill) kill_and_return ;;
leave) leave_and_join ;;
*) die "usage: failures.sh kill [CYCLES] | leave" ;;
esac
no_reports
finish
