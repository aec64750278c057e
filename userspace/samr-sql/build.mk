# SPDX-License-Identifier: GPL-2.0
#
# samr-sql, and the tests of those of its parts that need no other head.

samr-sql-dir := userspace/samr-sql
samr-sql-cflags := -I$(samr-sql-dir) -Wshadow -Wstrict-prototypes -Wmissing-prototypes
samr-sql-pure := $(addprefix $(samr-sql-dir)/,apply.c batch.c call.c check.c collect.c det.c dump.c give.c input.c peers.c position.c print.c queue.c serve.c split.c stream.c take.c)

programs += samr-sql
samr-sql-src := $(samr-sql-pure) $(addprefix $(samr-sql-dir)/,client.c command.c main.c session.c shell.c transfer.c)
samr-sql-deps := $(out)/libsamr.so
samr-sql-libs := -lsamr -lsqlite3 -lnettle
samr-sql-install := bin
man-pages += userspace/man/samr-sql.1

samr-sql-tests := apply_test batch_test call_test collect_test input_test peers_test split_test state_test

samr-sql-parts := $(samr-sql-pure:%.c=$(out)/obj/samr-sql/%.o) $(out)/libsamr.a

define samr-sql-test
programs += samr-sql-$(1)
samr-sql-$(1)-src := $(samr-sql-dir)/tests/$(1).c
samr-sql-$(1)-cflags := $(samr-sql-cflags)
samr-sql-$(1)-deps := $(samr-sql-parts)
samr-sql-$(1)-libs := $(samr-sql-parts) -lsqlite3 -lnettle -lcmocka
endef
$(foreach t,$(samr-sql-tests),$(eval $(call samr-sql-test,$(t))))

checks += check-samr-sql
.PHONY: check-samr-sql
check-samr-sql: $(samr-sql-tests:%=$(out)/samr-sql-%)
	set -e; for t in $^; do $$t; done
