# SPDX-License-Identifier: GPL-2.0

programs += samr-fence-ipmi
samr-fence-ipmi-src := $(wildcard userspace/samr-fence-ipmi/*.c)
samr-fence-ipmi-libs := -lfreeipmi
samr-fence-ipmi-cflags := -Iuserspace/samr-fence-ipmi -DSAMR_VERSION='"0.1.0"'
samr-fence-ipmi-install := libexec/samr
man-pages += userspace/man/samr-fence-ipmi.8
