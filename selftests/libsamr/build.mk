# SPDX-License-Identifier: GPL-2.0
programs += samr-test-libsamr
samr-test-libsamr-src := selftests/libsamr/libsamr.c selftests/socket/tap.c selftests/socket/lab.c
samr-test-libsamr-cflags := -Iselftests/socket
samr-test-libsamr-deps := $(out)/libsamr.so
samr-test-libsamr-libs := -lsamr -pthread
