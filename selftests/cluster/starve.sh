#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# Signs of life do not depend on processes: on one CPU, with real-time throttling off, processes are stopped, or do not get
# the CPU for seconds, alone and with network load that keeps ksoftirqd awake. No head may be suspected, no view may
# change. The time that matters is that between two frames of a head, as the others take them: it is printed.
#
#   starve.sh [SECONDS]     of each trouble
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
seconds=${1:-4}
beat=${BEAT:-20}
dead=${DEAD:-100}
tracing=/sys/kernel/tracing/instances/starve

need_root
need python3
[ "$(nproc)" -eq 1 ] || skip_all "needs a machine with one CPU"

# Frames are stamped where they are taken, into memory: no process has a part in it.
watch_frames() {
	mkdir $tracing
	at_exit "rmdir $tracing"
	echo mono >$tracing/trace_clock
	echo 32768 >$tracing/buffer_size_kb
	echo 1 >$tracing/events/samr/samr_frame_in/enable
}

# Every head's monitor says what becomes of the view; events wait for it in its socket while it does not get to run.
watch_views() {
	local k
	for ((k = 1; k <= heads; k++)); do
		samrctl -n "samr$k" -j view monitor >"$work/monitor$k" &
		monitors+=($!)
	done
	at_exit "kill ${monitors[*]} 2>/dev/null"
	sleep 0.5
}

# judge NAME SPAN: no event since, all in the first view, and no silence so long that one more sign of life that gets lost
# would make a suspect.
judge() {
	local name=$1 begin end sent gap k told=
	read -r begin end sent state <<<"$2"
	# Now it may take its time: no more load, no more frames in the picture.
	[ ${#load[@]} -eq 0 ] || kill -STOP "${load[@]}"
	echo 0 >$tracing/tracing_on
	sleep 1
	for ((k = 1; k <= heads; k++)); do
		told+=$(cat "$work/monitor$k")
	done
	is "$name: no head is suspected, no view changes" "$told" ""
	gap=$(awk -v begin="$begin" -v end="$end" '
		/samr_frame_in/ && !/type=2 / {
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^[0-9]+\.[0-9]+:$/) at = substr($i, 1, length($i) - 1) * 1e6
				if ($i ~ /^node=/) node = $i
				if ($i ~ /^src=/) src = $i
			}
			if (at < begin || at > end) next
			way = src " " node
			if (!(way in last)) last[way] = begin
			if (at - last[way] > worst) { worst = at - last[way]; where = way }
			last[way] = at
			frames++
		}
		END {
			for (way in last) { n++; if (end - last[way] > worst) { worst = end - last[way]; where = way } }
			printf "%d %d %d %s\n", worst, n, frames, where
		}' $tracing/trace)
	echo >$tracing/trace
	echo 1 >$tracing/tracing_on
	[ ${#load[@]} -eq 0 ] || kill -CONT "${load[@]}"
	read -r gap ways frames where <<<"$gap"
	note "$name: $(((end - begin) / 1000)) ms, $sent datagrams, ksoftirqd $state, $frames frames taken, longest silence $((gap / 1000)).$(printf %03d $((gap % 1000))) ms ($where)"
	expect "$name: every head was heard by every other one" "$ways" -eq $((heads * (heads - 1)))
	expect "$name: a sign of life to spare, always" "$gap" -lt $(((dead - beat) * 1000))
}

# Processes of no use to anybody, so that ksoftirqd has much to do, from the first to the last head and back.
load_up() {
	local k
	for k in 1 2 3; do
		samr-test-starve 1000 0 0 "samr$k" "10.25.0.$((k % 3 + 1))" 9 >"$work/load$k" &
		load+=($!)
	done
	at_exit "kill ${load[*]} 2>/dev/null"
	sleep 0.5
}

load_down() {
	kill "${load[@]}"
	wait "${load[@]}" 2>/dev/null || true
	load=()
}

stop_processes() {
	local begin
	begin=$(now_us)
	kill -STOP "${members[@]}" "${monitors[@]}"
	sleep "$seconds"
	echo "$begin $(now_us) 0 -"
	kill -CONT "${members[@]}" "${monitors[@]}"
}

members=() monitors=() load=() state=-
cluster_up 3 1 --cluster "beat ${beat}ms dead ${dead}ms"
old=$(sysctl -n kernel.sched_rt_runtime_us)
at_exit "sysctl -q kernel.sched_rt_runtime_us=$old"
sysctl -q kernel.sched_rt_runtime_us=-1
ksoftirqd=$(pgrep -x 'ksoftirqd/0')
members_up 4000 200 1 $(seq "$heads")
sleep 1
watch_frames
watch_views

judge "every process of the heads stopped" "$(stop_processes)"
judge "a process that leaves nothing" "$(samr-test-starve "$seconds" 99 0)"
judge "network load that leaves nothing" "$(samr-test-starve "$seconds" 99 0 samr1 10.25.0.2 9)"
load_up
judge "network load" "$(samr-test-starve "$seconds" 0 "$ksoftirqd")"
kill -STOP "${members[@]}"
judge "ksoftirqd waits in vain, members stopped" "$(samr-test-starve "$seconds" 99 "$ksoftirqd")"
is "ksoftirqd did not run" "$state" R
judge "ksoftirqd waits in vain under load" "$(samr-test-starve "$seconds" 99 "$ksoftirqd" samr1 10.25.0.2 9)"
is "ksoftirqd did not run then" "$state" R
kill -CONT "${members[@]}"
load_down

members_down "starved"
no_reports
finish
