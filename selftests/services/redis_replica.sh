# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
# shellcheck shell=bash
#
# For tests of redis: its replicas, and whether they have the same. Sourced after services.sh.

# replica K [OPTION...]: redis there, with these of samr-run; its own door, by which it is asked for its state, is a socket of the
# file system.
replica() {
	local dir=$work/redis$1
	mkdir -p "$dir"
	serve "$1" "${@:2}" --save "redis-cli -e -s $dir/door SAVE >&2 && cat $dir/dump.rdb" --load "cat >$dir/dump.rdb" \
		redis-server --port "$port" --protected-mode no --unixsocket "$dir/door" --enable-debug-command local \
		--dir "$dir" --save "" --appendonly no --activerehashing no
}
at_head_of() { redis-cli -e -s "$work/redis$1/door" "${@:2}"; }
serves() { [ "$(at_head_of "$1" PING 2>/dev/null)" = PONG ]; }
digest() { at_head_of "$1" DEBUG DIGEST; }
same() {
	local one
	one=$(digest 1) && [ "$one" = "$(digest 2)" ] && [ "$one" = "$(digest 3)" ] && [ "${one//0/}" ]
}
all_same() {
	local k
	check "$1: three heads have the same data" wait_for 30 same && return
	for k in 1 2 3; do note "head $k: $(digest $k) $(at_head_of $k DBSIZE)"; done
}
