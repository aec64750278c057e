# SPDX-License-Identifier: GPL-2.0
programs += samr-test-cluster samr-test-hostile
samr-test-cluster-src := selftests/cluster/load.c
samr-test-cluster-deps := $(out)/libsamr.a
samr-test-cluster-libs := $(out)/libsamr.a -pthread
samr-test-hostile-src := $(addprefix selftests/cluster/,hostile.c frames.c storm.c)
programs += samr-test-unload
samr-test-unload-src := selftests/cluster/unload.c selftests/socket/tap.c selftests/socket/lab.c
programs += samr-test-survive
samr-test-survive-src := selftests/cluster/survive.c
samr-test-survive-deps := $(out)/libsamr.a
samr-test-survive-libs := $(out)/libsamr.a
programs += samr-test-starve
samr-test-starve-src := selftests/cluster/starve.c
programs += samr-test-calls
samr-test-calls-src := selftests/cluster/calls.c
samr-test-calls-deps := $(out)/libsamr.a
samr-test-calls-libs := $(out)/libsamr.a
