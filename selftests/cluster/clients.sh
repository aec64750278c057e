# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
# shellcheck shell=bash
#
# For tests with client nodes: through which head one goes, and what became of the requests of samr-test-calls in $work.
# Sourced after survive.sh.

# access_of K: the head that client node K goes through; losses_of K: how often it has lost one.
access_of() { samrctl -n "samr$1" -j cluster show | jq .access; }
losses_of() { samrctl -n "samr$1" -j cluster show | jq .losses; }

# has_access K SECONDS [BUT]: it goes through a head, which is not this one.
has_access() {
	local until=$(($(now) + $2 * 1000)) a
	while a=$(access_of "$1"); [ "$a" = 0 ] || [ "$a" = "${3:-}" ]; do
		[ "$(now)" -lt "$until" ] || return 1
		sleep 0.1
	done
}

# all_ended NAME PID...: they come to their end, when they are asked to.
all_ended() {
	local name=$1 pid bad=0
	shift
	kill -TERM "$@"
	for pid; do wait "$pid" || bad=1; done
	is "$name" $bad 0
}

# What the members and the clients wrote down.
calls_are_right() {
	local out bad=0
	out=$(python3 -B "$CLUSTER/calls.py" "$work") || bad=1
	note "$out"
	is "each answered request was executed once, at all heads" $bad 0
	is "no session was lost, no outcome is unknown" "$(cat "$work"/call* | grep -cE '^(unknown|undone|unread|session)')" 0
}
