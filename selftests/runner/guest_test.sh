#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/guest keeps what it promises: status and output come back, a hang ends at the limit with the stacks of what
# hung, a report of the kernel fails the run. (lkdtm, in the debug kernel, misbehaves on request.)
. "$(dirname "$0")/../lib.sh"

dir=$(mktemp -d)
at_exit "rm -rf $dir"
mkdir "$dir/out"

guest() { "$SCRIPTS/guest" --kernel debug --timeout 60 --log "$dir/log" "$@" >"$dir/stdout" 2>"$dir/stderr"; }

# shellcheck disable=SC2016
guest --kernel 6.1 --out "$dir/out" -- sh -c 'echo said; echo wrong >&2; cat >/run/samr-out/in; echo gone >here; pwd; exit 7' \
	<<<"given"
is "exit status" $? 7
is "standard output" "$(cat "$dir/stdout")" "said
$PWD"
is "standard errors" "$(cat "$dir/stderr")" "wrong"
is "standard input, and --out is writable" "$(cat "$dir/out/in")" "given"
check "the machine's root is not" test ! -e here
check "the kernel log is kept" grep -q 'Linux version' "$dir/log"

guest -- sh -c 'echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT' </dev/null
is "a WARN fails the run" $? 97
check "and is shown" grep -q 'lkdtm_WARNING' "$dir/stderr"

guest --allow lkdtm_WARNING -- sh -c 'echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT; exit 3' </dev/null
is "a WARN that is expected does not" $? 3

guest -- sh -c 'echo EXCEPTION >/sys/kernel/debug/provoke-crash/DIRECT; sleep 50' </dev/null
is "an Oops ends the run" $? 97

guest --kernel 6.1 --timeout 3 -- sh -c 'exec sleep 12345' </dev/null
is "a hang hits the limit" $? 124
check "and its stack is in the log" grep -q 'hrtimer_nanosleep' "$dir/log"
finish
