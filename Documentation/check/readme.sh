#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Does what README.md says: its commands configure three heads; its C program is compiled and run on them, and samr-sql.
#
#	readme.sh compile	only that, without a module
#	readme.sh		all of it, in a guest
. "$(dirname "$0")/../../selftests/lib.sh"
work=$(mktemp -d)
at_exit "rm -rf $work"

# block LANGUAGE: the one block of code of this language.
block() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' "$TOP/README.md"; }

block c >"$work/hello.c"
is "README.md has a short program" "$(($(grep -c . "$work/hello.c") <= 20))" 1
check "it compiles without a warning" gcc -std=gnu11 -Wall -Wextra -Werror -I"$TOP/include" \
	-isystem "$TOP/include/uapi" -o "$work/hello" "$work/hello.c" -L"$TOP/build/userspace" -lsamr
[ "${1:-}" != compile ] || finish

need_root
need samrctl samr-sql jq gcc
heads_up 3 --no-config
block sh | grep -v '^modprobe' >"$work/configure"
is "the commands are those of a head" "$(grep -c samrctl "$work/configure")" 6
for k in 1 2 3; do
	# What status says, and with which exit status, depends on whether the others are there already.
	sed "s/^id=1 .*/id=$k/; s/^samrctl status/& || [ \$? -ge 3 ]/" "$work/configure" >"$work/configure$k"
	check "head $k takes them" on $k sh -e "$work/configure$k"
done
# shellcheck disable=SC2317	# called by wait_for
has_view() { on "$1" samrctl -j view show | jq -e '.epoch == 1 and (.members | length) == 3'; }
for k in 1 2 3; do
	check "head $k has the view" wait_for 20 has_view $k
	on $k timeout 60 "$work/hello" >"$work/out$k" 2>"$work/err$k" &
	pids[k]=$!
done
for k in 1 2 3; do
	status=0
	wait "${pids[k]}" || status=$?
	is "the program ends well on head $k" $status 0
	note "head $k: $(cat "$work/out$k" "$work/err$k")"
	is "and said what it sent" "$(grep -c "head $k: hello$" "$work/out$k")" 1
done
sort -u "$work"/out? | grep '^place' >"$work/all"
is "each message has one place" "$(wc -l <"$work/all")" 3

for k in 1 2 3; do
	on $k timeout 60 samr-sql "$work/db$k" 2>"$work/err$k" >"$work/out$k" \
		<<<"CREATE TABLE IF NOT EXISTS t(head, n); INSERT INTO t VALUES ($k, random());" &
	pids[k]=$!
done
for k in 1 2 3; do
	status=0
	wait "${pids[k]}" || status=$?
	is "samr-sql ends well on head $k" $status 0
	[ $status -eq 0 ] || note "$(cat "$work/err$k")"
done
is "each database has a row of each head" "$(samr-sql --dump "$work/db1" | grep -c '^INSERT')" 3
for k in 2 3; do
	check "the databases of heads 1 and $k are equal" \
		diff <(samr-sql --dump "$work/db1") <(samr-sql --dump "$work/db$k")
done
for k in 1 2 3; do check "head $k ends" on $k samrctl cluster del; done
finish
