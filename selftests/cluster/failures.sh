#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# Heads die in silence under load, and come back: a head's port leaves the bridge, no farewell, no carrier lost. What
# each head received is judged by history.py. All messages are SAFE: what an excluded sequencer has delivered of others is
# its own affair.
#
#   failures.sh kill [CYCLES]       the sequencer, then any: three heads, majority
#   failures.sh random [CYCLES]     one or two of five, for a random time: SEED=N repeats the choices
#   failures.sh leave               heads leave and join, one after the other
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/survive.sh"
what=${1:-kill}
cycles=${2:-3}

kill_and_return() {
	cluster_up 3 1 --cluster "dead $dead stuck 500ms"
	load_up
	sleep 2
	each_is_cut "$cycles" || return
	check "who was alone was told while it lasted" grep -q '^stuck$' "$work/head1"
	members_down "$cycles kills"
}

# Some cuts are over before anybody has noticed, most are not.
kill_at_random() {
	local i first second both=0 ms longest=0 sum=0 begin took up
	RANDOM=${SEED:-$$}
	note "SEED=${SEED:-$$}"
	cluster_up 5 1 --cluster "dead $dead stuck 500ms"
	interval=${INTERVAL:-20000}
	load_up
	sleep 2
	for ((i = 1; i <= cycles; i++)); do
		first=$((RANDOM % heads + 1)) second=
		[ $((RANDOM % 4)) -ne 0 ] || second=$(((first + RANDOM % (heads - 1)) % heads + 1))
		ms=$((RANDOM % 1500))
		read -r up _ </proc/uptime
		cut $first
		[ -z "$second" ] || { cut $second; both=$((both + 1)); }
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
		heal $first
		[ -z "$second" ] || heal "$second"
		begin=$(now)
		if ! all_together 90; then
			not_ok "cycle $i: heads $first $second were cut off for $ms ms"
			return
		fi
		took=$(($(now) - begin))
		note "cycle $i: at $up s $first $second for $ms ms, together after $took ms"
		sum=$((sum + took)) longest=$((took > longest ? took : longest))
		[ $((i % 20)) -ne 0 ] || ok "$i cycles, all five together each time"
		[ $((RANDOM % 2)) -eq 0 ] || sleep 0.5
	done
	note "two at once: $both; from the healing until all were together: mean $((sum / cycles)) ms, longest $longest ms"
	members_down "$cycles cycles"
}

leave_and_join() {
	cluster_up 3 1 --cluster "dead $dead"
	load_up
	sleep 2
	each_leaves || return
	members_down "leaving"
}

case $what in
kill) kill_and_return ;;
random) kill_at_random ;;
leave) leave_and_join ;;
*) die "usage: failures.sh kill [CYCLES] | random [CYCLES] | leave" ;;
esac
no_reports
finish
