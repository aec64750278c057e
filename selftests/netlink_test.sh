#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What is generated from Documentation/netlink/specs/samr.yaml is up to date.
. "$(dirname "$0")/lib.sh"
out=$("$SCRIPTS/regen-netlink.sh" --check 2>&1)
case $? in
0) ok "generated files are up to date" ;;
77) skip_all "${out##*: }" ;;
*) note "$out"; not_ok "generated files are up to date" ;;
esac
finish
