#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# Frames that no samr would send, into a cluster of three heads: each is dropped, counted by its reason, and nothing else
# happens. The order goes on while they come, and memory does not grow. At last the heads' own frames, changed: without
# a key they cannot be told from what the heads say, so the order may stop, or a head may halt, as it contradicts itself;
# no invariant breaks, and all else goes on.
#
#   hostile.sh [SCALE]     SCALE: per cent of the usual time and messages (100)
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
scale=${1:-100}

need_root
need samr-test-hostile python3
cluster_up 3 1

# What must stay as it is: the view, and that every head is up.
standing() {
	local k
	for ((k = 1; k <= heads; k++)); do
		samrctl -n "samr$k" -j view show
		samrctl -n "samr$k" -j cluster show | grep -o '"state": *"[a-z]*"'
	done
}

slab_kib() { awk '/^Slab:/ { print $2 }' /proc/meminfo; }

# A kernel that looks for bugs keeps freed memory for a while: as much as it likes.
keeps_freed() { [ -e /sys/kernel/debug/kmemleak ] || grep -q kasan_ /proc/kallsyms; }

# points COMMAND...: its points are points of this test.
points() {
	local line
	while read -r line; do
		case $line in
		"ok - "*) ok "${line#ok - }" ;;
		"not ok - "*) not_ok "${line#not ok - }" ;;
		*) note "${line#"# "}" ;;
		esac
	done < <("$@")
}

scenario "the order, before" --count 20
before=$(standing)
points samr-test-hostile cases
is "the view stands" "$(standing)" "$before"
scenario "the order, afterwards" --count 50 --safe 50

samr-test-hostile storm 200 >/dev/null
slab=$(slab_kib)
samr-test-hostile storm $((8000 * scale / 100)) >"$work/storm" &
scenario "the order, in a storm" --count 50 --safe 50 --pause 20000
wait $!
note "$(cat "$work/storm")"
sleep 1
if keeps_freed; then
	skip "memory does not grow" "this kernel keeps what was freed"
else
	note "slab: $slab KiB, then $(slab_kib) KiB"
	expect "memory does not grow" "$(slab_kib)" -lt $((slab + 16384))
fi
is "the view stands" "$(standing)" "$before"
scenario "the order, after the storm" --count 20

# Members that send while it lasts; what becomes of their messages is not asked.
samr-test-cluster --heads 3 --count 100000 --limit 5 --dir "$work/log" >"$work/load" 2>&1 &
load=$!
sleep 1
samr-test-hostile mutate $((8000 * scale / 100)) >"$work/storm"
note "$(cat "$work/storm")"
kill $load 2>/dev/null
wait $load
for ((k = 1; k <= heads; k++)); do
	note "head $k: $(samrctl -n samr$k -j cluster show | grep -o '"state": *"[a-z]*"')"
done
is "no invariant broke" "$(dmesg | grep -c 'does not hold')" 0
heads_down
check "the module goes" samr_unload
heads_up 3
samrctl -n samr1 group add id 1 && samrctl -n samr2 group add id 1 && samrctl -n samr3 group add id 1
scenario "the order of new heads" --count 20
no_reports
finish
