#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Loads the KUnit suites (samr_kunit.ko) and prints their results. A suite that does not run says nothing by itself: the
# names are taken from the sources, each must have left its results in debugfs, and in them a line for each of its cases. A
# case that is skipped has not run either.
. "$(dirname "$0")/lib.sh"
results=/sys/kernel/debug/kunit
failslab=/sys/kernel/debug/failslab

need_root
[ -d $results ] || skip_all "this kernel has no KUnit"
suites=$(sed -nE 's/^\t\.name = "(samr_[a-z0-9_]+)".*/\1/p' "$TOP"/kernel/tests/*_kunit.c | sort)
[ -n "$suites" ] || die "no suites in kernel/tests"
samr_load
# Allocations that may sleep shall fail, too, where a suite wants it.
[ -d $failslab ] && echo N >$failslab/ignore-gfp-wait
at_exit "! [ -d $failslab ] || echo Y >$failslab/ignore-gfp-wait"
insmod "${SAMR_KO%/*}/samr_kunit.ko" || die "cannot load samr_kunit.ko"
at_exit "rmmod samr_kunit"

echo "KTAP version 1"
echo "1..$(wc -w <<<"$suites")"
n=0
failed=0
for suite in $suites; do
	n=$((n + 1))
	if ! [ -e "$results/$suite/results" ]; then
		echo "not ok $n - $suite did not run"
		failed=1
		continue
	fi
	# Some kernels close the results with the suite's own line, at one depth or another: it is printed here.
	grep -vE "^ *KTAP version|^ *(not )?ok [0-9]+ -? ?$suite( |$)" "$results/$suite/results" | sed 's/^ */    /'
	file=$(grep -lE "\.name = \"$suite\"" "$TOP"/kernel/tests/*_kunit.c)
	cases=$(grep -cE '^[[:space:]]+KUNIT_CASE\(' "$file")
	ran=$(grep -vE "ok [0-9]+ -? ?$suite( |\$)|# SKIP" "$results/$suite/results" | grep -cE '^ *ok [0-9]+')
	if grep -q '^ *not ok' "$results/$suite/results" || [ "$cases" -eq 0 ] || [ "$ran" -ne "$cases" ]; then
		[ "$ran" -eq "$cases" ] || note "$ran of $cases cases passed"
		echo "not ok $n - $suite"
		failed=1
	else
		echo "ok $n - $suite"
	fi
done
exit $failed
