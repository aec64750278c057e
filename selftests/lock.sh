#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Locks as samrctl gives them, among three heads that are network namespaces: a counter that many increment, holders that
# are killed, and a head that is cut off in silence while a command of it holds a lock.
. "$(dirname "$0")/lib.sh"
need_root
need samrctl ip jq
rounds=${1:-33}
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"
heads_up 3 --cluster "dead 300ms stuck 2s"

lock() { samrctl -n "samr$1" lock "${@:2}"; }
locks() { samrctl -n "samr$1" -j lock show | jq -c "$2"; }
# held BY HEAD NAME: head BY sees that a member on HEAD has the lock; waits BY NAME: somebody waits for it.
# shellcheck disable=SC2317
held() { [ "$(locks "$1" "[.[] | select(.name == \"$3\" and .node == $2)] | length")" = 1 ]; }
# shellcheck disable=SC2317
waits() { [ "$(locks "$1" ".[] | select(.name == \"$2\") | .waiting")" = 1 ]; }
# shellcheck disable=SC2317
in_force() { samrctl -n "samr$1" -j status | jq -e "(.view.members | length) == $2 and .cluster.state == \"up\""; }

wait_for 30 in_force 1 3 || die "no view of three heads"

# ---- one command ----

is "no locks at first" "$(locks 1 length)" 0
is "the command runs, and its output comes" "$(lock 1 a -- echo here)" here
lock 1 a -- sh -c 'exit 7'
is "its exit status is that of samrctl" $? 7
lock 1 a -- sh -c 'kill -9 $$'
is "that of a command that is killed" $? 137
lock 1 a -- /nowhere 2>/dev/null
is "that of a command that is none" $? 127
fails_with "no command" 2 "lock NAME -- COMMAND" lock 1 a
fails_with "name too long" 2 "1..47 bytes" lock 1 "$(printf 'a%.0s' {1..48})" -- true
fails_with "value too long" 2 "up to 64 bytes" lock 1 --value "$(printf 'a%.0s' {1..65})" a -- true
fails_with "no such service" 1 "no such service" lock 1 --service 77 a -- true
is "nothing is left of a lock without a value" "$(locks 2 length)" 0

# ---- the counter ----

count=$tmp/count
echo 0 >"$count"
pids=()
for k in 1 2 3; do
	(for ((i = 0; i < rounds; i++)); do
		# shellcheck disable=SC2016
		lock $k counter -- sh -c 'read -r n <"$0"; echo $((n + 1)) >"$0.new"; mv "$0.new" "$0"' "$count" || echo "failed: $?"
	done >"$tmp/race$k" 2>&1) &
	pids+=($!)
done
wait "${pids[@]}"
is "no increment failed" "$(cat "$tmp"/race?)" ""
is "three heads count to $((3 * rounds))" "$(cat "$count")" $((3 * rounds))

# ---- a holder that is killed ----

# Not by lock(): its own process is what is killed.
samrctl -n samr1 lock --value step1 job -- sleep 1000 &
holder=$!
check "head 1 has the lock" wait_for 20 held 2 1 job
child=$(pgrep -P $holder sleep)
lock 2 -n job -- true
is "nobody else gets it" $? 1
lock 2 -n -E 42 job -- true
is "with the exit status that is wanted" $? 42
lock 2 -w 1 job -- true
is "nor within a second" $? 1
is "who gave up does not wait" "$(locks 3 '.[] | select(.name == "job") | .waiting')" 0
# shellcheck disable=SC2016
lock 3 job -- sh -c 'echo "$SAMR_LOCK_OWNERDEAD $SAMR_LOCK_VALUE"' >"$tmp/heir" &
heir=$!
check "head 3 waits for it" wait_for 20 waits 2 job
kill -9 $holder
wait $heir
is "its heir is told that it died, and of the value" "$(cat "$tmp/heir")" "1 step1"
check "its command died with it" wait_for 5 sh -c "! kill -0 $child"
# shellcheck disable=SC2016
is "who comes next finds the value, and no death" \
	"$(lock 1 job -- sh -c 'echo "${SAMR_LOCK_OWNERDEAD-no} $SAMR_LOCK_VALUE"')" "no step1"
is "the value outlives all members" "$(locks 3 '.[] | select(.name == "job") | .value')" '"step1"'
check "it can be forgotten" lock 2 --clear job
is "and is" "$(locks 1 length)" 0

# ---- a head that is cut off in silence ----

lock 3 --once backup -- sleep 1000 2>"$tmp/lost" &
holder=$!
check "head 3 has begun a job" wait_for 20 held 1 3 backup
lock 1 --once backup -- touch "$tmp/twice" 2>"$tmp/before" &
heir=$!
check "head 1 waits to do it" wait_for 20 waits 2 backup
ip -n samr-switch link set port3 nomaster
wait $heir
is "head 1 does not do it again" $? 1
check "and says why" grep -q "'backup' was started before.*started node 3" "$tmp/before"
check "it was not started" test ! -e "$tmp/twice"
is "the others know that its owner is dead" "$(locks 2 '.[] | select(.name == "backup") | .owner_dead')" true
ip -n samr-switch link set port3 master br0
wait $holder
is "who was cut off loses the lock" $? 1
check "and says so" grep -q "is lost, the command is stopped" "$tmp/lost"
check "head 3 is back" wait_for 60 in_force 3 3
is "it has learnt the lock" "$(locks 3 '.[] | select(.name == "backup") | .owner_dead')" true
check "the job can be begun anew" lock 3 --clear backup
lock 3 --once backup -- sh -c 'exit 5'
is "and is done" $? 5
lock 2 --once backup -- touch "$tmp/twice"
is "and not a second time: the status is that of the first" $? 5
check "it was not started again" test ! -e "$tmp/twice"
finish
