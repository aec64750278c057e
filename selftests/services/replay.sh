#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# Programs without hooks, on three heads: a replica that comes again is given the log of all input, replays it, and has the same
# state. replay.sh WHAT [WAIT]
#   ledger      a small server, which waits by WAIT (ledger.py)
#   refused     the same: logs that are too long, programs that are not deterministic
#   memcached   as Debian has it, and its CAS numbers
#   redis       likewise, without its snapshot, and its DEBUG DIGEST
what=${1:-ledger} waits=${2:-epoll}
case $what in
memcached) port=11211 load=memcached.py ;;
redis) port=6379 load=redis.py ;;
*) port=4711 load=ledger.py ;;
esac
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
bound=32M

# replica K: of what is tested.
replica() {
	local dir=$work/redis$1
	case $what in
	memcached) serve "$1" --replay "$bound" memcached -u root -t 1 -p "$port" -U 0 ;;
	redis)
		mkdir -p "$dir"
		serve "$1" --replay "$bound" redis-server --port "$port" --protected-mode no --unixsocket "$dir/door" \
			--enable-debug-command local --dir "$dir" --save "" --appendonly no --activerehashing no
		;;
	*) serve "$1" --replay "$bound" "${loader[@]}" serve "$port" "$waits" "$work/sum$1" ;;
	esac
}
replicas_up() {
	local k
	service_up 3 "$what"
	for k in 1 2 3; do replica $k; done
	check "three replicas" wait_for 60 replicas 3 || die "$(cat "$work"/*.log)"
}
ask() { client "$1" timeout 30 "${loader[@]}" ask "localhost:$port" "${@:2}"; }
said() { grep -q -e "$2" "$work/$1.log"; }

# state_of K: all that its program has in memory, in a few bytes. It is asked for behind the service's back where it can be.
state_of() {
	case $what in
	memcached) client "$1" timeout 60 "${loader[@]}" sum "localhost:$port" w2 w3 ;;
	redis) redis-cli -e -s "$work/redis$1/door" DEBUG DIGEST ;;
	*)
		rm -f "$work/sum$1"
		kill -USR1 "$(pid_of "$1" python3 | tail -n 1)"
		wait_for 10 test -e "$work/sum$1" >/dev/null && cat "$work/sum$1"
		;;
	esac
}
same() {
	local one
	one=$(state_of 1) && [ "$one" = "$(state_of 2)" ] && [ "$one" = "$(state_of 3)" ] && [ "${one//0/}" ]
}
all_same() {
	check "$1: three heads have the same state" wait_for 30 same
	for k in 1 2 3; do note "head $k: $(state_of $k)"; done
}

# back K: a replica has come again, and has replayed.
back() {
	check "the replica on head $1 replays" wait_for 120 said "$1" "replayed [0-9]* inputs" || note "$(cat "$work/$1.log")"
	check "and serves" wait_for 30 replicas 3 || note "$(cat "$work/$1.log"; ctl "$1" status)"
	is "and has written the same as the others" "$(grep -c -e differs -e deterministic "$work/$1.log")" 0
	note "$(grep -h replay "$work/$1.log")"
}
killed() {
	kill -KILL "${servers[$1]}"
	ended "$1"
	check "a replica that is killed leaves" wait_for 20 replicas 2 1
}
has_ended() { ! kill -0 "${servers[$1]}" 2>/dev/null; }
# refused K PATTERN: it ends, with status 66, and says why.
refused() {
	check "a replica that cannot begin is told so" wait_for 60 has_ended "$1" || kill -KILL "${servers[$1]}"
	ended "$1"
	is "it ends, and says why" "$status $(grep -c -e "$2" "$work/$1.log")" "66 1" || note "$(cat "$work/$1.log")"
}

# Clients of memcached take a connection that breaks for a failure, as they all do when a replica comes: they end before.
test_state() {
	replicas_up
	writers_up 2 3
	go_on "three heads"
	cut 1
	await "head 1 is silent" 20 2 2
	go_on "head 1 is dead"
	writers_down
	left_out 1
	replica 1
	back 1
	for k in 1 2 3; do all_there $k; done
	all_same "after a replay"
	# Who was given the log can give it.
	killed 2
	replica 2
	back 2
	all_same "after another one"
}

test_ledger() {
	replicas_up
	writers_up 2
	go_on "three heads"
	killed 3
	replica 3
	back 3
	go_on "head 3 has it again"
	writers_down
	all_there 3
	all_same "after a replay"
}

test_refused() {
	local k
	bound=4K
	replicas_up
	ask 1 "put x 1" "put x 2" >/dev/null
	is "no log is too long" "$(cat "$work"/[123].log | grep -c "given up")" 0
	for ((k = 0; k < 40; k++)); do lines[k]="put long $k-----------------------------------------------------------------------"; done
	is "the service goes on when logs are" "$(ask 2 "${lines[@]}" | sort | uniq -c | tr -s ' ')" " 40 done"
	is "which each replica says" "$(cat "$work"/[123].log | grep -c "the log of input is given up: it would be longer than --replay allows")" 3
	killed 3
	replica 3
	refused 3 "its other replicas have given up their log"
	check "samrctl has no member there, and says so" grep -q "$what has 2 members on other heads, and none here" <<<"$(ctl 3 doctor || true)"
	note "$(ctl 1 member show)"
	is "the others go on" "$(ask 2 "put x 3")" "done"
	all_there_is=$(ask 1 "get x")
	is "with what they have" "$all_there_is" "1,2,3,"

	# --- they begin anew, and one has a process id in what it writes
	for k in 1 2; do kill -TERM "${servers[k]}"; ended "$k"; done
	check "the service has ended" wait_for 20 replicas 0
	bound=1M
	for k in 1 2 3; do replica "$k"; done
	check "it begins anew" wait_for 60 replicas 3
	is "empty" "$(ask 1 "get x")" ""
	ask 1 "name x" pid "put x 1" >/dev/null
	killed 3
	replica 3
	check "one that is not deterministic is told" wait_for 60 said 3 "connection 2: what the program has written, .* is not what was written"
	check "at the end, too" wait_for 30 said 3 "the output of 1 connections differs" || note "$(cat "$work/3.log")"
	check "and is there: it is for the admin to judge" wait_for 30 replicas 3

	# --- one that is told to end while it replays, one that may keep less than there is, one that has another seed
	killed 3
	bound=4K
	for k in $(seq 300); do lines[k]="put k$k $k"; done
	ask 1 "${lines[@]}" >/dev/null
	replica 3
	refused 3 "longer than --replay 4096 allows"
	bound=1M
	serve 3 --replay 1M --seed 7 "${loader[@]}" serve "$port" "$waits" "$work/sum3"
	refused 3 "its other replicas run with --seed $service"
	serve 3 "${loader[@]}" serve "$port" "$waits" "$work/sum3"
	refused 3 "its other replicas run with --replay"
	serve 3 --replay 1M python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 4711))
time.sleep(100)'
	check "one that hangs in its replay" wait_for 60 said 3 "replays [0-9]* bytes"
	kill -TERM "${servers[3]}"
	ended 3
	is "ends when it is told to" "$status" 143
	serve 3 --replay 1M python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 4711))
while True: s.accept()'
	refused 3 "replay: the program does not read from a connection"
	serve 3 --replay 1M python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 4711))
c = [s.accept() for i in range(1000)]'
	refused 3 "replay: the program waits for something else, and does not take the input"
	serve 3 --replay 1M python3 -c 'import select, socket
s = socket.create_server(("127.0.0.1", 4711))
c, _ = s.accept()
p = select.epoll()
p.register(c, select.EPOLLIN | select.EPOLLONESHOT)
while True:
    p.poll()'
	refused 3 "replay: the program waits for something else, and does not take the input"
	check "one that waits for an input once is warned" said 3 "the program uses EPOLLONESHOT"
	check "the others are there" wait_for 20 replicas 2
	is "and serve" "$(ask 1 "put x 2")" "done"
}

case $what in
memcached) need memcached ;;
redis) need redis-server redis-cli ;;
esac
case $what in
ledger | refused) "test_$what" ;;
*) test_state ;;
esac
no_reports
finish
