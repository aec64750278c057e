# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
# shellcheck shell=bash
#
# For tests of programs that nobody here wrote, as replicas on three heads. Sourced after cluster.sh and survive.sh.
service=42
servers=()

# serve K PORT PROGRAM...: a replica on head K; its output is in $work/K.log, its pid in servers[K].
serve() {
	local k=$1 port=$2
	shift 2
	ip netns exec "samr$k" samr-run --service $service --listen "$port" "$@" >"$work/$k.log" 2>&1 &
	servers[k]=$!
	at_exit "kill -KILL ${servers[k]} 2>/dev/null"
}

# client K PORT PROGRAM...: a client on head K; to it the service is localhost. In the background its pid is the program's.
client() {
	local k=$1 port=$2
	shift 2
	[ "$BASHPID" = $$ ] || exec ip netns exec "samr$k" samr-run --service $service --connect "localhost:$port" "$@"
	ip netns exec "samr$k" samr-run --service $service --connect "localhost:$port" "$@"
}

# replicas N: so many members of the service, as head 1 sees them.
replicas() { has "${2:-1}" "[.[] | select(.group == $service)] | length == $1" member show; }
