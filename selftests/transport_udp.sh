#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016,SC2154,SC2317
#
# What only links of kind udp have: words of samrctl, strangers, routers, paths narrower than the devices, addresses that
# come and go. transport.sh has what they share with the others.
#
#	transport_udp.sh [4|6]		version of IP
#
#	head 1 -- 10.25.1.0/24 --+
#	head 2 -- 10.25.2.0/24 --+-- router, netns samr-switch	(IPv6: fd25:K::/64)
#	head 3 -- 10.25.3.0/24 --+
. "$(dirname "$0")/lib.sh"
version=${1:-4}

need_root
need samrctl samr-test-load tc jq perl
service=7
switch=samr-switch
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"

if [ "$version" = 4 ]; then
	less=32
	far=10.77.0.1
	address() { echo "10.25.$1.1"; }
	router() { echo "10.25.$1.254"; }
	other() { echo "10.25.$1.253"; }
	bits=24
	any=0.0.0.0/0
	wrong_version=fd25::1
	group=239.25.0.9
else
	less=52
	far=fd77::1
	address() { echo "fd25:$1::1"; }
	router() { echo "fd25:$1::fe"; }
	other() { echo "fd25:$1::fd"; }
	bits=64
	any=::/0
	wrong_version=10.25.0.1
	group=ff05::99
fi

link_of() { ctl "$1" link show | grep '^dev '; }
frame_max() { link_of "$1" | sed -nE 's/.* frame-max ([^ ]+).*/\1/p'; }
has_frames_of() { [ "$(frame_max "$1")" = "$2" ]; }
has_state() { link_of "$1" | grep -q " state $2"; }
count() { ctl "$1" stats show | awk -v n="$2" '$1 == n { s += $2 } END { print s + 0 }'; }
formed() { has "$1" '[.members[]] | length == 3' view; }
epoch() { ctl "$1" -j status | jq .view.epoch; }
nodad() { [ "$version" = 4 ] || echo nodad; }

# Three networks and what joins them. The device's far side in the router is portK.
network() {
	local k
	"$SCRIPTS/lab" 3 --no-config || die "no network"
	ip -n $switch link del br0
	ip netns exec $switch sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	for k in 1 2 3; do
		ip -n "samr$k" addr flush dev eth0 scope global
		# shellcheck disable=SC2046	# a word or none
		ip -n "samr$k" addr add "$(address "$k")/$bits" dev eth0 $(nodad)
		# shellcheck disable=SC2046
		ip -n $switch addr add "$(router "$k")/$bits" dev "port$k" $(nodad)
		# shellcheck disable=SC2046
		ip -n $switch addr add "$(other "$k")/$bits" dev "port$k" $(nodad)
		ip -n $switch link set "port$k" up
		ip -n "samr$k" route add $any via "$(router "$k")"
	done
}

configure() {
	local k j
	for k in 1 2 3; do
		ctl "$k" cluster add name routed id 77 node "$k" beat 100ms dead 5s
		ctl "$k" link add kind udp dev eth0 local "$(address "$k")"
		for j in 1 2 3; do [ $j = $k ] || ctl "$k" node add id $j link eth0 kind udp address "$(address $j)"; done
		ctl "$k" cluster set state up
		ctl "$k" group add id $service
	done
}

# agree NAME COUNT LEN: a member on each head sends; all get all of them in one order.
agree() {
	local k pids=()
	for k in 1 2 3; do
		on "$k" samr-test-load $service 3 "$2" "$3" 200 >"$tmp/out$k" 2>&1 &
		pids+=($!)
	done
	for k in "${pids[@]}"; do wait "$k"; done
	if grep -q '^[0-9]* messages' "$tmp/out1" && [ "$(cat "$tmp"/out[123] | sort -u | wc -l)" = 1 ]; then
		ok "$1"
	else
		note "$(cat "$tmp"/out[123])"
		not_ok "$1"
	fi
}

samr_load
at_exit heads_down
network

# ---- words ----
ctl 1 cluster add name routed id 77 node 1
ctl 1 node add id 2
bad() { fails_with "$1 is refused" 1 "$2" ctl 1 "${@:3}"; }
bad "a link without an address" "needs 'local'" link add kind udp dev eth0
bad "a link without a device" "needs a device" link add kind udp local "$(address 1)"
bad "an address of a group as one's own" "'local' is not" link add kind udp dev eth0 local $group
bad "no group as a group" "no multicast" link add kind udp dev eth0 local "$(address 1)" group "$(address 2)"
bad "two versions of IP" "different versions" link add kind udp dev eth0 local $wrong_version group $group
bad "an IP address for eth" "has no 'local'" link add kind eth dev eth0 local "$(address 1)"
fails_with "a word that is no address is refused" 2 "not an IP address" ctl 1 link add kind udp dev eth0 local here
fails_with "port 0 is refused" 2 "allowed is 1..65535" ctl 1 link add kind udp dev eth0 local "$(address 1)" port 0
(exec ip netns exec samr1 perl -e 'use Socket; use Socket qw(:addrinfo AF_INET6);
	my ($err, $a) = getaddrinfo($ARGV[0], 7375, { socktype => SOCK_DGRAM, flags => AI_NUMERICHOST });
	socket(my $s, $a->{family}, SOCK_DGRAM, 0) or die; bind($s, $a->{addr}) or die "bind: $!"; sleep 600' "$(address 1)") &
other_program=$!
at_exit "kill $other_program 2>/dev/null"
bound() { on 1 ss -Huan | grep -q ':7375 '; }
check "another program takes a port" wait_for 20 bound
bad "a port that another program has" "used by another program" link add kind udp dev eth0 local "$(address 1)" port 7375
kill $other_program
wait $other_program 2>/dev/null
check "a link with all its words" ctl 1 link add kind udp dev eth0 local "$(address 1)" group $group port 7375 ttl 3
check "they are shown" has 1 "[.. | objects | select(.kind? == \"udp\")][0] |
	.local == \"$(address 1)\" and .group == \"$group\" and .port == 7375 and .ttl == 3" link show
bad "a second link of the kind on the device" "already" link add kind udp dev eth0 local "$(address 1)"
check "a link of kind eth beside it" ctl 1 link add kind eth dev eth0
bad "an address of the other version" "other version" node set id 2 link eth0 kind udp address $wrong_version
bad "a MAC address" "wrong length" node set id 2 link eth0 kind udp address 02:00:00:00:00:01
bad "an address of many" "not the IP address" node set id 2 link eth0 kind udp address $group
bad "one's own address" "own address" node set id 2 link eth0 kind udp address "$(address 1)"
check "an address has the link's port" ctl 1 node set id 2 link eth0 kind udp address "$(address 2)"
check "and is shown with it" has 1 "[.. | objects | select(.kind? == \"udp\")][0].paths[0].address | endswith(\":7375\")" link show
check "counters of the two are apart" has 1 '.links | has("eth0") and has("eth0/udp")' stats show counters all
check "the link goes" ctl 1 link del kind udp dev eth0
check "the other one stays" has 1 '[.. | objects | .kind? // empty] == ["eth"]' link show
ctl 1 cluster del

# ---- across a router ----
configure
for k in 1 2 3; do check "head $k has its view, across a router" wait_for 20 formed $k; done
for k in 1 2 3; do check "head $k finds the frame size" wait_for 10 has_frames_of $k $((1500 - less)); done
agree "messages across a router" 200 100
agree "large messages" 5 300000
first=$(epoch 1)

# ---- strangers, and what is no frame ----
# datagrams HEAD FROM PORT: a hundred of all lengths.
datagrams() {
	on "$1" perl -e 'use Socket; use Socket qw(:addrinfo AF_INET6);
		my ($to, $from) = @ARGV; my %h = (socktype => SOCK_DGRAM, flags => AI_NUMERICHOST);
		my ($e1, $a) = getaddrinfo($to, 7374, \%h); my ($e2, $b) = getaddrinfo($from, 0, \%h);
		socket(my $s, $a->{family}, SOCK_DGRAM, 0) or die; bind($s, $b->{addr}) or die "bind: $!";
		for my $n (0 .. 99) { send($s, "\x53" x $n, 0, $a->{addr}) }' "$(address "$2")" "$(address "$1")" || die "no datagrams"
}
before=$(count 2 drop-stranger)
short=$(count 2 short)
datagrams 1 2
is "datagrams from another port are strangers" $(($(count 2 drop-stranger) - before)) 100
is "and are not looked into" "$(count 2 short)" "$short"
ctl 2 node set id 3 link eth0 address learn
before=$(count 2 drop-stranger)
datagrams 1 2
is "where an address is to be learned there are no strangers" "$(count 2 drop-stranger)" "$before"
check "and what is no frame is dropped for what it is" test "$(count 2 short)" -gt "$short"
ctl 2 node set id 3 link eth0 address "$(address 3)"

# ---- the path is narrower than the devices ----
mtu=1300
refused=$(count 1 tx-device)
ip -n $switch link set port2 mtu $mtu
agree "messages while the path becomes narrow" 20 20000
check "head 1 has the size of the path, to the byte" wait_for 20 has_frames_of 1 $((mtu - less))
check "and so has head 3" wait_for 20 has_frames_of 3 $((mtu - less))
agree "messages on the narrow path" 20 20000
check "few frames were too long" test $(($(count 1 tx-device) - refused)) -lt 100
ip -n $switch link set port2 mtu 1500
for k in 1 3; do on $k ip "-$version" route flush cache; done
check "the size comes back" wait_for 40 has_frames_of 1 $((1500 - less))

# A router that says nothing: the frames are lost, and the link has to find it out.
filter() { [ "$version" = 4 ] && echo "ip protocol 1 0xff" || echo "ip6 protocol 58 0xff"; }
proto() { [ "$version" = 4 ] && echo ip || echo ipv6; }
if [ "$version" = 4 ]; then
	for k in 1 3; do
		tc -n samr$k qdisc add dev eth0 clsact
		# shellcheck disable=SC2046
		tc -n samr$k filter add dev eth0 ingress protocol "$(proto)" u32 match $(filter) action drop
	done
	ip -n $switch link set port2 mtu $mtu
	agree "messages on a path of which nobody says that it is narrow" 20 20000
	check "a size that passes is found" wait_for 40 has_frames_of 1 $((1280 - less))
	# In this order: what the router says of a last frame too long would be believed for ten minutes.
	ip -n $switch link set port2 mtu 1500
	for k in 1 3; do tc -n samr$k qdisc del dev eth0 clsact; done
	check "the size comes back again" wait_for 60 has_frames_of 1 $((1500 - less))
fi

# ---- routes and addresses ----
for k in 1 2 3; do
	(exec ip netns exec samr$k samr-test-load $service 3 300 100 10000 >"$tmp/out$k" 2>&1) &
	load[k]=$!
done
sleep 1
for k in 1 2 3; do
	ip -n samr$k route replace $any via "$(other $k)"
	sleep 0.3
	ip -n samr$k route replace $any via "$(router $k)"
done
for k in 1 2 3; do wait "${load[k]}"; done
is "messages while routes change" "$(sort -u "$tmp"/out[123] | grep -c '^900 messages')" 1
is "all of that in one view" "$(epoch 1)" "$first"

ip -n samr3 addr del "$(address 3)/$bits" dev eth0
check "without its address the link is down" wait_for 5 has_state 3 down
# shellcheck disable=SC2046
ip -n samr3 addr add "$(address 3)/$bits" dev eth0 $(nodad)
ip -n samr3 route replace $any via "$(router 3)"
check "with it, it is up" wait_for 20 has_state 3 up
# shellcheck disable=SC2046
ip -n samr3 addr add $far/$((bits == 24 ? 32 : 128)) dev lo $(nodad)
check "an address on another device does no harm" has_state 3 up
ip -n $switch link set port3 down
check "no carrier, no link" wait_for 5 has_state 3 down
ip -n $switch link set port3 up
[ "$version" = 4 ] || ip -n $switch addr replace "$(router 3)/$bits" dev port3 nodad
check "with carrier it is up" wait_for 20 has_state 3 up
check "all are together" wait_for 30 formed 3
agree "messages after all that" 50 100

# ---- all of it away while it works ----
for k in 1 2; do (exec ip netns exec samr$k samr-test-load $service 2 0 300 1000 >/dev/null 2>&1) & load[k]=$!; done
sleep 1
heads_down
samr_unload
check "the module goes with the heads" test ! -d /sys/module/samr
kill "${load[@]}" 2>/dev/null
wait "${load[@]}" 2>/dev/null
finish
