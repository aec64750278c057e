#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# libsamr as it is installed: what a program finds that is built against it, and what a reader finds.
# shellcheck source-path=SCRIPTDIR/..
. "$(dirname "$0")/../lib.sh"

need pkg-config cc c++ man col objdump
work=$(mktemp -d)
at_exit "rm -rf $work"
cd "$TOP" || exit
dest=$work/dest
# With the PREFIX of the build: another one makes samrd anew, which tests in guests are running.
check "make install" make -s -C userspace install DESTDIR="$dest"

# pkg-config as for a machine whose root is elsewhere.
samr_config() {
	PKG_CONFIG_SYSROOT_DIR=$dest PKG_CONFIG_LIBDIR=$dest/usr/local/lib/pkgconfig PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 \
		PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config "$@" samr
}
version=$(samr_config --modversion)
read -ra flags < <(samr_config --cflags --libs)
for example in userspace/examples/*.c; do
	name=$(basename "$example" .c)
	check "$name.c, built by pkg-config" cc -Wall -Wextra -Werror -o "$work/$name" "$example" "${flags[@]}"
done
check "$name needs this libsamr by its soname" grep -q 'NEEDED.*libsamr.so.0' <(objdump -p "$work/$name")
check "the soname is a link to the library of this version" test "$(readlink "$dest/usr/local/lib/libsamr.so.0")" = "libsamr.so.$version"
echo 'int main() { return !samr_version(); }' >"$work/plus.cc"
check "the header is C++, too" c++ -Wall -Wextra -Werror -include samr/samr.h -o "$work/plus" "$work/plus.cc" "${flags[@]}"
check "a program can be linked with it" env LD_LIBRARY_PATH="$dest/usr/local/lib" "$work/plus"
echo '#include <stdio.h>
#include <samr/samr.h>
int main(void) { return puts(samr_version()) < 0; }' >"$work/static.c"
check "and with the static one" cc -o "$work/static" "$work/static.c" -I"$dest/usr/local/include" "$dest/usr/local/lib/libsamr.a"
is "the library and its pkg-config file name one version" "$("$work/static")" "$version"

# page FUNCTION: its manual page, as text; some pages are only the name of another.
page() { (cd "$dest/usr/local/share/man" && MANWIDTH=500 man --warnings -l "man3/$1.3"); }

# What is exported, declared and described is the same.
nm -D --defined-only "$dest/usr/local/lib/libsamr.so" | awk '$2 == "T" { sub("@.*", "", $3); print $3 }' | sort >"$work/exported"
sed -n '/^typedef/d; s/^[a-z].*[ *]\(samr_[a-z_]*\)(.*/\1/p' "$dest/usr/local/include/samr/samr.h" | sort -u >"$work/declared"
check "all that is declared is exported, and nothing else" diff "$work/declared" "$work/exported"
check "each symbol has a version" test "$(nm -D "$dest/usr/local/lib/libsamr.so" | grep -c ' T .*@@LIBSAMR_0.1$')" = "$(wc -l <"$work/exported")"
while read -r f; do
	is "$f(3) can be formatted" "$(page "$f" 2>&1 >/dev/null)" ""
done <"$work/exported"

# The errors that the header names are in the manual page, and have a sentence.
echo '#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <samr/samr.h>
int main(void) {' >"$work/errors.c"
for f in samr_open samr_state samr_join samr_send samr_recv samr_leave samr_lock samr_trylock samr_unlock \
	samr_reply samr_connect samr_call samr_call_async samr_client_run \
	samr_group_open samr_group_call samr_group_received samr_alarm_set; do
	page "$f" | col -b | sed 's/\xe2\x88\x92/-/g; s/\xe2\x80\x90/-/g' >"$work/page"
	sed -n '/^\/\*\*$/{:a;N;/\*\//!ba;/ '$f' - /{s/.* Return: //;p}}' "$dest/usr/local/include/samr/samr.h" |
		grep -o -- '-E[A-Z]*' | sort -u >"$work/named"
	check "$f: the header names errors" test -s "$work/named"
	while read -r e; do
		check "$f(3) has $e" grep -q -- "$e" "$work/page"
		echo "if (!strcmp(samr_strerror($e), strerror(${e#-})) && ${e#-} != EINTR) puts(\"$e\");" >>"$work/errors.c"
	done <"$work/named"
done
echo 'return 0; }' >>"$work/errors.c"
check "the errors can be compiled" cc -o "$work/errors" "$work/errors.c" -I"$dest/usr/local/include" "$dest/usr/local/lib/libsamr.a"
is "samr_strerror() has a sentence for each" "$("$work/errors")" ""
finish
