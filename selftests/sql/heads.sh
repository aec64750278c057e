# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2317	# used by the tests
#
# For tests of samr-sql, after lib.sh: three heads and a folder of their own, in which head K has K.db, K.out, K.err.
# lab: array of more options for scripts/lab. many: another number of heads. limit: seconds that a samr-sql may run.

need_root
need sqlite3 jq
here=$SELFTESTS/sql
work=$(mktemp -d)
at_exit "rm -rf $work"
# shellcheck disable=SC2154
heads_up "${many:-3}" "${lab[@]}"
for ((k = 1; k <= ${many:-3}; k++)); do samrctl -n samr$k group add id 42 name sql; done
cd "$work" || exit
status=(0 0 0 0)

# start K [OPTIONS...] <INPUT: samr-sql on head K, in the background. Its output: K.out, K.err; ready when it has begun.
start() {
	local k=$1
	shift
	{ exec nsenter --net="/run/netns/samr$k" timeout "${limit:-200}" samr-sql "$@" "$k.db" >"$k.out" 2>"$k.err" 5>&- 6>&- 7>&-; } <&0 &
	pid[k]=$!
}

end() {
	local k
	for k; do
		status[k]=0
		wait "${pid[k]}" || status[k]=$?
	done
}

began() { wait_for 60 grep -q 'heads begin' "$1.err"; }
fresh() { rm -f ./*.db* ./*.out ./*.err; }

# equal NAME HEADS...: their dumps are.
equal() {
	local name=$1 first=$2 k
	shift 2
	if ! samr-sql --dump "$first.db" >dump || ! [ -s dump ]; then
		not_ok "$name"
		return
	fi
	for k; do
		samr-sql --dump "$k.db" | cmp - dump || { not_ok "$name"; return; }
	done
	ok "$name"
}

signal_at() { pkill "-$2" -P "${pid[$1]}" samr-sql; }
ask() { sqlite3 "$1.db" "$2"; }
has() { test "$(ask "$1" "$2" 2>/dev/null)" = "$3"; }
