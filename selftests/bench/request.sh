#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# A request and its reply, of an empty service on three heads, beside UDP and TCP between two of them, for one guest with
# --icount: one instruction is one nanosecond there.
#
#   scripts/guest --icount --mem 1024 selftests/bench/request.sh [COUNT [BYTES...]]
#
# The client is on the third head, the sequencer is the first one. For each size: the median of COUNT round trips over UDP
# (of what fits into a datagram) and TCP, of a request whose reply is given at once (early), and of one whose reply waits until
# enough heads hold the request; and the ratios of the medians. In the environment: DELAY=50us on the way to each head,
# RATE=1gbit on it, MTU.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster/cluster.sh"
count=${1:-100}
shift || true
[ $# -gt 0 ] || set -- 100 1000 10000 100000
DATAGRAM_MAX=60000

need_root

us() { echo "$(($1 / 1000)).$(($1 / 100 % 10)) us"; }
ratio() { echo "$(($1 / $2)).$(printf %02d $(($1 * 100 / $2 % 100)))"; }

servers_up() {
	local k
	for k in 1 2 3; do
		samr-bench-echo serve samr$k 1 & servers+=($!)
	done
	samr-bench-echo tcp-serve samr1 7001 & servers+=($!)
	samr-bench-echo udp-serve samr1 7002 & servers+=($!)
	at_exit "kill -KILL ${servers[*]} 2>/dev/null"
	sleep 2
}

# Median of what a caller prints.
median() {
	local got
	got=$(samr-bench-echo "$@" "$count") || die "$1 failed"
	echo "${got% *}"
}

servers=()
cluster_up 3 2 --cluster "dead 2s" --mtu "${MTU:-1500}"
servers_up
[ -z "${DELAY:-}${RATE:-}" ] || trouble ${DELAY:+delay "$DELAY"} ${RATE:+rate "$RATE"}
for size; do
	tcp=$(median tcp-call samr3 10.25.0.1 7001 "$size")
	early=$(median call-early samr3 1 "$size")
	stable=$(median call samr3 1 "$size")
	line="$size bytes: TCP $(us "$tcp"), early $(us "$early") ($(ratio "$early" "$tcp")), stable $(us "$stable")"
	line+=" ($(ratio "$stable" "$tcp"))"
	if [ "$size" -le $DATAGRAM_MAX ]; then
		udp=$(median udp-call samr3 10.25.0.1 7002 "$size")
		line+="; UDP $(us "$udp"): early $(ratio "$early" "$udp"), stable $(ratio "$stable" "$udp")"
	fi
	note "$line"
done
no_reports
finish
