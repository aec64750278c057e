# SPDX-License-Identifier: GPL-2.0

programs += samrctl
samrctl-src = $(wildcard userspace/samrctl/*.c) $(samrd-config-src) $(netlink-src)
samrctl-deps := $(out)/libsamr.a
samrctl-libs := $(out)/libsamr.a -lmnl -lconfuse -ljansson
samrctl-cflags := -Iuserspace/samrctl -Iuserspace/samrd -DSAMR_VERSION='"0.1.0"'
samrctl-install := sbin

man-pages += userspace/man/samrctl.8
installs += install-samrctl-completion

checks += check-samrctl

.PHONY: check-samrctl install-samrctl-completion
check-samrctl: $(out)/samrctl
	userspace/samrctl/tests/availability.sh

install-samrctl-completion:
	install -D -m 644 userspace/bash-completion/samrctl $(dest)/share/bash-completion/completions/samrctl
