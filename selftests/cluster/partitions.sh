#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
#
# Networks that are neither whole nor cut: one head does not hear another one that hears it, and a port that comes and goes.
# One set of heads that all hear each other goes on, views do not follow each other without end, and when the network is
# whole again all are together. How many views there were is counted at the heads themselves, and printed.
#
#   partitions.sh [SECONDS]     of each trouble
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/survive.sh"
seconds=${1:-15}

# deaf HEAD OF...: nothing that the others send reaches it.
deaf() {
	local head=$1 of
	shift
	tc -n samr-switch qdisc add dev "port$head" clsact || die "no clsact"
	for of; do
		tc -n samr-switch filter add dev "port$head" egress protocol all flower \
			src_mac "02:53:4d:00:00:0$of" action drop || die "no filter"
	done
}

hears_again() { tc -n samr-switch qdisc del dev "port$1" clsact; }

watch() {
	local k
	for ((k = 1; k <= heads; k++)); do
		samrctl -n "samr$k" -j view monitor >>"$work/monitor$k" &
		at_exit "kill $! 2>/dev/null"
	done
	sleep 0.5
}

# Views that were installed at the head that saw most of them, since the last call.
views() {
	local k n most=0
	for ((k = 1; k <= heads; k++)); do
		n=$(grep -c '"event": *"add"' "$work/monitor$k")
		[ "$n" -le "$most" ] || most=$n
		: >"$work/monitor$k"
	done
	echo "$most"
}

# serving COUNT: so many heads say that they serve in one view of COUNT, and deliver.
serving() {
	local k v n=0 before after epoch count state
	for ((k = 1; k <= heads; k++)); do
		v=$(view_of "$k")
		read -r epoch count state <<<"$v"
		[ "$count $state" != "$1 up" ] || n=$((n + 1))
	done
	before=$(cat "$work"/head* | wc -l)
	sleep 1
	after=$(cat "$work"/head* | wc -l)
	[ "$n" -eq "$1" ] && [ "$after" -gt "$((before + 50))" ]
}

# How long at most until all are together again: a head that was left behind time and again waits for longer each time.
whole_again() {
	local begin
	begin=$(now)
	if all_together 90; then ok "$1: all together again"; else not_ok "$1: all together again"; fi
	note "$1: together after $(($(now) - begin)) ms"
	views >/dev/null
	sleep 5
	is "$1: and they stay so" "$(views)" 0
}

start() {
	cluster_up "$1" 1 --cluster "dead $dead stuck 500ms"
	load_up
	watch
	sleep 1
}

end() {
	members_down "$1"
	heads_down
	rm -r "$work"
}

# Head 2 does not hear head 1, which hears it: one of the two and head 3 go on.
one_way() {
	local n
	start 3
	deaf 2 1
	sleep "$seconds"
	n=$(views)
	note "head 2 did not hear head 1 for $seconds s: $n views"
	expect "one way: not one view after the other" "$n" -le 16
	check "one way: two that hear each other go on" wait_for 20 serving 2
	views >/dev/null
	hears_again 2
	whole_again "one way"
	end "one way"
}

# Two of five are deaf to two others: three that hear each other are enough.
two_of_five() {
	local n
	start 5
	deaf 1 4 5
	deaf 2 5
	sleep "$seconds"
	n=$(views)
	note "1 did not hear 4 and 5, nor 2 5, for $seconds s: $n views"
	expect "two of five: not one view after the other" "$n" -le 24
	check "two of five: three or four that hear each other go on" wait_for 30 three_or_four
	views >/dev/null
	hears_again 1
	hears_again 2
	whole_again "two of five"
	end "two of five"
}

three_or_four() { serving 3 || serving 4; }

# A port that is off for a bit longer than it takes to be suspected, and on for as long.
flapping() {
	local n i
	start 3
	for ((i = 0; i < seconds; i++)); do
		cut 3
		sleep 0.5
		heal 3
		sleep 0.5
	done
	n=$(views)
	note "port 3 was off and on $seconds times: $n views"
	# Left out, taken in and promoted at each time would be three views.
	expect "flapping: slowed down" "$n" -le $((seconds * 2))
	whole_again "flapping"
	end "flapping"
}

one_way
two_of_five
flapping
no_reports
finish
