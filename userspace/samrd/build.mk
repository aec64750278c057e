# SPDX-License-Identifier: GPL-2.0
#
# samrd, and the tests of its parts that need neither module nor device.

# The memory's file. Which calls it makes, in which order, and what follows when one fails, is part of the test.
programs += samrd-memory_test
samrd-memory_test-src := $(addprefix userspace/samrd/,memory.c tests/memory_test.c)
samrd-memory_test-libs := -Wl,--wrap=fsync,--wrap=renameat,--wrap=write,--wrap=close -lcmocka -lnettle

# The process that writes it, and a disk that hangs.
programs += samrd-saver_test
samrd-saver_test-src := $(addprefix userspace/samrd/,memory.c saver.c tests/saver_test.c)
samrd-saver_test-cflags := -Iuserspace/samrd
samrd-saver_test-libs := -Wl,--wrap=fsync -lsystemd -lcmocka -lnettle

# The configuration, also read by samrctl.
samrd-config-src := $(addprefix userspace/samrd/,config.c config_check.c config_diff.c config_parse.c config_table.c \
	config_value.c fence_device.c)
programs += samrd-config_test
samrd-config_test-src := $(samrd-config-src) userspace/samrd/tests/config_test.c
samrd-config_test-cflags := -Iuserspace/samrd
samrd-config_test-libs := -lconfuse -lcmocka

# Fencing, and the control socket. The tests switch processes on and off through BMCs (ipmi_sim).
samrd-fence-src := $(addprefix userspace/samrd/,fence.c fence_agent.c fence_attempt.c fence_device.c fence_ipmi.c \
	fence_manual.c fence_watchdog.c helper.c secret.c)
samrd-control-src := $(addprefix userspace/samrd/,control.c fence_control.c)
samrd-fence-tests := samrd-fence_ipmi_test samrd-fence_agent_test samrd-fence_control_test

define samrd-fence-test
programs += samrd-$(1)
samrd-$(1)-src := $(samrd-fence-src) $(samrd-control-src) $(addprefix userspace/samrd/tests/,$(1).c bmc.c world.c)
samrd-$(1)-cflags := -Iuserspace/samrd -Wshadow -DCONTROL_PATIENCE_MS=1000
samrd-$(1)-libs := -lsystemd -ljansson -lcmocka
endef
$(foreach t,$(samrd-fence-tests:samrd-%=%),$(eval $(call samrd-fence-test,$(t))))

.PHONY: check-samrd-fence
# Together, since they mostly wait for power and deadlines.
check-samrd-fence: $(samrd-fence-tests:%=$(out)/%) $(out)/samr-fence-ipmi $(out)/samrctl
	bad=0; pids=; export SAMR_FENCE_IPMI=$(out)/samr-fence-ipmi SAMRCTL=$(out)/samrctl; \
	for t in $(samrd-fence-tests); do $(out)/$$t >$(out)/$$t.out 2>&1 & pids="$$pids $$!"; done; \
	for p in $$pids; do wait $$p || bad=1; done; \
	cat $(samrd-fence-tests:%=$(out)/%.out); exit $$bad

# The decisions. They run in the simulator, too: no input and no output in them.
samrd-policy-src := $(addprefix userspace/samrd/policy,.c _feed.c _fence.c _start.c _text.c)
define samrd-policy-test
programs += samrd-policy_$(1)_test
samrd-policy_$(1)_test-src := $$(samrd-policy-src) \
	$$(addprefix userspace/samrd/,memory.c tests/transcript.c tests/policy_$(1)_test.c)
samrd-policy_$(1)_test-libs := -lcmocka -lnettle
endef
samrd-policy-tests := fence start feed
$(foreach t,$(samrd-policy-tests),$(eval $(call samrd-policy-test,$(t))))

# The daemon.
programs += samrd
samrd-src := $(sort $(samrd-config-src) $(samrd-fence-src) $(samrd-control-src) $(netlink-src) $(samrd-policy-src) \
	$(addprefix userspace/samrd/,acts.c exits.c facts.c hooks.c kernel.c kernel_apply.c kernel_members.c log.c main.c \
		memory.c saver.c services.c status.c watchdog.c))
samrd-cflags := -Iuserspace/samrd -DSAMR_VERSION='"0.1.0"' -DSAMR_LIBEXEC='"$(PREFIX)/libexec/samr"'
samrd-libs := -lmnl -lconfuse -lsystemd -lcap-ng -ljansson -lnettle
samrd-install := sbin

# The folder that it runs samr-fence-ipmi from.
$(out)/obj/samrd/userspace/samrd/fence.o: $(out)/prefix

# Services that run on one of two heads.
samrd-src += $(addprefix userspace/samrd/,drbd.c peers.c role.c roles.c standby.c)

programs += samrd-standby_test
samrd-standby_test-src := $(addprefix userspace/samrd/,standby.c tests/standby_test.c)
samrd-standby_test-cflags := -Iuserspace/samrd -Wshadow
samrd-standby_test-libs := -lcmocka

programs += samrd-role_test
samrd-role_test-src := $(addprefix userspace/samrd/,drbd.c helper.c log.c role.c standby.c tests/role_test.c)
samrd-role_test-cflags := -Iuserspace/samrd -DDRBD_MODULE='"/proc"'
samrd-role_test-libs := -lsystemd -lcmocka

programs += samrd-peers_test
samrd-peers_test-src := $(addprefix userspace/samrd/,drbd.c helper.c log.c peers.c role.c standby.c tests/peers_test.c)
samrd-peers_test-cflags := -Iuserspace/samrd
samrd-peers_test-libs := -lsystemd -ljansson -lcmocka

programs += samrd-watchdog_test
samrd-watchdog_test-src := userspace/samrd/watchdog.c userspace/samrd/tests/watchdog_test.c
samrd-watchdog_test-cflags := -Iuserspace/samrd
samrd-watchdog_test-libs := -Wl,--wrap=open,--wrap=ioctl,--wrap=write,--wrap=close -lcmocka

programs += samrd-hooks_test
samrd-hooks_test-src := $(addprefix userspace/samrd/,helper.c hooks.c log.c tests/hooks_test.c)
samrd-hooks_test-cflags := -Iuserspace/samrd
samrd-hooks_test-libs := -lsystemd -lcmocka

programs += samrd-apply_test
samrd-apply_test-src := $(samrd-config-src) $(netlink-src) $(addprefix userspace/samrd/,kernel_apply.c tests/apply_test.c)
samrd-apply_test-cflags := -Iuserspace/samrd
samrd-apply_test-libs := -lmnl -lconfuse -lcmocka

# Members of services. Pure as well; the configuration is there for its lists.
programs += samrd-services_test
samrd-services_test-src := $(samrd-config-src) $(addprefix userspace/samrd/,services.c tests/services_test.c)
samrd-services_test-cflags := -Iuserspace/samrd
samrd-services_test-libs := -lconfuse -lcmocka

# What follows when one ends; with a systemctl of the test.
programs += samrd-exits_test
samrd-exits_test-src := $(samrd-config-src) \
	$(addprefix userspace/samrd/,exits.c helper.c log.c services.c tests/exits_test.c)
samrd-exits_test-cflags := -Iuserspace/samrd
samrd-exits_test-libs := -lconfuse -lsystemd -ljansson -lcmocka

samrd-tests := samrd-services_test samrd-exits_test samrd-apply_test samrd-hooks_test samrd-watchdog_test samrd-memory_test samrd-saver_test samrd-config_test $(samrd-policy-tests:%=samrd-policy_%_test)
samrd-tests += samrd-standby_test samrd-role_test samrd-peers_test
.PHONY: check-samrd
checks += check-samrd
check-samrd: $(samrd-tests:%=$(out)/%)
	set -e; for t in $^; do $$t; done
