#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016,SC2154,SC2317
#
# Members that give different replies (diverged.c): who is told, who is blamed, and what becomes of them by each policy;
# by three heads, and by two, of which neither is the minority.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
need_root
need jq
pids=()

# serve NAME HEAD [WORD]: a member there; its log is $work/NAME-HEAD, its pid in pids[HEAD].
serve() {
	samr-test-diverged serve "samr$2" 1 "$work/$1-$2" "${@:3}" &
	pids[$2]=$!
}
members() { wait_for 60 has 1 "(.members // 0) == $1" group show id 1 || die "not $1 members"; }
# Of each head one; that of head 2 goes wrong by "odd", that of head 3 by "alone".
serve_all() {
	serve "$1" 1
	members 1
	serve "$1" 2 odd
	members 2
	[ "$heads" -eq 2 ] || serve "$1" 3 alone
	members "$heads"
}
end() {
	kill "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	pids=()
	members 0
}
at_exit 'kill "${pids[@]}" 2>/dev/null'
ask() { timeout 100 samr-test-diverged ask samr1 1 "$@" 2>&1; }
# heard LOG TEXT: a line of it begins so.
heard() { wait_for 20 grep -q "^$2" "$work/$1"; }
not_heard() { is "$1" "$(cat "${@:2}" | grep -cE '^(open|tie|minority|end)')" 0; }
policy() { for ((k = 1; k <= heads; k++)); do ctl "$k" group set id 1 diverged-policy "$1"; done; }
# Longer than digests wait for each other, and than it takes to order them.
a_while() { sleep 2; }

reported() {
	serve_all report
	is "members that agree answer" "$(ask one two three)" $'1 one\n2 two\n3 three'
	a_while
	not_heard "they are not said to differ" "$work"/report-*
	is "nor is it counted" "$(ctl 1 -j group show id 1 | jq '.diverged')" null
	samrctl -n samr1 monitor >"$work/monitor" 2>&1 &
	pids[10]=$!
	sleep 1
	ask odd >/dev/null
	for k in 1 2 3; do check "head $k hears that head 2 is wrong" heard report-$k 'minority wrong 2 odd - request 1$'; done
	check "samrctl shows who" has 3 '.diverged_result == "minority" and .diverged_heads == [2] and .differ' group show id 1
	check "and listeners hear of it" wait_for 10 grep -q 'diverged-heads 2' "$work/monitor"
	check "status says so" grep -q 'service 1 (test1).*head 2' <<<"$(ctl 1 status)"
	ask more and more >/dev/null
	a_while
	is "it is told once" "$(cat "$work"/report-* | grep -c '^minority')" 3
	ask alone >/dev/null
	check "then none is in the majority" heard report-1 'tie'
	is "by report the members are still there" "$(ctl 1 -j group show id 1 | jq .members)" 3
	end
}

expelled() {
	policy expel
	serve_all expel
	ask odd >/dev/null
	check "by expel the member of head 2 is out" heard expel-2 'end ECONNABORTED'
	members 2
	is "the others go on" "$(ask on)" "2 on"
	check "they are not said to differ any more" has 1 '.differ | not' group show id 1
	serve again 2
	members 3
	check "who joins again is given the state" heard again-2 'installed 2'
	is "all have answered" "$(ask a b c)" $'3 a\n4 b\n5 c'
	a_while
	not_heard "it is blamed for nothing" "$work/again-2" <(tail -n 3 "$work/expel-1") <(tail -n 3 "$work/expel-3")
	is "and stays" "$(ctl 1 -j group show id 1 | jq .members)" 3
	end
}

stopped() {
	policy stop
	serve_all stop
	ask odd >/dev/null
	for k in 1 2 3; do check "by stop the member of head $k is out" heard stop-$k 'end ENOTRECOVERABLE'; done
	members 0
	check "which is shown" has 2 .stopped group show id 1
	check "also by status" grep -q 'service 1 (test1) is stopped' <<<"$(ctl 2 status)"
	is "nobody can ask it" "$(ask one)" "connect: ENOTRECOVERABLE"
	is "nor serve it" "$(timeout 60 samr-test-diverged serve samr2 1 "$work/no" 2>&1)" "open: ENOTRECOVERABLE"
	policy report
	serve_all anew
	is "until its policy is set" "$(ask one)" "1 one"
	end
}

not_compared() {
	policy off
	serve_all off
	ask odd alone >/dev/null
	a_while
	not_heard "by off nothing is compared" "$work"/off-*
	end
}

two_heads() {
	policy expel
	serve_all two
	is "two heads answer" "$(ask one odd)" $'1 one\n2 odd'
	for k in 1 2; do check "of two heads, head $k hears of a tie" heard two-$k 'tie wrong 1,2 odd - request 2$'; done
	a_while
	is "of which neither is put out" "$(ctl 1 -j group show id 1 | jq .members)" 2
	end
}

cluster_up 3 1
reported
expelled
stopped
not_compared
heads_down
cluster_up 2 1
two_heads
finish
