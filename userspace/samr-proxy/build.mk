# SPDX-License-Identifier: GPL-2.0

samr-proxy-dir := userspace/samr-proxy

programs += samr-proxy
samr-proxy-src := $(addprefix $(samr-proxy-dir)/,main.c gate.c pair.c)
samr-proxy-libs := -levent_core -lsystemd
samr-proxy-cflags := -Wshadow -Wstrict-prototypes -Wmissing-prototypes -DSAMR_VERSION='"0.1.0"'
samr-proxy-install := sbin
man-pages += userspace/man/samr-proxy.8

programs += samr-proxy-pair_test
samr-proxy-pair_test-src := $(addprefix $(samr-proxy-dir)/,tests/pair_test.c pair.c)
samr-proxy-pair_test-libs := -levent_core -lcmocka
samr-proxy-pair_test-cflags := -I$(samr-proxy-dir) -Wshadow

checks += check-samr-proxy
.PHONY: check-samr-proxy
check-samr-proxy: $(out)/samr-proxy-pair_test
	$<
