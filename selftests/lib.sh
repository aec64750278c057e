# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For shell tests: source it, call ok, not_ok, is, skip for each point, end with finish. What a test makes it takes down
# in cleanup functions (at_exit), also when it fails.
#
#	. "$(dirname "$0")/lib.sh"
#	need_root
#	samr_load
#	check "three heads agree" cmp a b
#	finish

SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(dirname "$SELFTESTS")
# shellcheck disable=SC2034	# for the tests
SCRIPTS=$TOP/scripts
export PATH=$TOP/build/userspace:$PATH LD_LIBRARY_PATH=$TOP/build/userspace
points=0
failures=0
cleanups=()

# Runs COMMAND when the test ends; the last one registered is run first.
at_exit() { cleanups+=("$*"); }

run_cleanups() {
	local i
	for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
		eval "${cleanups[i]}"
	done
	cleanups=()
}
trap run_cleanups EXIT
trap 'exit 143' TERM INT

ok() { echo "ok $((++points)) - $*"; }
not_ok() { echo "not ok $((++points)) - $*"; failures=$((failures + 1)); }
note() { printf '%s\n' "$*" | sed 's/^/# /'; }

# One point is skipped, with the reason.
skip() { echo "ok $((++points)) - $1 # SKIP $2"; }

# The whole test cannot be run here.
skip_all() { echo "1..0 # SKIP $*"; exit 4; }

# check NAME COMMAND...: a point that holds when the command succeeds; its output is shown when it does not. Like all points it
# fails when it does not hold, for a test that cannot go on then: check ... || die.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		ok "$name"
	else
		note "$* failed: $out"
		not_ok "$name"
		return 1
	fi
}

# is NAME GOT WANTED: a point that holds when the two are equal.
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		note "got '$2', wanted '$3'"
		not_ok "$1"
		return 1
	fi
}

# fails_with NAME STATUS TEXT COMMAND...: the command ends with STATUS and says TEXT.
fails_with() {
	local name=$1 wanted=$2 text=$3 out status=0
	shift 3
	out=$("$@" 2>&1) || status=$?
	if [ "$status" -eq "$wanted" ] && [[ $out == *"$text"* ]]; then
		ok "$name"
	else
		note "$* ended with $status (wanted $wanted) and said: $out (wanted: $text)"
		not_ok "$name"
		return 1
	fi
}

# The end of every test: the plan, and a status that says whether all points held.
finish() {
	echo "1..$points"
	[ "$failures" -eq 0 ] && [ "$points" -gt 0 ]
	exit
}

die() { note "$*"; not_ok "the test could go on"; finish; }

need_root() { [ "$(id -u)" -eq 0 ] || skip_all "needs root"; }

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip_all "needs $tool"
	done
}

# wait_for SECONDS COMMAND...: until the command succeeds, or fails when it has not by then.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# The module of this kernel and what it depends on; nothing to do when it is there.
samr_load() { "$SCRIPTS/load-module" || die "cannot load the module"; }

samr_unload() { ! [ -d /sys/module/samr ] || rmmod samr; }

# N heads as network namespaces samr1..samrN, configured; taken down at the end. More options go to scripts/lab.
heads_up() {
	samr_load
	at_exit heads_down
	"$SCRIPTS/lab" "$@" || die "scripts/lab $* failed"
}

heads_down() { "$SCRIPTS/lab" down; }

# on K COMMAND...: on head K.
on() {
	local head=$1
	shift
	ip netns exec "samr$head" "$@"
}

# ctl K WORDS...: samrctl there. has K FILTER WORDS...: what it says as JSON passes a filter of jq.
ctl() { samrctl -n "samr$1" "${@:2}"; }
has() { jq -e "$2" <<<"$(ctl "$1" -j "${@:3}")"; }

# member K: a process on head K with a socket that joined group 42; it stays, and takes the place of its shell.
member() {
	# shellcheck disable=SC2016	# it is Perl
	exec ip netns exec "samr$1" perl -e 'use Socket;
		socket(my $s, 25, SOCK_SEQPACKET, 0) or die "socket: $!";
		bind($s, pack("SSLQLL", 25, 0, 42, 0, 0, 0)) or die "bind: $!";
		setsockopt($s, 325, 1, pack("LL", 0, 0)) or die "join: $!";
		sleep 600;'
}
