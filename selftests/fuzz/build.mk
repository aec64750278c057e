# SPDX-License-Identifier: GPL-2.0
#
# The core as the simulator has it, under libFuzzer: make fuzz SECONDS=N. Nothing of it is part of `all`, as it needs clang.
fuzz-out := build/fuzz
fuzz-cc := clang -std=gnu11 -O1 -g -Wall -Wextra -Werror $(sim-dialect) -ftrivial-auto-var-init=pattern \
	-fsanitize=address,undefined -fno-sanitize-recover=all -D__SANITIZE_ADDRESS__ -DSAMR_SIM \
	-Iinclude -isystem include/uapi -Iselftests/fuzz -Iuserspace/sim -Ikernel
fuzz-core := $(patsubst %.c,$(fuzz-out)/obj/%.o,$(sim-core) userspace/sim/plat.c userspace/sim/pool.c \
	userspace/sim/siphash.c selftests/fuzz/fail.c selftests/fuzz/grammar.c)

.PHONY: fuzz-targets
fuzz-targets: $(fuzz-out)/wire $(fuzz-out)/head

$(fuzz-out)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(fuzz-cc) -fsanitize=fuzzer-no-link -MD -MP -c -o $@ $<
$(fuzz-out)/%: $(fuzz-out)/obj/selftests/fuzz/%.o $(fuzz-core)
	$(call say,LD,$@)
	$(Q)$(fuzz-cc) -fsanitize=fuzzer -o $@ $^
-include $(shell find $(fuzz-out)/obj -name '*.d' 2>/dev/null)
