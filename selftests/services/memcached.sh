#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# memcached, as Debian has it, as a replica on three heads: its own test programs pass, and what was acknowledged to its
# clients is there while heads die.
port=11211 load=memcached.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
need memcached memccapable
replica() { serve "$1" memcached -u root -t 1 -p $port -U 0; }

service_up 3 memcached
for k in 1 2 3; do replica $k; done
check "three replicas" wait_for 30 replicas 3 || die "$(cat "$work"/*.log)"

# --- what is said of it by its own test
out=$(client 1 timeout 120 memccapable -h localhost -p $port 2>&1) || true
note "$out"
is "memccapable passes" "$(tail -n 1 <<<"$out")" "All tests passed"

# --- writers, while heads die
writers_up 2 3
go_on "three heads"
cut 1
await "head 1 is silent" 20 2 2
go_on "head 1 is dead"
writers_down
is "no connection broke" "$(awk '/^broke/ { printf "%s", $2 }' "${logs[@]}")" 00
for k in 2 3; do all_there $k; done

# --- one that comes later cannot have what the others have
kill -KILL "${servers[3]}"
ended 3
check "a replica that is killed leaves" wait_for 20 replicas 1 2
replica 3
ended 3
is "one that comes again is refused" "$status $(grep -c 'service 42 has a state already' "$work/3.log")" "66 1"
check "and is no member" wait_for 20 replicas 1 2
check "the doctor says so" grep -q "memcached has 1 members on other heads, and none here" <<<"$(ctl 3 doctor || true)"
all_there 2
no_reports
finish
