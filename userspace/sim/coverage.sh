#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lines of the core that the simulator reaches: what it leaves out, and a table. Fails when they are too few.
#
# usage: coverage.sh DIR [SEEDS]	DIR: where it was built to count them; from the top of the tree
set -eu

out=$1
seeds=${2:-100}
least=95

find "$out/obj" -name '*.gcda' -delete
"$out/sim" --leaves
"$out/sim" --script userspace/sim/testdata/*.txt
"$out/sim" --seeds "1..$seeds" --quiet
"$out/sim" --failures --seeds "1..$seeds" --quiet
"$out/sim" --rooms --seeds "1..$seeds" --quiet

mkdir -p "$out/gcov"
gcov -o "$out/obj/sim/kernel/core" kernel/core/*.c >"$out/gcov.log"
mv ./*.c.gcov ./*.h.gcov "$out/gcov/"
cd "$out/gcov"
echo
echo 'Not reached:'
grep -H '#####' ./*.c.gcov | sed 's/^\.\///; s/\.gcov: *#####: */:/' || true
echo
echo 'Lines of the core reached:'
awk -v least="$least" '
	/^File / { f = $2; gsub(/.*\/|\x27/, "", f) }
	/^Lines executed:/ && f ~ /\.c$/ {
		sub("Lines executed:", ""); sub("%", ""); n = $3; hit = $1 * n / 100; lines += n; hits += hit
		printf "%7.1f %% of %4d  %s\n", $1, n, f; f = "" }
	END {	printf "%7.1f %% of %4d  all; at least %d %% are wanted\n", 100 * hits / lines, lines, least
		exit 100 * hits / lines < least }' ../gcov.log
