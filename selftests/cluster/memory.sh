#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# Three heads under load, and allocations fail at random: first those that cannot wait, everywhere in the kernel, as in
# softirqs, where frames come in; then all those of the load's own calls: socket, bind, join, send, receive, close. The
# order gets slower and stays right. For a kernel with fault injection.
#
#   memory.sh [SCALE]     SCALE: per cent of the usual number of messages (100)
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
scale=${1:-100}
debugfs=/sys/kernel/debug

need_root
need python3
[ -d $debugfs/failslab ] || skip_all "no fault injection in this kernel"

# knobs KIND PERCENT TASKS_ONLY ONLY_ATOMIC
knobs() {
	local dir=$debugfs/$1
	echo 0 >"$dir/probability"
	echo "$3" >"$dir/task-filter"
	echo "$4" >"$dir/ignore-gfp-wait"
	echo 0 >"$dir/verbose"
	echo -1 >"$dir/times"
	echo "$2" >"$dir/probability"
}

no_faults() {
	knobs failslab 0 N Y
	knobs fail_page_alloc 0 N Y
}

cluster_up 3 2
at_exit no_faults
echo 0 >$debugfs/fail_page_alloc/min-order
echo Y >$debugfs/fail_page_alloc/ignore-gfp-highmem

for percent in 2 10; do
	knobs failslab $percent N Y
	knobs fail_page_alloc $percent N Y
	scenario "$percent % of the allocations that cannot wait fail" --count 60 --groups 2 --safe 30 --len 3000 --patient
	scenario "$percent % of them fail, long messages" --count 4 --len 200K --safe 50 --patient
	no_faults
done
counted "frames were lost for want of memory" memory tx-memory
scenario "all of them succeed again" --count 50 --groups 2 --safe 30

knobs failslab 10 Y N
scenario "10 % of the allocations of calls fail" --count 100 --groups 2 --safe 30 --len 3000 --fail
expect "calls failed, and were made again" "$failed" -gt 0
scenario "10 % of them fail, long messages" --count 3 --len 200K --fail
no_faults
scenario "all is as before" --count 50 --groups 2 --safe 30
no_reports
finish
