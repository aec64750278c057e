#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does what Documentation/two-heads.rst says: its commands and its file, in two guests with a BMC each.

Blocks of code are read from the page by their captions: commands "on both", "on alpha", "on beta"; a file's name; and
"answers", which the commands before them must give: each line of it has to be in what is printed, its numbers may
differ. Built and installed is in the tree, once, into a folder that the guests take it from. Guests have no systemd:
what systemctl would do with the unit is done by a script that reads it. A TAP test; needs root.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bmc as power         # noqa: E402
import failures             # noqa: E402
import heads as lab         # noqa: E402
from failures import note   # noqa: E402

PAGE = os.path.join(lab.TOP, "Documentation", "two-heads.rst")
NAMES = {1: "alpha", 2: "beta"}
IN_TREE = "on both, in the tree of samr"
DIES = ", which dies of it"
# systemctl enable --now, start, reload of the one unit; what it prints goes to a file.
SYSTEMCTL = """#!/bin/sh
unit=/usr/local/lib/systemd/system/samrd.service
value() { sed -n "s/^$1=[+-]*//p" $unit; }
case "$*" in
"enable --now samrd" | "start samrd")
	$(value ExecStartPre)
	setsid $(value ExecStart) </dev/null >>/run/samr-out/samrd$(hostname).log 2>&1 &
	for i in $(seq 100); do [ -S /run/samr/control ] && exit 0; sleep 0.2; done
	exit 1 ;;
"reload samrd")
	kill -HUP $(pidof samrd) && sleep 2 ;;
*)
	echo "not known here: systemctl $*" >&2
	exit 1 ;;
esac
"""


def blocks(page):
    """(caption, text) of each block that has a caption."""
    with open(page, encoding="utf-8") as f:
        text = f.read()
    found = re.findall(r"^\.\. code-block:: \w+\n   :caption: (.*)\n\n((?:   .*\n|\n)+)", text, re.M)
    return [(caption, "\n".join(line[3:] for line in body.rstrip().split("\n"))) for caption, body in found]


def answers(wanted, output):
    """Are these lines in it, apart from numbers and the width of blanks?"""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    for line in wanted.splitlines():
        pattern = re.sub(r"\d+", r"\\d+", re.escape(" ".join(line.split())))
        if not any(re.search(pattern, got) for got in lines):
            return False
    return True


class Head(power.Head):
    def configure(self):
        """A machine with its network, and the disk that it had: no samr yet, when that is empty."""
        self.sh("export PATH=/run/samr-bin:${PATH#*:}; unset LD_LIBRARY_PATH; cd /root")
        self.sh(f"hostname {NAMES[self.number]}; sysctl -q kernel.panic=0; modprobe virtio_net")
        self.sh("ip link set eth0 up; ip link set eth1 up")
        self.reach_bmcs()
        disk = f"/run/samr-out/disk{self.number}"
        self.sh(f"for d in etc/samr var/lib/samr; do mkdir -p {disk}/$d /$d; mount --bind {disk}/$d /$d; done")
        # /lib may be a link, which stays.
        self.sh("for d in /run/samr-out/root/*; do cp -a $d/. /${d##*/}/ || break; done && mkdir -p /run/samr-bin && "
                "install -m 755 /run/samr-out/systemctl /run/samr-bin/systemctl", limit=120)


class Heads(power.Heads):
    """BMCs as the page has them."""

    NETWORK = "192.0.2"
    ADDRESS = NETWORK + ".254"
    head_class = Head
    password = None

    def make_bmc(self, number):
        address = f"{self.NETWORK}.{10 + number}"
        lab.ip("address", "add", address + "/24", "dev", "br-bmc")
        return power.Bmc(self.work, number, address, 623, password=self.password)


class Reader:
    """Follows the page."""

    def __init__(self, t, heads, page):
        self.t, self.heads, self.page = t, heads, page
        self.after_boot = []        # what is in memory only, and comes anew with each boot
        self.last = None            # the block whose answers may follow

    def whom(self, caption):
        return [h for h in self.heads.heads.values() if caption == "on both" or NAMES[h.number] in caption.split(",")[0]]

    def run(self, head, text):
        return head.sh("{ " + "; ".join(text.split("\n")) + "; } 2>&1", limit=300, check=False)

    def commands(self, caption, text, answered):
        for head in self.whom(caption):
            status, output = self.run(head, text)
            note(f"{NAMES[head.number]}# {text}\n{output}")
            # Where an answer is wanted, that counts: it may come a little later.
            if not answered:
                self.t.check(f"{NAMES[head.number]}: {text.splitlines()[0]}", status == 0, f"status {status}")
        self.last = (caption, text)
        if "modprobe samr" in text:
            self.after_boot.append(text)

    def answer(self, wanted):
        caption, text = self.last
        for head in self.whom(caption):
            end, output = time.monotonic() + 90, ""
            # Not all of it is done again: its last command tells.
            while not answers(wanted, output := self.run(head, text.split("\n")[-1])[1]) and time.monotonic() < end:
                time.sleep(0.5)
            self.t.check(f"{NAMES[head.number]}: {wanted.splitlines()[0]}", answers(wanted, output), output)

    def file(self, path, text):
        """On both. Guests without KVM stand still for longer than machines do, and would be shot for it."""
        with open(os.path.join(self.heads.work, "file"), "w", encoding="utf-8") as f:
            f.write(text.replace("dead = 500ms", "dead = 2s") + "\n")
        for head in self.heads.heads.values():
            head.sh(f"cp /run/samr-out/file {path}")

    def dies(self, caption, text):
        """Its machine is on its way back when the others are asked."""
        head = self.whom(caption)[0]
        old = head.guest.qemu
        head.sh(f"(sleep 0.5; {text}) >/dev/null 2>&1 &")
        return head, old

    def comes_back(self, head, old):
        old.wait(60)
        head.after_cut()
        head.start(power=False)
        head.configure()
        for text in self.after_boot:
            self.run(head, text)
        self.run(head, "systemctl start samrd")

    def follow(self):
        dead = None
        for i, (caption, text) in enumerate(self.page):
            answered = self.page[i + 1:i + 2] and self.page[i + 1][0] == "answers"
            if caption == IN_TREE:
                continue
            if caption == "answers":
                self.answer(text)
                if dead:
                    self.comes_back(*dead)
                    dead = None
            elif caption.startswith("/"):
                self.file(caption, text)
            elif caption.endswith(DIES):
                dead = self.dies(caption, text)
            else:
                self.commands(caption, text, answered)


def install(t, work, page, kernel):
    """Its commands for the tree, into a folder."""
    text = next(text for caption, text in page if caption == IN_TREE)
    env = dict(os.environ, DESTDIR=os.path.join(work, "root"), KDIR=f"/lib/modules/{kernel.release}/build")
    done = subprocess.run(["sh", "-ec", text], cwd=lab.TOP, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return t.check("it can be built and installed", done.returncode == 0, done.stdout[-3000:])


def main():
    page = blocks(PAGE)
    lab.own_namespace()
    t = failures.Points()
    work = tempfile.mkdtemp(prefix="samr-howto-")
    with open(os.path.join(work, "systemctl"), "w", encoding="utf-8") as f:
        f.write(SYSTEMCTL)
    Heads.password = re.search(r"echo '(.*)' >/etc/samr/bmc", "\n".join(text for _, text in page))[1]
    begin = time.monotonic()
    try:
        heads = Heads(2, work)
        if install(t, work, page, heads.kernel):
            with heads:
                heads.boot(1, 2)
                Reader(t, heads, page).follow()
                t.check("the kernels report nothing", not heads.reports(), heads.reports())
    except lab.Broken as e:
        t.check("the page could be followed to its end", False, e)
    finally:
        failures.keep(t, work)
    note(f"all of it took {time.monotonic() - begin:.0f} s")
    return t.end()


if __name__ == "__main__":
    sys.exit(main())
