#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Streams outlive heads: an echo service on three heads, clients on one of them and on a fourth that has no member. Heads fall
# silent, those that order, that write the output, and that the clients go through; a service is killed. Each client compares
# what comes back byte for byte.
# shellcheck source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/stream/echo.sh"
cluster_up 4 1 --cluster "dead $dead stuck 500ms"
cd "$work" || die "no folder"
service=1

for k in 1 2 3; do serve $k; done
talk 3 near
talk 4 far
go_on "all are well" near far

# The sequencer, which also writes the output that head 4 takes.
cut 1
await "head 1 is silent: the others go on" 20 3 3
go_on "without the sequencer" near far
heal 1
await "head 1 is back" 60 1 4
ended 1 3
serve 1
go_on "with it again" near far

# The head that a client goes through, which has no member.
cut 4
await "head 4 is silent: the others go on" 20 3 3
go_on "without head 4" near
heal 4
await "head 4 is back" 60 4 4
go_on "its client goes on where it was" near far

# A member alone, whose head lives.
kill -KILL "${servers[2]}"
ended 2 137
go_on "without the member on head 2" near far
all_heard near far

# What was opened later has the members that there are; one is at the client's own head, and is killed.
serve 2
talk 2 mine
talk 4 other
go_on "new streams" mine other
kill -KILL "${servers[2]}"
ended 2 137
go_on "the member at the client's own head is gone" mine other
cut 3
await "head 3 is silent: the others go on" 20 1 3
go_on "only one member is left of those that have these streams" mine other
heal 3
await "head 3 is back" 60 3 4
ended 3 3
go_on "and it is enough" mine other
all_heard mine other

# Nobody is left.
talk 4 last
go_on "one more" last
kill -KILL "${servers[1]}"
ended 1 137
bad=0
wait "${talkers[last]}" || bad=$?
is "the last member of a stream goes: reset" "$bad $(grep -c 'reset by peer' last.out)" "1 1"
no_reports
finish
