#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Power is cut: heads that are guests, each with a BMC that really starts and kills its QEMU.

fencing.py [SCENARIO...]   hand: a head hangs; nothing is ordered until its power was cut and that was confirmed by hand;
                                 before that the BMC is asked with a wrong password
                           lie: the same with a BMC that says ok and does nothing: no proof, and nothing goes on
                           samrd: a head hangs, samrd finds the password refused and nothing goes on; with the right
                                 one it cuts the power, the survivor goes on, and the machine comes on again and joins
                           samrd-lie: a head hangs and its BMC lies to samrd: no proof, and nothing goes on

Two heads under policy fence. A TAP test; needs root.
"""
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bmc as power         # noqa: E402
import failures             # noqa: E402
import heads as lab         # noqa: E402
from failures import note   # noqa: E402


def request(head, victim, action, password=power.PASSWORD, limit_ms=8000):
    """One head asks the BMC of another one, over the wire: what samr-fence-ipmi says there."""
    b = victim.bmc
    lines = [f"action={action}", f"address={b.address}:{b.port}", f"user={power.USER}", f"password={password}",
             "cipher-suites=17,3", "workarounds=opensesspriv", f"deadline-ms={limit_ms}"]
    return head.sh(f"printf '%s\\n' {' '.join(lines)} | samr-fence-ipmi || true").strip()


def blocked(head, limit=60):
    """Does it ask for a fence without which nothing goes on?"""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        fences = json.loads(head.sh("samrctl -j fence"))
        if [f["why"] for f in fences] == ["blocked"]:
            return True
        time.sleep(0.3)
    return False


def got(head):
    """What its member was delivered."""
    return [line for line in head.lines() if line.startswith("got ")]


def hang(t, heads, what):
    one, two = heads[1], heads[2]
    t.check(f"{what}: the members get messages", all(failures.grows(h) for h in (one, two)), "nothing comes")
    qemu = two.guest.qemu
    two.stop()
    t.check(f"{what}: the other head asks for its fence", blocked(one), one.sh("samrctl status"))
    time.sleep(1)
    before = len(got(one))
    time.sleep(2)
    t.check(f"{what}: nothing is ordered until then", len(got(one)) == before, got(one)[-3:])
    return qemu


def hand(t, heads):
    one, two = heads[1], heads[2]
    qemu = hang(t, heads, "hand")
    said = request(one, two, "off", password="wrong")
    t.check("hand: a wrong password is refused", said.startswith("refused: "), said)
    t.check("hand: it still has power", qemu.poll() is None and request(one, two, "status").startswith("on: "), said)
    said = request(one, two, "off")
    note(said)
    t.check("hand: it is read back as off", said.startswith("off: "), said)
    t.check("hand: its machine is gone", qemu.poll() is not None, qemu.pid)
    one.sh("samrctl fence confirm 2 yes")
    t.check("hand: the other head goes on alone", one.await_view([1]), one.sh("samrctl status"))
    t.check("hand: messages flow", failures.grows(one), "nothing comes")
    two.kill()
    heads.boot(2)
    t.check("hand: switched on again it joins", two.await_view([1, 2], 120), two.sh("samrctl status"))


def lie(t, heads):
    one, two = heads[1], heads[2]
    qemu = hang(t, heads, "lie")
    said = request(one, two, "off", limit_ms=4000)
    note(said)
    t.check("lie: it is found out", said.startswith("stays-on: "), said)
    t.check("lie: the machine has power indeed", qemu.poll() is None, qemu.pid)
    t.check("lie: nothing goes on", blocked(one, 1), one.sh("samrctl status"))
    two.go_on()
    together = all(h.await_view([1, 2], 90) for h in (one, two))
    t.check("lie: both are together when it is heard again", together, one.sh("samrctl status"))


# ---- with samrd

CONF = """cluster "lab" {{
	id = 4711
	this-node = "head{self}"
	policy = fence
	beat = 100ms
	dead = 3s
	stuck = 2s
}}
link "wire" {{
	device = "eth0"
}}
service "test" {{
	id = 1
}}
"""
NODE = """node "head{number}" {{
	id = {number}
	fence-action = reboot
	fence "bmc" {{
		kind = ipmi
		address = "{address}:{port}"
		user = "{user}"
		password-file = "/run/bmc-password"
		timeout = 8s
		allow-cipher-suite-3 = yes
		workarounds = {{ "opensesspriv" }}
	}}
}}
"""


class SamrdHead(power.Head):
    """A head whose samrd does all that an admin would do by hand."""

    def configure(self):
        conf = CONF.format(self=self.number)
        for k, b in self.cluster.bmc.items():
            conf += NODE.format(number=k, address=b.address, port=b.port, user=power.USER)
        name = f"samr{self.number}.conf"
        with open(os.path.join(self.cluster.work, name), "w", encoding="utf-8") as f:
            f.write(conf)
        self.sh("modprobe virtio_net && ip link set eth0 up && scripts/load-module", limit=120)
        self.sh(f"ip address add {self.cluster.NETWORK}.{self.number}/24 dev eth0; mkdir -p /etc/samr")
        self.sh(f"cp /run/samr-out/{name} /etc/samr/samr.conf")
        self.password(power.PASSWORD)
        self.sh("SAMR_FENCE_IPMI=$(command -v samr-fence-ipmi) setsid samrd -f </dev/null "
                f">>/run/samr-out/samrd{self.number}.log 2>&1 & sleep 1")

    def password(self, text):
        self.sh(f"umask 077; echo '{text}' >/run/bmc-password")

    def log(self):
        with open(os.path.join(self.cluster.work, f"samrd{self.number}.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def await_log(self, text, limit=60):
        end = time.monotonic() + limit
        while text not in self.log():
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True


class SamrdHeads(power.Heads):
    head_class = SamrdHead


def samrd(t, heads):
    one, two = heads[1], heads[2]
    test = one.sh("samrctl fence test || true")
    t.check("samrd: its devices work", test.count(" result on ") == 4, test)
    one.password("wrong")
    qemu = hang(t, heads, "samrd")
    t.check("samrd: it is refused with a wrong password", one.await_log("refused"), one.log())
    t.check("samrd: the other head has power", qemu.poll() is None, qemu.pid)
    one.password(power.PASSWORD)
    t.check("samrd: with the right one it goes on alone", one.await_view([1], 90), one.sh("samrctl status") + one.log())
    t.check("samrd: the hung machine is gone", qemu.poll() is not None, qemu.pid)
    t.check("samrd: messages flow", failures.grows(one), "nothing comes")
    two.after_cut()
    two.start(power=False)
    two.configure()
    t.check("samrd: switched on again it joins", two.await_view([1, 2], 120), two.sh("samrctl status") + two.log())
    t.check("samrd: no password in its log", power.PASSWORD not in one.log() + two.log(), "")


def samrd_lie(t, heads):
    one, two = heads[1], heads[2]
    qemu = hang(t, heads, "samrd-lie")
    t.check("samrd-lie: it is found out", one.await_log("stays on"), one.log())
    t.check("samrd-lie: the machine has power indeed", qemu.poll() is None, qemu.pid)
    t.check("samrd-lie: nothing goes on", blocked(one, 1), one.sh("samrctl status"))
    two.go_on()
    together = all(h.await_view([1, 2], 90) for h in (one, two))
    t.check("samrd-lie: both are together when it is heard again", together, one.sh("samrctl status") + one.log())


SCENARIOS = {"hand": hand, "lie": lie, "samrd": samrd, "samrd-lie": samrd_lie}


def run(t, name, work):
    kind = SamrdHeads if name.startswith("samrd") else power.Heads
    with kind(2, work, lies=[2] if name.endswith("lie") else [], timers=lab.TIMERS + " policy fence") as heads:
        heads.boot(1, 2)
        for head in heads.heads.values():
            t.check(f"{name}: head {head.number} is up", head.await_view([1, 2], 120), head.sh("samrctl status"))
            head.member()
        SCENARIOS[name](t, heads)
        t.check(f"{name}: the kernels report nothing", not heads.reports(), heads.reports())


def main():
    names = sys.argv[1:] or list(SCENARIOS)
    if bad := [n for n in names if n not in SCENARIOS]:
        sys.exit(f"{bad[0]}: no such scenario; there are {', '.join(SCENARIOS)}")
    lab.own_namespace()
    t = failures.Points()
    for name in names:
        work = tempfile.mkdtemp(prefix="samr-fencing-")
        try:
            run(t, name, work)
        except lab.Broken as e:
            t.check(f"{name}: the test could go on", False, e)
        finally:
            failures.keep(t, work)
            shutil.rmtree(work, ignore_errors=True)
    print(f"1..{t.count}")
    return 1 if t.failed else 0


if __name__ == "__main__":
    sys.exit(main())
