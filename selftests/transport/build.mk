# SPDX-License-Identifier: GPL-2.0
programs += samr-test-load
samr-test-load-src := selftests/transport/load.c
samr-test-load-deps := $(out)/libsamr.a
samr-test-load-libs := $(out)/libsamr.a
