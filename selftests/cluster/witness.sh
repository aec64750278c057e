#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
#
# Two heads and a witness, under load: who goes on without whom. Kills are silent, as in failures.sh; what the heads
# received is judged by history.py. Then what is not silent: a device that is set down, and a cluster that is ended.
#
# `dead` is 2 s, so that what takes a small part of that was known earlier.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
need_root
need jq perl python3
dead=2000


# A view of so many members, in force.
serves() { has "$1" ".members | length == $2" view && has "$1" '.state == "up"' cluster; }
goes_on() { check "$1" wait_for 20 serves "$2" "$3"; }
wedged() { has "$1" '.state == "wedged"' cluster; }

# errno of a bind on a head.
bind_there() {
	# shellcheck disable=SC2016	# it is Perl
	ip netns exec "samr$1" perl -e 'use Socket;
		socket(my $s, 25, SOCK_SEQPACKET, 0) or die "socket: $!";
		bind($s, pack("SSLQLL", 25, 0, 1, 0, 0, 0)) or die "bind: $!\n";'
}

# What the last view change that left a head out took at head $1, ms since that was heard last.
took() { echo $(($(counter "$1" recovery-ns-last) / 1000000)); }

# It forgets everything, and is configured again. Nobody hears that it goes.
restart_witness() {
	ctl 3 cluster del
	ctl 3 cluster add name lab id 4711 node 3 dead ${dead}ms
	ctl 3 link add kind eth dev eth0
	ctl 3 node add id 1
	ctl 3 node add id 2
	ctl 3 node add id 3 witness
	ctl 3 cluster set state up
}

cluster_up 3 1 --witness --cluster "dead ${dead}ms stuck 1s"

# ---- what it is ----

is "the view has two heads and a witness, under majority" "$(ctl 1 -j view | jq -c \
	'[.policy, .sequencer, .holders, [.members[] | [.node, .witness]]]')" '["majority",1,2,[[1,false],[2,false],[3,true]]]'
is "the witness is configured on each" \
	"$(for k in 1 2 3; do ctl $k -j node | jq -c '[.[] | select(.witness).id]'; done | xargs)" "[3] [3] [3]"
fails_with "it takes no sockets" 95 "Operation not supported" bind_there 3
check "a head does" bind_there 1
fails_with "one witness only" 1 "the cluster has a witness already" ctl 1 node add id 4 witness

# ---- silent deaths ----

members_up 4000 200 1 1 2
sleep 1
cut 1
goes_on "the sequencer is silent: the other head goes on, with the witness" 2 2
check "nobody waits for a fence" has 2 '[.[] | select(.why == "blocked")] == []' fence
check "the head that is cut off waits" wedged 1
heal 1
goes_on "it is back" 1 3
cut 3
goes_on "the witness is silent: both heads go on" 1 2
heal 3
goes_on "it is admitted again" 2 3
cut 1
cut 3
check "the witness and a head are silent: the other head waits" wait_for 20 wedged 2
sleep 1
check "still" wedged 2
check "no fence would help, and none is asked for" has 2 '[.[] | select(.why == "blocked")] == []' fence
heal 3
heal 1
goes_on "they are back" 1 3
goes_on "and know each other" 2 3

# ---- a witness that has forgotten ----

cut 3
restart_witness
cut 1
heal 3
check "a restarted witness has no vote: a head alone waits" wait_for 20 wedged 2
sleep 2
check "still" wedged 2
is "the witness has no view" "$(ctl 3 -j cluster | jq -r .state)" waiting
heal 1
goes_on "with the other head it is admitted" 1 3
members_down "heads and witness"

# ---- deaths that are announced ----

ip -n samr1 link set eth0 down
goes_on "the sequencer's device is set down: the other head goes on" 2 2
note "it took $(took 2) ms, and dead is $dead ms"
expect "long before it is dead" "$(took 2)" -lt $((dead / 2))
ip -n samr1 link set eth0 up
goes_on "it is back" 1 3
goes_on "and the other one knows" 2 3
check "the cluster is deleted on the sequencer" ctl 2 cluster del
goes_on "the other head goes on" 1 2
note "it took $(took 1) ms, and dead is $dead ms"
expect "long before it is dead" "$(took 1)" -lt $((dead / 2))
no_reports
finish
