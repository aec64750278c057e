#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
#
# Clients on machines that are no heads call a service on three heads, while heads die in silence: among them the one that a
# client node goes through. Every request that was answered was executed once, at all heads; no client loses its session; what
# a stream says comes back byte for byte.
#
#   outposts.sh [CYCLES [CLIENT NODES]]     LINK: as of scripts/lab --link
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/survive.sh"
. "$(dirname "$0")/clients.sh"
. "$(dirname "$0")/../stream/echo.sh"
cycles=${1:-3}
nodes=${2:-2}
every=${INTERVAL:-5000}
service=2
link=${LINK:-eth}

# Requests, and streams.
services_at() { samrctl -n "samr$1" group add id 1 name test1 && samrctl -n "samr$1" group add id $service name echo; }

outposts_up() {
	local k
	members=() callers=()
	for ((k = 1; k <= heads; k++)); do
		samr-test-calls serve "samr$k" 1 "$work/serve$k" &
		members+=($!)
	done
	at_exit "kill -KILL ${members[*]} 2>/dev/null"
	for ((k = 1; k <= heads; k++)); do serve "$k"; done
	for ((k = heads + 1; k <= heads + nodes; k++)); do
		services_at "$k" || die "no service on client node $k"
		check "client node $k finds a head" has_access "$k" 30
		samr-test-calls call "samr$k" 1 "$work/call$k-one" $((2 * k)) 1 "$every" &
		callers+=($!)
		samr-test-calls call "samr$k" 1 "$work/call$k-many" $((2 * k + 1)) 12 "$every" &
		callers+=($!)
	done
	at_exit "kill -KILL ${callers[*]} 2>/dev/null"
}

# What a client writes before it reads waits at the head for room, and that comes when it has acknowledged what came back. It is
# the same when a client goes on after its head was lost.
bursts() {
	local k
	for k in $((heads + 1)) 1; do
		check "what is written before anything is read comes back on samr$k" \
			timeout 60 "$SELFTESTS/stream/echo.py" burst "$k" $service 60000
	done
}

# Of three heads the one that the first client node goes through falls silent, and comes back.
accesses_are_cut() {
	local i victim other first=$((heads + 1))
	for ((i = 0; i < cycles; i++)); do
		victim=$(access_of $first)
		other=$((victim % heads + 1))
		talk $first "stream$i"
		go_on "client node $first has a stream" "stream$i"
		cut "$victim"
		await "head $victim, which client node $first goes through, is silent: the others go on" 20 $other 2 || return
		check "client node $first goes through another one" has_access $first 10 "$victim"
		go_on "its stream goes on" "stream$i"
		heal "$victim"
		await "head $victim is back" 60 "$victim" 3 || return
		await "and the others know" 20 $other 3 || return
		go_on "with that head again" "stream$i"
		all_heard "stream$i"
		# Who was put out has no streams any more: a service begins again.
		ended "$victim" 3
		serve "$victim"
	done
}

outposts_down() {
	all_ended "the clients have an end for each request" "${callers[@]}"
	sleep 2
	all_ended "the members came to their end" "${members[@]}"
	calls_are_right
	expect "heads were lost" "$(losses_of $((heads + 1)))" -ge "$cycles"
}

# The first line of what a client node says of itself.
status_of() { samrctl -n "samr$1" status | head -n 1; }

# As many client nodes as the heads take, and no more.
limits() {
	local k
	for ((k = 1; k <= heads; k++)); do samrctl -n "samr$k" cluster set clients 0 || die "no limit on head $k"; done
	samrctl -n "samr$((heads + 1))" cluster set state down
	is "a client node that is down says so" "$(status_of $((heads + 1)))" "stopped here: this client node takes no part"
	samrctl -n "samr$((heads + 1))" cluster set state up
	sleep 2
	is "heads that take no client nodes take none" "$(access_of $((heads + 1)))" 0
	is "and that it has no head" "$(status_of $((heads + 1)))" "waiting for a head"
	for ((k = 1; k <= heads; k++)); do samrctl -n "samr$k" cluster set clients 8; done
	check "they do when they may" has_access $((heads + 1)) 20
	is "and through which it goes" "$(status_of $((heads + 1)))" \
		"healthy: this client node goes through head $(access_of $((heads + 1)))"
	check "the status of that head counts it" \
		grep -qE '^clients +[0-9]+ client nodes? go' <(samrctl -n "samr$(access_of $((heads + 1)))" status)
	note "$(samrctl -n "samr$((heads + 1))" status)"
	is "its head knows it" \
		"$(samrctl -n "samr$(access_of $((heads + 1)))" -j client show | jq -r '.[].id' | grep -c "$(samrctl -n "samr$((heads + 1))" -j cluster show | jq -r .client)")" 1
}

cluster_up_with_clients() {
	heads_up $((3 + nodes)) --link "$link" --clients "$nodes" --cluster "dead $dead stuck 500ms"
	heads=3
	work=$(mktemp -d)
	at_exit "rm -rf $work"
	cd "$work" || die "no folder"
	local k
	for ((k = 1; k <= heads; k++)); do services_at "$k" || die "no service on head $k"; done
}

need jq
cluster_up_with_clients
outposts_up
sleep 2
bursts
accesses_are_cut
outposts_down
limits
no_reports
finish
