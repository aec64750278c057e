# SPDX-License-Identifier: GPL-2.0
#
# samrd, and the tests of its parts that need neither module nor device. What is in which folder, and which of them may
# know which: Documentation/architecture.rst.

samrd-files = $(addprefix userspace/samrd/,$(1))
samrd-base-src := $(call samrd-files,base/helper.c base/log.c)
# Also read by samrctl.
samrd-config-src := $(wildcard userspace/samrd/config/*.c) userspace/samrd/fence/fence_device.c
samrd-fence-src := $(wildcard userspace/samrd/fence/*.c) $(call samrd-files,base/control.c base/helper.c)
# No input and no output in them: they run in the simulator, too.
samrd-policy-src := $(wildcard userspace/samrd/policy/*.c)

# The daemon.
programs += samrd
samrd-src := $(wildcard userspace/samrd/*.c userspace/samrd/*/*.c) $(netlink-src)
samrd-cflags := -Iuserspace/samrd -DSAMR_VERSION='"0.1.0"' -DSAMR_LIBEXEC='"$(PREFIX)/libexec/samr"'
samrd-libs := -lmnl -lconfuse -lsystemd -lcap-ng -ljansson -lnettle
samrd-install := sbin

# The folder that it runs samr-fence-ipmi from.
$(out)/obj/samrd/userspace/samrd/fence/fence.o: $(out)/prefix

# FOLDER/tests/NAME_test.c, with the sources that it needs: $(call samrd-test,FOLDER,NAME,SOURCES). Libraries follow.
samrd-tests :=
define samrd-test
programs += samrd-$(2)_test
samrd-tests += samrd-$(2)_test
samrd-$(2)_test-src := $(3) userspace/samrd/$(1)/tests/$(2)_test.c
samrd-$(2)_test-cflags := -Iuserspace/samrd -Wshadow
endef

$(eval $(call samrd-test,base,log,userspace/samrd/base/log.c))
samrd-log_test-libs := -lcmocka

$(eval $(call samrd-test,base,notify,userspace/samrd/base/notify.c))
samrd-notify_test-libs := -lsystemd -lcmocka

# The memory's file. Which calls it makes, in which order, and what follows when one fails, is part of the test.
$(eval $(call samrd-test,memory,memory,userspace/samrd/memory/memory.c))
samrd-memory_test-libs := -Wl,--wrap=fsync,--wrap=renameat,--wrap=write,--wrap=close -lcmocka -lnettle

# The process that writes it, and a disk that hangs.
$(eval $(call samrd-test,memory,saver,$(wildcard userspace/samrd/memory/*.c)))
samrd-saver_test-libs := -Wl,--wrap=fsync -lsystemd -lcmocka -lnettle

$(eval $(call samrd-test,config,config,$(samrd-config-src)))
samrd-config_test-libs := -Wl,--wrap=calloc -lconfuse -lcmocka

define samrd-policy-test
$(call samrd-test,policy,$(1),$(samrd-policy-src) $(call samrd-files,memory/memory.c policy/tests/transcript.c))
samrd-$(1)_test-libs := -lcmocka -lnettle
endef
$(foreach t,policy_fence policy_start policy_feed,$(eval $(call samrd-policy-test,$(t))))

$(eval $(call samrd-test,host,watchdog,userspace/samrd/host/watchdog.c))
samrd-watchdog_test-libs := -Wl,--wrap=open,--wrap=ioctl,--wrap=write,--wrap=close -lcmocka

$(eval $(call samrd-test,host,hooks,$(samrd-base-src) userspace/samrd/host/hooks.c))
samrd-hooks_test-libs := -lsystemd -lcmocka

$(eval $(call samrd-test,kernel,apply,$(samrd-config-src) $(netlink-src) userspace/samrd/kernel/kernel_apply.c))
samrd-apply_test-libs := -lmnl -lconfuse -lcmocka

# kernel.c is part of the test's own source.
$(eval $(call samrd-test,kernel,hear,$(samrd-base-src) $(netlink-src)))
samrd-hear_test-libs := -Wl,--wrap=mnl_socket_recvfrom -lmnl -lsystemd -lcmocka

# Members of services. Pure as well; the configuration is there for its lists.
$(eval $(call samrd-test,services,services,$(samrd-config-src) userspace/samrd/services/services.c))
samrd-services_test-libs := -lconfuse -lcmocka

# What follows when one ends; with a systemctl of the test.
$(eval $(call samrd-test,services,exits,$(samrd-config-src) $(samrd-base-src) $(call samrd-files,services/exits.c services/services.c)))
samrd-exits_test-libs := -lconfuse -lsystemd -ljansson -lcmocka

# Members that reply differently: who is told of it.
$(eval $(call samrd-test,services,differences,$(samrd-config-src) $(samrd-base-src) userspace/samrd/services/differences.c))
samrd-differences_test-libs := -lconfuse -lsystemd -lcmocka

# Services that run on one of two heads.
samrd-role-src := $(samrd-base-src) $(call samrd-files,roles/drbd.c roles/role.c roles/standby.c)
$(eval $(call samrd-test,roles,standby,userspace/samrd/roles/standby.c))
samrd-standby_test-libs := -lcmocka

$(eval $(call samrd-test,roles,role,$(samrd-role-src)))
samrd-role_test-cflags += -DDRBD_MODULE='"/proc"'
samrd-role_test-libs := -lsystemd -lcmocka

$(eval $(call samrd-test,roles,peers,$(samrd-role-src) userspace/samrd/roles/peers.c))
samrd-peers_test-libs := -lsystemd -ljansson -lcmocka

.PHONY: check-samrd
checks += check-samrd
check-samrd: $(samrd-tests:%=$(out)/%)
	set -e; for t in $^; do $$t; done

# Fencing, and the control socket. The tests switch processes on and off through BMCs (ipmi_sim).
samrd-fence-tests := samrd-fence_ipmi_test samrd-fence_agent_test samrd-fence_control_test

define samrd-fence-test
programs += samrd-$(1)
samrd-$(1)-src := $(samrd-fence-src) $(addprefix userspace/samrd/fence/tests/,$(1).c bmc.c world.c)
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
