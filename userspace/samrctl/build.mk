# SPDX-License-Identifier: GPL-2.0

programs += samrctl
samrctl-src = $(wildcard userspace/samrctl/*.c) $(samrd-config-src) $(netlink-src)
samrctl-deps := $(out)/libsamr.a
samrctl-libs := $(out)/libsamr.a -lmnl -lconfuse -ljansson
samrctl-cflags := -Iuserspace/samrctl -Iuserspace/samrd -DSAMR_VERSION='"0.1.0"'
samrctl-install := sbin

man-pages += userspace/man/samrctl.8
installs += install-samrctl-completion

programs += samrctl-verdict_test
samrctl-verdict_test-src := $(addprefix userspace/samrctl/,verdict.c tests/verdict_test.c)
samrctl-verdict_test-cflags := -Iuserspace/samrctl -Iuserspace/samrd
samrctl-verdict_test-libs := -lcmocka

programs += samrctl-samrd_test
samrctl-samrd_test-src := $(addprefix userspace/samrctl/,samrd.c daemon.c die.c tests/samrd_test.c)
samrctl-samrd_test-cflags := -Iuserspace/samrctl -Iuserspace/samrd
samrctl-samrd_test-libs := -lcmocka -ljansson

checks += check-samrctl

.PHONY: check-samrctl check-samrctl-units install-samrctl-completion
check-samrctl-units: $(out)/samrctl-verdict_test $(out)/samrctl-samrd_test
	set -e; for t in $^; do $$t; done

check-samrctl: check-samrctl-units $(out)/samrctl
	userspace/samrctl/tests/availability.sh
	python3 -B userspace/samrctl/tests/override.py $(out)/samrctl

install-samrctl-completion:
	install -D -m 644 userspace/bash-completion/samrctl $(dest)/share/bash-completion/completions/samrctl
