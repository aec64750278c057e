# SPDX-License-Identifier: GPL-2.0
#
# Units, with the folders that they are installed for.

SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
units := samrd.service samr-service@.service

all += $(units:%=$(out)/%)
installs += install-units
checks += check-units
man-pages += userspace/man/samrd.8 userspace/man/samr.conf.5

$(out)/%.service: userspace/systemd/%.service $(out)/prefix
	$(call say,UNIT,$@)
	$(Q)sed -e 's,@sbindir@,$(PREFIX)/sbin,; s,@libexecdir@,$(PREFIX)/libexec/samr,' $< >$@

.PHONY: install-units check-units
install-units: $(units:%=$(out)/%)
	install -d $(DESTDIR)$(SYSTEMDUNITDIR)
	install -m 644 $^ $(DESTDIR)$(SYSTEMDUNITDIR)
	install -D -m 644 userspace/samrd/samr.conf.example $(dest)/share/doc/samr/samr.conf.example

check-units: $(units:%=$(out)/%)
	userspace/systemd/check.sh $(out)
