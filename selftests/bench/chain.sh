#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# Two services in series, both replicated on three heads, beside the same chain of single servers over TCP, for one guest with
# --icount: one instruction is one nanosecond there.
#
#   scripts/guest --icount --mem 1024 selftests/bench/chain.sh [COUNT [BYTES...]]
#
# A message goes from the third head through the first service to the second one, and back the same way. The first head
# is the sequencer. Over TCP the servers are on the first two heads. For each size: median and most of COUNT messages, and the ratio of
# the medians. In the environment: DELAY=50us on the way to each head, RATE=1gbit on it, MTU.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster/cluster.sh"
count=${1:-100}
shift || true
[ $# -gt 0 ] || set -- 100 1000 10000 100000

need_root

us() { echo "$(($1 / 1000)).$(($1 / 100 % 10))"; }

# Output of a caller: median and most.
samr_call() { samr-bench-echo call samr3 1 "$1" "$count" || die "the caller failed"; }
tcp_call() { samr-bench-echo tcp-call samr3 10.25.0.1 7001 "$1" "$count" || die "the caller over TCP failed"; }

servers_up() {
	local k
	for k in 1 2 3; do
		samr-bench-echo serve samr$k 2 & servers+=($!)
		samr-bench-echo serve samr$k 1 2 & servers+=($!)
		sleep 0.5
	done
	samr-bench-echo tcp-serve samr2 7002 & servers+=($!)
	sleep 0.5
	samr-bench-echo tcp-serve samr1 7001 10.25.0.2 7002 & servers+=($!)
	at_exit "kill -KILL ${servers[*]} 2>/dev/null"
	sleep 0.5
	samr-bench-echo start samr1 1 || die "the first service is no client of the second one"
	sleep 0.5
}

servers=()
cluster_up 3 2 --cluster "dead 2s" --mtu "${MTU:-1500}"
servers_up
[ -z "${DELAY:-}${RATE:-}" ] || trouble ${DELAY:+delay "$DELAY"} ${RATE:+rate "$RATE"}
for size; do
	read -r tcp tcp_most < <(tcp_call "$size")
	read -r samr samr_most < <(samr_call "$size")
	note "$size bytes: TCP $(us "$tcp") us (most $(us "$tcp_most")), samr $(us "$samr") us (most $(us "$samr_most")):" \
		"$((samr * 100 / tcp)) %"
done
no_reports
finish
