# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
# shellcheck shell=bash
#
# For the tests of whole clusters: scripts/lab, a load on it, its judge, and counters.
CLUSTER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$TOP/build/userspace:$PATH

# cluster_up HEADS GROUPS [LAB OPTIONS]: groups 1..GROUPS on every head.
cluster_up() {
	local heads_wanted=$1 groups=$2 k g
	shift 2
	heads_up "$heads_wanted" "$@"
	heads=$heads_wanted
	work=$(mktemp -d)
	at_exit "rm -rf $work"
	for ((k = 1; k <= heads; k++)); do
		for ((g = 1; g <= groups; g++)); do
			samrctl -n "samr$k" group add id "$g" name "test$g" || die "no group on head $k"
		done
	done
}

# trouble [NETEM OPTIONS]: on the way to every head; none without options.
trouble() { "$SCRIPTS/lab" netem "$@" || die "netem $*"; }
at_head() { "$SCRIPTS/lab" netem "$@" || die "netem $*"; }

# A silent kill: what is sent there goes nowhere, and nothing comes. No farewell, no carrier lost.
cut() { ip -n samr-switch link set "port$1" nomaster; }
heal() { ip -n samr-switch link set "port$1" master br0; }

now_us() { awk '{ print int($1 * 1e6) }' /proc/uptime; }

# members_up INTERVAL_US LEN SAFE HEAD...: on each a member that sends all the time; the last call's pids are in members.
members_up() {
	local every=$1 len=$2 safe=$3 k
	shift 3
	members=()
	for k; do
		samr-test-survive "samr$k" 1 "$work/head$k" "$every" "$len" "$safe" &
		members+=($!)
	done
	at_exit "kill -KILL ${members[*]} 2>/dev/null"
}

# members_down NAME: they come to their end, and history.py finds nothing wrong with what they wrote down; its line of
# figures is in $figures.
members_down() {
	local name=$1 out pid bad=0
	kill -TERM "${members[@]}"
	for pid in "${members[@]}"; do wait "$pid" || bad=1; done
	is "$name: the members came to their end" $bad 0
	if out=$(python3 -B "$CLUSTER/history.py" "$work"/head*); then
		note "$out"
		ok "$name: one order, nothing lost, nothing twice"
	else
		note "$out"
		not_ok "$name: one order, nothing lost, nothing twice"
	fi
	figures=$(tail -n 1 <<<"$out")
}

# scenario NAME OPTIONS: a load runs to its end, and its judge finds nothing wrong. Sets refused, lies, ms, failed.
scenario() {
	local name=$1 out args=() option=
	shift
	# A smaller machine gets fewer messages, but never none.
	for arg; do
		[ "$option" != --count ] || arg=$((arg * scale / 100 > 2 ? arg * scale / 100 : 2))
		args+=("$arg")
		option=$arg
	done
	rm -rf "$work/log"
	mkdir "$work/log"
	refused=0 lies=0 ms=0 failed=0
	if ! out=$(samr-test-cluster --heads "$heads" --limit 60 --dir "$work/log" "${args[@]}" 2>&1); then
		note "$out"
		not_ok "$name"
		state
		return
	fi
	note "$out"
	read -r _ _ _ refused _ lies _ ms _ failed <<<"$out"
	if out=$(python3 "$CLUSTER/verify.py" "$work/log"); then
		ok "$name"
	else
		note "$out"
		not_ok "$name"
	fi
}

# What a failure is looked at with.
state() {
	local k
	for ((k = 1; k <= heads; k++)); do
		note "$(samrctl -n "samr$k" status 2>&1; samrctl -n "samr$k" stats show 2>&1)"
	done
}

# counter HEAD NAME: one of samrctl stats.
counter() { samrctl -n "samr$1" stats show counters all | awk -v n="$2" '$1 == n { print $2; exit }'; }

# counted NAME COUNTER...: each is above 0 at one head at least.
counted() {
	local name=$1 c k n sum text=
	shift
	for c; do
		sum=0
		for ((k = 1; k <= heads; k++)); do
			n=$(counter "$k" "$c")
			[ -n "$n" ] || text+="head $k has no counter $c "
			sum=$((sum + ${n:-0}))
		done
		[ $sum -gt 0 ] || text+="$c is 0 at every head "
	done
	is "$name" "$text" ""
}

# expect NAME A OPERATOR B: as of test(1).
expect() {
	if test "$2" "$3" "$4"; then ok "$1"; else note "not: $2 $3 $4"; not_ok "$1"; fi
}

# span GROUP: milliseconds from the first to the last delivery of a group at head 1.
span() { awk 'NR == 1 { a = $12 } END { print int(($12 - a) / 1000) }' "$work/log/got-1-$1"; }

# The runner looks at the kernel's log at the end; this says after which test.
no_reports() {
	local found
	found=$(dmesg | grep -E 'WARNING:|BUG:|samr: .*does not hold|possible .*lock|suspicious RCU' || true)
	is "the kernel reports nothing" "$found" ""
}
