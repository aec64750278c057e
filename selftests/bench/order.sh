#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317
#
# How long the order takes over each kind of link, for one guest with --icount: one instruction is one nanosecond there.
#
#   scripts/guest --icount --mem 512 selftests/bench/order.sh [COUNT [BYTES...]]
#
# Three heads, of which the first is the sequencer and the third sends, one message at a time. For each kind of link and
# size: least and median time from send() to recv() of the same message, and the ratio of the medians to that over eth,
# which must not be above LIMIT percent for udp-group (115: set it to 0 to be told the figures only).
. "$(dirname "$0")/../lib.sh"
count=${1:-200}
shift || true
[ $# -gt 0 ] || set -- 64 1000
limit=${LIMIT:-115}
declare -A eth

need_root
need samr-bench-order
at_exit heads_down
samr_load

settled() { [ "$(samrctl -n samr3 -j link show | jq '[.. | objects | select(has("device-max"))][0] | ."frame-max" == ."device-max"')" = true ]; }

# measure LINK BYTES...
measure() {
	local link=$1 k size least median ratio listeners=()
	shift
	"$SCRIPTS/lab" 3 --link "$link" --cluster 'beat 100ms' || die "no lab over $link"
	for k in 1 2 3; do samrctl -n samr$k group add id 1; done
	for k in 1 2; do
		(exec ip netns exec samr$k samr-bench-order listen 1) & listeners+=($!)
	done
	wait_for 20 settled || die "the size of frames over $link is not found"
	sleep 1
	for size; do
		read -r least median < <(on 3 samr-bench-order send 1 "$size" "$count")
		[ -n "$median" ] || die "nothing measured over $link"
		[ "$link" != eth ] || eth[$size]=$median
		ratio=$((median * 100 / eth[$size]))
		note "$link, $size bytes: least $least ns, median $median ns, $ratio % of eth"
		[ "$link" != udp-group ] || [ "$limit" = 0 ] || check "$link, $size bytes: at most $limit % of eth" test $ratio -le "$limit"
	done
	kill "${listeners[@]}"
	heads_down
}

for link in eth udp-group udp udp6-group udp6; do measure $link "$@"; done
ok "measured"
finish
