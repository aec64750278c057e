# SPDX-License-Identifier: GPL-2.0
#
# The examples, built as a reader would: against what is installed, and by pkg-config.

example-root = $(CURDIR)/$(out)/example-root
example-programs := $(out)/example-hello $(out)/example-counter
all += $(example-programs)

# A place as after "make install PREFIX=", for pkg-config to find.
$(out)/example-root/.done: $(out)/libsamr.so $(out)/samr.pc include/samr/samr.h include/uapi/linux/samr.h
	rm -rf $(@D)
	mkdir -p $(@D)/lib/pkgconfig $(@D)/include/samr $(@D)/include/linux
	cp include/samr/samr.h $(@D)/include/samr/
	cp include/uapi/linux/samr.h $(@D)/include/linux/
	cp $(out)/libsamr.so.0 $(@D)/lib/
	ln -s libsamr.so.0 $(@D)/lib/libsamr.so
	sed 's|^prefix=.*|prefix=$(example-root)|; s|^libdir=.*|libdir=$${prefix}/lib|' $(out)/samr.pc >$(@D)/lib/pkgconfig/samr.pc
	touch $@

$(out)/example-%: userspace/examples/%.c $(out)/example-root/.done
	$(CC) -Wall -Wextra -Werror $< -o $@ \
		$$(PKG_CONFIG_PATH=$(example-root)/lib/pkgconfig pkg-config --cflags --libs samr)
