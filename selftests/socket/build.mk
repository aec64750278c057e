# SPDX-License-Identifier: GPL-2.0
programs += samr-test-api samr-test-flow samr-test-life samr-test-heads samr-test-memory samr-test-fuzz
$(foreach t,api flow life heads memory fuzz,$(eval samr-test-$(t)-src := \
	selftests/socket/$(t).c selftests/socket/tap.c selftests/socket/lab.c))
$(foreach t,api flow life heads memory fuzz,$(eval samr-test-$(t)-libs := -pthread))
man-pages += userspace/man/samr.7
