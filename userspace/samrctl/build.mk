# SPDX-License-Identifier: GPL-2.0

programs += samrctl
samrctl-src := $(wildcard userspace/samrctl/*.c)
samrctl-libs := -lmnl
samrctl-cflags := -Iuserspace/samrctl
samrctl-install := sbin
