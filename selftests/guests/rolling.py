#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A newer samr.ko on one head after the other, while the others serve: three guests, members that send SAFE messages.

Each head leaves, unloads samr, loads the newer module and joins; no message may be lost or come twice. Then one head
loads a module that speaks another version of the protocol: the two sides must say so, and it must stay outside until it
loads the right one. A TAP test; needs root, and builds the two modules.

rolling.py [HEAD...]    only these, and no other protocol
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import failures          # noqa: E402
import heads as lab      # noqa: E402
from failures import note  # noqa: E402

NEWER = "9.9.9"
OTHER_PROTOCOL = 77


def our_protocol():
    header = os.path.join(lab.TOP, "kernel", "core", "wire.h")
    with open(header, encoding="utf-8") as f:
        found = re.search(r"#define SAMR_WIRE_VERSION\t(\d+)\n", f.read())
    if not found:
        raise lab.Broken(f"no version in {header}")
    return int(found[1])


def command_of(obj):
    """How kbuild made it."""
    with open(os.path.join(os.path.dirname(obj), f".{os.path.basename(obj)}.cmd"), encoding="utf-8") as f:
        return f.readline().partition(":= ")[2].strip()


def run_in(kernel, command):
    out = subprocess.run(command, shell=True, cwd=f"/lib/modules/{kernel.release}/build", stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    if out.returncode:
        raise lab.Broken(f"{command[:200]}: {out.stdout[-2000:]}")


def rebuild(kernel, tree, result):
    """samr.ko with those objects compiled anew, from @tree, that know a version; the others are as they were built."""
    built = os.path.dirname(kernel.samr_ko)
    with open(os.path.join(built, "samr.mod"), encoding="utf-8") as f:
        objects = f.read().split()
    for k, obj in enumerate(objects):
        source = os.path.join(tree, os.path.relpath(obj, built)[:-2] + ".c")
        with open(source, encoding="utf-8") as f:
            if not re.search("SAMR_WIRE_VERSION|MODULE_VERSION", f.read()):
                continue
        objects[k] = source[:-2] + ".o"
        compile_it = command_of(obj).replace(built, tree).replace(" -c ", f' -DSAMR_VERSION=\'"{NEWER}"\' -c ', 1)
        run_in(kernel, compile_it)
    whole = os.path.join(tree, "samr.o")
    run_in(kernel, f"ld -m elf_x86_64 -r -o {whole} {' '.join(objects)}")
    link = command_of(kernel.samr_ko)
    run_in(kernel, link.replace(f"-o {kernel.samr_ko}", f"-o {result}").replace(os.path.join(built, "samr.o"), whole))


def build(work, kernel):
    """The newer module, and one of another protocol: from this tree, elsewhere."""
    tree, found = os.path.join(work, "tree"), []
    for name in ("include", "kernel"):
        shutil.copytree(os.path.join(lab.TOP, name), os.path.join(tree, name))
    header = os.path.join(tree, "kernel", "core", "wire.h")
    for name in ("newer", "protocol"):
        if name == "protocol":
            with open(header, encoding="utf-8") as f:
                text = f.read()
            name_it = "#define SAMR_WIRE_VERSION\t{}\n".format
            with open(header, "w", encoding="utf-8") as f:
                f.write(text.replace(name_it(our_protocol()), name_it(OTHER_PROTOCOL)))
        found.append(os.path.join(work, name + ".ko"))
        rebuild(kernel, tree, found[-1])
    return found


def change_module(head, module):
    """In the order's eyes a clean leave and a join."""
    head.leave_member()
    head.sh("samrctl cluster set state down")
    head.sh("for i in $(seq 100); do samrctl -j cluster show | grep -q '\"state\":\"down\"' && break; sleep 0.2; done")
    head.sh("samrctl cluster del && rmmod samr")
    head.sh(f"export SAMR_KO={module}")
    head.configure()


def roll(t, heads, numbers, newer):
    for k in numbers:
        head = heads[k]
        old = head.sh("cat /sys/module/samr/version").strip()
        change_module(head, newer)
        version = head.sh("cat /sys/module/samr/version").strip()
        t.check(f"head {k}: another module", old != version == NEWER, f"{old} {version}")
        t.check(f"head {k}: it is in again", head.await_view(list(heads.heads), 90), head.status())
        head.member()
        t.check(f"head {k}: all get messages", all(failures.grows(h) for h in heads.heads.values()), "nothing comes")


def paths(head):
    """Versions, there and needed, by node."""
    links = json.loads(head.sh("samrctl -j link show"))
    links = links if isinstance(links, list) else links.get("links", [links])
    return {p["node"]: (p.get("version"), p.get("version_needed")) for link in links for p in link["paths"]}


def refuse(t, heads, protocol, newer):
    """A head of another protocol is told from one that is silent, and stays outside."""
    change_module(heads[3], protocol)
    wanted = (OTHER_PROTOCOL, our_protocol())
    heads[1].sh("sleep 2")
    for k in (1, 2):
        t.check(f"head {k} says what head 3 speaks, and what it needs", paths(heads[k])[3] == wanted, paths(heads[k]))
    t.check("head 3 says so of the others", paths(heads[3])[1] == paths(heads[3])[2] == wanted[::-1], paths(heads[3]))
    for k, there, needed in ((1, *wanted), (3, *wanted[::-1])):
        log = heads[k].sh("dmesg | grep 'of the protocol' | tail -n 1")
        t.check(f"head {k}: its kernel says so", f"speaks version {there} of the protocol, this head version {needed}" in log,
                log)
    t.check("the others go on", heads[1].view()[1:] == ([1, 2], "up") and failures.grows(heads[1]), heads[1].view())
    t.check("head 3 is outside", heads[3].view()[1] == [], heads[3].view())
    heads[3].sh("samrctl cluster set state down; samrctl cluster del && rmmod samr")
    heads[3].sh(f"export SAMR_KO={newer}")
    heads[3].configure()
    t.check("with the right module it joins", heads[3].await_view([1, 2, 3], 90), heads[3].status())
    t.check("and is not complained of any more", paths(heads[1])[3] == (None, None), paths(heads[1]))
    heads[3].member()
    t.check("and gets messages", failures.grows(heads[3]), "nothing comes")


def run(t, work, numbers):
    with lab.Heads(3, work) as heads:
        newer, protocol = build(work, heads.kernel)
        heads.boot(1, 2, 3)
        for head in heads.heads.values():
            t.check(f"head {head.number} is up", head.await_view([1, 2, 3], 120), head.status())
            head.member()
        roll(t, heads, numbers or list(heads.heads), newer)
        if not numbers:
            refuse(t, heads, protocol, newer)
        failures.judge(t, heads)


def main():
    lab.own_namespace()
    t = failures.Points()
    failures.in_folder(t, lambda t, work: run(t, work, [int(n) for n in sys.argv[1:]]))
    return t.end()


if __name__ == "__main__":
    sys.exit(main())
