#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the documentation without a warning and compares it with the tree.
set -u
cd "$(dirname "$0")/../.." || exit 1
n=0 bad=0

point() {
	local name=$1 out
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		bad=1
	fi
	[ -z "$out" ] || while read -r line; do echo "# $line"; done <<<"$out"
}

# From scratch: what is not built anew warns of nothing.
rm -rf build/docs
point html make -s docs
point diagrams Documentation/diagrams/draw.py --check
point wire Documentation/check/wire.py
point limits Documentation/check/limits.py
point names Documentation/check/names.py
point readme Documentation/check/readme.sh compile
echo "1..$n"
exit $bad
