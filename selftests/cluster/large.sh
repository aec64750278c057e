#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# A way that carries small frames and not large ones any more, as where a switch was given another MTU: heads hear each
# other well, and messages do not come. Members send large ones all the while, in a cluster with one link and in one with
# two. No view may change and no message be lost; the time in which nothing came is printed, and bounded.
#
# For a guest with one CPU and --icount, where it is the machine's own time that counts.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/links.sh"
beat=20 dead=100 heads=3
most=200	# the rounds of probes, once a second, take more than a second
need_root
need python3 jq

frame_max() { has "$1" "[.. | objects | select(.dev? == \"eth$2\")][0].frame_max == $3" link show; }

# narrow LINK HEAD MTU: of the way to and from it; its own device knows nothing of that.
narrow() { port "$1" "$2" mtu "$3"; }

# settled LINKS: all is as it was in the beginning.
settled() {
	local k l
	for k in 1 2 3; do
		carries "$k" 0 || return 1
		for ((l = 0; l < $1; l++)); do frame_max "$k" "$l" 1496 || return 1; done
	done
}

# narrowed MTU SIZE: larger frames are lost on the way to head 2 and back, and frames of SIZE are the largest tried that
# are not.
narrowed() {
	narrow 0 2 "$1"
	check "$what: head 1 finds out" wait_for 10 frame_max 1 0 "$2"
	check "$what: and head 2" wait_for 10 frame_max 2 0 "$2"
	check "$what: head 1 takes the best link" wait_for 5 carries 1 $((links - 1))
}
widened() {
	narrow 0 2 1500
	check "$what: large frames are used again" wait_for 40 settled "$links"
}

samr_load
at_exit heads_down
work=$(mktemp -d)
at_exit "rm -rf $work"
for links in 1 2; do
	network $heads $links
	configure $heads $links
	for k in 1 2 3; do check "$links links: head $k has its view" wait_for 30 together $k; done
	check "$links links: it is settled" wait_for 30 settled $links
	what="$links links, a frame each"
	len=1400 every=4000 safe=1
	under_load "$what" narrowed 1300 1276
	expect "$what: messages lack for less than $most ms" "$gap" -lt "$most"
	what="$links links, many frames each"
	len=20000 every=20000 safe=0
	under_load "$what" narrowed 1024 996
	expect "$what: messages lack for less than $most ms" "$gap" -lt "$most"
	under_load "$what" widened
	heads_down
done
finish
