#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154 source-path=SCRIPTDIR/..
#
# memcached under samr-run on one head beside the same program over TCP, on that head too, for one guest with --icount: one
# instruction is one nanosecond there.
#
#   scripts/guest --icount --mem 1024 selftests/bench/memcached.sh [COUNT [CLIENTS...]]
#
# memcslap, of libmemcached, has so many CLIENTS, each with a connection and a thread of its own, that do COUNT operations each,
# one after the other. Printed: operations per second, and the ratio.
port=11211 load=memcached.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
need memcached memcslap
count=${1:-1000}
shift || true
[ $# -gt 0 ] || set -- 1 4 16

# slap TEST CLIENTS PORT PREFIX...: operations per second, of the better one of two runs: time jumps where a file is waited for.
slap() {
	local first second
	first=$(slap_once "$@") || exit
	second=$(slap_once "$@") || exit
	echo $((first > second ? first : second))
}

slap_once() {
	local out
	out=$("${@:4}" memcslap --servers=localhost:"$3" --test="$1" --concurrency="$2" --execute-number="$count" \
		--initial-load=100 2>&1) || die "memcslap: $out"
	awk -v n=$(($2 * count)) '/^Time to (set|get) / { t = $(NF - 1) } END { printf "%d\n", n / t }' <<<"$out"
}

service_up 1 memcached
serve 1 memcached -u root -t 1 -p $port -U 0
ip netns exec samr1 memcached -u root -t 1 -p 11212 -U 0 &
at_exit "kill -KILL $! 2>/dev/null"
check "a replica" wait_for 30 replicas 1 || die "$(cat "$work"/*.log)"
for clients; do
	for test in set get; do
		plain=$(slap "$test" "$clients" 11212 ip netns exec samr1)
		samr=$(slap "$test" "$clients" $port client 1)
		note "$test, $clients clients: TCP $plain/s, samr-run $samr/s: $((samr * 100 / plain)) %"
	done
done
no_reports
finish
