#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The layers, checked by machine: who may include whom (downward only), and what the core's objects may refer to, in
# user space and in the builds of the module that are there.
#
#   scripts/check-layers.sh              check this tree
#   scripts/check-layers.sh TREE         check another one
#   scripts/check-layers.sh --self-test  plant violations in copies of this tree, each must be found
#
# The table below is the rule: the first pattern that matches a file gives its layer and what it may include with
# quotes. A file that no line matches is an error: it has to get its place first.
#
#   L1 core        order, views, groups: a machine without input and output
#   L2 transport   moves frames, does not know what is in them
#   L3 shell       lock, timer, links; the only place that sees both core and transports
#   L4 faces       sockets, genetlink, diagnosis: the shell's interface, never the core's insides
#
# In user space samrd's folders have such a table of their own, and its policy is such a machine as the core: it runs in
# the simulator beside it.
set -euo pipefail
shopt -s extglob
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)

# What everyone above the core may use, and the core's door.
common='(compat|stats|trace|log|point)\.h'
door='core/(node|event|msg|wire|strings|seqno|plat)\.h'
lower='(transport|link|cluster)\.h'

layers() {
	cat <<-END
	kernel/core/plat.h	list\.h
	kernel/core/[a-z]+.[ch]	@core
	kernel/transport.[ch]	(transport|compat|stats)\.h
	kernel/transport/[a-z_]+.[ch]	((transport/)?[a-z]+\.h)&!(shell|cluster|plat|pernet|socket|service|local|payload|netlink.*|genl|trace)\.h
	kernel/path.[ch]	path\.h
	kernel/link.h	core/(wire|event|plat)\.h|(transport|path)\.h
	kernel/plat.h	core/plat\.h
	kernel/(cluster|link|plat|drain|shell|pernet|timer|peer|probe|pulse|receive|trail)[a-z_]*.[ch]	$common|$door|$lower|(shell|plat|pernet|trail|crc32c|link_[a-z]+|linkpriv)\.h
	kernel/(stats|trace|log|point|compat).[ch]	$common|$door|$lower|(shell|pernet)\.h
	kernel/(socket|sockopt|service|local|listener|connection|side|input|client|install|payload|member|stream|turn|door|keep|diag|netlink|netlink_[a-z]+|genl|proto)[a-z_]*.[ch]	$common|$door|$lower|(pernet|socket|sockopt|service|local|listener|connection|side|input|client|client_inside|client_stream|install|payload|member|turn|door|keep|netlink|netlink_[a-z]+|genl|proto|diag)\.h
	kernel/main.[ch]	.*
	kernel/kunit_exports.c	$common|(plat|shell)\.h
	kernel/tests/[a-z_]+.[ch]	.*
	END
}

# Folders of samrd, and what of the others each may include. samrd.h is a folder here, and "." are the files beside it.
samrd_below='(base|config|fence|host|kernel|memory|policy)/[a-z_]+\.h'
samrd_layers() {
	cat <<-END
	base	-
	memory	-
	fence	base/[a-z_]+\.h
	config	fence/fence_device\.h
	policy	fence/fence_device\.h|memory/memory\.h
	kernel	(base|config)/[a-z_]+\.h|\.\./netlink/netlink\.h
	host	(base|config)/[a-z_]+\.h
	samrd.h	$samrd_below
	services	samrd\.h|$samrd_below
	roles	samrd\.h|$samrd_below
	.	samrd\.h|(services|roles)/[a-z_]+\.h|$samrd_below
	END
}

# Angle brackets: the core has them in plat.h only, and there only these.
plat_kernel='linux/(build_bug|compiler|errno|kernel|limits|list|minmax|string|types)\.h|asm/byteorder\.h'
plat_user='(assert|errno|limits|stdbool|stddef|stdint|string|endian)\.h|linux/types\.h'

# samrd's policy: what it may include, and call besides itself.
policy_includes='(policy|policy_inside|fence/fence_device|memory/memory)\.h|(stdbool|stddef|stdint|stdio|string|errno)\.h'
policy_symbols='mem(set|cpy|move|cmp)|snprintf'

# Words that only the layers above know (as identifiers, comments do not count).
core_words='sk_buff|skb_[a-z_]+|jiffies|GFP_[A-Z]+|gfp_t|printk|pr_[a-z]+|ktime_[a-z_]+|kmalloc|kzalloc|kfree|spinlock_t|mutex|struct (sock|net|net_device)'
transport_words='samr_hdr|samr_rec[a-z_]*|samr_node_[a-z]+|samr_msg[a-z_]*|SAMR_REC_[A-Z]+|SAMR_FRAME_(CORE|LINK)'

# What objects may refer to besides the core itself and kernel/core/plat.h: the compiler's own, and what kernels with
# checks of their own put in: stack protector, tracing, return thunks, list checks, fortify, KASAN, UBSAN, gcov.
user_symbols='mem(set|cpy|move|cmp)'
kernel_symbols="$user_symbols|__fentry__|__x86_(return|indirect)_thunk[a-z0-9_]*|__stack_chk_fail|__ref_stack_chk_guard"
kernel_symbols+='|__list_(add|del_entry)_valid(_or_report)?|(__)?fortify_panic|__(asan|ubsan|kasan|kcsan|tsan|gcov)_[a-z0-9_]+'
kernel_symbols+='|llvm_gcov_[a-z_]+|__sanitizer_cov_[a-z0-9_]+'

fails=0
bad() { echo "check-layers: $*" >&2; fails=$((fails + 1)); }

includes() { sed -nE "s/^[[:space:]]*#[[:space:]]*include[[:space:]]*$2([^\">]+)[\">].*/\1/p" "$1"; }
# The file without its comments.
code() { gcc -fpreprocessed -dD -E -P -x c "$1" 2>/dev/null; }

matches() { [[ $1 =~ ^($2)$ ]]; }

# May file $1, whose rule is $2, include "$3"?
allowed() {
	local rule=$2
	case $rule in
	@core) [ "${3%/*}" = "$3" ] && [ -e "kernel/core/$3" ] ;;
	*\&!*) matches "$3" "${rule%%&!*}" && ! matches "$3" "${rule#*&!}" ;;
	*) matches "$3" "$rule" ;;
	esac
}

check_file() {
	local file=$1 pattern rule='' inc words=''
	while IFS=$'\t' read -r pattern rule; do
		matches "$file" "$pattern" && break
		rule=
	done < <(layers)
	[ -n "$rule" ] || { bad "$file belongs to no layer: give it a line in scripts/check-layers.sh"; return; }
	for inc in $(includes "$file" '"'); do
		allowed "$file" "$rule" "$inc" || bad "$file includes \"$inc\", which is not below it"
	done
	for inc in $(includes "$file" '<'); do
		[[ $inc != core/* && $inc != kernel/* ]] || bad "$file includes <$inc>: own headers go in quotes"
	done
	case $file in
	kernel/core/*) words=$core_words ;;
	kernel/transport*) words=$transport_words ;;
	esac
	[ -n "$words" ] || return 0
	grep -qwE "$words" "$file" || return 0
	inc=$(code "$file" | { grep -owE "$words" || true; } | sort -u | tr '\n' ' ')
	[ -z "$inc" ] || bad "$file knows of $inc"
}

# Lines of plat.h for the kernel (1), or all others (0).
plat_part() { awk -v want="$1" '/^#else|^#endif/ { s = 0 } s == want; /^#ifdef __KERNEL__/ { s = 1 }' kernel/core/plat.h; }

check_core_file() {
	local file=$1 inc side
	if [ "$file" != kernel/core/plat.h ]; then
		inc=$(includes "$file" '<' | tr '\n' ' ')
		[ -z "$inc" ] || bad "$file includes <$inc>: only plat.h may name headers of the world"
		! grep -E '^[[:space:]]*#' "$file" | grep -qE '__KERNEL__|CONFIG_[A-Z]' || bad "$file depends on what it is built for"
		return
	fi
	# The part of plat.h for the kernel, and the one for user space.
	for side in "$plat_kernel" "$plat_user"; do
		for inc in $(plat_part "$([ "$side" = "$plat_kernel" ] && echo 1 || echo 0)" | includes /dev/stdin '<'); do
			matches "$inc" "$side" || bad "$file includes <$inc>, which is not on the list"
		done
	done
}

check_user_file() {
	local file=$1 inc
	for inc in $(includes "$file" '"') $(includes "$file" '<'); do
		case $inc in
		kernel/kernel*.h) [[ $file == userspace/samrd/* ]] || bad "$file includes $inc: only samrd has that folder" ;;
		*kernel/*) bad "$file includes $inc: user space knows the uapi headers only" ;;
		*core/*) [[ $file == userspace/sim/* || $file == selftests/fuzz/* ]] || bad "$file includes $inc: only the simulator and the fuzzer have the core" ;;
		esac
		# Checkers and workloads share the cluster and the ledger, and nothing else.
		case $file:$inc in
		userspace/sim/check*:@(workload|plan|chaos|scenario|run).h) bad "$file includes $inc: a checker knows no workload" ;;
		userspace/sim/@(workload|plan|chaos|member|ledger).*:check.h) bad "$file includes $inc: a workload knows no checker" ;;
		esac
	done
}

# A folder of samrd: own headers by their name, those of others with their folder. Tests may look at everything.
check_samrd_file() {
	local file=$1 folder=${1#userspace/samrd/} inc rule
	case $folder in
	*/*) folder=${folder%/*} ;;
	samrd.h) ;;
	*) folder=. ;;
	esac
	rule=$(samrd_layers | awk -F '\t' -v folder="$folder" '$1 == folder { print $2 }')
	[ -n "$rule" ] || { bad "$file is in a folder without a layer: give it a line in scripts/check-layers.sh"; return; }
	for inc in $(includes "$file" '"'); do
		[[ $inc != */* && -e ${file%/*}/$inc && $folder != . && $folder != samrd.h ]] || matches "$inc" "$rule" ||
			bad "$file includes \"$inc\", which is not below it"
	done
}

check_uapi_file() {
	local file=$1 inc
	for inc in $(includes "$file" '"') $(includes "$file" '<'); do
		[[ $inc == linux/*.h ]] || bad "$file includes $inc: a uapi header stands on linux/*.h alone"
	done
}

# The functions that plat.h declares: all that the core may call of its world.
platform() { code kernel/core/plat.h | grep -oE '\bsamr_[a-z_]+ *\(' | tr -d ' (' | sort -u; }

# Objects in folder $2 (a build $1) against the list $3.
check_objects() {
	local name=$1 dir=$2 list=$3 own symbol objects=()
	for file in kernel/core/*.c; do
		objects+=("$dir/$(basename "${file%.c}").o")
		[ -e "${objects[-1]}" ] || { bad "$name: $(basename "$file") has no object in $dir"; return; }
	done
	own=$({ nm --defined-only "${objects[@]}" | awk 'NF == 3 { print $3 }'; platform; } | sort -u)
	for symbol in $(nm -u "${objects[@]}" | awk '$1 == "U" { print $2 }' | sort -u); do
		grep -qxF "$symbol" <<<"$own" || matches "$symbol" "$list" ||
			bad "$name: the core refers to $symbol ($(nm -Au "${objects[@]}" |
				sed -nE "s|.*/([a-z]+\.o):.* U $symbol\$|\1|p" | sort -u | tr '\n' ' '))"
	done
	# Objects without any function would satisfy everything.
	grep -qx samr_node_step <<<"$own" || bad "$name: no samr_node_step in the core's objects"
}

check_user_objects() {
	local dir=$1 file
	for file in kernel/core/*.c; do
		gcc -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Werror -fno-stack-protector -Iuserspace/sim \
			-Ikernel -c -o "$dir/$(basename "${file%.c}").o" "$file" || { bad "$file does not compile in user space"; return; }
	done
	check_objects "user space" "$dir" "$user_symbols"
}

# The policy: no header that brings input, output or time with it, and no call of anything that does.
check_policy() {
	local file inc tmp own symbol
	for file in userspace/samrd/policy/*.[ch]; do
		for inc in $(includes "$file" '["<]'); do
			matches "$inc" "$policy_includes" || bad "$file includes $inc: the policy has no input and no output"
		done
	done
	[ "$with_objects" = yes ] || return 0
	tmp=$(mktemp -d)
	for file in userspace/samrd/policy/*.c; do
		gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fno-stack-protector -fno-pie -Iuserspace/samrd -c -o "$tmp/$(basename "${file%.c}").o" "$file" ||
			bad "$file does not compile"
	done
	own=$(nm --defined-only "$tmp"/*.o | awk 'NF == 3 { print $3 }' | sort -u)
	for symbol in $(nm -u "$tmp"/*.o | awk '$1 == "U" { print $2 }' | sort -u); do
		grep -qxF "$symbol" <<<"$own" || matches "$symbol" "$policy_symbols" ||
			bad "the policy refers to $symbol ($(nm -Au "$tmp"/*.o | sed -nE "s|.*/([a-z_]+\.o):.* U $symbol\$|\1|p" | tr '\n' ' '))"
	done
	# Nothing outlasts a step but struct policy.
	for symbol in $(nm "$tmp"/*.o | awk '$2 ~ /^[bBdDC]$/ { print $3 }'); do bad "the policy keeps $symbol outside of its struct"; done
	grep -qx policy_step <<<"$own" || bad "no policy_step in the policy's objects"
	rm -rf "$tmp"
}

check_tree() {
	local file dir tmp
	check_policy
	for file in $(find kernel -name '*.[ch]' -printf '%P\n' | sort); do check_file "kernel/$file"; done
	for file in kernel/core/*.[ch]; do check_core_file "$file"; done
	for file in $(find userspace selftests include/samr -name '*.[ch]' | sort); do check_user_file "$file"; done
	for file in $(find userspace/samrd -name '*.[ch]' -not -path '*/tests/*' | sort); do check_samrd_file "$file"; done
	for file in include/uapi/linux/*.h; do check_uapi_file "$file"; done
	[ "$with_objects" = yes ] || return 0
	tmp=$(mktemp -d)
	check_user_objects "$tmp"
	rm -rf "$tmp"
	for dir in build/*/kernel/core; do
		compgen -G "$dir/*.o" >/dev/null || continue
		check_objects "$(cut -d / -f 2 <<<"$dir")" "$dir" "$kernel_symbols"
		builds=$((builds + 1))
	done
}

# One violation in a fresh copy: $1 what to check (includes, objects), $2 what it is, $3 a part of the complaint, $4 the
# command that plants it.
plant() {
	local what=$1 name=$2 want=$3 copy out
	copy=$(mktemp -d)
	(cd "$top" && find kernel include userspace selftests -name '*.[ch]' | cpio -pd --quiet "$copy")
	(cd "$copy" && eval "$4")
	if out=$("$0" "--$what" "$copy" 2>&1); then
		bad "self-test: not found: $name"
	elif ! grep -qF -- "$want" <<<"$out"; then
		bad "self-test: $name: found something else: $out"
	else
		echo "found: $name"
	fi
	rm -rf "$copy"
}

# An object of a pretended build of the module for one of the core's files with a wrong reference.
plant_object() {
	mkdir -p build/x/kernel/core
	for f in kernel/core/*.c; do
		gcc -std=gnu11 -O1 -fno-stack-protector -Iuserspace/sim -Ikernel -c -o "build/x/kernel/core/$(basename "${f%.c}").o" "$f"
	done
	echo 'void _printk(void); void samr_x(void); void samr_x(void) { _printk(); }' |
		gcc -x c -c -o build/x/kernel/core/x.o -
	ld -r -o build/x/kernel/core/y.o build/x/kernel/core/flow.o build/x/kernel/core/x.o
	mv build/x/kernel/core/y.o build/x/kernel/core/flow.o
}

self_test() {
	plant includes "core includes a kernel header" "only plat.h may name" "sed -i '4i #include <linux/skbuff.h>' kernel/core/flow.c"
	plant includes "core includes the shell" 'includes "../cluster.h"' "sed -i '4i #include \"../cluster.h\"' kernel/core/flow.c"
	plant includes "plat.h takes one header more" "<linux/sched.h>, which is not on the list" \
		"sed -i 's|#include <linux/list.h>|&\n#include <linux/sched.h>|' kernel/core/plat.h"
	plant objects "core calls malloc" "user space: the core refers to malloc (window.o" \
		"printf 'void *malloc(unsigned long);\nvoid *samr_window_x(void);\nvoid *samr_window_x(void) { return malloc(7); }\n' >>kernel/core/window.c"
	plant objects "a kernel object calls _printk" "x: the core refers to _printk (flow.o" plant_object
	plant includes "core names sk_buff" "knows of sk_buff" "echo 'struct sk_buff;' >>kernel/core/msg.h"
	plant includes "core has an #ifdef of its own" "depends on what it is built for" \
		"printf '#ifdef __KERNEL__\n#endif\n' >>kernel/core/msg.c"
	plant includes "a transport includes the core" 'includes "core/state.h"' "sed -i '4i #include \"core/state.h\"' kernel/transport.c"
	plant includes "a transport looks into frames" "knows of samr_hdr" "echo 'struct samr_hdr;' >>kernel/transport.c"
	plant includes "the shell includes a face" 'includes "socket.h"' "sed -i '4i #include \"socket.h\"' kernel/plat.c"
	plant includes "a face includes the core's insides" 'includes "core/state.h"' \
		"sed -i '4i #include \"core/state.h\"' kernel/service.h"
	plant includes "a file without a layer" "belongs to no layer" "echo >kernel/bits_and_pieces.c"
	plant includes "user space includes the kernel's headers" "knows the uapi headers only" \
		"sed -i '4i #include \"../../kernel/cluster.h\"' userspace/libsamr/samr.c"
	plant includes "a checker includes the workload" "a checker knows no workload" \
		"sed -i '4i #include \"workload.h\"' userspace/sim/check_order.c"
	plant includes "the workload includes the checkers" "a workload knows no checker" \
		"sed -i '4i #include \"check.h\"' userspace/sim/workload.c"
	plant includes "the policy includes the daemon" "the policy has no input and no output" \
		"sed -i '4i #include \"fence/fence.h\"' userspace/samrd/policy/policy_feed.c"
	plant includes "a part of samrd includes the daemon" 'fence/fence.c includes "samrd.h"' \
		"sed -i '4i #include \"samrd.h\"' userspace/samrd/fence/fence.c"
	plant includes "the configuration includes the fences" 'config/config.c includes "fence/fence.h"' \
		"sed -i '4i #include \"fence/fence.h\"' userspace/samrd/config/config.c"
	plant includes "the daemon includes what stands on it" 'samrd/samrd.h includes "roles/roles.h"' \
		"sed -i '12i #include \"roles/roles.h\"' userspace/samrd/samrd.h"
	plant includes "a new folder of samrd" "is in a folder without a layer" \
		"mkdir userspace/samrd/misc; echo >userspace/samrd/misc/misc.h"
	plant objects "the policy asks for the time" "the policy refers to time (policy_feed.o" \
		"printf 'long time(long *);\nlong policy_x(void);\nlong policy_x(void) { return time(0); }\n' >>userspace/samrd/policy/policy_feed.c"
	plant objects "the policy has a memory of its own" "the policy keeps fed outside of its struct" \
		"printf 'int fed;\nint policy_x(void);\nint policy_x(void) { return fed++; }\n' >>userspace/samrd/policy/policy_feed.c"
	plant includes "a uapi header includes another" "stands on linux/*.h alone" \
		"sed -i '4i #include <stdio.h>' include/uapi/linux/samr.h"
}

builds=0
with_objects=yes
case ${1:-} in
--includes) with_objects=no; cd "$2"; check_tree ;;
--objects) cd "$2"; check_tree ;;
--self-test) export -f plant_object; self_test ;;
-*) echo "check-layers: unknown argument $1 (known: --self-test, or a tree)" >&2; exit 2 ;;
*) cd "${1:-$top}"; check_tree ;;
esac
[ "$fails" -eq 0 ] || exit 1
[[ ${1:-} = --* ]] || echo "layers: all right; the core's objects: user space and $builds builds of the module"
