#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# How long a fail-over takes, for one guest with --icount: there one instruction is one nanosecond, so that figures mean
# the same on every machine; they count instructions, no caches, devices or parallel processors.
#
#   scripts/guest --icount --mem 512 selftests/bench/failover.sh [REPEATS]
#
# In the environment: DELAY=100us on the way to each head, SAFE=0 for messages that are not SAFE.
#
# Three heads, each with a member that sends a message every 2 ms. The sequencer's head falls silent, with the default
# timers and with 2/10 ms; then heads leave and join. For each: the longest time between two deliveries at those that
# stay; for the silent ones also the time from the first suspicion to the new view, in that head's kernel.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster/cluster.sh"
repeats=${1:-8}
delay=${DELAY:-}
safe=${SAFE:-1}
tracing=/sys/kernel/tracing/instances/failover

need_root
need python3

field() { samrctl -n "samr$1" -j view show | grep -o "\"$2\": *[0-9]*" | head -1 | tr -dc 0-9; }

# together COUNT: until every head that takes part is in a view of so many.
together() {
	local k tries
	for ((k = 1; k <= heads; k++)); do
		[ "$k" != "${2:-}" ] || continue
		for ((tries = 0; tries < 1000; tries++)); do
			[ "$(samrctl -n "samr$k" -j view show | grep -o '"incarnation"' | wc -l)" -ne "$1" ] || break
			sleep 0.1
		done
		[ $tries -lt 1000 ] || die "head $k is not in a view of $1: $(samrctl -n "samr$k" status)"
	done
}

start() {
	cluster_up 3 1 --cluster "$1" ${delay:+--delay "$delay"}
	echo mono >$tracing/trace_clock
	echo >$tracing/trace
	echo 1 >$tracing/events/samr/samr_view/enable
	echo 1 >$tracing/events/samr/samr_doubt/enable
	members_up 2000 64 "$safe" $(seq "$heads")
	sleep 1
}

stop() {
	kill -TERM "${members[@]}"
	wait "${members[@]}" || die "a member failed"
	grep -v '^#' $tracing/trace >"$work/trace" || true
	python3 -B "$CLUSTER/history.py" "$work"/head* | sed 's/^/# /'
	[ "${PIPESTATUS[0]}" -eq 0 ] || die "what was delivered is wrong"
	python3 -B "$(dirname "$0")/failover.py" "$1" "$work"
	heads_down
	rm -r "$work"
}

# Off the bridge, as an unplugged machine, for long enough that it is left out.
silent() {
	local i victim
	start "beat $1 dead $2"
	for ((i = 0; i < repeats; i++)); do
		victim=$(field $((i % 3 + 1)) sequencer)
		sleep "0.0$((RANDOM % 90 + 10))"
		echo "$(now_us) $victim" >>"$work/events"
		cut "$victim"
		sleep 0.4
		together 2 "$victim"
		echo "$(now_us) $victim" >>"$work/ends"
		heal "$victim"
		together 3
		sleep 0.5
	done
	stop "sequencer silent, beat $1, dead $2"
}

# The head goes and comes by itself; OBJECT is what is measured. The command itself takes the one processor for a while:
# "nothing" is the same without any change.
planned() {
	local i k object=$1
	start "beat 20ms dead 100ms"
	for ((i = 0; i < repeats; i++)); do
		k=$((i % 3 + 1))
		measured nothing "$object" "$k" up
		[ "$object" != nothing ] || continue
		measured leave "$object" "$k" down
		together 2 $k
		sleep 0.1
		measured join "$object" "$k" up
		together 3
		sleep 0.2
	done
	stop "$object"
}

# measured WHAT OBJECT HEAD STATE: nobody else runs while it is measured.
measured() {
	[ "$1" != "$2" ] || echo "$(now_us) $3" >>"$work/events"
	samrctl -n "samr$3" cluster set state "$4"
	sleep 0.3
	[ "$1" != "$2" ] || echo "$(now_us) $3" >>"$work/ends"
}

samr_load
mkdir $tracing
at_exit "rmdir $tracing"
RANDOM=${SEED:-1}
note "on the way to each head: ${delay:-no delay}; messages $([ "$safe" = 1 ] && echo SAFE || echo AGREED)"
silent 20ms 100ms
silent 2ms 10ms
planned nothing
planned leave
planned join
