#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Loads the KUnit suites (samr_kunit.ko, samr_shell_kunit.ko) and prints their results. A suite that does not run says
# nothing by itself: the names are taken from the sources, each must have left its results in debugfs, and in them a
# line for each of its cases. A case that is skipped has not run either.
. "$(dirname "$0")/lib.sh"
results=/sys/kernel/debug/kunit
failslab=/sys/kernel/debug/failslab

need_root
[ -d $results ] || skip_all "this kernel has no KUnit"

# Name and number of cases of each suite, one a line; one file is one suite.
suites=$(awk '
	function end() { print name == "" ? "?" file : name, cases }
	FNR == 1 { if (NR > 1) end(); name = ""; cases = 0; file = FILENAME }
	match($0, /^\t\.name = "samr_[a-z0-9_]+"/) { split($0, part, "\""); name = part[2] }
	/^[ \t]+KUNIT_CASE\(/ { cases++ }
	END { end() }' "$TOP"/kernel/tests/*_kunit.c | sort)
[ -n "$suites" ] || die "no suites in kernel/tests"
[[ $suites != *\?* ]] || die "no suite is named in: $suites"
samr_load
# Allocations that may sleep shall fail, too, where a suite wants it.
[ -d $failslab ] && echo N >$failslab/ignore-gfp-wait
at_exit "! [ -d $failslab ] || echo Y >$failslab/ignore-gfp-wait"
for module in samr_kunit samr_shell_kunit; do
	insmod "${SAMR_KO%/*}/$module.ko" || die "cannot load $module.ko"
	at_exit "rmmod $module"
done

# Prints the results of a suite, fails unless all its cases passed. Some kernels open the results with a plan of one, the
# suite, and close them with the suite's own line, at one depth or another: both are left out, the caller prints them.
print_suite() {
	awk -v suite="$1" -v cases="$2" '
		/^ *KTAP version/ { next }
		/# Subtest: / { inside = 1 }
		!inside && /^ *1\.\.1$/ { next }
		{ line = $0; sub(/^ */, "", line) }
		line ~ "^(not )?ok [0-9]+ -? ?" suite "( |$)" { next }
		{ print "    " line }
		line ~ /^not ok/ { bad++ }
		line ~ /^ok [0-9]+/ && line !~ /# SKIP/ { ran++ }
		END {
			if (ran == cases && cases > 0 && !bad)
				exit 0
			print "# " ran + 0 " of " cases " cases passed"
			exit 1
		}' "$results/$1/results"
}

echo "KTAP version 1"
echo "1..$(wc -l <<<"$suites")"
n=0
all=0
failed=0
while read -r suite cases; do
	n=$((n + 1))
	all=$((all + cases))
	if ! [ -e "$results/$suite/results" ]; then
		echo "not ok $n - $suite did not run"
		failed=1
	elif print_suite "$suite" "$cases"; then
		echo "ok $n - $suite"
	else
		echo "not ok $n - $suite"
		failed=1
	fi
done <<<"$suites"
note "$n suites, $all cases"
exit $failed
