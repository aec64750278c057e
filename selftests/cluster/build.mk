# SPDX-License-Identifier: GPL-2.0
programs += samr-test-cluster
samr-test-cluster-src := selftests/cluster/load.c
samr-test-cluster-deps := $(out)/libsamr.a
samr-test-cluster-libs := $(out)/libsamr.a -pthread
