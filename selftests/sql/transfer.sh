#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# samr-sql: heads that come later are given the database by those that have it, while these go on writing. Donors and
# joiners die in the middle of it, and a head is put out of the cluster and comes back.
# shellcheck source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
# shellcheck disable=SC2034	# for heads.sh
lab=(--mtu 9000 --cluster "dead 1s")
blobs=66	# of 1 MiB: more than 64 MiB in all
limit=900	# a head takes part in all of it
. "$SELFTESTS/sql/heads.sh"
mkfifo in1
exec 5<>in1

# The writer: a statement now and then, from head 1, until it is told to stop. Without processes.
mkfifo never
exec 7<>never
write_on() {
	local i=0
	while ! [ -e stop ]; do
		echo "INSERT INTO log(n) VALUES($i);"
		i=$((i + 1))
		read -rt 0.03 -u 7
	done
	echo "$i" >written
}

# shellcheck disable=SC2317	# called by wait_for
taken() { grep -q 'has taken the database' "$1.err"; }
# shellcheck disable=SC2317
coming() { [ -e "$1.db-samr-new" ]; }

# The large table in a few figures: a dump of it would take the test's time.
large() { ask "$1" "SELECT count(*), sum(length(x)), hex(substr(x, 1048561)) FROM large WHERE id IN (1, 7, $blobs) GROUP BY id"; }
rate() { sed -n 's/.*has taken the database of the others: \(.*\)/\1/p' "$1.err" | tail -n 1; }

# --- one head that goes on writing, and a second one that comes
fresh
start 1 -n 1 --stats <in1
began 1
echo "CREATE TABLE log(id INTEGER PRIMARY KEY, n, at DEFAULT CURRENT_TIMESTAMP); CREATE TABLE large(id INTEGER PRIMARY KEY, x);" >&5
write_on >&5 &
writer=$!
start 2 --stay -n 1 </dev/null
check "a second head is given the database" wait_for 60 taken 2
check "the donor says that it gave it" wait_for 10 grep -q 'has given its database' 1.err

# --- the third one comes to a large database; its donor dies in the middle of it. That is head 2: head 1 has the order's
# sequencer
for ((i = 0; i < blobs; i++)); do echo "INSERT INTO large(x) VALUES(CAST(zeroblob(1048560) || randomblob(16) AS BLOB));" >&5; done
wait_for 150 has 2 "SELECT count(*) FROM large" $blobs || die "the large table is not there"
start 3 --stay -n 1 </dev/null
wait_for 60 coming 3
sleep 1
check "the donor dies while the database is under way" eval '! taken 3'
signal_at 2 KILL
end 2
check "another head gives it then" wait_for 100 taken 3
check "from the beginning" grep -q 'comes anew' 3.err
note "transfer: $(rate 3)"
check "more than 64 MiB were transferred" test "$(stat -c %s 3.db)" -gt $((64 << 20))
is "the third head has the large table" "$(large 3)" "$(large 1)"

# --- a joiner dies in the middle, and comes back
echo "DELETE FROM large WHERE id > 40; VACUUM;" >&5
wait_for 60 has 3 "SELECT count(*) FROM large" 40
has_had=$(ask 2 "SELECT count(*) FROM log")
start 2 --stay -n 1 </dev/null
wait_for 60 coming 2
check "a joiner dies while the database is under way" eval '! taken 2'
signal_at 2 KILL
end 2
check "it leaves a part behind" test -e 2.db-samr-new
is "and has what it had" "$(ask 2 "SELECT count(*) FROM log") $(ask 2 'PRAGMA quick_check')" "$has_had ok"
start 2 --stay -n 1 </dev/null
check "it is given the database when it comes back" wait_for 60 taken 2
check "and nothing is left of the part" test ! -e 2.db-samr-new
is "the second head has the large table again" "$(large 2)" "$(large 1)"

# --- a head is put out of the cluster, and comes back
echo "DELETE FROM large WHERE id > 1; VACUUM;" >&5
wait_for 60 has 2 "SELECT count(*) FROM large" 1
cut 3
check "a head that is silent is left out" wait_for 60 grep -q '2 of 3 heads are left' 1.err
note "$(grep heads 1.err)"
wait_for 30 has 1 "SELECT count(*) > $(ask 1 'SELECT count(*) FROM log') + 10 FROM log" 1
: >3.err
heal 3
check "it is given the database when it is back" wait_for 60 taken 3
check "and says that it was out, once" test "$(grep -c 'joins again' 3.err)" = 1
wait_for 30 grep -q 'begins to take part' 3.err

# --- the end
: >stop
wait $writer
is "the writer has written all the time" "$(test "$(<written)" -gt 50 && echo yes)" yes
for k in 1 2 3; do wait_for 60 has $k "SELECT count(*) FROM log" "$(<written)"; done
is "nothing is missing, and nothing there twice" "$(ask 1 'SELECT count(*), count(DISTINCT n), max(n) + 1 FROM log')" \
	"$(<written)|$(<written)|$(<written)"
for k in 1 2 3; do signal_at $k TERM; done
end 1 2 3
is "all end as they are told" "${status[*]:1}" "143 143 143"
equal "three equal databases" 1 2 3
is "at the same place" "$(ask 2 'SELECT * FROM samr_position') $(ask 3 'SELECT * FROM samr_position')" \
	"$(ask 1 'SELECT * FROM samr_position') $(ask 1 'SELECT * FROM samr_position')"
finish
