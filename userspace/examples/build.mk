# SPDX-License-Identifier: GPL-2.0
#
# The examples, built as a reader would: against what is installed, and by pkg-config.

example-root = $(CURDIR)/$(out)/example-root
example-programs := $(out)/example-hello $(out)/example-counter $(out)/example-store $(out)/example-raffle \
	$(out)/example-lines
all += $(example-programs)

# A place as after "make install PREFIX=", for pkg-config to find.
$(out)/example-root/.done: $(out)/libsamr.so $(out)/samr.pc include/samr/samr.h include/uapi/linux/samr.h
	$(Q)rm -rf $(@D)
	$(Q)mkdir -p $(@D)/lib/pkgconfig $(@D)/include/samr $(@D)/include/linux
	$(Q)cp include/samr/samr.h $(@D)/include/samr/
	$(Q)cp include/uapi/linux/samr.h $(@D)/include/linux/
	$(Q)cp $(out)/libsamr.so.0 $(@D)/lib/
	$(Q)ln -s libsamr.so.0 $(@D)/lib/libsamr.so
	$(Q)sed 's|^prefix=.*|prefix=$(example-root)|; s|^libdir=.*|libdir=$${prefix}/lib|' $(out)/samr.pc >$(@D)/lib/pkgconfig/samr.pc
	$(Q)touch $@

$(out)/example-%: userspace/examples/%.c $(out)/example-root/.done
	$(call say,LD,$@)
	$(Q)$(CC) -Wall -Wextra -Werror $< -o $@ \
		$$(PKG_CONFIG_PATH=$(example-root)/lib/pkgconfig pkg-config --cflags --libs samr)
