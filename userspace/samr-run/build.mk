# SPDX-License-Identifier: GPL-2.0

samr-run-dir := userspace/samr-run
samr-run-libdir = $(LIBDIR)/samr

programs += samr-run
samr-run-src := $(addprefix $(samr-run-dir)/,main.c program.c rules.c start.c replica.c player.c log.c door.c snapshot.c say.c) userspace/sim/crc32c.c
samr-run-libs := -lelf
samr-run-cflags = -Wshadow -Wstrict-prototypes -Wmissing-prototypes -DSAMR_VERSION='"0.1.0"' \
	-DSAMR_RUN_LIBDIR='"$(samr-run-libdir)"' \
	-DSAMR_RUN_MACHINE=$(if $(findstring aarch64,$(shell uname -m)),EM_AARCH64,EM_X86_64)
samr-run-install := bin
man-pages += userspace/man/samr-run.1

# What is put in front of the C library. It needs no other one.
samr-run-preload := $(addprefix $(samr-run-dir)/,preload.c sockets.c clock.c chance.c rules.c inputs.c record.c replay.c log.c) \
	userspace/libsamr/random.c userspace/sim/crc32c.c
samr-run-objs := $(samr-run-preload:%.c=$(out)/obj/libsamr-run/%.o)
all += $(out)/libsamr-run.so
installs += install-libsamr-run

$(out)/obj/libsamr-run/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cflags) -fPIC -fvisibility=hidden -Wshadow -Wstrict-prototypes -Wmissing-prototypes -MMD -MP -c -o $@ $<

$(out)/libsamr-run.so: $(samr-run-objs)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,defs -o $@ $^

.PHONY: install-libsamr-run
install-libsamr-run: $(out)/libsamr-run.so
	install -D -m 755 $< $(DESTDIR)$(samr-run-libdir)/libsamr-run.so

-include $(samr-run-objs:.o=.d)

programs += samr-run-rules_test
samr-run-rules_test-src := $(addprefix $(samr-run-dir)/,tests/rules_test.c rules.c)
samr-run-rules_test-libs := -lcmocka
samr-run-rules_test-cflags := -I$(samr-run-dir) -Wshadow

programs += samr-run-snapshot_test
samr-run-snapshot_test-src := $(addprefix $(samr-run-dir)/,tests/snapshot_test.c snapshot.c)
samr-run-snapshot_test-libs := -lcmocka
samr-run-snapshot_test-cflags := -I$(samr-run-dir) -Wshadow

programs += samr-run-log_test
samr-run-log_test-src := $(addprefix $(samr-run-dir)/,tests/log_test.c log.c) userspace/sim/crc32c.c
samr-run-log_test-libs := -lcmocka
samr-run-log_test-cflags := -I$(samr-run-dir) -Wshadow

checks += check-samr-run
.PHONY: check-samr-run
check-samr-run: $(out)/samr-run-rules_test $(out)/samr-run-snapshot_test $(out)/samr-run-log_test
	$(out)/samr-run-rules_test
	$(out)/samr-run-snapshot_test
	$(out)/samr-run-log_test
