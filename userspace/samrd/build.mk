# SPDX-License-Identifier: GPL-2.0
#
# samrd, and the tests of its parts that need neither module nor device.

# The memory's file. Which calls it makes, in which order, and what follows when one fails, is part of the test.
programs += samrd-memory_test
samrd-memory_test-src := $(addprefix userspace/samrd/,memory.c tests/memory_test.c)
samrd-memory_test-libs := -Wl,--wrap=fsync,--wrap=renameat,--wrap=write,--wrap=close -lcmocka -lnettle

# The configuration, also read by samrctl.
samrd-config-src := $(addprefix userspace/samrd/,config.c config_check.c config_diff.c config_parse.c config_table.c config_value.c)
programs += samrd-config_test
samrd-config_test-src := $(samrd-config-src) userspace/samrd/tests/config_test.c
samrd-config_test-cflags := -Iuserspace/samrd
samrd-config_test-libs := -lconfuse -lcmocka

samrd-tests := samrd-memory_test samrd-config_test
.PHONY: check-samrd
checks += check-samrd
check-samrd: $(samrd-tests:%=$(out)/%)
	set -e; for t in $^; do $$t; done
