# SPDX-License-Identifier: GPL-2.0
#
# The simulator: the core's own sources, with the rest of a cluster around them.
#
#	make sim SEEDS=N JOBS=J		the scenarios, then seeds 1 to N in J processes, and again
#					with heads that fail
#	make mutants MUTANT_SEED=N	does it notice when the core is wrong?
#	make sim-coverage		lines of the core that it reaches

programs += sim
sim-core := $(wildcard kernel/core/*.c)
sim-policy := $(wildcard userspace/samrd/policy/*.c)
sim-src := $(wildcard userspace/sim/*.c) $(sim-core) $(sim-policy) $(out)/gen/sim-version.c
# What is not initialised shall show, and the same way each time.
sim-cflags := -ftrivial-auto-var-init=pattern -DSAMR_SIM -Iuserspace/sim -Iuserspace/samrd -Ikernel -I$(out)/gen
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

.PHONY: sim sim-scenarios mutants sim-coverage
checks += sim-scenarios
sim-scenarios: $(out)/sim
	$(out)/sim --leaves
	$(out)/sim --script $(sim-scenarios)

sim: $(out)/sim sim-scenarios
	$(out)/sim --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet --marks
	$(out)/sim --failures --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet --marks
	$(out)/sim --rooms --seeds 1..$(SEEDS) --jobs $(JOBS) --quiet

mutants: $(out)/sim
	python3 userspace/sim/mutants.py --out $(out)/mutants --jobs $(JOBS) --draw $(MUTANT_SEED)

# Once more, made so that it counts the lines it runs.
sim-coverage:
	$(MAKE) -f userspace/Makefile out=$(out)-coverage CFLAGS='-O1 --coverage' LDFLAGS=--coverage $(out)-coverage/sim
	userspace/sim/coverage.sh $(out)-coverage $(SEEDS)
