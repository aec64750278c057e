# SPDX-License-Identifier: GPL-2.0
#
# The simulator: the core's own sources, with the rest of a cluster around them.
#
#	make sim SEEDS=N JOBS=J		the scenarios, then seeds 1 to N in J processes, and again
#					with heads that fail
#	make mutants MUTANT_SEED=N	does it notice when the core is wrong?
#	make sim-coverage		lines of the core that it reaches
#	make sim-sanitized		wrong use of memory and undefined behaviour end it

programs += sim
sim-core := $(wildcard kernel/core/*.c)
sim-policy := $(wildcard userspace/samrd/policy/*.c)
sim-src := $(wildcard userspace/sim/*.c) $(sim-core) $(sim-policy) $(out)/gen/sim-version.c
# The core is written in the kernel's C, whose lists are loops without end for a compiler that takes the standard's.
sim-dialect := -fno-strict-aliasing -fno-strict-overflow -fno-delete-null-pointer-checks
# It runs for hours: a quarter more seeds in the same time.
sim-fast := -O3 -flto=auto
# Of x86's instructions for strings the first byte costs more than most of what is copied and cleared here.
sim-strings := -mmemset-strategy=unrolled_loop:128:noalign,libcall:-1:noalign \
	-mmemcpy-strategy=unrolled_loop:64:noalign,libcall:-1:noalign
sim-fast += $(shell $(CC) $(sim-strings) -E -x c /dev/null >/dev/null 2>&1 && echo '$(sim-strings)')
# What is not initialised shall show, and the same way each time.
sim-cflags := $(sim-dialect) $(sim-fast) -ftrivial-auto-var-init=pattern -DSAMR_SIM \
	-Iuserspace/sim -Iuserspace/samrd -Ikernel -I$(out)/gen
sim-libs := $(sim-dialect) $(sim-fast)
sim-scenarios := $(wildcard userspace/sim/testdata/*.txt)

SEEDS ?= 1000
JOBS ?= 2
MUTANT_SEED ?= 0

# Both files change only when what they say does.
.PHONY: sim-generate
sim-generate:
	@mkdir -p $(out)/gen
	@grep -oh 'samr_mark("[^"]*")' $(sim-core) | sed 's/samr_mark(\(.*\))/\1,/' | sort -u > $(out)/gen/marks-list.new
	@printf 'extern const char sim_version[];\nconst char sim_version[] = "%s";\n' \
		"$$(git describe --always --dirty 2>/dev/null || echo unknown)" > $(out)/gen/sim-version.new
	@cd $(out)/gen && for f in marks-list.h:marks-list.new sim-version.c:sim-version.new; do \
		cmp -s $${f%:*} $${f#*:} && rm $${f#*:} || mv $${f#*:} $${f%:*}; done

$(out)/gen/marks-list.h $(out)/gen/sim-version.c: sim-generate ;
$(out)/obj/sim/userspace/sim/marks.o: $(out)/gen/marks-list.h

.PHONY: sim sim-scenarios mutants sim-coverage sim-sanitized
checks += sim-scenarios
sim-scenarios: $(out)/sim
	$(out)/sim --leaves
	$(out)/sim --script $(sim-scenarios)

sim: $(out)/sim sim-scenarios
	$(out)/sim --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet --marks
	$(out)/sim --failures --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet --marks
	$(out)/sim --rooms --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet

# Linked anew for each change, and so not as one.
mutants:
	$(MAKE) -f userspace/Makefile out=$(out)-mutants sim-fast= $(out)-mutants/sim
	python3 userspace/sim/mutants.py --out $(out)/mutants --objects $(out)-mutants/obj/sim --jobs $(JOBS) --draw $(MUTANT_SEED)

# Once more, made so that it counts the lines it runs.
sim-coverage:
	$(MAKE) -f userspace/Makefile out=$(out)-coverage CFLAGS='-O1 --coverage' LDFLAGS=--coverage sim-fast= \
		$(out)-coverage/sim
	userspace/sim/coverage.sh $(out)-coverage $(SEEDS)

# And so that undefined behaviour ends it.
sim-sanitized:
	$(MAKE) -f userspace/Makefile out=$(out)-sanitized CFLAGS='-O1 -g $(sanitizers)' LDFLAGS='$(sanitizers)' sim-fast= \
		$(out)-sanitized/sim
	$(out)-sanitized/sim --leaves
	$(out)-sanitized/sim --script $(sim-scenarios)
	$(out)-sanitized/sim --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet
	$(out)-sanitized/sim --failures --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet
	$(out)-sanitized/sim --rooms --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet
