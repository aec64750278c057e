#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Generate include/uapi/linux/samr_netlink.h and kernel/genl.[ch] from
# Documentation/netlink/specs/samr.yaml.
#
#   scripts/regen-netlink.sh            write them
#   scripts/regen-netlink.sh --check    compare: 0 up to date, 1 not, 77 no generator
#
# The generator is ynl-gen-c.py of Linux 6.12. It is not copied into this tree:
# it is taken from $YNL (a folder with ynl-gen-c.py in it, of an unpacked Linux
# tree), or from Debian's package linux-source-6.12, out of which it is unpacked
# once, into the user's cache.

set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
spec=Documentation/netlink/specs/samr.yaml
uapi=include/uapi/linux/samr_netlink.h
source_package=/usr/src/linux-source-6.12.tar.xz
cache=${XDG_CACHE_HOME:-$HOME/.cache}/samr

skip()
{
	echo "regen-netlink: $*" >&2
	exit 77
}

# Print the root of a tree that has tools/net/ynl and the schemas in it.
generator_root()
{
	local root

	if [ -n "${YNL:-}" ]; then
		root=$(cd "$YNL/../../.." && pwd)
		[ -f "$root/tools/net/ynl/ynl-gen-c.py" ] ||
			{ echo "regen-netlink: no tools/net/ynl/ynl-gen-c.py at YNL=$YNL" >&2; exit 1; }
		echo "$root"
		return
	fi
	[ -f $source_package ] ||
		skip "ynl-gen-c.py is in package linux-source-6.12, which is not installed"
	root=$cache/ynl-$(stat -c %s-%Y $source_package)
	if [ ! -f "$root/tools/net/ynl/ynl-gen-c.py" ]; then
		local new

		mkdir -p "$cache"
		new=$(mktemp -d "$cache/ynl.XXXXXX")
		tar -C "$new" --strip-components=1 -xJf $source_package \
			linux-source-6.12/tools/net/ynl \
			linux-source-6.12/Documentation/netlink/genetlink-legacy.yaml
		mv -T "$new" "$root" 2>/dev/null || rm -rf "$new"
	fi
	echo "$root"
}

# generate MODE PART FILE: the generator wants the spec below a folder with a
# MAINTAINERS file, its schema one folder above the spec, and an absolute name.
generate()
{
	python3 "$root/tools/net/ynl/ynl-gen-c.py" --mode "$1" "--$2" \
		--spec "$work/$spec" -o "$work/$3"
}

python3 -c 'import yaml, jsonschema' 2>/dev/null ||
	skip "python3-yaml and python3-jsonschema are not installed"

root=$(generator_root)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/Documentation/netlink/specs" "$work/include/uapi/linux" "$work/kernel"
touch "$work/MAINTAINERS"
cp "$here/$spec" "$work/$spec"
cp "$root/Documentation/netlink/genetlink-legacy.yaml" "$work/Documentation/netlink/"

generate uapi header $uapi
generate kernel header kernel/genl.h
generate kernel source kernel/genl.c

# With this protocol the generator leaves struct genl_family to be written by
# hand, elsewhere, but makes the multicast groups, which it needs, static.
groups=$(grep -c '^[[:space:]]*\[SAMR_NLGRP_' "$work/kernel/genl.c")
sed -i 's/^static \(const struct genl_multicast_group\)/\1/' "$work/kernel/genl.c"
sed -i "/^extern const struct genl_ops /a extern const struct genl_multicast_group samr_nl_mcgrps[$groups];" \
	"$work/kernel/genl.h"

# Linux 6.1 declares the pointer to a range without const.
sed -i 's/^static const \(struct netlink_range_validation\)/static \1/' "$work/kernel/genl.c"

status=0
for f in $uapi kernel/genl.h kernel/genl.c; do
	if [ "${1:-}" = --check ]; then
		diff -u --label "$f" --label "$f (generated)" "$here/$f" "$work/$f" || status=1
	elif ! cmp -s "$work/$f" "$here/$f"; then
		cp "$work/$f" "$here/$f"
		echo "wrote $f"
	fi
done
[ $status = 0 ] || echo "regen-netlink: not up to date: run scripts/regen-netlink.sh" >&2
exit $status
