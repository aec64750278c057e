#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# mosquitto, as Debian has it, as a replica on three heads, with its own database as the state; its clients are its own. A head
# falls silent and comes again while messages are published, and what was acknowledged comes to those that listen, and to those
# that were away, of whose sessions each head knows the same.
port=1883 load=mosquitto.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
need mosquitto mosquitto_pub mosquitto_sub

db() { echo "$work/mosquitto$1/mosquitto.db"; }
# replica K: SIGUSR1 lets mosquitto write its database, which takes the place of the last one when it is whole.
replica() {
	local dir=$work/mosquitto$1
	mkdir -p "$dir"
	cat >"$dir/conf" <<-END
		listener $port
		allow_anonymous true
		user root
		persistence true
		persistence_location $dir/
		autosave_interval 0
		sys_interval 0
		max_queued_messages 0
	END
	serve "$1" --load "cat >$(db "$1")" \
		--save "rm -f $(db "$1"); kill -USR1 \$SAMR_PID; until [ -e $(db "$1") ]; do sleep 0.05; done; cat $(db "$1")" \
		mosquitto -c "$dir/conf"
}
# serves K: a client there is answered.
serves() { client "$1" timeout 20 mosquitto_pub -h localhost -p "$port" -t hello -n -q 1; }
sub() { client "$1" timeout 30 mosquitto_sub -h localhost -p $port "${@:2}"; }
write_down() {
	rm -f "$(db "$1")"
	kill -USR1 "$(pid_of "$1" mosquitto)"
	wait_for 20 test -e "$(db "$1")"
}
same_databases() {
	local k
	for k in 1 2 3; do write_down $k || die "head $k does not write its database"; done
	note "$1: $(stat -c %s "$(db 1)") bytes"
	for k in 2 3; do
		check "$1: heads 1 and $k have written the same" "$SELFTESTS/services/mosquitto_db.py" "$(db 1)" "$(db $k)"
	done
}

service_up 3 mosquitto
for k in 1 2 3; do replica $k; done
check "three replicas" wait_for 60 replicas 3 || die "$(cat "$work"/*.log)"
check "they serve" wait_for 60 serves 1 || die "$(cat "$work"/*.log)"

# --- those that listen: one all the time, others come only in the end
for k in 1 2 3; do check "a session that is away" sub $k -i away$k -c -q 1 -t 'log/#' -E; done
client 3 stdbuf -oL mosquitto_sub -h localhost -p $port -i live -c -q 1 -t 'log/#' -F '%t %p' >"$work/live" 2>"$work/live.err" &
live=$!
at_exit "kill -KILL $live 2>/dev/null"

# --- those that write, while the head that orders falls silent, and comes again
writers_up 2 3
go_on "three heads"
cut 1
await "head 1 is silent" 20 2 2
go_on "head 1 is dead"
is "no connection broke" "$(cat "$work/live.err")" ""
left_out 1
replica 1
check "its replica has the state" wait_for 60 pid_of 1 mosquitto || note "$(cat "$work/1.log")"
go_on "head 1 is back"
writers_down

# --- what each has: by what they write down, and by what they give to clients
check "the last message is sent" client 1 mosquitto_pub -h localhost -p $port -i end -q 1 -t log/end -m 0
check "it came to the one that listens" wait_for 30 grep -q '^log/end' "$work/live"
kill $live
wait $live 2>/dev/null
check "with all before it" "${loader[@]}" read - - "${logs[@]}" <"$work/live"
same_databases "with messages for those that are away"
for w in 2 3; do
	last=$(awk '/^acknowledged/ { n = $3 } END { print n }' "$work/w$w")
	for k in 1 2 3; do is "a retained message by head $k" "$(sub $k -t log/w$w -C 1)" "$last"; done
done
for k in 1 2 3; do all_there $k away$k; done
same_databases "when they have got them"
no_reports
finish
