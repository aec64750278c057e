# SPDX-License-Identifier: GPL-2.0
programs += samr-bench-transfer
samr-bench-transfer-src := selftests/bench/transfer.c
samr-bench-transfer-deps := $(out)/libsamr.a
samr-bench-transfer-libs := $(out)/libsamr.a
