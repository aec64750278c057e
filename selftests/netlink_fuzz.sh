#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# netlink_fuzz.sh [SECONDS [SEED]]: messages with and without sense to the generic netlink family of a head, while
# another head sends frames to it.
. "$(dirname "$0")/lib.sh"
need_root
need samrctl samr-test-netlink ip
samr_load
at_exit heads_down
"$SCRIPTS/lab" 2 --no-config || die "scripts/lab failed"
samrctl -n samr2 cluster add name demo id 7 node 2
samrctl -n samr2 link add kind eth dev eth0
samrctl -n samr2 node add id 1
samrctl -n samr2 cluster set state up

out=$(ip netns exec samr1 samr-test-netlink "${1:-10}" ${2:+"$2"} 2>&1)
status=$?
note "$out"
is "messages without sense: the family stands them" $status 0
check "and the other head works as before" grep -q "this is head 2, " <(samrctl -n samr2 status)
samrctl -n samr1 cluster del 2>/dev/null
check "a new cluster can be made" samrctl -n samr1 cluster add name demo id 7 node 1
finish
