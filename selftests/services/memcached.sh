#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# memcached, as Debian has it, as a replica on three heads: its own test programs pass, and what was acknowledged to its
# clients is there while heads die.
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
need memcached memccapable
port=11211

cluster_up 3 0 --cluster "dead $dead stuck 500ms"
for k in 1 2 3; do ctl $k group add id "$service" name memcached || die "no group"; done
for k in 1 2 3; do serve $k $port memcached -u root -t 1 -p $port -U 0; done
check "three replicas" wait_for 30 replicas 3 || die "$(cat "$work"/*.log)"

# --- what is said of it by its own test
out=$(client 1 $port timeout 120 memccapable -h localhost -p $port 2>&1) || true
note "$out"
is "memccapable passes" "$(tail -n 1 <<<"$out")" "All tests passed"

# --- writers, while heads die
writers=()
for k in 2 3; do
	: >"$work/w$k"
	client $k $port python3 -B "$SELFTESTS/services/memcached.py" write localhost:$port "w$k" "$work/w$k" 2>"$work/w$k.err" &
	writers+=($!)
done
at_exit "kill -KILL ${writers[*]} 2>/dev/null"
# shellcheck disable=SC2317	# called by wait_for
acked() { test "$(wc -l <"$work/w$1")" -ge "$2"; }
go_on() {
	local k n
	for k in 2 3; do
		n=$(wc -l <"$work/w$k")
		check "$1: the client on head $k writes" wait_for 60 acked $k $((n + 100))
	done
}
go_on "three heads"
cut 1
await "head 1 is silent" 20 2 2
go_on "head 1 is dead"
kill -TERM "${writers[@]}"
bad=0
for pid in "${writers[@]}"; do wait "$pid" || bad=1; done
is "no connection broke" "$bad $(cat "$work"/w?.err)" "0 "
note "$(grep -h longest "$work"/w?)"
for k in 2 3; do
	check "what was acknowledged is at head $k" \
		client $k $port python3 -B "$SELFTESTS/services/memcached.py" read localhost:$port "$work/w2" "$work/w3"
done

# --- one that comes later cannot have what the others have
kill -KILL "${servers[3]}"
wait "${servers[3]}" 2>/dev/null
check "a replica that is killed leaves" wait_for 20 replicas 1 2
serve 3 $port memcached -u root -t 1 -p $port -U 0
status=0
wait "${servers[3]}" || status=$?
is "one that comes again is refused" "$status $(grep -c 'service 42 has a state already' "$work/3.log")" "66 1"
check "and is no member" wait_for 20 replicas 1 2
check "the doctor says so" grep -q "memcached has 1 members on other heads, and none here" <<<"$(ctl 3 doctor || true)"
check "the one that is left has all" \
	client 2 $port python3 -B "$SELFTESTS/services/memcached.py" read localhost:$port "$work/w2" "$work/w3"
no_reports
finish
