#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# Connections that go on when the state is given: redis with its snapshot and --streams keep on three heads. One connection
# counts while a head falls silent and comes again, replicas are killed and come again, until nobody is left of those that were there
# when it was made. Each number comes once, and the three have the same data.
port=6379 load=redis.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
. "$SELFTESTS/services/redis_replica.sh"
need redis-server redis-cli

counted() { wc -l <"$work/n$1"; }
has_counted() { test "$(counted "$1")" -ge "$2"; }
counts() {
	local k
	for k in 2 3; do
		check "$1: the connection of head $k goes on" wait_for 60 has_counted $k $(($(counted $k) + 30)) ||
			die "$(cat "$work"/n?.err "$work"/?.log)"
	done
}
comes() {
	replica "$1" --streams keep
	check "the replica of head $1 is there" wait_for 60 replicas 3 2
	check "and has the state" wait_for 60 serves "$1" || note "$(cat "$work/$1.log")"
}
dies() {
	kill -KILL "${servers[$1]}"
	ended "$1"
	check "the replica of head $1 is killed" wait_for 20 replicas 2 2
}

counters=()
service_up 3 redis
for k in 1 2 3; do replica $k --streams keep; done
check "three replicas" wait_for 60 replicas 3 || die "$(cat "$work"/*.log)"
for k in 1 2 3; do check "head $k serves" wait_for 30 serves $k || die "$(cat "$work"/*.log)"; done
for k in 2 3; do
	: >"$work/n$k"
	client $k python3 -B "$SELFTESTS/services/keep.py" localhost:$port "n$k" "$work/n$k" 2>"$work/n$k.err" &
	counters[k]=$!
	at_exit "kill -KILL ${counters[k]} 2>/dev/null"
done
counts "three replicas"

cut 1
await "head 1 is silent" 20 2 2
counts "head 1 is silent"
left_out 1
comes 1
counts "head 1 is back"
dies 2
counts "two replicas"
comes 2
counts "the replica of head 2 is back"
dies 3
comes 3
counts "nobody is there who was at the begin"

kill -TERM "${counters[@]}"
for k in 2 3; do
	wait "${counters[k]}" && good=0 || good=1
	is "the client of head $k comes to its end" "$good $(cat "$work/n$k.err")" "0 "
	is "what it got is there" "$(client $k redis-cli -h localhost -p $port GET "n$k")" "$(counted $k)"
done
all_same "in the end"

no_reports
finish
