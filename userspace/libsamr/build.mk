# SPDX-License-Identifier: GPL-2.0
#
# libsamr, shared and static, its pkg-config file and its test.

libsamr-version := 0.1.0
libsamr-soname := libsamr.so.0
LIBDIR ?= $(PREFIX)/lib
libsamr-dest := $(DESTDIR)$(LIBDIR)
libsamr-src := $(addprefix userspace/libsamr/,samr.c client.c group.c alarm.c state.c lock.c random.c strerror.c)
libsamr-objs := $(libsamr-src:%.c=$(out)/obj/libsamr/%.o)
libsamr-cflags := -fPIC -DLIBSAMR_VERSION='"$(libsamr-version)"' -Wshadow -Wstrict-prototypes -Wmissing-prototypes

man-pages += $(wildcard userspace/man/*.3)
all += $(out)/libsamr.a $(out)/libsamr.so $(out)/samr.pc
installs += install-libsamr
checks += check-libsamr

$(out)/obj/libsamr/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cflags) $(libsamr-cflags) -MMD -MP -c -o $@ $<

$(out)/libsamr.a: $(libsamr-objs)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(out)/$(libsamr-soname): $(libsamr-objs) userspace/libsamr/libsamr.map
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(libsamr-soname) -Wl,-z,defs \
		-Wl,--version-script,userspace/libsamr/libsamr.map -o $@ $(libsamr-objs)

$(out)/libsamr.so: $(out)/$(libsamr-soname)
	$(Q)ln -sf $(libsamr-soname) $@

# The one that is installed is made again: make and make install may have had different folders in mind.
libsamr-pc = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(libsamr-version)|' \
	userspace/libsamr/samr.pc.in

$(out)/samr.pc: userspace/libsamr/samr.pc.in userspace/libsamr/build.mk
	@mkdir -p $(@D)
	$(Q)$(libsamr-pc) >$@

programs += libsamr-unit_test
libsamr-unit_test-src := userspace/libsamr/tests/unit_test.c
libsamr-unit_test-deps := $(out)/libsamr.a
libsamr-unit_test-libs := $(out)/libsamr.a -lcmocka

# The library's system calls are this test's.
libsamr-wrapped := socket bind setsockopt sendmsg recvmmsg poll close realloc
programs += libsamr-kernel_test
libsamr-kernel_test-src := userspace/libsamr/tests/kernel_test.c
libsamr-kernel_test-deps := $(out)/libsamr.a
libsamr-kernel_test-libs := $(libsamr-wrapped:%=-Wl,--wrap=%) $(out)/libsamr.a -lcmocka

# Likewise of the test of clients.
libsamr-client-wrapped := socket connect setsockopt getsockopt sendmsg recvmsg poll close
programs += libsamr-client_test
libsamr-client_test-src := userspace/libsamr/tests/client_test.c
libsamr-client_test-deps := $(out)/libsamr.a
libsamr-client_test-libs := $(libsamr-client-wrapped:%=-Wl,--wrap=%) $(out)/libsamr.a -lcmocka

# Also: the shared library exports what the map says, no more and no less.
.PHONY: check-libsamr install-libsamr
check-libsamr: $(addprefix $(out)/libsamr-,unit_test kernel_test client_test) $(out)/libsamr.so
	$(out)/libsamr-unit_test
	$(out)/libsamr-kernel_test
	$(out)/libsamr-client_test
	@sed -n '/global:/,/local:/s/^\t\(samr_[a-z_]*\);/\1/p' userspace/libsamr/libsamr.map | sort >$(out)/libsamr.map
	@nm -D --defined-only $(out)/libsamr.so | awk '$$2 == "T" { sub("@.*", "", $$3); print $$3 }' | sort | \
		diff - $(out)/libsamr.map

install-libsamr: $(out)/libsamr.a $(out)/libsamr.so
	install -d $(libsamr-dest)/pkgconfig $(dest)/include/samr $(dest)/include/linux
	install -m 644 $(out)/libsamr.a $(libsamr-dest)/
	install -m 755 $(out)/$(libsamr-soname) $(libsamr-dest)/libsamr.so.$(libsamr-version)
	ln -sf libsamr.so.$(libsamr-version) $(libsamr-dest)/$(libsamr-soname)
	ln -sf $(libsamr-soname) $(libsamr-dest)/libsamr.so
	$(libsamr-pc) >$(libsamr-dest)/pkgconfig/samr.pc
	install -m 644 include/samr/samr.h $(dest)/include/samr/
	install -m 644 include/uapi/linux/samr.h include/uapi/linux/samr_netlink.h $(dest)/include/linux/

-include $(libsamr-objs:.o=.d)
