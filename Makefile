# SPDX-License-Identifier: GPL-2.0
#
# Everything is built under build/: the module once for each kernel in build/RELEASE/, user space in build/userspace/.
#
#   KDIR=DIR    kernel to build for: its headers or its build folder (default: the running kernel's)
#   V=1         show the commands
#   W=1 C=2 KCFLAGS=...   are handed to the kernel's build as they are

running := $(wildcard /lib/modules/$(shell uname -r)/build)
newest  := $(shell ls -dv /lib/modules/*/build 2>/dev/null | tail -n 1)
KDIR    ?= $(or $(running),$(newest))
fallback = $(and $(filter file,$(origin KDIR)),$(if $(running),,yes))

release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
moddir  = $(CURDIR)/build/$(release)
sparse  = CF='-D__CHECK_ENDIAN__ -Wsparse-error'
SEEDS  ?= 1000
libraries = libmnl sqlite3 nettle cmocka libconfuse libsystemd libcap-ng jansson libfreeipmi

.PHONY: all module user check check-long sim sim-coverage sim-sanitized mutants fuzz demo docs sparse kunit tidy install clean help

all: module user

# The objects of each kernel go to a folder of its own, in which the sources are symbolic links.
module:
	@test -n "$(release)" || { echo "No kernel headers in '$(KDIR)': run scripts/deps, or give KDIR=" >&2; exit 1; }
	@[ -z "$(fallback)" ] || echo "No headers for the running kernel ($$(uname -r)): building for $(release)"
	@mkdir -p $(moddir)
	@ln -sfn $(CURDIR)/include $(moddir)/include
	@cp -rsfT $(CURDIR)/kernel $(moddir)/kernel
	@find $(moddir) -xtype l -delete
	@cmp -s Kbuild $(moddir)/Kbuild || cp Kbuild $(moddir)/Kbuild
	$(MAKE) -C $(KDIR) M=$(moddir) modules

# sparse looks at every file again, whether it has to be compiled or not; a warning is an error.
sparse:
	$(MAKE) module C=2 $(sparse)

user:
	@missing=$$(for l in $(libraries); do pkg-config --exists $$l || echo $$l; done); \
		[ -z "$$missing" ] || { echo "No headers of" $$missing: "run scripts/deps" >&2; exit 1; }
	$(MAKE) -C userspace

check:
	scripts/check

check-long:
	scripts/check --long

kunit:
	scripts/check --only kunit

sim sim-coverage sim-sanitized mutants:
	$(MAKE) -C userspace $@ SEEDS=$(SEEDS)

fuzz:
	selftests/fuzz/run.sh $(or $(SECONDS),60) $(SEED)

model:
	selftests/model/run.py

demo:
	scripts/demo

docs:
	sphinx-build -q -W -b html Documentation build/docs

tidy:
	scripts/tidy.sh

# User space goes to DESTDIR/PREFIX (default /usr/local); the module to the folder updates of the kernel's modules, below
# INSTALL_MOD_PATH (default DESTDIR). Where the kernel's key is not at hand, as with Debian's headers, it is not signed.
sig-key = $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY="\(.*\)"/\1/p' $(KDIR)/.config 2>/dev/null)
unsigned = $(if $(wildcard $(KDIR)/$(sig-key) $(filter /%,$(sig-key))),,CONFIG_MODULE_SIG_ALL=)

install: all
	$(MAKE) -C userspace install
	$(MAKE) -C $(KDIR) M=$(moddir) INSTALL_MOD_DIR=updates INSTALL_MOD_PATH=$(or $(INSTALL_MOD_PATH),$(DESTDIR)) \
		$(unsigned) modules_install

clean:
	rm -rf build

help:
	@echo 'all         the module and user space (default)'
	@echo 'module      samr.ko for KDIR= (default: the running kernel)'
	@echo 'user        library, tools and test programs'
	@echo 'check       build for all kernels, run the tests in guests (scripts/check --help)'
	@echo 'check-long  the same with the long tests'
	@echo 'kunit       the KUnit suites, on the debug kernel'
	@echo 'sim         the simulator over SEEDS= seeds (default $(SEEDS))'
	@echo 'sim-coverage lines of the core that it does not reach'
	@echo 'sim-sanitized the same, and wrong use of memory ends it'
	@echo 'mutants     changes the core one line at a time and sees whether the simulator notices'
	@echo 'fuzz        hostile input to the core for SECONDS= (default 60), from SEED='
	@echo 'model       the view change, searched exhaustively by SPIN'
	@echo 'demo        three heads in a guest replicate a database, and redis'
	@echo 'docs        Documentation/ as HTML in build/docs'
	@echo 'sparse      the module, looked at by sparse'
	@echo 'tidy        formatting, shellcheck, spelling of SPDX lines'
	@echo 'install     user space to DESTDIR= PREFIX=, the module to INSTALL_MOD_PATH= (DESTDIR=), for the kernel of KDIR='
	@echo 'clean       removes build/ (the debug kernel stays in its cache)'
