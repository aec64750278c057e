#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# availability.sh [SAMRCTL]: "samrctl availability" against table A.3 of the thesis that this project grew from (C.
# Engelmann, "Symmetric Active/Active High Availability for High-Performance Computing System Services", University of
# Reading, 2008): its equations 3.23 to 3.25 with a repair of 36 hours and a recovery of 500 ms. Each figure must come out
# in all the digits that are printed there.
. "$(dirname "$0")/../../../selftests/lib.sh"
need python3 samrctl
samrctl=${1:-samrctl}

# MTTF in hours, then the per cents of one head, two, three and four.
table="500 93.284 99.549 99.970 99.998
1000 96.5251 99.8792 99.9958 99.9998
5000 99.28514 99.99488 99.99996 99.99999
10000 99.641290 99.998711 99.999991 99.999994
50000 99.928052 99.999948 99.999999 99.999999"

# The figures of one row, each rounded to as many digits as the table has.
computed() {
	"$samrctl" -j availability mttf "$1" mttr 36 recovery 500ms | python3 -c 'import json, sys
rows = json.load(sys.stdin)["rows"]
assert [r["heads"] for r in rows] == [1, 2, 3, 4], rows
print(*("%.*f" % (len(want) - 3, r["availability_percent"]) for r, want in zip(rows, sys.argv[1:])))' "${@:2}"
}

while read -r mttf figures; do
	# shellcheck disable=SC2086	# figures are words
	is "MTTF $mttf hours" "$(computed "$mttf" $figures)" "$figures"
done <<<"$table"

# text KEY...: what samrctl says, on one line.
text() { "$samrctl" availability "$@" | xargs; }
is "a table for people" "$(text mttf 5000 mttr 36 recovery 500ms heads 2)" \
	"mttf 5000h mttr 36h recovery 500ms heads 1 availability 99.285% nines 2 downtime-a-year 62h 37min heads 2\
 availability 99.99488% nines 4 downtime-a-year 26min 53s"
is "with a shorter recovery it is the heads that count" "$(text mttf 5000 mttr 36 recovery 0ms heads 3 | grep -o 'heads 3.*')" \
	"heads 3 availability 99.9999635% nines 6 downtime-a-year 11.5s"
is "options are keys, too; times have units" "$(text --mttf 10d --mttr 90min --recovery 20ms --heads 1)" \
	"mttf 240h mttr 1h 30min recovery 20ms heads 1 availability 99.379% nines 2 downtime-a-year 54h 24min"
fails_with "no repair time" 2 "needs 'mttr HOURS'" "$samrctl" availability mttf 500
fails_with "no time" 2 "mttr '3x': not hours" "$samrctl" availability mttf 500 mttr 3x
fails_with "no such number of heads" 2 "allowed is 1..16" "$samrctl" availability mttf 500 mttr 3 heads 17
fails_with "a recovery without a unit" 2 "a time is a whole number with a unit" "$samrctl" availability mttf 500 mttr 3 recovery 500
finish
