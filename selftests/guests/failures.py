#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Machines die: three heads that are guests of their own, each with a member that sends SAFE messages all the time.

failures.py [SCENARIO...]   kill: the sequencer's machine is switched off under load, and comes back
                            stop: the sequencer's machine stands still for ten seconds and goes on
                            panic: a kernel ends, its machine stays on; it is reset
                            reboot: the sequencer's machine is rebooted, in order, and comes back

What each member received is judged by history.py. A TAP test; needs root.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import heads as lab  # noqa: E402

HISTORY = os.path.join(lab.TOP, "selftests", "cluster", "history.py")
STOPPED_SECONDS = 10
ENETRESET = "102"


class Points:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, name, holds, why=""):
        self.count += 1
        if not holds:
            self.failed += 1
            note(why)
        print(f"{'ok' if holds else 'not ok'} {self.count} - {name}", flush=True)
        return holds

    def end(self):
        """The exit status."""
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def grows(head, seconds=30):
    """Does its member get messages?"""
    before, end = len(head.lines()), time.monotonic() + seconds
    while time.monotonic() < end:
        if len(head.lines()) > before + 10:
            return True
        time.sleep(0.2)
    return False


def sequencer(heads):
    return next(h["view"]["sequencer"] for h in [heads[1].status()])


def others_go_on(t, heads, victim, what):
    rest = [k for k in heads.heads if k != victim]
    for k in rest:
        t.check(f"{what}: head {k} goes on without it", heads[k].await_view(rest), heads[k].status())
    t.check(f"{what}: messages flow", all(grows(heads[k]) for k in rest), "a member gets nothing")


def all_together(t, heads, what):
    together = all([h.await_view(list(heads.heads), 90) for h in heads.heads.values()])
    t.check(f"{what}: all heads are together again", together, [h.view() for h in heads.heads.values()])
    t.check(f"{what}: its member gets messages again", all(grows(h) for h in heads.heads.values()), "nothing comes")


def incarnation(head):
    return next(line.split()[2] for line in reversed(head.lines()) if line.startswith("join "))


def end_and_return(t, heads, victim, what, end, meanwhile=lambda: None):
    """Ends a machine somehow, and boots it anew: another incarnation."""
    old = incarnation(heads[victim])
    end(heads[victim])
    others_go_on(t, heads, victim, what)
    for k, head in heads.heads.items():
        if k != victim:
            note(f"{what}: head {k} went on {head.counter('recovery-ns-last') // 1000000} ms after it had heard the other one")
    meanwhile()
    heads[victim].kill()
    heads.boot(victim)
    t.check(f"{what}: it joins", heads[victim].await_view(list(heads.heads), 90), heads[victim].status())
    heads[victim].member()
    all_together(t, heads, what)
    t.check(f"{what}: as another incarnation", incarnation(heads[victim]) != old, old)


def kill(t, heads):
    end_and_return(t, heads, sequencer(heads), "switched off", lambda head: head.guest.qemu.kill())


def panic(t, heads):
    end_and_return(t, heads, sequencer(heads), "panic", lambda head: head.panic())


def reboot(t, heads):
    """In order: its kernel says farewell, and nobody has to find out that it is silent."""
    victim = sequencer(heads)
    rest = [h for k, h in heads.heads.items() if k != victim]
    before = [h.counter("recoveries") for h in rest]
    end_and_return(t, heads, victim, "reboot", lambda head: head.reboot(), lambda: t.check(
        "reboot: the others knew it from the head itself",
        all(h.counter("recoveries") > n and h.counter("recovery-ns-last") < lab.DEAD_MS * 500000
            for h, n in zip(rest, before)), [h.counter("recovery-ns-last") for h in rest]))


def stop(t, heads):
    """From its stop on it acknowledges nothing that it was given later; it finds itself out and comes back."""
    victim = sequencer(heads)
    head, what = heads[victim], "stood still"
    old, epoch = incarnation(head), head.view()[0]
    head.stop()
    time.sleep(1)       # what its file system had under way is written
    before = len(head.lines())
    others_go_on(t, heads, victim, what)
    t.check(f"{what}: the others are in a later view",
            all(heads[k].view()[0] > epoch for k in heads.heads if k != victim), epoch)
    time.sleep(STOPPED_SECONDS)
    head.go_on()
    all_together(t, heads, what)
    later = head.lines()[before:]
    gone = next((i for i, line in enumerate(later) if line.startswith("out ")), len(later))
    t.check(f"{what}: its member is told that it was left out", later[gone:gone + 1] == ["out " + ENETRESET],
            later[:20])
    # Its file system is slow: what it says that it has sent may be from before, what it says that it is about to send not.
    sent = {line.split()[1] for line in later[:gone] if line.startswith("asks ")}
    got = [line.split() for line in later[:gone] if line.startswith("got ")]
    note(f"after its stop, in the old membership: {len(sent)} asked for, {len(got)} delivered")
    t.check(f"{what}: nothing that it took after its stop was acknowledged in the old membership",
            not [g for g in got if g[3] == old and g[5] in sent], got)
    t.check(f"{what}: it is back as another incarnation", incarnation(head) != old, old)


SCENARIOS = {"kill": kill, "stop": stop, "panic": panic, "reboot": reboot}


def judge(t, heads):
    for head in heads.heads.values():
        head.end_member()
    for head in heads.heads.values():
        head.await_end()
    out = subprocess.run([sys.executable, "-B", HISTORY, *heads.files()], stdout=subprocess.PIPE, text=True,
                         check=False)
    note(out.stdout)
    t.check("one order, nothing acknowledged lost, nothing twice", out.returncode == 0, "")
    t.check("the kernels report nothing", not heads.reports(), heads.reports())


def keep(t, work):
    """What the members and kernels wrote is kept when something was wrong."""
    logs = os.path.join(lab.TOP, "build", "check")
    if t.failed and os.path.isdir(logs):
        for name in os.listdir(work):
            if name.startswith(("head", "kernel", "samrd")):
                shutil.copy(os.path.join(work, name), os.path.join(logs, "guests-" + name))
    shutil.rmtree(work)


def run(t, names, work):
    begin = time.monotonic()
    with lab.Heads(3, work) as heads:
        heads.boot(1, 2, 3)
        for head in heads.heads.values():
            t.check(f"head {head.number} is up", head.await_view([1, 2, 3], 120), head.status())
            head.member()
        note(f"up after {time.monotonic() - begin:.0f} s")
        for name in names:
            all_grow = all([grows(h) for h in heads.heads.values()])
            t.check(f"{name}: under load", all_grow, "nothing comes")
            SCENARIOS[name](t, heads)
        judge(t, heads)


def in_folder(t, run, prefix="samr-heads-", name=""):
    """Runs a test, run(t, work), in a folder of its own, which stays when it fails."""
    work = tempfile.mkdtemp(prefix=prefix)
    try:
        run(t, work)
    except lab.Broken as e:
        t.check(f"{name}the test could go on", False, e)
    finally:
        keep(t, work)


def main():
    names = sys.argv[1:] or list(SCENARIOS)
    if bad := [n for n in names if n not in SCENARIOS]:
        sys.exit(f"{bad[0]}: no such scenario; there are {', '.join(SCENARIOS)}")
    lab.own_namespace()
    t = Points()
    in_folder(t, lambda t, work: run(t, names, work))
    return t.end()


if __name__ == "__main__":
    sys.exit(main())
