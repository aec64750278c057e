#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154,SC2317
#
# Heads in namespaces, a network that treats them badly, and a load on all of them at once. What each head received is
# judged by verify.py, which is a program of its own.
#
#   scenarios.sh three|five|smoke [SCALE]     SCALE: per cent of the usual number of messages (100)
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cluster.sh"
set=${1:-three}
scale=${2:-100}

need_root
need tc python3

three_heads() {
	cluster_up 3 4
	scenario "no trouble" --count 150 --groups 4 --safe 30
	trouble loss 5%
	scenario "5 % lost" --count 150 --groups 2 --safe 30
	counted "what was lost was asked for and repeated" nacks-out repairs
	trouble duplicate 20%
	scenario "20 % twice" --count 150 --groups 2 --safe 30
	counted "duplicates were dropped" duplicate
	trouble delay 3ms 2ms distribution normal
	scenario "out of order" --count 150 --groups 2 --safe 30
	trouble corrupt 5%
	scenario "5 % damaged" --count 150 --groups 2 --safe 30
	counted "damaged frames were dropped" crc
	trouble delay 2ms 1ms loss 5% duplicate 5% corrupt 2% reorder 20% 50%
	scenario "all of that together" --count 100 --groups 4 --safe 30 --len 5000
	scenario "1 MiB messages, all of that together" --count 3 --min-len 1M --len 1M --safe 50
	trouble
	scenario "1 MiB messages from three heads" --count 8 --min-len 1M --len 1M --safe 50
	scenario "all sizes" --count 60 --len 70K --safe 50 --groups 2
	scenario "a slow reader" --count 60 --len 3000 --slow 2:10 --rcvbuf 32K
	scenario "senders that never wait" --count 150 --len 2000 --slow 3:3 --rcvbuf 32K --nowait
	expect "they were refused, ..." "$refused" -gt 0
	scenario "senders that never wait, short messages" --count 300 --len 60 --slow 3:2 --rcvbuf 16K --nowait
	expect "they were refused, ..." "$refused" -gt 0
	expect "... and never right after they were told to go on" "$lies" -eq 0
	stalled_reader
}

# While one reader of group 1 does nothing for a while, group 1's senders wait and group 2 goes on.
stalled_reader() {
	local stall=3000 first second
	scenario "a reader that stalls and goes on" --count 200 --len 1000 --groups 2 --stall "2:$stall" --rcvbuf 32K
	first=$(span 1)
	second=$(span 2)
	note "group 1 took $first ms, group 2 $second ms"
	expect "its group waited for it" "$first" -ge $((stall - 100))
	expect "the other group did not" "$second" -lt $((stall - 500))
}

# Windows so small that they are full most of the time.
five_heads() {
	cluster_up 5 2 --cluster "history 64 submits 16 submit-bytes 2M history-bytes 2M"
	scenario "five heads, small windows" --count 60 --groups 2 --safe 30
	trouble delay 1ms 500us loss 3% duplicate 3% corrupt 1% reorder 20% 50%
	scenario "five heads, small windows, all kinds of trouble" --count 40 --groups 2 --safe 30 --len 3000
	scenario "five heads, messages that fill the windows" --count 3 --min-len 900K --len 1M
	trouble
	at_head 5 loss 30%
	scenario "five heads, one of them hears little" --count 40 --safe 50
}

# A little of everything, for slow kernels and for those that only have to be looked at.
smoke_heads() {
	cluster_up 3 2
	scenario "three heads" --count 50 --groups 2 --safe 30
	trouble delay 2ms 1ms loss 5% duplicate 5% corrupt 2% reorder 20% 50%
	scenario "three heads, all kinds of trouble" --count 50 --groups 2 --safe 30 --len 3000
	counted "each kind came, and was dealt with" nacks-out repairs duplicate crc
	trouble
	scenario "1 MiB messages" --count 2 --min-len 1M --len 1M --safe 50
	scenario "a slow reader, senders that never wait" --count 60 --len 3000 --slow 2:5 --rcvbuf 32K --nowait
	expect "they were refused" "$refused" -gt 0
}

"${set}_heads"
no_reports
finish
