#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# samr-sql on machines in trouble: full disks, files that cannot be used, signals. A head that cannot go on says so and
# stops, with nothing of what it could not do; the others go on.
# shellcheck source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/sql/heads.sh"
mkfifo in1 in2
exec 5<>in1 6<>in2		# opening them one-way would wait for the other end

# say FD SQL: type it at a head.
say() { echo "$2" >&"$1"; }
signal() { signal_at "$2" "$1"; }
rows() { ask "$1" "SELECT count(*) FROM t"; }

# A folder that is a file system of its own.
small_disk() {
	mkdir -p "$1"
	mount -t tmpfs -o "$2" none "$1" || die "cannot mount"
	at_exit "umount -l $work/$1"
}

# --- one head's disk fills up
fresh
small_disk small size=600k
ln -s small/2.db 2.db
start 1 <in1
start 2 --wait </dev/null
start 3 </dev/null
began 1
say 5 "CREATE TABLE t(x); INSERT INTO t VALUES('fits');"
wait_for 60 has 2 "SELECT count(*) FROM t" 1
for ((i = 0; i < 30; i++)); do say 5 "INSERT INTO t VALUES(randomblob(40000));"; done
end 2
is "a head whose disk is full stops" "${status[2]}" 3
check "and says why" grep -q 'this head stops, since it cannot do what the others do: .*full' 2.err
is "its file is sound" "$(sqlite3 "file:$work/small/2.db?mode=ro" 'PRAGMA integrity_check')" ok
is "and has what fitted, and nothing of the rest" "$(ask 2 'SELECT count(*) BETWEEN 1 AND 30 FROM t')" 1
say 5 "INSERT INTO t VALUES('later');"
say 5 ".quit"
end 1 3
is "the others go on" "${status[1]} ${status[3]} $(rows 1)" "0 0 32"
equal "and stay equal" 1 3
check "they know that one is missing" grep -q '2 of 3 heads are left' 1.err

# --- files that cannot be used; one head alone, which needs no other to find out
# shellcheck disable=SC2317	# called by check and fails_with
alone() { on 1 timeout 100 samr-sql -n 1 "$@" </dev/null; }
mkdir folder
echo "this is no database, whatever its name says, and it is longer than a header would be; so much for that" >text.db
cp 1.db broken.db
printf 'xxxxxxxxxxxxxxxxxxxxxxxx' | dd of=broken.db bs=1 seek=8192 conv=notrunc status=none
small_disk fixed ro
fails_with "a folder" 3 "Is a directory" alone folder
fails_with "a folder that is not there" 3 "No such file" alone nowhere/x.db
fails_with "a file system that is read-only" 3 "Read-only file system" alone fixed/x.db
fails_with "something that is no database" 3 "not a database" alone text.db
fails_with "a damaged database" 3 "is damaged" alone broken.db
fails_with "a dump that cannot be written" 3 "cannot be written" sh -c 'samr-sql --dump 1.db >/dev/full'
is "a dump that failed is not taken for a whole one" "$(samr-sql --dump text.db 2>/dev/null | tail -n 1)" \
	"ROLLBACK; -- incomplete"
fails_with "a database that was not there, offline" 3 "unable to open" samr-sql --dump none.db
check "an empty file is an empty database" eval ': >empty.db; alone empty.db'
fails_with "output that cannot be written" 1 "could not be written" sh -c \
	"ip netns exec samr1 samr-sql -n 1 -c 'SELECT 1' full.db >/dev/full"
fails_with "no permission" 3 "CAP_NET_BIND_SERVICE" on 1 setpriv --reuid 65534 --clear-groups samr-sql -n 1 /dev/shm/none.db

# --- somebody keeps the file locked, somebody reads it
fresh
start 1 <in1
start 2 </dev/null
start 3 </dev/null
began 1
say 5 "CREATE TABLE t(x); INSERT INTO t VALUES(1);"
wait_for 60 has 2 "SELECT count(*) FROM t" 1
sqlite3 3.db ".timeout 100" "BEGIN;" "SELECT * FROM t;" ".shell sleep 3" >reader.out &
reader=$!
sqlite3 2.db <in2 &
locker=$!
say 6 "BEGIN IMMEDIATE; CREATE TABLE locked(x);"
say 6 ".output locked"
wait_for 60 test -e locked
say 5 "INSERT INTO t VALUES(2);"
wait_for 60 has 1 "SELECT count(*) FROM t" 2
is "who reads a head's file does not hold it up" "$(rows 1)" 2
wait_for 60 has 3 "SELECT count(*) FROM t" 2
wait $reader
# --- Ctrl-C, meanwhile: at the prompt, in the middle of a query, in the middle of a statement
end 2
is "a head whose file somebody keeps locked stops" "${status[2]}" 3
check "and says why" grep -q 'another program keeps this head.s database locked' 2.err
say 6 ".quit"
wait $locker
say 5 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;"
sleep 1
signal INT 1
end 1
is "^C ends a query, and so a script" "${status[1]}" 130
end 3
is "which is the other's end" "${status[3]}" 0
equal "their databases are equal" 1 3
fresh
for k in 1 2 3; do start $k </dev/null; done
end 1 2 3
start 1 </dev/null
wait_for 60 grep -q 'heads are here' 1.err
signal INT 1
end 1
is "^C ends waiting for others" "${status[1]}" 130
start 1 <in1
start 2 </dev/null
start 3 </dev/null
began 1
say 5 "CREATE TABLE t(x); INSERT INTO t VALUES('first');"
for k in 1 2 3; do wait_for 60 has $k "SELECT count(*) FROM t" 1; done
say 5 "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 1000000000;"
sleep 1
for k in 1 2 3; do signal TERM $k; done
end 1 2 3
is "a signal ends a statement that would take for ever" "${status[*]:1}" "143 143 143"
check "who sent it hears that it has no answer" grep -q 'no answer to 1 statements' 1.err
check "and that this head stopped" grep -q 'this head stops, .*interrupted' 1.err
is "nothing of it is there" "$(rows 1) $(rows 2) $(rows 3)" "1 1 1"
equal "equal databases for all that" 1 2 3
finish
