# SPDX-License-Identifier: GPL-2.0
programs += samr-test-netlink
samr-test-netlink-src := selftests/netlink/fuzz.c
samr-test-netlink-libs := -lmnl
