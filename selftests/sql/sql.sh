#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# samr-sql on three heads: equal databases whatever is asked of them, and clear words where it cannot be.
# shellcheck source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/sql/heads.sh"

# --- all at once, everything
fresh
for k in 1 2 3; do start $k <"$here/torture.sql"; done
end 1 2 3
is "statements failed at all three, nothing else" "${status[*]:1}" "1 1 1"
equal "three equal databases after everything at once" 1 2 3
is "four rows of AUTOINCREMENT and what triggers added" "$(ask 1 'SELECT count(*) FROM a') $(ask 1 'SELECT count(*) FROM log')" "4 8"
is "a failed transaction left nothing" "$(ask 2 "SELECT count(*) FROM b WHERE x = 'taken back'")" 0
is "an error has its line" "$(grep -c 'line 21: no such table: nowhere' 1.err 2.err 3.err | tr '\n' ' ')" "1.err:1 2.err:1 3.err:1 "
is "one head of three could insert what all tried" "$(cat ./*.err | grep -c 'UNIQUE constraint failed: a.t')" 8
check "the file is sound" test "$(ask 3 'PRAGMA integrity_check')" = ok
samr-sql --dump 1.db | sqlite3 loaded.db
is "the dump can be loaded and is the same again" "$(samr-sql --digest loaded.db)" "$(samr-sql --digest 1.db)"

# --- conflicts: one row that all change, keys that all want
fresh
for k in 1 2 3; do
	{
		echo "CREATE TABLE IF NOT EXISTS n(i INTEGER, last); CREATE TABLE IF NOT EXISTS won(k INTEGER PRIMARY KEY, by);"
		echo "INSERT INTO n SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM n);"
		for ((i = 1; i <= 150; i++)); do
			echo "UPDATE n SET i = i + 1, last = $k; INSERT INTO won VALUES($i, $k);"
		done
		echo "SELECT 'mine', count(*) FROM won WHERE by = $k;"
	} >"$k.sql"
	start $k --stats <"$k.sql"
done
end 1 2 3
equal "three equal databases after conflicts" 1 2 3
is "every update counted" "$(ask 1 'SELECT i FROM n')" 450
is "every key was won once" "$(ask 1 'SELECT count(*) FROM won')" 150
is "all others were refused" "$(cat ./*.err | grep -c 'UNIQUE constraint failed: won.k')" 300
is "a query sees the head's own statements" \
	"$(cat ./?.out)" "$(for k in 1 2 3; do echo "mine|$(ask 2 "SELECT count(*) FROM won WHERE by = $k")"; done)"
is "latency was measured" "$(grep -c 'latency_us min [1-9]' ./1.err)" 1


# --- what is refused, and how it is said
fresh
start 2 </dev/null
start 3 </dev/null
start 1 <<'END'
CREATE TABLE t(x);
ATTACH 'other.db' AS o;
CREATE TEMP TABLE q(x);
PRAGMA journal_mode = DELETE;
PRAGMA foreign_keys = ON;
INSERT INTO t SELECT load_extension('x');
SAVEPOINT s;
COMMIT;
BEGIN; INSERT INTO t VALUES(1); SELECT 1; COMMIT;
PRAGMA foreign_keys = OFF;
PRAGMA user_version = 7;
.nothing
PRAGMA user_version;
.check
SELECT count(*) FROM t;
BEGIN; INSERT INTO t VALUES(2);
END
end 1 2 3
is "queries and checks answer" "$(sed 's/: [0-9a-f]\{64\}//' 1.out | tr '\n' ' ')" "7 3 equal databases 0 "
while IFS='|' read -r line text; do
	check "line $line is refused: $text" grep -q "line $line: .*$text" 1.err
done <<'END'
2|cannot be replicated
3|is temporary
4|change this head only
5|--foreign-keys
6|load_extension() cannot be replicated
7|between BEGIN and COMMIT only
8|no transaction is active
9|a query cannot run inside a transaction
9|nothing of this transaction was sent
12|no such command
16|the input ended inside of this transaction
END
is "and nothing else" "$(grep -c ': line ' 1.err)" 11

# --- beginning together
fresh
sqlite3 2.db 'CREATE TABLE other(x)'
start 1 </dev/null
wait_for 60 grep -q 'heads are here' 1.err
start 2 </dev/null
end 2
is "a head with a database of its own may not take part" "${status[2]}" 4
check "and says why" grep -q 'is not an earlier state of the other heads. database' 2.err
is "and keeps it" "$(sqlite3 2.db .tables)" other
start 2 --foreign-keys </dev/null
end 2
is "nor may one with other options" "${status[2]}" 4
check "and says so too" grep -q -- 'was started without --foreign-keys' 2.err
start 2 -n 2 </dev/null
end 2
is "nor one that waits for another number" "${status[2]} $(grep -c -- '--heads must be the same' 2.err)" "4 1"
rm 2.db
start 2 </dev/null
start 3 </dev/null
end 1 2 3
is "without that it may, and the others have waited for it" "${status[*]:1}" "0 0 0"
fails_with "a service that is not there" 3 "samrctl group add" on 1 samr-sql -s 99 none.db
ip netns add samr-none && at_exit "ip netns del samr-none"
fails_with "a machine without a cluster" 3 "no cluster" ip netns exec samr-none samr-sql none.db
check "then no file is made" test ! -e none.db

# --- a latecomer, a second process, another writer, a difference
fresh
mkfifo in1 in2
exec 5<>in1 6<>in2		# opening them one-way would wait for the other end
start 1 -n 2 <in1
start 2 -n 2 <in2
began 1
began 2
echo "CREATE TABLE t(x);" >&5
wait_for 60 sqlite3 2.db "SELECT * FROM t"
start 3 -n 3 --leave -c 'INSERT INTO t VALUES(3)'
end 3
is "a latecomer takes part" "${status[3]}" 0
check "with the others' database" grep -q 'has taken the database of the others' 3.err
wait_for 60 has 1 'SELECT count(*) FROM t' 1
wait_for 60 has 2 'SELECT count(*) FROM t' 1
equal "and its own statements" 1 2 3
fails_with "one process for each file" 3 "another samr-sql" on 1 samr-sql -n 2 1.db
sqlite3 2.db "INSERT INTO t VALUES('behind its back')"
echo ".check" >&5
wait_for 60 grep -q DIFFERENT 1.out
check "a difference is found" grep -q '2 DIFFERENT databases' 1.out
check "and said at both heads" grep -q 'DIVERGED' 2.err
echo "INSERT INTO t VALUES(1);" >&5
end 2
is "a head whose file was written to stops" "${status[2]}" 3
check "and says why" grep -q 'another program has written' 2.err
exec 5>&- 6>&-
end 1
is "the other one goes on, and does not call it well" "${status[1]} $(ask 1 'SELECT count(*) FROM t')" "5 2"

# --- heads that die
fresh
exec 5<>in1 6<>in2
start 1 <in1
start 2 <in2
start 3 <2.sql
began 1
echo "BEGIN; INSERT INTO n VALUES(1000, 'never');" >&5
echo "BEGIN; INSERT INTO n VALUES(1000, 'nor');" >&6
wait_for 60 has 1 'SELECT i FROM n' 150
pkill -KILL -P "${pid[1]}" samr-sql
end 1
echo "COMMIT; INSERT INTO n VALUES(2, 'later');" >&6
exec 5>&- 6>&-
end 2 3
is "the others end well" "${status[2]} ${status[3]}" "0 0"
equal "and have equal databases" 2 3
is "an open transaction died with its head" "$(ask 2 'SELECT group_concat(i) FROM n')" "150,1000,2"
start 1 </dev/null
wait_for 60 grep -q 'heads are here' 1.err
start 2 </dev/null
end 2
is "who has more than the one that was started first may not take part" "${status[2]}" 4
signal_at 1 TERM
end 1
start 2 </dev/null
wait_for 60 grep -q 'heads are here' 2.err
start 1 </dev/null
start 3 </dev/null
end 1 2 3
is "the other way round the dead head takes the others' database" "${status[*]:1}" "0 0 0"
equal "and has it" 1 2 3
for k in 1 2 3; do start $k -c "INSERT INTO n VALUES($k, 'again')"; done
end 1 2 3
is "all go on with it" "${status[*]:1}" "0 0 0"
equal "three equal databases after that" 1 2 3

# --- leaving, staying, signals, --bail, JSON, foreign keys
fresh
start 1 --stay --foreign-keys -c "CREATE TABLE other(x)"
start 2 --stay --foreign-keys </dev/null
# Head 1's table has its place before anything of head 3, which leaves when it has said all.
start 3 --leave --foreign-keys --bail --json < <(
	wait_for 60 has 3 "SELECT count(*) FROM other" 0 >&2
	cat <<'END'
CREATE TABLE p(id INTEGER PRIMARY KEY);
CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED);
BEGIN; INSERT INTO c VALUES(1); INSERT INTO p VALUES(1) RETURNING id, 'ä"'; COMMIT;
SELECT *, NULL AS "no", x'0a' AS b FROM c;
INSERT INTO c VALUES(2);
INSERT INTO p VALUES(3);
END
)
end 3
is "--bail stops at the first error" "${status[3]} $(grep -c ': line 5: FOREIGN KEY constraint failed' 3.err)" "1 1"
is "rows as JSON" "$(jq -c '.' <3.out | tr '\n' ' ')" '{"id":1,"'"'ä\\\"'"'":"ä\""} {"p":1,"no":null,"b":"0a"} '
for k in 1 2; do
	wait_for 60 has $k 'SELECT count(*) FROM p' 1
	pkill -TERM -P "${pid[k]}" samr-sql
done
end 1 2
is "who stays can be ended" "${status[1]} ${status[2]}" "143 143"
is "nothing behind the error was executed" "$(ask 1 'SELECT count(*) FROM p')" 1
equal "equal databases for all that" 1 2 3

# --- the prompt
fresh
start 2 </dev/null
start 3 </dev/null
{ wait_for 60 grep -q 'heads begin' 2.err; sleep 1; printf '%s\n' "CREATE TABLE t(x);" "BEGIN;" "INSERT INTO t VALUES(1);" \
	"SELECT 1;" "INSERT INTO t" "VALUES(2);" "COMMIT;" "SELECT sum(x) FROM t;"
	wait_for 60 has 1 "SELECT count(*) FROM t" 2; sleep 1; echo "INSERT INTO t VALUES(100"; sleep 1; printf '\003'; sleep 1
	printf '%s\n' "SELECT 40 + 2;" ".status" ".quit"; sleep 1; } |
	on 1 timeout 200 script -qec "samr-sql 1.db" /dev/null >1.out 2>&1
end 2 3
check "a query inside of a transaction is refused at the prompt" grep -q 'Error: a query cannot run inside' 1.out
check "and the transaction goes on" grep -qx '\(.*> \)\?3' <(tr -d '\r' <1.out)
check "^C drops what is being typed, and nothing else" grep -qx '\(.*> \)\?42' <(tr -d '\r' <1.out)
check "it shows that a transaction is open" grep -qF 'samr-sql*> ' 1.out
equal "equal databases from the prompt" 1 2 3

# --- a bad network
"$SCRIPTS/lab" netem loss 5% duplicate 1% delay 1ms 500us
fresh
for k in 1 2 3; do
	grep -v VACUUM "$here/torture.sql" | cat - "$k.sql" >lossy.sql
	start $k <lossy.sql
	sleep 0.1
done
end 1 2 3
equal "three equal databases over a network that loses 5 %" 1 2 3
is "with every update" "$(ask 3 'SELECT i FROM n')" 450
finish
