#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# The hooks of samr-run that do not do what they should: a --save that fails is tried again, but not for ever, and clients go
# on meanwhile; a --load that fails ends the replica that has come.
port=11211 load=memcached.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
need memcached

# replica K LOAD: --save fails until it was run so often as a file says; what it saves is nothing.
replica() {
	serve "$1" --save "echo $1 >>$work/saves; test \$(wc -l <$work/saves) -ge \$(cat $work/works)" --load "$2" \
		memcached -u root -t 1 -p $port -U 0
}
# works_from N: and is counted from here on.
works_from() {
	: >"$work/saves"
	echo "$1" >"$work/works"
}
ping() { client 2 timeout 20 memcping --servers=localhost:"$port"; }
leaves() {
	kill -KILL "${servers[$1]}"
	ended "$1"
	check "it leaves" wait_for 20 replicas 2
}

service_up 3 memcached
works_from 1
for k in 1 2; do replica $k cat; done
check "two replicas" wait_for 60 replicas 2 || die "$(cat "$work"/*.log)"
check "that have a state" ping

# --- it fails for a while
works_from 2
replica 3 cat
check "a state that can be saved the second time is given" wait_for 60 pid_of 3 memcached || note "$(cat "$work"/*.log)"
is "was asked for twice" "$(wc -l <"$work/saves")" 2
leaves 3

# --- it always fails
works_from 1000
began=$(now)
replica 3 cat
ended 3
note "after $(($(now) - began)) ms; asked: $(tr '\n' ' ' <"$work/saves")"
is "who waits for a state that cannot be saved ends" "$status $(grep -c 'service 42: --save fails at its other replicas' "$work/3.log")" "66 1"
is "which is said there, too" "$(cat "$work"/[12].log | grep -c 'could not be saved, 3 times in a row')" 1
expect "it was tried again" "$(wc -l <"$work/saves")" -ge 3
expect "and not for ever" "$(wc -l <"$work/saves")" -le 6
check "the others go on" ping
check "and are members" wait_for 20 replicas 2

# --- it works again, and what comes cannot be loaded
works_from 1
replica 3 "exit 3"
ended 3
is "who cannot load the state ends" "$status $(grep -c -e '--load: exit status 3' -e 'its state could not be loaded' "$work/3.log")" "66 2"
check "the others go on" ping
no_reports
finish
