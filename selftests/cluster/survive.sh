# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
# shellcheck shell=bash
#
# For tests in which heads fall silent: a member on each that sends all the time, and when a view is as wanted. Sourced after
# cluster.sh; history.py judges what the members wrote.
dead=${DEAD:-300ms}
interval=${INTERVAL:-4000}
safe=${SAFE:-1}

need_root
need python3

now() { date +%s%3N; }

# view_of HEAD: epoch, number of members and state, as "EPOCH COUNT STATE". Few processes: they cost much in a guest.
view_of() {
	local text epoch=0 count=0 state=
	text=$(samrctl -n "samr$1" -j status)
	[[ ! $text =~ \"view\":\ *\{\"epoch\":\ *([0-9]+) ]] || epoch=${BASH_REMATCH[1]}
	[[ ! $text =~ \"state\":\ *\"([a-z]+)\" ]] || state=${BASH_REMATCH[1]}
	if [[ $text =~ \"members\":\ *\[([^]]*)\] ]]; then
		text=${BASH_REMATCH[1]//[^\{]/}
		count=${#text}
	fi
	echo "$epoch $count $state"
}

# await NAME SECONDS HEAD COUNT: a view of so many members, in force.
await() {
	local name=$1 until=$(($(now) + $2 * 1000)) v count state
	while :; do
		v=$(view_of "$3")
		read -r _ count state <<<"$v"
		[ "$count $state" != "$4 up" ] || { ok "$name"; return 0; }
		[ "$(now)" -lt "$until" ] || break
		sleep 0.1
	done
	note "head $3: $v; wanted: $4 members"
	state
	not_ok "$name"
	return 1
}

load_up() { members_up "$interval" 200 "$safe" $(seq "$heads"); }

# All of them in one view, in force. A head that was left behind several times waits for long before it is taken in; but
# one that was may not stay a learner.
all_together() {
	local k v first epoch count state learner='' until=$(($(now) + $1 * 1000))
	while :; do
		first=
		for ((k = 1; k <= heads; k++)); do
			v=$(view_of $k)
			read -r epoch count state <<<"$v"
			[ "$count $state $epoch" = "$heads up ${first:-$epoch}" ] || break
			first=$epoch
		done
		[ "$k" -le "$heads" ] || return 0
		[ "$(now)" -lt "$until" ] || break
		if [ "$count $state" = "$heads learning" ]; then
			[ "$(now)" -lt $((${learner:=$(now)} + 5000)) ] || break
		else
			learner=
		fi
		sleep 0.1
	done
	note "head $k: $v, the others before it: $first"
	state
	return 1
}
