#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# samr-proxy on both sides: memcached, which knows nothing of samr, on two heads behind proxies, and clients of TCP on a third
# one. A server dies, a head falls silent; clients notice nothing.
port=11211 inner=11300 load=memcached.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
need memcached

service_up 4 memcached

# background NAME K PROGRAM...: its pid is in pids[NAME], what it says in $work/NAME.log.
declare -A pids
background() {
	local name=$1 k=$2
	shift 2
	ip netns exec "samr$k" "$@" >"$work/$name.log" 2>&1 &
	pids[$name]=$!
	at_exit "kill -KILL ${pids[$name]} 2>/dev/null"
}
ends() {
	local status=0
	wait "${pids[$2]}" || status=$?
	is "$1" "$status" "$3"
}
goes_on() { check "$1: the client goes on" wait_for 60 acked "$work/log" $(($(count "$work/log") + 100)); }

# One that dies slowly: it closes a connection first, and what it listens on a little later.
background dying 1 python3 -c "
import os, socket, time
s = socket.create_server(('127.0.0.1', $inner))
while True:
    c = s.accept()[0]
    try:
        if c.recv(1):
            break
    except ConnectionResetError:
        pass
c.close()
time.sleep(0.01)
os._exit(0)"
background early 1 samr-proxy --service "$service" --connect 127.0.0.1:$inner --verbose
check "a member" wait_for 30 replicas 1
# shellcheck disable=SC2016
background single 4 python3 -B -c '
import sys
sys.path.insert(0, sys.argv[1])
from streams import connected
s = connected(int(sys.argv[2]))
s.send(b"x")
s.recv(1)' "$SELFTESTS/stream" "$service"
ends "a server that ends connections and then is gone: its proxy leaves" early 3
check "none is left" wait_for 30 replicas 0

for k in 1 2 3; do background member$k $k samr-proxy --service "$service" --connect 127.0.0.1:$inner --verbose; done
check "a proxy waits for its server" wait_for 10 grep -q "waiting for the server" "$work/member1.log"
is "and is no member before" "$(ctl 1 -j member show | jq length)" 0
for k in 1 2 3; do background server$k $k memcached -u root -t 1 -l 127.0.0.1 -p $inner -U 0; done
check "three members" wait_for 30 replicas 3
background front 4 samr-proxy --listen 127.0.0.1:$port --service "$service" --verbose
check "the clients' proxy listens" wait_for 10 on 4 bash -c ": >/dev/tcp/127.0.0.1/$port"

: >"$work/log"
background writer 4 "${loader[@]}" write 127.0.0.1:$port w "$work/log"
goes_on "three servers"
kill -KILL "${pids[server1]}"
ends "the proxy of a server that died leaves" member1 3
check "and says so" grep -q "the server, 127.0.0.1 port $inner, is gone" "$work/member1.log"
goes_on "two servers"
cut 2
await "head 2 is silent" 20 3 3
goes_on "one server"
kill -TERM "${pids[writer]}"
ends "the client comes to its end" writer 0
note "$(cat "$work/writer.log"; tail -n 1 "$work/log")"
check "what was acknowledged is there" on 4 "${loader[@]}" read 127.0.0.1:$port "$work/log"
kill -TERM "${pids[front]}"
ends "the clients' proxy ends when it is asked to" front 0
no_reports
finish
