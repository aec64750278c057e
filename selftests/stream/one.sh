#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Stream sockets on one head: one.sh [one|step|door] [POINT], which names one.py, step.py or door.py.
# shellcheck source-path=SCRIPTDIR/..
. "$(dirname "$0")/../lib.sh"
need_root
heads_up 1
ctl 1 group add id 42
ctl 1 group add id 43 uid 65534
on 1 "$SELFTESTS/stream/${1:-one}.py" "${@:2}"
exit
