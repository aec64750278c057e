#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The examples of libsamr on three heads, and the library as it is installed.
# shellcheck source-path=SCRIPTDIR/..
. "$(dirname "$0")/../lib.sh"

need_root
need pkg-config gcc
work=$(mktemp -d)
at_exit "rm -rf $work"
heads_up 3
for k in 1 2 3; do samrctl -n samr$k group add id 42 name example; done

# hello: who comes later misses what was said before; all show the rest in the same order.
for k in 1 2 3; do
	on $k timeout 200 example-hello 42 "from $k" $((4 - k)) >"$work/hello$k" 2>&1 &
	wait_for 60 grep -q members "$work/hello$k"
done
wait
is "a hello is seen by who said it" "$(grep -c 'head 3: from 3' "$work/hello3")" 1
is "and by those that were there" "$(cat "$work"/hello? | grep -c 'head 3: from 3')" 3
check "all see the same order" cmp <(grep '^head' "$work/hello1") <(printf 'head %d: from %d\n' 1 1 2 2 3 3)

# counter: three inputs at once, one result. Who has seen all leaves.
# shellcheck disable=SC2317	# called by wait_for
has_all() {
	local lines
	mapfile -t lines <"$work/counter$1"
	[ ${#lines[@]} -ge 300 ]
}
for k in 1 2 3; do
	{ wait_for 60 test -e "$work/go"; for ((i = 1; i <= 50; i++)); do echo "$((i * k))"; echo roll; done
		wait_for 100 has_all $k; } |
		on $k timeout 200 example-counter 42 3 >"$work/counter$k" 2>"$work/error$k" &
done
wait_for 60 sh -c "samrctl -n samr1 -j group show id 42 | grep -q '\"members\":3'"
sleep 0.5
touch "$work/go"
wait
is "no counter complained" "$(cat "$work"/error?)" ""
is "all 300 changes were counted" "$(wc -l <"$work/counter1")" 300
check "heads 1 and 2 agree at every position" cmp "$work/counter1" "$work/counter2"
check "heads 1 and 3 agree at every position" cmp "$work/counter1" "$work/counter3"
sum=$((50 * 51 * 6 / 2))
last=$(tail -n 1 "$work/counter1" | cut -d' ' -f2)
check "chance came from the order: 150 rolls of a die" test "$last" -ge $((sum + 300)) -a "$last" -le $((sum + 750))

# lines: a stream socket, and a client that does not notice that its head's copy dies.
for k in 1 2 3; do
	on $k timeout 200 example-lines 42 serve >"$work/lines$k" 2>&1 &
	lines[k]=$!
done
wait_for 60 sh -c "samrctl -n samr1 -j group show id 42 | grep -q '\"members\":3'"
mkfifo "$work/text"
on 2 timeout 100 example-lines 42 <"$work/text" >"$work/said" &
reader=$!
exec 8>"$work/text"
printf 'one\ntwo\n' >&8
wait_for 60 test -s "$work/said"
kill -KILL "${lines[2]}"
printf 'three' >&8
exec 8>&-
wait $reader
is "lines come back with their numbers" "$(<"$work/said")" $'1 one\n2 two\n3 three'
kill -KILL "${lines[1]}" "${lines[3]}"
wait

# store: who comes later has the contents, and what is changed meanwhile.
inputs=()
close_inputs() {
	local input
	for input in "${inputs[@]}"; do
		exec {input}>&-
	done
}
for k in 1 2 3; do
	mkfifo "$work/in$k"
	# No store keeps the input of another one open.
	(close_inputs; on $k timeout 200 example-store 42 <"$work/in$k" >"$work/store$k" 2>"$work/store-error$k") &
	exec {input}>"$work/in$k"
	inputs[k]=$input
	for ((i = 1; i <= 1000; i++)); do echo "set $k-$i value $i of $k"; done >&$input
	# shellcheck disable=SC2016
	wait_for 60 sh -c "echo show >$work/in$k; grep -q 'set $k-1000 ' $work/store$k"
done
echo "set 1-1 again" >&"${inputs[3]}"
echo "del 2-1" >&"${inputs[3]}"
for k in 1 2 3; do
	wait_for 60 sh -c "echo show >$work/in$k; tac $work/store$k | awk 'NR > 1 && /^\.\$/ { exit } { print }' | sort >$work/all$k; grep -q '^set 1-1 again' $work/all$k && ! grep -q '^set 2-1 ' $work/all$k"
done
is "the store's copies have 2999 keys" "$(grep -c ^set "$work/all3")" 2999
check "those of heads 1 and 2 are alike" cmp "$work/all1" "$work/all2"
check "and that of head 3, which came last" cmp "$work/all1" "$work/all3"
close_inputs
wait
is "no store complained" "$(cat "$work"/store-error?)" ""

# An error names its remedy.
fails_with "a service that is not there" 1 "samrctl group add" on 1 example-hello 4711 x
ip netns add samr-none
at_exit "ip netns del samr-none"
fails_with "no cluster" 1 "samrctl cluster add" ip netns exec samr-none example-hello 42 x
finish
