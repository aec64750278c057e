# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
# shellcheck shell=bash
#
# For tests in which streams outlive heads: an echo service of number $service, and clients that compare what comes back byte
# for byte. Sourced after cluster.sh; they work in the current folder.
declare -A talkers
servers=()

serve() {
	local k=$1
	rm -f "$k.out"
	"$SELFTESTS/stream/echo.py" serve "$k" "$service" >"$k.out" 2>&1 &
	servers[k]=$!
	at_exit "kill -KILL ${servers[k]} 2>/dev/null"
	wait_for 60 grep -q ready "$k.out" || die "head $k does not serve: $(cat "$k.out")"
}
talk() {
	local k=$1 name=$2
	rm -f stop
	"$SELFTESTS/stream/echo.py" talk "$k" "$service" "$name" stop >"$name.out" 2>&1 &
	talkers[$name]=$!
	at_exit "kill -KILL ${talkers[$name]} 2>/dev/null"
}
heard() { cat "$1" 2>/dev/null || echo 0; }
# shellcheck disable=SC2317	# called by wait_for
heard_more() { test "$(heard "$1")" -gt "$2"; }
go_on() {
	local why=$1 name
	shift
	for name; do
		check "$why: $name hears more" wait_for 60 heard_more "$name" $(($(heard "$name") + 20000))
	done
}
all_heard() {
	local name bad
	touch stop
	for name; do
		bad=0
		wait "${talkers[$name]}" || bad=$?
		is "$name: all came back, byte for byte" "$bad $(sed 's/^[0-9]* //' "$name.out")" "0 bytes came back"
		note "$name: $(cat "$name.out")"
	done
}
# ended K STATUS: the service on a head has ended so.
ended() {
	local bad=0
	wait "${servers[$1]}" || bad=$?
	is "the service on head $1 ends" $bad "$2"
}
