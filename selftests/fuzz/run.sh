#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Each target for its part of so many seconds: selftests/fuzz/run.sh SECONDS [SEED]. What is found, and what the fuzzer
# keeps to go on from, is left in build/fuzz. "run.sh again" tries the same inputs each time, and keeps nothing: a test that
# says no has always a reason in what was changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
targets=(wire head)
declare -A inputs=([wire]=300000 [head]=60000)
again=
[ "${1:-}" != again ] || { again=yes; set -- 120 1; }
each=$((${1:-60} / ${#targets[@]}))
seed=${2:-$((RANDOM + 1))}

command -v clang >/dev/null || { echo "1..0 # SKIP no clang: run scripts/deps"; exit 4; }
make -s -j2 -f userspace/Makefile fuzz-targets
echo "# seed $seed, $each s for each target"
echo "1..${#targets[@]}"
number=0
bad=0
for target in "${targets[@]}"; do
	number=$((number + 1))
	found=build/fuzz/found/$target
	log=build/fuzz/$target.log
	kept=build/fuzz/corpus/$target
	from=()
	[ -z "$again" ] || { from=(-runs="${inputs[$target]}"); kept=build/fuzz/again/$target; rm -rf "$kept"; }
	mkdir -p "$found" "$kept"
	from+=("$kept" "selftests/fuzz/corpus/$target")
	if build/fuzz/"$target" -seed="$seed" -max_total_time="$((each > 0 ? each : 1))" -timeout=5 -max_len=4096 \
		-print_final_stats=1 -artifact_prefix="$found/" "${from[@]}" >"$log" 2>&1; then
		echo "ok $number - fuzz $target"
		grep -E 'number_of_executed_units|^Done' "$log" | sed 's/^/# /'
	else
		bad=1
		echo "not ok $number - fuzz $target"
		grep -vE '^(#[0-9]+|INFO:)' "$log" | tail -n 40 | sed 's/^/# /'
		input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
		echo "# seed $seed; again: build/fuzz/$target ${input:-$found/...}"
	fi
done
exit $bad
