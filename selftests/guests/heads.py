# SPDX-License-Identifier: GPL-2.0
"""Heads that are guests, each with a kernel of its own, on one bridge of taps in a network namespace of this process.

Guests can be killed, stopped and booted anew, and their ports taken off the bridge. What a member writes down goes to a
folder of the host at once, so that it outlives its machine.

    with Heads(3, work) as heads:
        heads.boot(1, 2, 3)
        heads[1].sh("samrctl view")
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts", "lib"))
import kernels  # noqa: E402
import qemu     # noqa: E402

MARK = "samr-agent: done "
# Three guests share the machine with whatever else it does: a head is silent for a second at times.
DEAD_MS = 3000
TIMERS = f"beat 100ms dead {DEAD_MS}ms stuck 2s"
# reboot(2): what the command does once everybody has ended.
REBOOT = "perl -e 'syscall(169, 0xfee1dead, 672274793, 0x1234567, 0)'"
# The agent runs each line that comes, and says with which status it ended.
AGENT = """
export PATH={user}:$PATH LD_LIBRARY_PATH={user}
cd {top} || exit 126
while read -r line; do
	eval "$line" </dev/null
	echo "{mark}$?"
done
"""


class Broken(Exception):
    """The test cannot go on: what did not work."""


def own_namespace():
    """Runs this program again in a network namespace of its own, where bridge and taps are nobody else's."""
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        sys.exit(4)
    if os.environ.get("SAMR_OWN_NET") != "1":
        os.environ["SAMR_OWN_NET"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, "-B", *sys.argv])


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Head:
    """One head: a machine that is booted, ended and booted anew on the same port."""

    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number
        self.boots, self.guests = 0, []
        self.guest = self.thread = self.feed = None
        self.ready, self.lock = threading.Condition(), threading.Lock()
        self.text, self.answer = "", None
        self.files = []

    # ---- the machine

    def start(self, samr_ko=None):
        """Switches it on; configure() waits until it is up."""
        self.boots += 1
        kernel = self.cluster.kernel
        tap, mac = f"tap{self.number}", f"02:53:4d:00:01:{self.number:02x}"
        read_end, write_end = os.pipe()
        self.feed = os.fdopen(write_end, "wb", buffering=0)
        options = qemu.Options(
            kernel, memory=256, cpus=1, limit=3600, merge=True, stdin=os.fdopen(read_end, "rb"), out=self.cluster.work,
            log=os.path.join(self.cluster.work, f"kernel{self.number}-{self.boots}"),
            qemu=["-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no",
                  "-device", f"virtio-net-pci,netdev=net,mac={mac},romfile="])
        user = os.path.join(TOP, "build", "userspace")
        script = f"export SAMR_KO={samr_ko or kernel.samr_ko}\n" + AGENT.format(user=user, top=TOP, mark=MARK)
        self.text, self.answer = "", None
        self.guest = self.make_guest(options, script)
        self.guests.append(self.guest)
        self.thread = threading.Thread(target=self._run, args=[self.guest], daemon=True)
        self.thread.start()

    def make_guest(self, options, script):
        return qemu.Guest(options, script, self._heard)

    def _run(self, guest):
        try:
            guest.run()
        finally:
            with self.ready:
                if guest is self.guest:
                    self.answer = (-1, "the guest has ended: " + guest.result.why)
                self.ready.notify_all()

    def _heard(self, _channel, data):
        with self.ready:
            self.text += data.decode(errors="replace")
            before, found, after = self.text.rpartition(MARK)
            if found and after.endswith("\n"):
                self.answer, self.text = (int(after), before), ""
                self.ready.notify_all()

    def sh(self, command, limit=60, check=True):
        """Runs a line in the guest: its status and output."""
        with self.lock, self.ready:
            if self.answer and self.answer[0] < 0:
                raise Broken(f"head {self.number}: {self.answer[1]}")
            self.answer = None
            self.feed.write(command.encode() + b"\n")
            if not self.ready.wait_for(lambda: self.answer, limit):
                raise Broken(f"head {self.number}: no answer in {limit} s to: {command}")
            status, output = self.answer
        if check and status:
            raise Broken(f"head {self.number}: {command} ended with {status}: {output}")
        return (status, output) if not check else output

    def kill(self):
        """Power off: no farewell. What its member had written last may be half a line."""
        self.guest.qemu.kill()
        self.thread.join(30)
        self._close_file()

    def stop(self):
        os.kill(self.guest.qemu.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.guest.qemu.pid, signal.SIGCONT)

    def panic(self):
        """The kernel is dead, and stays so; the machine is on."""
        self.sh("sysctl -q kernel.panic=0; (sleep 0.5; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &")

    def reboot(self):
        """Its kernel ends in order; QEMU ends where the machine would begin anew."""
        self.sh(f"(sleep 0.5; {REBOOT}) >/dev/null 2>&1 &")

    def running(self):
        return self.guest is not None and self.guest.qemu is not None and self.guest.qemu.poll() is None

    def cut(self):
        ip("link", "set", f"tap{self.number}", "nomaster")

    def heal(self):
        ip("link", "set", f"tap{self.number}", "master", "br0")

    # ---- samr on it

    def configure(self):
        others = [k for k in range(1, self.cluster.count + 1) if k != self.number]
        self.sh("modprobe virtio_net && ip link set eth0 up && scripts/load-module", limit=120)
        self.sh(f"samrctl cluster add name lab id 4711 node {self.number} {self.cluster.timers}")
        self.sh("samrctl link add kind eth dev eth0; samrctl group add id 1 name test")
        for k in others:
            self.sh(f"samrctl node add id {k}")
        self.sh("samrctl cluster set state up")

    def status(self):
        return json.loads(self.sh("samrctl -j status", check=False)[1])

    def counter(self, name):
        return int(self.sh(f"samrctl stats show counters all | awk '$1 == \"{name}\" {{ print $2; exit }}'"))

    def view(self):
        """Epoch, ids of members, state."""
        s = self.status()
        view = s.get("view", {})
        # A daemon may not have made the cluster yet.
        state = (s["cluster"] or {}).get("state")
        return view.get("epoch", 0), sorted(m["node"] for m in view.get("members", [])), state

    def await_view(self, members, limit=60):
        """True when it has a view of just these, in force."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            _, seen, state = self.view()
            if (seen, state) == (sorted(members), "up"):
                return True
            time.sleep(0.3)
        return False

    # ---- its member

    def member(self, interval_us=40000):
        self.files.append(os.path.join(self.cluster.work, f"head{self.number}-{len(self.files) + 1}"))
        name = os.path.basename(self.files[-1])
        self.sh(f"samr-test-survive - 1 /run/samr-out/{name} {interval_us} 200 1 >/run/samr-out/{name}.err 2>&1 & "
                "echo $! >/run/member")

    def leave_member(self):
        """It leaves once all that it sent was delivered."""
        self.sh("kill -INT $(cat /run/member)")
        self.await_end()

    def end_member(self):
        """It sends no more; it ends when nobody does."""
        self.sh("kill -TERM $(cat /run/member)")

    def await_end(self):
        end = time.monotonic() + 60
        while not self.lines()[-1:] == ["end"]:
            if time.monotonic() > end:
                raise Broken(f"head {self.number}: its member did not end")
            time.sleep(0.2)

    def lines(self):
        """What it wrote down so far; it may only just have been started."""
        if not os.path.exists(self.files[-1]):
            return []
        with open(self.files[-1], encoding="ascii") as f:
            return f.read().split("\n")[:-1]

    def _close_file(self):
        """The member died with the machine: the judge is told."""
        if not self.files:
            return
        with open(self.files[-1], "rb+") as f:
            whole = f.read().rpartition(b"\n")
            f.seek(len(whole[0] + whole[1]))
            f.truncate()
            f.write(b"killed\n")


class Heads:
    head_class = Head

    def __init__(self, count, work, timers=TIMERS, kernel="6.1"):
        self.count, self.work, self.timers = count, work, timers
        self.kernel = kernels.find(kernel)
        if not os.path.exists(self.kernel.samr_ko):
            raise Broken(f"no {self.kernel.samr_ko}: make module")
        self.heads = {k: self.head_class(self, k) for k in range(1, count + 1)}

    def __getitem__(self, number):
        return self.heads[number]

    def __enter__(self):
        ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        ip("link", "set", "br0", "up")
        for k in self.heads:
            ip("tuntap", "add", "dev", f"tap{k}", "mode", "tap")
            ip("link", "set", f"tap{k}", "master", "br0", "up")
        return self

    def __exit__(self, *_):
        for head in self.heads.values():
            if head.running():
                head.guest.qemu.kill()
                head.thread.join(30)

    def boot(self, *numbers):
        for k in numbers:
            self[k].start()
        for k in numbers:
            self[k].configure()

    def files(self):
        return [f for head in self.heads.values() for f in head.files]

    def ours(self, report):
        """Does it say that something is wrong with what is tested?"""
        return True

    def reports(self):
        """What the kernels complained of, at any boot; a panic that was asked for is not among it."""
        return [f"head {head.number}: {r[0]}" for head in self.heads.values() for guest in head.guests
                for r in guest.result.reports(["sysrq triggered crash"]) if self.ours(r)]
