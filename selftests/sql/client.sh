#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Clients of samr-sql: three heads have the database, and clients write through sessions, one of them from a fourth head that
# has none. The heads that serve them die in silence and come back: what a client was told is in each database once.
# shellcheck source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
# shellcheck disable=SC2034	# for heads.sh
lab=(--cluster "dead $dead stuck 500ms") many=4 limit=500
. "$SELFTESTS/sql/heads.sh"

# client OPTIONS...: on the head without a database.
client() { on 4 timeout 100 samr-sql "$@"; }
serve() {
	local k
	for k in 1 2 3; do start $k --stay </dev/null; done
	for k in 1 2 3; do began $k || die "head $k does not begin: $(cat $k.err)"; done
}

# --- before there is a service
fails_with "nobody serves" 7 "no head runs service 42" client -c 'SELECT 1'
fails_with "no such service" 7 "samrctl group add" client -s 43 -c 'SELECT 1'
start 1 --stay </dev/null
wait_for 60 grep -q 'heads are here' 1.err
fails_with "the heads have not begun" 7 "the heads wait for each other" client -c 'SELECT 1'
signal_at 1 KILL
end 1
fails_with "an option for heads" 2 "--stay" client --stay -c 'SELECT 1'
fails_with "an option for clients" 2 "--timeout" client --timeout 5 x.db
fails_with "a time that is none" 2 "must be a number from" client --timeout soon -c 'SELECT 1'

# --- answers
fresh
serve
is "statements and their rows" "$(client -c 'CREATE TABLE v(a, b, c, d, e)' -c "INSERT INTO v VALUES(1, NULL, x'4142', 0.1, 'ä'), \
	(9007199254740993, -0.0, x'', 1e300, ''), (1e15, 3.0, 'x|y', 12345678.9, 1/3.0) RETURNING rowid" -c 'SELECT count(*) FROM v')" $'1\n2\n3\n3'
for k in 1 2 3; do wait_for 60 has $k 'SELECT count(*) FROM v' 3; done
client -c 'SELECT * FROM v' >seen
sqlite3 1.db 'SELECT * FROM v' >shown
check "rows are as sqlite3 shows them" cmp seen shown
is "queries, in each of the three ways" "$(for how in linear session order; do client --reads $how -c 'SELECT count(*) FROM v'; done | tr '\n' ' ')" "3 3 3 "
is "a query shows what was written before it" "$(client --reads session -c "INSERT INTO v(a) VALUES(77)" -c 'SELECT count(*) FROM v WHERE a = 77' \
	-c 'DELETE FROM v WHERE a = 77 RETURNING a' -c 'SELECT count(*) FROM v WHERE a = 77' | tr '\n' ' ')" "1 77 0 "
is "what comes from the order comes through the order" "$(client --reads order -c "SELECT datetime('now') > '2001'")" 1
fails_with "no such way to read" 2 "must be linear, session or order" client --reads dirty -c 'SELECT 1'
is "with the columns' names" "$(client -H --separator ' ; ' -c 'SELECT a, d FROM v LIMIT 1')" $'a ; d\n1 ; 0.1'
is "as JSON" "$(client -j -c 'SELECT a, b, c FROM v LIMIT 1' | jq -c .)" '{"a":1,"b":null,"c":"4142"}'
fails_with "an error" 1 "line 1: no such table: nowhere" client -c 'SELECT * FROM nowhere'
fails_with "a result that is too long" 1 "longer than 65536 bytes" client -c 'SELECT hex(zeroblob(40000))'
is "who asks for longer ones gets them" "$(client --rows-max 100000 -c 'SELECT hex(zeroblob(40000))' | wc -c)" 80001
fails_with "what is refused at a head is refused to clients" 1 "cannot be replicated" client -c "ATTACH 'x' AS y"
fails_with "and what only the heads know" 1 "EXPLAIN QUERY PLAN" client -c 'EXPLAIN SELECT 1'
status4=0
client >seen 2>said <<'END' || status4=$?
PRAGMA foreign_keys = OFF;
CREATE TABLE r(x, at DEFAULT CURRENT_TIMESTAMP);
BEGIN; INSERT INTO r(x) VALUES(random());
INSERT INTO r(x) VALUES(random()); COMMIT;
INSERT INTO nowhere VALUES(1);
SELECT count(DISTINCT x) FROM r WHERE at > '2001';
END
is "from standard input" "$status4 $(<seen) $(<said)" "1 2 samr-sql: line 5: no such table: nowhere"
fails_with "--bail stops at the first error" 1 "line 1: no such table" client --bail -c 'INSERT INTO nowhere VALUES(1)' -c 'DELETE FROM r'
is "and nothing behind it was executed" "$(client -c 'SELECT count(*) FROM r')" 2
is "a head is a client as well" "$(on 2 samr-sql -c "SELECT count(*) FROM r")" 2
equal "three equal databases" 1 2 3
client -c "INSERT INTO r(x) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 10000" >/dev/null
for k in 1 2 3; do check "what a client sends is in the database of head $k" wait_for 60 has $k 'SELECT count(*) FROM r' 10002; done

# --- an outcome that nobody can tell
for k in 1 2 3; do signal_at $k STOP; done
client --bail -c "INSERT INTO r(x) VALUES('stopped')" -c "INSERT INTO r(x) VALUES('behind')" 2>said &
waits=$!
sleep 2
for k in 1 2 3; do signal_at $k KILL; done
end 1 2 3
status4=0
wait $waits || status4=$?
is "all heads of the service died: an outcome is unknown" "$status4 $(grep -c 'line 1: outcome unknown' said)" "6 1"
check "what was not sent is told, too" grep -q 'nothing from line 2 on was executed' said
for k in 1 2 3; do start $k --stay </dev/null; done
for k in 1 2 3; do began $k || die "head $k does not begin again: $(cat $k.err)"; done
is "it was not executed here" "$(client -c "SELECT count(*) FROM r WHERE typeof(x) = 'text'")" 0

# --- writers, while the heads that order and answer die in silence
mkfifo never
exec 7<>never
# write_on K NAME: rows from head K until it is told to stop. What the client prints was acknowledged.
write_on() {
	local i=0
	while ! [ -e stop ]; do
		i=$((i + 1))
		echo "INSERT INTO n VALUES('$2', $i) RETURNING i;"
		read -rt 0.03 -u 7
	done | nsenter --net="/run/netns/samr$1" samr-sql --timeout 0 >"$2.log" 2>"$2.said"
}
# shellcheck disable=SC2317	# called by wait_for
acked() { test "$(wc -l <"$1.log")" -ge "$2"; }
# Both go on: rows from now on are acknowledged.
both_go_on() {
	local far near
	far=$(wc -l <far.log) near=$(wc -l <near.log)
	check "$1" wait_for 60 acked far $((far + 20))
	check "and so does the other client" wait_for 60 acked near $((near + 20))
}
# shellcheck disable=SC2317	# called by wait_for
back() { test "$(grep -c 'begins to take part' "$1.err")" -ge "$2"; }

client -c 'CREATE TABLE n(client, i)'
write_on 4 far &
writers=($!)
write_on 3 near &
writers+=($!)
at_exit "touch $work/stop"
both_go_on "a client on a head without a database writes"
for k in 1 2; do
	cut $k
	await "head $k is silent: the others go on" 20 4 3 || break
	both_go_on "without head $k the client writes on"
	heal $k
	check "head $k comes back and takes the database" wait_for 60 back $k 1
	both_go_on "with head $k again, too"
done
touch stop
bad=0
for p in "${writers[@]}"; do wait "$p" || bad=$?; done
is "the clients end well" "$bad $(cat far.said near.said)" "0 "
for name in far near; do
	sent=$(wc -l <$name.log)
	note "$name: $sent rows acknowledged"
	for k in 1 2 3; do
		wait_for 60 has $k "SELECT count(*) FROM n WHERE client = '$name'" "$sent"
		ask $k "SELECT i FROM n WHERE client = '$name' ORDER BY rowid" >rows
		check "each row that $name was told of is at head $k, once, in its place" cmp rows $name.log
	done
done
equal "three equal databases after two kills and two returns" 1 2 3
for k in 1 2 3; do signal_at $k TERM; done
end 1 2 3
is "the heads could go on all the time" "${status[*]:1}" "143 143 143"
no_reports
finish
