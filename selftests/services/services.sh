# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
# shellcheck shell=bash
#
# For tests of programs that nobody here wrote, as replicas on three heads: their replicas, and clients that write while heads die.
# Sourced after cluster.sh and survive.sh, with port set, and load to the file of their clients (load.py has their usage).
service=42
more=50
servers=()
writers=()
logs=()
loader=(python3 -B "$SELFTESTS/services/$load")
need_root
need jq python3

# service_up HEADS NAME: so many heads that know the service.
service_up() {
	local k
	cluster_up "$1" 0 --cluster "dead $dead stuck 500ms"
	for ((k = 1; k <= heads; k++)); do ctl $k group add id "$service" name "$2" || die "no group"; done
}

# serve K PROGRAM...: a replica on head K; its output is in $work/K.log, its pid in servers[K].
serve() {
	local k=$1
	shift
	ip netns exec "samr$k" samr-run --service "$service" --listen "$port" "$@" >"$work/$k.log" 2>&1 &
	servers[k]=$!
	at_exit "kill -KILL ${servers[k]} 2>/dev/null"
}

# ended K: the status of the replica there, in $status.
ended() {
	status=0
	wait "${servers[$1]}" 2>/dev/null || status=$?
}

# client K PROGRAM...: a client on head K; to it the service is localhost. In the background its pid is the program's.
client() {
	local run=(ip netns exec "samr$1" samr-run --service "$service" --connect "localhost:$port" "${@:2}")
	[ "$BASHPID" = $$ ] || exec "${run[@]}"
	"${run[@]}"
}

# replicas N [K]: so many members of the service, as head K sees them.
replicas() { has "${2:-1}" "[.[] | select(.group == $service)] | length == $1" member show; }

# pid_of K NAME: of the program itself, on head K.
pid_of() { ip netns pids "samr$1" | xargs -r ps -o pid=,comm= -p | awk -v name="$2" '$2 == name { print $1; n++ } END { exit !n }'; }

# left_out K: the head that fell silent is back. Its replica was put out, and knows.
left_out() {
	heal "$1"
	await "head $1 is back" 60 "$1" 3
	ended "$1"
	# The program, too, may have seen it, and said so.
	is "the replica that was left out has ended, and says so" "$status $(grep -m 1 -c 'put out' "$work/$1.log")" "75 1"
}

# writers_up K...: on each head a client that writes; its log is $work/wK.
writers_up() {
	local k
	for k; do
		: >"$work/w$k"
		client "$k" "${loader[@]}" write "localhost:$port" "w$k" "$work/w$k" 2>"$work/w$k.err" &
		writers[k]=$!
		at_exit "kill -KILL ${writers[k]} 2>/dev/null"
	done
}

# count LOG: writes that were acknowledged. acked LOG N: are there so many?
count() { grep -c ^acknowledged "$1"; }
acked() { test "$(count "$1")" -ge "$2"; }

# go_on NAME: each has more acknowledged.
go_on() {
	local k
	for k in "${!writers[@]}"; do
		check "$1: the client on head $k writes" wait_for 60 acked "$work/w$k" $(($(count "$work/w$k") + more))
	done
}

# writers_down: they come to their end. Their logs are in ${logs[@]}.
writers_down() {
	local k bad=0
	kill -TERM "${writers[@]}"
	for k in "${!writers[@]}"; do
		wait "${writers[k]}" || bad=1
		logs+=("$work/w$k")
	done
	is "the clients come to their end" "$bad $(cat "$work"/w?.err)" "0 "
	note "$(grep -h ^broke "${logs[@]}")"
}

# all_there K [WORD]: what was acknowledged is there for a client on head K.
all_there() {
	local k=$1 out good=0
	shift
	out=$(client "$k" timeout 120 "${loader[@]}" read "localhost:$port" "$@" "${logs[@]}" 2>&1) || good=1
	note "$out"
	is "what was acknowledged is at head $k" $good 0
}
