# SPDX-License-Identifier: GPL-2.0
#
# Sources that samrctl and samrd share.

netlink-src := userspace/netlink/netlink.c
