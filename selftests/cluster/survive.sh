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

# each_is_cut TIMES: of three heads one at a time falls silent, and comes back. The first one is the sequencer.
each_is_cut() {
	local i victim other
	for ((i = 0; i < $1; i++)); do
		victim=$((i % 3 + 1)) other=$(((i + 1) % 3 + 1))
		cut $victim
		await "head $victim is silent: the others go on" 20 $other 2 || return
		sleep 1
		heal $victim
		await "head $victim is back" 60 $victim 3 || return
		await "and the others know" 20 $other 3 || return
		sleep 1
	done
}

# each_leaves: of three heads one after the other leaves and joins.
each_leaves() {
	local k other
	for ((k = 1; k <= 3; k++)); do
		other=$((k % 3 + 1))
		check "head $k leaves" samrctl -n "samr$k" cluster set state down
		await "the others go on" 20 $other 2 || return
		sleep 1
		check "head $k joins" samrctl -n "samr$k" cluster set state up
		await "it is in" 60 $k 3 || return
		await "and the others know" 20 $other 3 || return
		sleep 1
	done
}

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
