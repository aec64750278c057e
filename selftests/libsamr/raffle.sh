#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The example of Documentation/programming.rst: a service with clients, on three heads, one of which dies.
# shellcheck source-path=SCRIPTDIR/..
. "$(dirname "$0")/../lib.sh"

need_root
work=$(mktemp -d)
at_exit "rm -rf $work"
heads_up 3
for k in 1 2 3; do samrctl -n samr$k group add id 42 name raffle; done

# raffle K: a copy on head K.
raffle() {
	{ exec nsenter --net="/run/netns/samr$1" timeout 200 example-raffle serve 42 >"$work/served$1" 2>"$work/error$1"; } &
	pid[$1]=$!
}
# shellcheck disable=SC2317	# called by fails_with
ask() { on "$1" timeout 60 example-raffle ask 42; }
members() { wait_for 60 sh -c "samrctl -n samr$1 -j group show id 42 | grep -q '\"members\":$2'"; }
# A copy has the state when it answers: it prints what.
# shellcheck disable=SC2317	# called by wait_for
answers() { echo who | ask "$1" >/dev/null && grep -q 'take part$' "$work/served$1"; }

fails_with "no copy runs" 1 "has no members" ask 1 </dev/null
raffle 1
members 1 1
raffle 2
members 1 2
for ((i = 1; i <= 60; i++)); do echo "enter name$i"; done >"$work/names"
is "each line has its answer, in order" "$(ask 2 <"$work/names")" "$(for ((i = 1; i <= 60; i++)); do echo "name$i is number $i"; done)"
is "wrong requests are answered, too" "$(printf 'enter name7\nenter a b\nsell\n' | ask 3 | tr '\n' ' ')" \
	"name7 takes part already say enter NAME, draw or who say enter NAME, draw or who "
is "who looks, sees it, without a place in the order" "$(on 3 timeout 60 example-raffle look 42)" "60 take part"
raffle 3
check "a third copy is given the names, and serves" wait_for 60 answers 3
for ((i = 1; i <= 30; i++)); do echo draw; done >"$work/draws"
ask 3 <"$work/draws" >"$work/winners"
kill -KILL "${pid[1]}"
ask 3 <"$work/draws" >>"$work/winners"
is "60 were drawn, each once" "$(sed -n 's/ wins, at 1*[0-9]* s since 1970$//p' "$work/winners" | sort -V)" "$(sed 's/enter //' "$work/names")"
is "by lot" "$(cmp -s <(sed 's/ wins.*//' "$work/winners") <(sed 's/enter //' "$work/names") || echo no)" no
is "then nobody is left" "$(echo draw | ask 1)" "nobody takes part"
# shellcheck disable=SC2317	# called by wait_for
alike() { [ "$(tail -n 1 "$work/served2")" = "$(tail -n 1 "$work/served3")" ] && cmp <(tail -n 61 "$work/served2") <(tail -n 61 "$work/served3"); }
check "copies 2 and 3 answered the same at the same places" wait_for 10 alike
check "and the first one, while it lived" cmp <(head -n 60 "$work/served1") <(head -n 60 "$work/served2")
kill -KILL "${pid[2]}" "${pid[3]}"
is "no copy complained" "$(cat "$work"/error?)" ""
finish
