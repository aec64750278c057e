#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# unload.sh [TIMES]: the module is unloaded so many times (50), and as many times three namespaces end, while frames and
# timers run. Afterwards it is not loaded.
. "$(dirname "$0")/lib.sh"
need_root
need ip samr-test-unload
# What it depends on stays: the program loads samr.ko itself, and nothing else.
samr_load
SAMR_TEST_TIMES=${1:-50} exec samr-test-unload
