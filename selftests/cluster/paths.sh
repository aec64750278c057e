#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# Three heads with three links each, and cables that are pulled at the far side: nobody loses a carrier. Members send all
# the while. No view may change and no message be lost, and the time in which nothing came is printed.
#
# For a guest with one CPU and --icount, where it is the machine's own time that counts; others need DEAD=1000 BEAT=100.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/links.sh"
beat=${BEAT:-20}
dead=${DEAD:-100}
need_root
need python3 jq tc

all_good() {
	local k
	for k in 1 2 3; do
		has "$k" '[.. | objects | select(.way?)] | length == 6 and all(.[]; .way == "good")' link show || return 1
	done
}
counter() { ctl "$1" stats show counters all | awk -v n="$2" '$1 == n { s += $2 } END { print s + 0 }'; }

samr_load
at_exit heads_down
network 3 3
heads=3
work=$(mktemp -d)
at_exit "rm -rf $work"
configure 3 3
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
