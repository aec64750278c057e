#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Loads the KUnit suites (samr_kunit.ko) and prints their results. A suite that does not run says nothing by itself: the
# names are taken from the sources and each must have left its results in debugfs.
. "$(dirname "$0")/lib.sh"
results=/sys/kernel/debug/kunit

need_root
[ -d $results ] || skip_all "this kernel has no KUnit"
suites=$(sed -nE 's/^\t\.name = "(samr_[a-z0-9_]+)".*/\1/p' "$TOP"/kernel/tests/*_kunit.c | sort)
[ -n "$suites" ] || die "no suites in kernel/tests"
samr_load
insmod "${SAMR_KO%/*}/samr_kunit.ko" || die "cannot load samr_kunit.ko"
at_exit "rmmod samr_kunit"

echo "KTAP version 1"
echo "1..$(wc -w <<<"$suites")"
n=0
failed=0
for suite in $suites; do
	n=$((n + 1))
	if ! [ -s "$results/$suite/results" ]; then
		echo "not ok $n - $suite did not run"
		failed=1
		continue
	fi
	# Some kernels close the results with the suite's own line, at one depth or another: it is printed here.
	grep -vE "^ *KTAP version|^ *(not )?ok [0-9]+ -? ?$suite( |$)" "$results/$suite/results" | sed 's/^ */    /'
	if grep -q '^ *not ok' "$results/$suite/results"; then
		echo "not ok $n - $suite"
		failed=1
	else
		echo "ok $n - $suite"
	fi
done
exit $failed
