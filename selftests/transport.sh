#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# Links and what happens to them: three heads on a bridge (scripts/lab), members that send all the while, and a network
# that filters multicast, drops large frames, changes its MTU, loses devices and gets them back.
#
#	transport.sh [KIND]		of link: eth, or another one of scripts/lab
. "$(dirname "$0")/lib.sh"

need_root
need samrctl samr-test-load tc
service=7
switch=samr-switch
export SAMR_LINK=${1:-eth}
# Bytes of a device's MTU that are none of a frame's: the trailer, and headers of IP and UDP. Does the kind multicast?
case $SAMR_LINK in
eth) less=4 group=yes ;;
udp) less=32 group=no ;;
udp-group) less=32 group=yes ;;
udp6) less=52 group=no ;;
udp6-group) less=52 group=yes ;;
*) skip_all "no kind of link '$SAMR_LINK'" ;;
esac
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"

# The line of link eth0 on head K, and words of it.
link_of() { samrctl -n "samr$1" link show | grep '^dev '; }
word_of() { link_of "$1" | sed -nE "s/.* $2 ([^ ]+).*/\1/p"; }
frame_max() { word_of "$1" frame-max; }
state() { word_of "$1" state; }
multicasts() { link_of "$1" | grep -qE ' multicast( |$)'; }
copies() { ! multicasts "$1"; }

has_frames_of() { [ "$(frame_max "$1")" = "$2" ]; }
has_state() { [ "$(state "$1")" = "$2" ]; }
hears() { samrctl -n "samr$1" link show | grep -q "path node $2 .*heard yes"; }
hears_not() { ! hears "$1" "$2"; }
count() { samrctl -n "samr$1" stats show | awk -v n="$2" '$1 == n { s += $2 } END { print s + 0 }'; }

no_members() {
	local k
	for k in 1 2 3; do [ -z "$(samrctl -n "samr$k" member show group "$service")" ] || return 1; done
}

declare_service() {
	local k
	for k; do samrctl -n "samr$k" group add id $service; done
}

# agree NAME COUNT LEN K...: a member on each head sends COUNT messages; all get all of them in one order.
agree() {
	local name=$1 messages=$2 len=$3 k pids=()
	shift 3
	for k; do
		on "$k" samr-test-load $service $# "$messages" "$len" 200 >"$tmp/out$k" 2>&1 &
		pids+=($!)
	done
	for k in "${pids[@]}"; do wait "$k"; done
	if grep -q '^[0-9]* messages' "$tmp/out$1" && [ "$(for k; do cat "$tmp/out$k"; done | sort -u | wc -l)" = 1 ]; then
		ok "$name"
	else
		note "$(for k; do sed "s/^/head $k: /" "$tmp/out$k"; done)"
		not_ok "$name"
	fi
}

# Members that send until they are stopped.
load_start() {
	local k
	load=()
	for k; do
		(exec ip netns exec "samr$k" samr-test-load $service $# 0 300 1000 >"$tmp/load$k" 2>&1) &
		load+=($!)
	done
	sleep 1
}

# Whoever comes next must not find these members: their leaving is ordered, too.
load_stop() {
	kill "${load[@]}" 2>/dev/null
	wait "${load[@]}" 2>/dev/null
	load=()
	[ ! -d /sys/module/samr ] || wait_for 10 no_members || die "killed members do not leave"
}

port() { ip -n $switch link set "$@"; }

# A new device, or one that was moved, has no IP address any more, nor has one that was down an IPv6 one.
addresses() {
	ip -n "samr$1" addr replace "10.25.0.$1/24" dev eth0
	ip -n "samr$1" addr replace "fd25::$1/64" dev eth0 nodad
}

heads_up 3 --cluster 'beat 100ms'
declare_service 1 2 3

# ---- a healthy wire ----
for k in 1 2 3; do
	check "head $k finds the frame size of the wire" wait_for 5 has_frames_of $k $((1500 - less))
	if [ "$group" = yes ]; then
		check "head $k finds that multicast passes" wait_for 5 multicasts $k
	else
		check "head $k knows that there is no multicast" copies $k
	fi
done
agree "messages over a healthy wire" 200 100 1 2 3
agree "large messages" 5 300000 1 2 3

# ---- multicast is filtered on the way to head 2; IPv6 finds its neighbours by it, too ----
case $SAMR_LINK in
eth | udp-group)
port port2 type bridge_slave mcast_flood off
check "head 1 notices that multicast is filtered" wait_for 15 copies 1
check "and so does head 3" wait_for 15 copies 3
check "head 2, which it does not concern, goes on" multicasts 2
agree "messages by a copy to each" 200 100 1 2 3
port port2 type bridge_slave mcast_flood on
check "multicast is used again when it passes" wait_for 20 multicasts 1
check "by head 3, too" wait_for 20 multicasts 3
;;
esac

# ---- MTU ----
load_start 1 2 3
port br0 mtu 9000
for k in 1 2 3; do
	port port$k mtu 9000
	on $k ip link set eth0 mtu 9000
done
for k in 1 2 3; do check "head $k goes up to jumbo frames" wait_for 20 has_frames_of $k $((9000 - less)); done
load_stop
agree "messages in jumbo frames" 20 100000 1 2 3
on 2 ip link set eth0 mtu 1400
port port2 mtu 1400
check "a smaller MTU counts at once" has_frames_of 2 $((1400 - less))
check "the others follow" wait_for 20 has_frames_of 1 $((1400 - less))
agree "messages after the MTU has changed" 20 100000 1 2 3

# ---- a way that passes small frames and drops large ones ----
for k in 1 2 3; do
	port port$k mtu 1500
	on $k ip link set eth0 mtu 1500
done
check "head 1 is back at the usual size" wait_for 20 has_frames_of 1 $((1500 - less))
port port2 mtu 1300
check "head 1 settles at a size that passes" wait_for 30 has_frames_of 1 $((1280 - less))
check "head 2 too" wait_for 30 has_frames_of 2 $((1280 - less))
agree "messages over that way" 20 20000 1 2 3
port port2 mtu 1500

# ---- a device goes away under traffic, and comes back ----
load_start 1 2 3
# shellcheck disable=SC2046	# words
fails_with "the same link twice is refused" 1 "already" samrctl -n samr2 link add $("$SCRIPTS/lab" link 2)
ip -n samr2 link del eth0
check "the link without a device is absent" has_state 2 absent
check "the others miss the head" wait_for 20 hears_not 1 2
ip -n samr2 link add eth0 address 02:53:4d:00:00:02 type veth peer name port2 netns $switch
port port2 master br0 up
ip -n samr2 link set eth0 up
addresses 2
check "the link takes a new device of that name" wait_for 10 has_state 2 up
check "the others hear the head again" wait_for 20 hears 1 2
load_stop
agree "messages after that" 50 100 1 2 3

# ---- into another namespace and back ----
load_start 1 2 3
ip -n samr3 link set eth0 name moved netns samr1
check "the device was moved: the link is absent" has_state 3 absent
ip -n samr1 link set moved netns samr3
check "under another name it is not taken" has_state 3 absent
ip -n samr3 link set moved name eth0
ip -n samr3 link set eth0 up
addresses 3
check "with its name it is" wait_for 10 has_state 3 up
load_stop
agree "messages after that, too" 50 100 1 2 3

# ---- down, carrier, bridge ----
ip -n samr3 link set eth0 down
check "a device that is down does not carry" has_state 3 down
ip -n samr3 link set eth0 up
addresses 3
port port3 down
check "nor does one without carrier" wait_for 5 has_state 3 down
port port3 up
check "with carrier it does" wait_for 10 has_state 3 up
addresses 3
if [ "$SAMR_LINK" = eth ]; then
ip -n samr3 link add br1 type bridge
ip -n samr3 link set eth0 master br1
check "nor does the port of a bridge" has_state 3 down
ip -n samr3 link set eth0 name moved netns samr1
check "a port that was moved away is let go of" has_state 3 absent
ip -n samr1 link set moved name eth0 netns samr3
ip -n samr3 link set eth0 master br1 up
check "and taken again when it comes back" wait_for 5 has_state 3 down
ip -n samr3 link set eth0 nomaster
ip -n samr3 link del br1
check "released it does" wait_for 10 has_state 3 up
fails_with "the loopback device is refused" 1 "Ethernet" samrctl -n samr3 link add kind eth dev lo
fi
fails_with "an unknown transport is refused" 1 "" samrctl -n samr3 link add kind smoke dev eth0

# ---- two clusters on one wire ----
address_of() {
	case $SAMR_LINK in
	udp) echo "link eth0 address 10.25.0.$1" ;;
	udp6) echo "link eth0 address fd25::$1" ;;
	esac
}
heads_down
"$SCRIPTS/lab" 4 --no-config || die "no lab"
for k in 1 2 3 4; do
	cluster=$(((k + 1) / 2))
	samrctl -n samr$k cluster add name "c$cluster" id $cluster node $((2 - k % 2)) beat 100ms
	# shellcheck disable=SC2046	# words
	samrctl -n samr$k link add $("$SCRIPTS/lab" link $k)
	# shellcheck disable=SC2046	# words
	samrctl -n samr$k node add id $((1 + k % 2)) $(address_of $((k % 2 ? k + 1 : k - 1)))
	samrctl -n samr$k cluster set state up
done
declare_service 1 2 3 4
formed() { samrctl -n "samr$1" cluster show | grep -q 'state up'; }
for k in 1 2 3 4; do check "head $k has its view" wait_for 10 formed $k; done
agree "messages in the first cluster" 50 100 1 2
agree "messages in the second cluster" 50 100 3 4
is "its order is its own" "$(cat "$tmp/out1")" "$(cat "$tmp/out2")"
[ "$group" = no ] || check "frames of the other cluster were counted" test "$(count 1 cluster)" -gt 0
check "and nothing else was dropped" test "$(count 1 crc)$(count 1 source)" = 00

# ---- all of it away while it works ----
load_start 1 2
heads_down
samr_unload
check "the module goes with the heads" test ! -d /sys/module/samr
load_stop
finish
