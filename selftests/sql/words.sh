#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# samr-sql: what people who know SQLite would try. What is accepted is the same at three heads; what is not is refused,
# with the reason, and changes nothing.
# shellcheck source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/sql/heads.sh"

# --- accepted
{ printf '\xef\xbb\xbf'; cat "$here/accepted.sql"; } >input
fresh
start 1 <input
start 2 </dev/null
start 3 </dev/null
end 1 2 3
is "nothing is refused" "$(grep ': line ' 1.err)" ""
is "all heads end well" "${status[*]:1}" "0 0 0"
equal "three equal databases" 1 2 3
is "time was near this machine's" "$(ask 2 "SELECT abs(unixepoch(ts) - unixepoch('now')) < 300 FROM renamed WHERE id = 1")" 1
is "local time is UTC" "$(ask 2 "SELECT count(DISTINCT x) FROM v WHERE rowid IN (3, 4, 11, 12)")" 1
is "chance was chance" "$(ask 2 "SELECT count(DISTINCT r) = count(*) AND count(DISTINCT b) = count(*) AND count(*) > 50 FROM renamed")" 1
is "nothing is left of what was taken back" "$(ask 3 "SELECT count(*) FROM renamed WHERE z = 'never'")" 0
check "the file is sound" test "$(ask 3 'PRAGMA integrity_check')" = ok

# --- refused: each line a statement, and a part of what is said
cat >refused <<'END'
ATTACH 'other.db' AS o => cannot be replicated
DETACH main => cannot be replicated
CREATE TEMP TABLE q(x) => is temporary
CREATE TEMPORARY VIEW q AS SELECT 1 => is temporary
CREATE TABLE temp.q(x) => is temporary
CREATE TEMP TABLE q AS SELECT 1 => is temporary
VACUUM INTO 'copy.db' => VACUUM INTO cannot be replicated
INSERT INTO t SELECT load_extension('x') => load_extension() cannot be replicated
INSERT INTO t SELECT hex(fts3_tokenizer('simple')) => shows an address
INSERT INTO t SELECT rootpage FROM sqlite_schema => where a head's file has its pages
INSERT INTO t SELECT pageno FROM dbstat => own state
INSERT INTO t SELECT name FROM pragma_function_list => own state
INSERT INTO t SELECT sql FROM sqlite_stmt => own state
CREATE VIRTUAL TABLE d USING dbstat(main) => not known to be the same
CREATE VIRTUAL TABLE d USING csv(filename = 'x') => not known to be the same
CREATE TRIGGER q AFTER INSERT ON au BEGIN INSERT INTO t SELECT load_extension('x'); END; INSERT INTO au VALUES(1) => load_extension()
PRAGMA journal_mode = DELETE => change this head only
PRAGMA synchronous = OFF => change this head only
PRAGMA writable_schema = ON => change this head only
PRAGMA main.encoding = 'UTF-16' => change this head only
PRAGMA locking_mode(EXCLUSIVE) => change this head only
PRAGMA defer_foreign_keys = ON => change this head only
PRAGMA foreign_keys = ON => start all heads with --foreign-keys
PRAGMA wal_checkpoint(TRUNCATE) => one head's file only
PRAGMA optimize => one head's file only
PRAGMA incremental_vacuum => one head's file only
SAVEPOINT s => between BEGIN and COMMIT only
RELEASE s => between BEGIN and COMMIT only
ROLLBACK TO s => between BEGIN and COMMIT only
COMMIT => no transaction is active
ROLLBACK => no transaction is active
BEGIN; BEGIN; ROLLBACK => within a transaction
BEGIN; INSERT INTO t VALUES(1); SELECT * FROM t; COMMIT => a query cannot run inside a transaction
BEGIN; INSERT INTO t VALUES(1); PRAGMA user_version; COMMIT => nothing of this transaction was sent
BEGIN; INSERT INTO t VALUES(1); INSERT INTO nowhere VALUES(1); COMMIT => statement 2: no such table: nowhere
BEGIN; INSERT INTO t VALUES(1); VACUUM; COMMIT => cannot VACUUM from within a transaction
BEGIN; INSERT INTO t VALUES(1); ROLLBACK TO samr_unit; COMMIT => is taken
INSERT INTO samr_none VALUES(1) => is temporary
UPDATE sqlite_schema SET sql = '' => may not be modified
DROP TABLE sqlite_sequence => may not be dropped
CREATE TABLE q(x, y AS (random())) => non-deterministic
CREATE INDEX q1 ON t(random()) => non-deterministic
CREATE INDEX q2 ON t(datetime('now', x)); INSERT INTO t VALUES('+1 day') => non-deterministic
INSERT INTO t VALUES(1; => syntax error
SELECT load_extension('x') => not authorized
SELECT fts3_tokenizer('simple', x'0000000000000000') => disabled
INSRT INTO t VALUES(1) => syntax error
.read file.sql => no such command
.check now => takes no argument
END
fresh
echo "CREATE TABLE t(x); CREATE TABLE au(x INTEGER PRIMARY KEY AUTOINCREMENT);" >input
while read -r line; do
	text=${line%% => *}
	case $text in .*) echo "$text" ;; *) echo "$text;" ;; esac
done <refused >>input
printf "INSERT INTO t VALUES('a\\0b');\n.check\nSELECT count(*) FROM t;\nINSERT INTO t VALUES('ends here" >>input
start 1 <input
start 2 </dev/null
start 3 </dev/null
end 1 2 3
number=1
while read -r line; do
	number=$((number + 1))
	check "${line%% => *}: refused" grep -qF "${line#* => }" <(grep ": line $number: " 1.err)
done <refused
check "a zero byte: refused" grep -q "line $((number + 1)): .*zero byte" 1.err
check "a statement that the input's end cuts off: refused" grep -q "line $((number + 4)): .*unrecognized token" 1.err
is "nothing has changed" "$(sed 's/: [0-9a-f]\{64\}//' 1.out | tr '\n' ' ')" "3 equal databases 0 "
equal "three equal databases after all that" 1 2 3

# --- how long a statement can be: 1 MiB, less 12 bytes of the message
fresh
fill() { head -c "$1" /dev/zero | tr '\0' 'x'; }
{
	echo "CREATE TABLE t(x);"
	echo "INSERT INTO t VALUES('$(fill $((1048564 - 25)))');"
	echo "INSERT INTO t VALUES('$(fill $((1048565 - 25)))');"
	echo "BEGIN; INSERT INTO t VALUES('$(fill 600000)'); INSERT INTO t VALUES('$(fill 600000)'); COMMIT;"
	echo "SELECT '$(fill 3000000)' = x FROM t;"
	echo "SELECT count(*), sum(length(x)) FROM t;"
} >input
start 1 <input
start 2 </dev/null
start 3 </dev/null
end 1 2 3
is "the longest statement is executed, a longer one and a long transaction are not" "$(tail -n 1 1.out) ${status[1]}" "1|1048539 1"
is "with the reason" "$(grep -c 'line [34]: longer than one message of the order can be (1 MiB)' 1.err)" 2
is "a query may be longer" "$(head -n 1 1.out)" 0
equal "three equal databases with large rows" 1 2 3
finish
