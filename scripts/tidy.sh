#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What a machine can say about the form of the tree: licence lines, white space, lengths, shell and Python scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
max_lines=900
bad=0

complain() {
	[ -n "$2" ] || return 0
	printf '%s:\n%s\n' "$1" "$2"
	bad=1
}

mapfile -t files < <(git ls-files --cached -- ':!LICENSES' | while read -r f; do [ ! -f "$f" ] || echo "$f"; done)
code=()
shell=()
python=()
prose=()
for f in "${files[@]}"; do
	case $f in *.[ch] | *.sh | *.py | *.mk | *Makefile | Kbuild) code+=("$f") ;; esac
	case $f in *.rst | *.md | *.[1-8]) prose+=("$f") ;; esac
	first=$(head -c 100 "$f" | tr -d '\0' | head -n 1)
	case $first in
	'#!'*python*) python+=("$f") ;;
	'#!'*sh) shell+=("$f") ;;
	*) case $f in
		*.sh) shell+=("$f") ;;
		*.py) python+=("$f") ;;
		esac ;;
	esac
done

# Data that another program reads to the letter, and texts without a place for it, have no licence line.
no_spdx() {
	local f
	for f in "${files[@]}"; do
		case $f in COPYING | MAINTAINERS | */testdata/* | selftests/fuzz/corpus/* | *.svg | *.json) continue ;; esac
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f"
	done
}

too_long() { wc -l "${code[@]}" | awk -v max=$max_lines '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }'; }

complain "no SPDX line" "$(no_spdx)"
complain "white space at the end of a line" "$(grep -nE '[[:blank:]]$' "${code[@]}" | head -n 20)"
complain "no newline at the end" "$(for f in "${code[@]}"; do [ -z "$(tail -c 1 "$f")" ] || echo "$f"; done)"
complain "more than $max_lines lines" "$(too_long)"
complain "left to do" "$(grep -nE '\b(TODO|FIXME|XXX)\b' "${code[@]}" | grep -vE '^scripts/(tidy\.sh|lib/tap\.py):' || true)"
# One spelling, in all that people read.
two_words() {
	{
		grep -nE '"[^"]*\bcan not\b' "${code[@]}" || true
		grep -nE '\bcan not\b' /dev/null "${prose[@]}" || true
	} | grep -v '^scripts/tidy\.sh:' || true
}

complain "\"can not\" for \"cannot\"" "$(two_words)"
complain "shellcheck" "$(shellcheck -x -P SCRIPTDIR "${shell[@]}" 2>&1 || true)"
complain "python" "$(for f in "${python[@]}"; do python3 - "$f" <<-'END' 2>&1 || true
	import ast, sys
	ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])
	END
done)"
exit $bad
