# SPDX-License-Identifier: GPL-2.0
socket-tests := alarm api call churn client compat diag flow fuzz heads install life memory query
programs += $(socket-tests:%=samr-test-%)
$(foreach t,$(socket-tests),$(eval samr-test-$(t)-src := \
	selftests/socket/$(t).c selftests/socket/tap.c selftests/socket/lab.c))
$(foreach t,$(socket-tests),$(eval samr-test-$(t)-libs := -pthread))

# Without a C library, as there is none for 32 bits on most machines; only where the compiler can.
m32 := -m32 -march=i686 -std=gnu11 -O1 -Wall -Wextra -Werror -ffreestanding -fno-stack-protector -fno-pic -no-pie
ifeq ($(shell uname -m),x86_64)
all += $(out)/samr-test-compat32
endif
$(out)/samr-test-compat32: selftests/socket/compat32.c include/uapi/linux/samr.h
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(m32) -nostdlib -static -isystem include/uapi -isystem /usr/include/x86_64-linux-gnu -o $@ $<

man-pages += userspace/man/samr.7
