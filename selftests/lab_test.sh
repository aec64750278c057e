#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/lab: heads come up in one view, netem acts between them, nothing is left behind.
. "$(dirname "$0")/lib.sh"

need_root
need jq tc
before=$(ip netns list; ip -o link | cut -d: -f2)
heads_up 3 --mtu 9000 --cluster 'beat 100ms'
for k in 1 2 3; do
	is "head $k is up" "$(samrctl -n samr$k -j cluster show | jq -r .state)" up
	is "head $k has three in its view" "$(samrctl -n samr$k node show | grep -c 'in-view')" 3
done
fails_with "a second lab is refused" 1 "there is a lab already" "$SCRIPTS/lab" 2
fails_with "a head that is not there" 1 "no head 7" "$SCRIPTS/lab" exec 7 true
fails_with "the status of exec is the command's" 9 "" "$SCRIPTS/lab" exec 2 sh -c 'exit 9'
"$SCRIPTS/lab" netem 2 delay 1ms loss 5%
check "netem acts on the way to head 2" grep -q 'delay 1ms' <(tc -n samr-switch qdisc show dev port2)
check "and on no other" test -z "$(tc -n samr-switch qdisc show dev port3 | grep netem)"
heads_down
is "nothing is left" "$(ip netns list; ip -o link | cut -d: -f2)" "$before"
fails_with "no head without a lab" 1 "no lab: scripts/lab N" "$SCRIPTS/lab" exec 1 true
samr_unload
check "the module can be unloaded" test ! -d /sys/module/samr
finish
