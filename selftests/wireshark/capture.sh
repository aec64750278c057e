#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317
#
# The Wireshark dissector on what heads and a client node have sent: captured on the lab's bridge with tcpdump.
#
#	capture.sh [KIND]		of link: eth, or another one of scripts/lab
. "$(dirname "$0")/../lib.sh"

need_root
need samrctl samr-test-load tcpdump tshark jq
export SAMR_LINK=${1:-eth}
service=7
messages=20
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"

has_head() { [ "$(samrctl -n samr4 -j cluster show | jq .access)" != 0 ]; }
no_members() { [ -z "$(samrctl -n samr1 member show group "$service")" ]; }

# count COLUMN VALUE: how often tshark has found it.
count() { cut -f "$1" "$tmp/fields" | tr , '\n' | grep -cxE "$2"; }

if [ "$SAMR_LINK" = eth ]; then
	heads_up 4 --clients 1
else
	heads_up 3
fi
for k in 1 2 3; do samrctl -n "samr$k" group add id $service; done
ip netns exec samr-switch tcpdump -q -U -i br0 -w "$tmp/all.pcap" 2>"$tmp/tcpdump.err" &
capture=$!
wait_for 20 grep -q 'listening on' "$tmp/tcpdump.err" || die "tcpdump does not listen: $(cat "$tmp/tcpdump.err")"

pids=()
for k in 1 2 3; do
	on $k samr-test-load $service 3 $messages 100 200 >"$tmp/out$k" 2>&1 &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || die "members do not end: $(cat "$tmp"/out?)"; done
wait_for 20 no_members
# A head that comes anew probes its link, and asks for a view; so does a client node for a head.
samrctl -n samr3 cluster set state down
samrctl -n samr3 cluster set state up
if [ "$SAMR_LINK" = eth ]; then
	samrctl -n samr4 cluster set state down
	samrctl -n samr4 cluster set state up
	check "the client node finds a head again" wait_for 30 has_head
fi
sleep 2
kill "$capture"
wait "$capture"
[ ! -d /run/samr-out ] || cp "$tmp/all.pcap" "/run/samr-out/$SAMR_LINK.pcap"

tshark -X "lua_script:$TOP/userspace/wireshark/samr.lua" -r "$tmp/all.pcap" -Y afsamr -T fields -e afsamr.type \
	-e afsamr.record -e afsamr.link_record -e _ws.expert.message -e _ws.col.Info >"$tmp/fields" 2>"$tmp/tshark.err"
is "no error of Lua" "$(grep -c Lua "$tmp/tshark.err")" 0
is "nothing is wrong with any frame" "$(cut -f 4 "$tmp/fields" | sort -u)" ""
check "every message's order is there" [ "$(grep -o 'ORDER [0-9]* = [^,]* data' "$tmp/fields" | sort -u | wc -l)" -ge $((3 * messages)) ]
for record in 'SUBMIT 1' 'ORDER 2' 'BEAT 4' 'HELLO 5' 'VIEW 6' 'PREPARE 9' 'ANSWER 10' 'STATE 17'; do
	check "${record% *} is seen" [ "$(count 2 "${record#* }")" -gt 0 ]
done
for record in 'probe 1' 'answer 2'; do
	check "${record% *} of the link is seen" [ "$(count 3 "${record#* }")" -gt 0 ]
done
[ "$SAMR_LINK" = eth ] && for record in 'KNOCK 30' 'WELCOME 31' 'PIPE 32'; do
	check "${record% *} is seen" [ "$(count 2 "${record#* }")" -gt 0 ]
done
note "$(cut -f 1 "$tmp/fields" | sort | uniq -c | xargs) (frames, by type)"
finish
