#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
#
# The lines of Documentation/observing.rst for bpftrace, all at once, while heads form a view, send, leave and are lost. Each
# tracepoint that there is has a line, and what a line is to show it shows.
. "$(dirname "$0")/lib.sh"

need_root
need samrctl samr-test-load bpftrace
service=7
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"

lines=$(sed -nE "s/^    bpftrace -e '(.*)'\$/\1/p" "$TOP/Documentation/observing.rst")
samr_load
is "every tracepoint has a line, and every line one" "$(grep -oE 'samr:samr_\w+' <<<"$lines" | sort -u)" \
	"$(cd /sys/kernel/tracing/events/samr && printf 'samr:%s\n' samr_* | sort)"

heads_up 3 --cluster 'dead 2s'
for k in 1 2 3; do samrctl -n "samr$k" group add id $service; done
printf '%s\n' 'BEGIN { printf("ready\n"); }' "$lines" >"$tmp/all.bt"
bpftrace -v "$tmp/all.bt" >"$tmp/out" 2>"$tmp/err" &
tracer=$!
wait_for 150 grep -q ready "$tmp/out" || die "bpftrace does not start: $(tail -n 5 "$tmp/err")"

pids=()
for k in 1 2 3; do
	on $k samr-test-load $service 3 20 100 200 >"$tmp/load$k" 2>&1 &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || die "members do not end: $(cat "$tmp"/load?)"; done

# Each head has counted how long its own messages took.
for k in 1 2 3; do
	wait_for 5 has $k '.stable.messages == .order.messages' stats latency
	check "head $k: every message of its own is counted, once for each" has $k \
		'[.order, .deliver, .stable] | all(.messages == 20 and .messages == ([.steps[].messages] | add))' stats latency
	check "head $k: no place after the delivery, and what is within is in order" has $k \
		'.order.mean_us <= .deliver.mean_us and all(.p50_us <= .p99_us and .p99_us <= .max_us)' stats latency
done
check "in text with bars" grep -q '^ .*us  *##' <(samrctl -n samr2 stats latency)
check "and for Prometheus" grep -qE '^samr_latency_seconds_count\{cluster="[^"]*",until="order"\} 20$' \
	<(samrctl -n samr2 stats show prometheus)

# One leaves and comes again; one has no wire, and is suspected, and comes back.
samrctl -n samr3 cluster set state down
samrctl -n samr3 cluster set state up
ip -n samr-switch link set port2 down
sleep 6
ip -n samr-switch link set port2 up
ip -n samr2 link set eth0 down
ip -n samr2 link set eth0 up
sleep 4
kill -INT "$tracer"
wait "$tracer"

shows() { check "$1 shows it" grep -qE "$2" "$tmp/out"; }
shows samr_frame_in '^@frames_in\[1, 1\]: [1-9]'
shows samr_frame_out '^@frame_bytes'
for record in SUBMIT ORDER BEAT HELLO PREPARE ANSWER ACCEPT ACCEPTED VIEW; do
	shows "samr_record_in of $record" "^@records_in\[$record, [0-9]+\]: [1-9]"
	shows "samr_record_out of $record" "^@records_out\[$record\]: [1-9]"
done
shows "a ballot" '^(PREPARE|ACCEPT|VIEW) ballot [1-9][0-9]* of head [123]$'
shows samr_submit "^@submits\[$service, 0\]: [1-9]"
shows samr_places '^@not_stable\[1\]'
shows samr_deliver '^@delivered\[1, 3\]: [1-9]'
shows "submit to deliver" '^@us'
shows samr_view '^head [123]: view [1-9][0-9]*, sequencer [123], 3 members'
shows samr_doubt '^head [123] suspects [1-9a-f]'
shows samr_link_state '^head 2: link 1 in state [0-3]'
shows samr_end '^head 3: it has left the view'
finish
