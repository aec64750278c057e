# SPDX-License-Identifier: GPL-2.0
#
# The dissector for Wireshark; Documentation/observing.rst says how to use it.

installs += install-wireshark

.PHONY: install-wireshark
install-wireshark:
	install -d $(dest)/share/samr/wireshark
	install -m 644 userspace/wireshark/samr.lua userspace/wireshark/samr_format.lua $(dest)/share/samr/wireshark
