# SPDX-License-Identifier: GPL-2.0

fence-peer-ask := $(addprefix userspace/,samr-fence-peer/ask.c samrctl/daemon.c samrctl/die.c)
fence-peer-cflags := -Iuserspace/samr-fence-peer -Iuserspace/samrctl

programs += samr-fence-peer
samr-fence-peer-src := userspace/samr-fence-peer/main.c $(fence-peer-ask)
samr-fence-peer-libs := -ljansson
samr-fence-peer-cflags := $(fence-peer-cflags) -DSAMR_VERSION='"0.1.0"'
samr-fence-peer-install := libexec/samr
man-pages += userspace/man/samr-fence-peer.8

programs += samr-fence-peer_test
samr-fence-peer_test-src := userspace/samr-fence-peer/tests/fence_peer_test.c
samr-fence-peer_test-libs := -lcmocka

checks += check-samr-fence-peer
.PHONY: check-samr-fence-peer
check-samr-fence-peer: $(out)/samr-fence-peer_test $(out)/samr-fence-peer
	SAMR_FENCE_PEER=$(out)/samr-fence-peer $<
