#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lines of the core that the simulator reaches: a table, and what it leaves out.
#
# usage: coverage.sh DIR [SEEDS]	DIR takes the objects and the annotated sources; from the top of the tree
set -eu

out=$1
seeds=${2:-100}
gen=$(dirname "$out")/gen
top=$PWD

rm -rf "$out"
mkdir -p "$out"
for f in kernel/core/*.c; do
	gcc -std=gnu11 -O0 --coverage -DSAMR_SIM -Iinclude -isystem include/uapi -Iuserspace/sim -Ikernel \
		-c "$top/$f" -o "$out/$(basename "$f" .c).o"
done
gcc -std=gnu11 -O2 -w -DSAMR_SIM -Iinclude -isystem include/uapi -Iuserspace/sim -Ikernel \
	"-I$gen" -o "$out/sim" userspace/sim/*.c "$gen/sim-version.c" "$out"/*.o -lgcov

"$out/sim" --leaves
"$out/sim" --script userspace/sim/testdata/*.txt
"$out/sim" --seeds "1..$seeds" --quiet
"$out/sim" --failures --seeds "1..$seeds" --quiet

cd "$out"
gcov -o . ./*.gcda >gcov.log
echo
echo 'Lines of the core reached:'
awk '/^File / { f = $2; gsub(/.*\/|\x27/, "", f) }
     /^Lines executed:/ && f ~ /\.c$/ {
	sub("Lines executed:", ""); sub("%", ""); n = $3; hit = $1 * n / 100; lines += n; hits += hit
	printf "%7.1f %% of %4d  %s\n", $1, n, f; f = "" }
     END { printf "%7.1f %% of %4d  all\n", 100 * hits / lines, lines }' gcov.log
echo
echo 'Not reached:'
grep -H '#####' ./*.c.gcov | sed 's/^\.\///; s/\.gcov: *#####: */:/' || true
