# SPDX-License-Identifier: GPL-2.0
#
# samrd, and the tests of its parts that need neither module nor device.

# The memory's file. Which calls it makes, in which order, and what follows when one fails, is part of the test.
programs += samrd-memory_test
samrd-memory_test-src := $(addprefix userspace/samrd/,memory.c tests/memory_test.c)
samrd-memory_test-libs := -Wl,--wrap=fsync,--wrap=renameat,--wrap=write,--wrap=close -lcmocka -lnettle

.PHONY: check-samrd
checks += check-samrd
check-samrd: $(out)/samrd-memory_test
	$(out)/samrd-memory_test
