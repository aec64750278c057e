#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Heads over RDMA: guests of their own, as neither soft-RoCE nor soft-iWARP knows network namespaces.

rdma.py rxe|siw HEADS SCENARIO...

    order       messages, small and large, in one order, by as many connections as there should be
    removal     the RDMA device of a head goes away under load, and comes back
    cut         a cable is pulled and plugged in: queue pairs fail, connections come about anew
    kill        the sequencer's machine is switched off under load, and comes back
    second      a link of kind eth carries while the RDMA device is away: no view changes, and RDMA is used again
    unload      so while link and module go away under load, and come back

siw needs the debug kernel. What each member received is judged by history.py. A TAP test; needs root.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import failures     # noqa: E402
import heads as lab # noqa: E402
from failures import Points, all_together, grows, note  # noqa: E402

KERNELS = {"rxe": "6.1", "siw": "debug"}
DEVICE_MODULES = {"rxe": "rdma_rxe", "siw": "siw"}
WAIT = 60


def wait_for(what, seconds=WAIT):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.3)
    return False


class Head(lab.Head):
    kind = "rxe"
    with_eth = False

    def address(self, number=None):
        return f"10.25.0.{number or self.number}"

    def add_device(self):
        self.sh(f"rdma link add {self.kind}0 type {self.kind} netdev eth0")

    def load_rdma(self):
        self.sh(f"insmod {os.path.dirname(self.cluster.kernel.samr_ko)}/samr_rdma.ko")

    def add_link(self):
        self.sh(f"samrctl link add kind rdma dev eth0 local {self.address()}")

    def configure(self):
        self.sh(f"modprobe virtio_net; modprobe rdma_cm && modprobe {DEVICE_MODULES[self.kind]} && "
                f"ip addr add {self.address()}/24 dev eth0 && ip link set eth0 up && scripts/load-module", limit=180)
        self.add_device()
        self.load_rdma()
        self.sh(f"samrctl cluster add name lab id 4711 node {self.number} {self.cluster.timers}")
        self.add_link()
        if self.with_eth:
            self.sh("samrctl link add kind eth dev eth0")
        self.sh("samrctl group add id 1 name test; samrctl group add id 2 name large")
        for k in self.others():
            self.sh(f"samrctl node add id {k}")
        self.tell_addresses()
        self.sh("samrctl cluster set state up")

    def others(self):
        return [k for k in self.cluster.heads if k != self.number]

    def tell_addresses(self):
        for k in self.others():
            self.sh(f"samrctl node set id {k} link eth0 kind rdma address {self.address(k)}")

    def link_line(self, kind="rdma"):
        return next((line for line in self.sh("samrctl link show").splitlines()
                     if line.startswith("dev ") and f"kind {kind} " in line + " "), "")

    def word(self, name, kind="rdma"):
        words = self.link_line(kind).split()
        return words[words.index(name) + 1] if name in words else ""

    def is_state(self, state):
        return self.word("state") == state

    def queue_pairs(self):
        """Those of connections."""
        return self.sh("rdma resource show qp").count("type RC")


def members_go_on(t, heads, what):
    t.check(f"{what}: every member gets messages", all([grows(h) for h in heads.heads.values()]), "nothing comes")


def order(t, heads):
    for k, h in heads.heads.items():
        t.check(f"head {k}: its link is up, of kind rdma", h.is_state("up"), h.link_line())
    members_go_on(t, heads, "order")
    # One asked for and one accepted, with each other head.
    pairs = 2 * (len(heads.heads) - 1)
    t.check("as many queue pairs as needed", heads[1].queue_pairs() == pairs, heads[1].sh("rdma resource show qp"))
    out = heads[1].sh("samr-test-load 2 1 20 100000 2>&1", limit=200)
    t.check("messages of 100000 bytes pass", "messages" in out, out)
    note(heads[1].link_line())


def removal(t, heads):
    head = heads[max(heads.heads)]
    head.sh(f"rdma link delete {head.kind}0", limit=90)
    t.check("removal: the link is absent", wait_for(lambda: head.is_state("absent")), head.link_line())
    t.check("removal: nothing of the connections is left", "RC" not in head.sh("rdma resource show qp"), "")
    time.sleep(1)
    head.add_device()
    t.check("removal: the link is up again", wait_for(lambda: head.is_state("up")), head.link_line())
    all_together(t, heads, "removal")


def cut(t, heads):
    head = heads[max(heads.heads)]
    head.cut()
    time.sleep(8)
    head.heal()
    all_together(t, heads, "cut")


def second(t, heads):
    head = heads[max(heads.heads)]
    t.check("second: rdma carries", wait_for(lambda: "carries" in head.link_line()), head.sh("samrctl link show"))
    epoch = head.view()[0]
    head.sh(f"rdma link delete {head.kind}0", limit=90)
    t.check("second: the link is absent", wait_for(lambda: head.is_state("absent")), head.link_line())
    members_go_on(t, heads, "second: over eth")
    head.add_device()
    t.check("second: the link is up again", wait_for(lambda: head.is_state("up")), head.link_line())
    t.check("second: it is used again", wait_for(lambda: "carries" in head.link_line(), 120), head.sh("samrctl link show"))
    members_go_on(t, heads, "second: over rdma")
    t.check("second: no view has changed", head.view()[0] == epoch, f"{epoch} and {head.view()}")


def unload(t, heads):
    head = heads[max(heads.heads)]
    epoch = head.view()[0]
    for _ in range(3):
        head.sh("samrctl link del dev eth0 kind rdma && rmmod samr_rdma", limit=90)
        t.check("unload: nothing of the connections is left", head.queue_pairs() == 0, head.sh("rdma resource show qp"))
        members_go_on(t, heads, "unload: over eth")
        head.load_rdma()
        head.add_link()
        head.tell_addresses()
        t.check("unload: the link is up again", wait_for(lambda: head.is_state("up")), head.link_line())
    members_go_on(t, heads, "unload: over both")
    t.check("unload: no view has changed", head.view()[0] == epoch, f"{epoch} and {head.view()}")


SCENARIOS = {"order": order, "removal": removal, "cut": cut, "kill": failures.kill, "second": second,
             "unload": unload}


def run(t, kind, count, names, work):
    Head.kind, Head.with_eth = kind, bool({"second", "unload"} & set(names))
    lab.Heads.head_class = Head
    with lab.Heads(count, work, kernel=KERNELS[kind]) as heads:
        heads.boot(*heads.heads)
        for head in heads.heads.values():
            t.check(f"head {head.number} is up", head.await_view(list(heads.heads), 120), head.status())
            head.member()
        for name in names:
            members_go_on(t, heads, name + ": under load")
            SCENARIOS[name](t, heads)
        failures.judge(t, heads)


def main():
    kind, count, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:] or list(SCENARIOS)
    if bad := [n for n in names if n not in SCENARIOS]:
        sys.exit(f"{bad[0]}: no such scenario; there are {', '.join(SCENARIOS)}")
    lab.own_namespace()
    t = failures.Points()
    failures.in_folder(t, lambda t, work: run(t, kind, count, names, work))
    return t.end()


if __name__ == "__main__":
    sys.exit(main())
