#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# Three heads with three links each, and cables that are pulled at the far side: nobody loses a carrier. Members send all
# the while. No view may change and no message be lost, and the time in which nothing came is printed.
#
#	head 1     head 2     head 3       eth0, eth1 and eth2 of each
#	 ||| port0-1  |||        |||
#	 ||+-------- br0 ---------+||
#	 |+--------- br1 ----------+|      netns samr-switch
#	 +---------- br2 -----------+
#
# For a guest with one CPU and --icount, where it is the machine's own time that counts; others need DEAD=1000 BEAT=100.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
beat=${BEAT:-20}
dead=${DEAD:-100}
switch=samr-switch

need_root
need python3 jq tc

port() { ip -n $switch link set "port$1-$2" "${@:3}"; }
pull() { port "$1" "$2" nomaster; }
plug() { port "$1" "$2" master "br$1"; }

network() {
	local k l
	"$SCRIPTS/lab" 3 --no-config || die "no network"
	ip -n $switch link del br0
	for l in 0 1 2; do
		ip -n $switch link add "br$l" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
		ip -n $switch link set "br$l" up
		for k in 1 2 3; do
			if [ "$l" = 0 ]; then
				ip -n $switch link set "port$k" down
				ip -n $switch link set "port$k" name "port0-$k"
			else
				ip link add "eth$l" netns "samr$k" type veth peer name "port$l-$k" netns $switch
				ip -n "samr$k" link set "eth$l" up
			fi
			port $l $k master "br$l" up
		done
	done
}

configure() {
	local k j l
	for k in 1 2 3; do
		ctl $k cluster add name lab id 4711 node $k beat "${beat}ms" dead "${dead}ms"
		for l in 0 1 2; do ctl $k link add kind eth dev eth$l; done
		for j in 1 2 3; do [ "$j" = "$k" ] || ctl $k node add id $j; done
		ctl $k cluster set state up
		ctl $k group add id 1
	done
}

epoch() { ctl "$1" -j status | jq .view.epoch; }
together() { has "$1" '.cluster.state == "up" and (.view.members | length) == 3' status; }

# path HEAD LINK OF FILTER: what HEAD knows of head OF on eth LINK.
path() { has "$1" "[.. | objects | select(.dev? == \"eth$2\")][0].paths[] | select(.node == $3) | $4" link show; }
way() { path "$1" "$2" "$3" ".way == \"$4\""; }
carries() { has "$1" "[.. | objects | select(.dev? == \"eth$2\")][0].carries" link show; }
all_good() {
	local k
	for k in 1 2 3; do
		has "$k" '[.. | objects | select(.way?)] | length == 6 and all(.[]; .way == "good")' link show || return 1
	done
}
counter() { ctl "$1" stats show counters all | awk -v n="$2" '$1 == n { s += $2 } END { print s + 0 }'; }

# under_load NAME COMMAND...: what the members wrote down while it ran has no fault, and the view is the same.
under_load() {
	local name=$1 before after
	shift
	before=$(epoch 1)
	members_up 4000 200 1 1 2 3
	sleep 1
	"$@"
	sleep 1
	members_down "$name"
	after=$(epoch 1)
	is "$name: the same view" "$after" "$before"
}

samr_load
at_exit heads_down
network
heads=3
work=$(mktemp -d)
at_exit "rm -rf $work"
configure
for k in 1 2 3; do check "head $k has its view" wait_for 30 together $k; done
check "all ways are good" wait_for 30 all_good
for k in 1 2 3; do check "head $k takes the first link" wait_for 30 carries $k 0; done
under_load "all is well" true

# ---- the first link breaks for one head, at the far side ----
broken() {
	pull 0 2
	check "head 1 knows that it is broken" wait_for 5 way 1 0 2 broken
	check "and head 2" wait_for 5 way 2 0 1 broken
	check "head 1 takes another link" carries 1 1
	check "what is between the others is not concerned" way 1 0 3 good
}
under_load "a pulled cable" broken
healed() {
	plug 0 2
	check "it works again, and is not used" wait_for 5 way 1 0 2 held
	check "another link still carries" carries 1 1
	check "after a while it is good" wait_for 30 all_good
	for k in 1 2 3; do check "and head $k uses it" wait_for 5 carries "$k" 0; done
}
under_load "the cable is back" healed

# ---- in one direction only ----
one_way() {
	tc -n "$switch" qdisc replace dev port0-2 root netem loss 100%
	check "head 2 does not hear head 1 there" wait_for 5 path 2 0 1 '.way == "broken" and (.deaf | not)'
	check "head 1, which hears it, is told" wait_for 5 path 1 0 2 '.way == "broken" and .deaf'
	check "head 1 does not use it" wait_for 5 carries 1 1
	check "nor does head 2" wait_for 5 carries 2 1
	tc -n "$switch" qdisc del dev port0-2 root
	check "both directions: it is held" wait_for 5 way 1 0 2 held
}
under_load "one direction" one_way
check "all ways are good again" wait_for 60 all_good

# ---- no link reaches all ----
several() {
	pull 0 3
	pull 1 2
	pull 2 1
	check "head 1 reaches head 2 by the first link" wait_for 5 way 1 1 2 broken
	check "and head 3 by the second one" wait_for 5 way 1 0 3 broken
	check "heads 2 and 3 have the third one" way 2 2 3 good
	sleep 3
}
under_load "no link reaches all" several
for k in "0 3" "1 2" "2 1"; do
	# shellcheck disable=SC2086	# link and head
	plug $k
done
check "all ways are good after that" wait_for 60 all_good

# ---- a link that comes and goes ----
flapping() {
	local i
	for i in 1 2 3 4 5 6; do
		pull 0 2
		sleep 0.4
		plug 0 2
		sleep 0.4
	done
	check "it is not used" way 1 0 2 held
	check "and was not in the meantime" carries 1 1
}
under_load "a link that comes and goes" flapping
check "in the end it is good" wait_for 60 all_good
check "it is used again" wait_for 5 carries 1 0
note "pulses of head 1: $(counter 1 pulses-out) sent, $(counter 1 pulses-in) taken; breaks $(counter 1 breaks)"

# ---- with one link there are none ----
for k in 1 2 3; do
	ctl $k link del dev eth1
	ctl $k link del dev eth2
done
sleep 4
before=$(counter 1 pulses-out)
sleep 2
is "with one link nothing more is sent" "$(counter 1 pulses-out)" "$before"
for k in 1 2 3; do check "head $k is still in" together $k; done
finish
