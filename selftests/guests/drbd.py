#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A service on one of two heads, on data of stock DRBD 8.4: guests with a disk and a BMC each, under samrd.

drbd.py [SCENARIO...]   active: the active head hangs: its power is cut, the service runs on the other one, and no line is
                                missing whose fsync had returned; it comes back as standby. samrd of the active head is
                                stopped: the service moves. The standby head hangs: DRBD stands still until its power was
                                cut, and then goes on
                        lie: the active head hangs, and its BMC says ok and does nothing: the service stays where it is

The service appends numbered lines to a file, and says of each to the host that fsync has returned. A TAP test; needs root.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bmc as power         # noqa: E402
import failures             # noqa: E402
import heads as lab         # noqa: E402
import kernels              # noqa: E402
from failures import note   # noqa: E402

DISK_MIB = 64
DRBD_NETWORK = "10.78.0"         # on the link that samr has, too
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
"""
NODE = """node "head{number}" {{
	id = {number}
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
ROLE = """service "file" {
	id = 2
	role = active-standby
	resource = "r0"
	device = "/dev/drbd0"
	mount = "/mnt"
	fs-type = "ext4"
	program = "/run/writer"
	start-timeout = 40s
	stop-timeout = 40s
}
"""
RESOURCE = """resource r0 {{
	net {{
		protocol C;
		ping-int 2;
		timeout 30;
	}}
	disk {{
		fencing resource-and-stonith;
		resync-rate 40M;
	}}
	handlers {{
		fence-peer "{handler} --timeout 600";
	}}
{hosts}}}
"""
HOST = """	on head{number} {{
		device /dev/drbd0;
		disk /dev/vda;
		meta-disk internal;
		address {network}.{number}:7789;
	}}
"""
# Called as samrd calls a program: start, which may find it running, and stop. It is over when the writer has a session of
# its own: what is left in the group of a program that has ended is killed.
WRITER = """#!/bin/sh
pid=/run/writer.pid
case $1 in
start)
	[ -e $pid ] && kill -0 "$(cat $pid)" 2>/dev/null && exit 0
	rm -f $pid
	setsid python3 -B /run/writer.py /mnt/lines /run/samr-out/acked-$(uname -n) $pid >/run/samr-out/writer.log 2>&1 &
	while [ ! -e $pid ]; do sleep 0.1; done
	;;
stop)
	[ -e $pid ] || exit 0
	kill "$(cat $pid)" 2>/dev/null
	while kill -0 "$(cat $pid)" 2>/dev/null; do sleep 0.1; done
	rm $pid
	;;
esac
"""
# What it says to the host is told before the next line is written, with the seconds that it took.
LINES = """import os, sys, time
f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_APPEND)
out = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
with open(sys.argv[3] + ".new", "w") as pid:
    pid.write(str(os.getpid()))
os.rename(sys.argv[3] + ".new", sys.argv[3])
text = os.read(f, 1 << 24).decode()
n = int(text.split()[-2]) if text else 0
while True:
    n += 1
    begin = time.monotonic()
    os.write(f, f"{n} {os.uname().nodename}\\n".encode())
    os.fsync(f)
    os.write(out, f"{n} {time.monotonic() - begin:.3f}\\n".encode())
    time.sleep(0.02)
"""


class Head(power.Head):
    """A head with a disk of its own, which outlives its power."""

    disk = property(lambda self: os.path.join(self.cluster.work, f"disk{self.number}"))
    acked_file = property(lambda self: os.path.join(self.cluster.work, f"acked-head{self.number}"))
    log_file = property(lambda self: os.path.join(self.cluster.work, f"samrd{self.number}.log"))
    formatted = hung = False

    def make_guest(self, options, script):
        if not os.path.exists(self.disk):
            with open(self.disk, "wb") as f:
                f.truncate(DISK_MIB << 20)
        options.qemu += ["-drive", f"file={self.disk},format=raw,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk"]
        return super().make_guest(options, script)

    def share(self, name, text, path, mode="644"):
        with open(os.path.join(self.cluster.work, name), "w", encoding="ascii") as f:
            f.write(text)
        self.sh(f"install -D -m {mode} /run/samr-out/{name} {path}")

    def configure(self):
        """The network, DRBD as drbd.service has it up, then samr and samrd."""
        self.sh(f"hostname head{self.number}; modprobe virtio_net && ip link set eth0 up && "
                f"ip address add {DRBD_NETWORK}.{self.number}/24 dev eth0", limit=120)
        self.reach_bmcs()
        self.sh("modprobe -a virtio_blk ext4 drbd && scripts/load-module", limit=120)
        hosts = "".join(HOST.format(number=k, network=DRBD_NETWORK) for k in self.cluster.heads)
        handler = os.path.join(lab.TOP, "build", "userspace", "samr-fence-peer")
        self.share("r0.res", RESOURCE.format(handler=handler, hosts=hosts), "/etc/drbd.d/r0.res")
        self.share("writer", WRITER, "/run/writer", "755")
        self.share("writer.py", LINES, "/run/writer.py")
        conf = CONF.format(self=self.number) + ROLE
        for k, b in self.cluster.bmc.items():
            conf += NODE.format(number=k, address=b.address, port=b.port, user=power.USER)
        self.share(f"samr{self.number}.conf", conf, "/etc/samr/samr.conf")
        self.sh(f"(umask 077; echo '{power.PASSWORD}' >/run/bmc-password); mkdir -p /run/drbd /run/lock /var/lib/drbd")
        if not self.formatted:
            self.sh("drbdadm create-md --force r0 2>&1", limit=120)
            self.formatted = True
        self.sh("drbdadm up r0 2>&1", limit=120)

    def samrd(self):
        self.sh("SAMR_FENCE_IPMI=$(command -v samr-fence-ipmi) setsid samrd -f </dev/null "
                f">>/run/samr-out/samrd{self.number}.log 2>&1 & echo $! >/run/samrd.pid; sleep 1")

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as f:
            return f.read()

    def drbd(self, what, word, limit=60):
        """Does drbdadm say so, before the time is over?"""
        end = time.monotonic() + limit
        while self.sh(f"drbdadm {what} r0", check=False)[1].strip() != word:
            if time.monotonic() > end:
                return False
            time.sleep(0.5)
        return True

    def role(self):
        """As samrd tells it; empty when it does not."""
        status = json.loads(self.sh("samrctl -j status", check=False)[1])
        services = (status.get("samrd", {}).get("status") or {}).get("roles", [])
        return services[0]["role"] if services else {}

    def await_role(self, state, limit=60):
        end = time.monotonic() + limit
        while self.role().get("state") != state:
            if time.monotonic() > end:
                return False
            time.sleep(0.3)
        return True

    def await_log(self, text, limit=60):
        end = time.monotonic() + limit
        while text not in self.log():
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True

    def acked(self):
        """Numbers of the lines whose fsync has returned, and the seconds that each took."""
        if not os.path.exists(self.acked_file):
            return []
        with open(self.acked_file, encoding="ascii") as f:
            return [(int(n), float(s)) for n, s in (line.split() for line in f.read().split("\n")[:-1])]

    def await_acks(self, more=20, limit=60):
        before, end = len(self.acked()), time.monotonic() + limit
        while len(self.acked()) < before + more:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True

    def written(self):
        """The file itself, numbers and writers: only the active head has it."""
        return [(int(n), who) for n, who in (line.split() for line in self.sh("cat /mnt/lines", limit=120).splitlines())]


class Heads(power.Heads):
    head_class = Head

    def ours(self, report):
        # DRBD's own: once its handler has ended with 7 it writes a new UUID to disk, under rcu_read_lock().
        return "rcu_note_context_switch" not in report[0] or not any("drbd_uuid_new_current" in line for line in report)


def state(heads):
    """For what went wrong."""
    return "\n".join(h.sh("samrctl status; cat /proc/drbd; dmesg | tail -n 20", check=False)[1] + h.log()[-3000:]
                     for h in heads.heads.values() if h.running() and not h.hung)


def sees(t, heads, name, holds):
    return t.check(name, holds, "" if holds else state(heads))


def nothing_lost(t, what, active, files):
    """Whatever any head was told to be on disk is in the file, once."""
    acked = {(n, f"head{h.number}") for h in files for n, _ in h.acked()}
    lines = active.written()
    numbers = [n for n, _ in lines]
    note(f"{what}: {len(acked)} lines whose fsync had returned, {len(lines)} in the file")
    t.check(f"{what}: no line is missing whose fsync had returned", acked and acked <= set(lines),
            sorted(acked - set(lines))[:20])
    t.check(f"{what}: none is there twice, and they are in order", numbers == sorted(set(numbers)), lines[-20:])


def begin(t, heads, what):
    """Both up, the same data on both, the service on the one that is more senior: that one, and the other."""
    heads.boot(1, 2)
    one = heads[1]
    for head in heads.heads.values():
        t.check(f"{what}: DRBD of head {head.number} is connected", head.drbd("cstate", "Connected"), head.number)
    one.sh("drbdadm -- --clear-bitmap new-current-uuid r0 2>&1 && drbdadm primary r0 2>&1 && mkfs.ext4 -q /dev/drbd0 2>&1 && "
           "drbdadm secondary r0 2>&1", limit=120)
    for head in heads.heads.values():
        head.samrd()
    for head in heads.heads.values():
        sees(t, heads, f"{what}: head {head.number} is up", head.await_view([1, 2], 120))
    end = time.monotonic() + 60
    while time.monotonic() < end and not [h for h in heads.heads.values() if h.role().get("state") == "active"]:
        time.sleep(0.3)
    active = [h for h in heads.heads.values() if h.role().get("state") == "active"]
    sees(t, heads, f"{what}: the service runs on one head", len(active) == 1)
    if not active:
        raise lab.Broken("nothing to go on with")
    other = heads[3 - active[0].number]
    t.check(f"{what}: the other one is standby", other.role().get("state") == "standby", other.role())
    shown = active[0].sh("samrctl status")
    t.check(f"{what}: samrctl status says so", "active here" in shown, shown)
    sees(t, heads, f"{what}: it writes", active[0].await_acks())
    return active[0], other


def hang(head):
    head.hung = True
    head.stop()
    return head.guest.qemu


def back(t, heads, what, head):
    """Switched on again, it comes in as the standby."""
    head.after_cut()
    head.hung = False
    heads.boot(head.number)
    head.samrd()
    sees(t, heads, f"{what}: it joins", head.await_view([1, 2], 120))
    sees(t, heads, f"{what}: it is standby", head.await_role("standby"))
    t.check(f"{what}: its data are the newest", head.drbd("dstate", "UpToDate/UpToDate"), head.number)


def hangs(t, heads, first, second):
    what = "the active head hangs"
    qemu = hang(first)
    begun = time.monotonic()
    sees(t, heads, f"{what}: the service runs on the other one", second.await_role("active", 120))
    note(f"{what}: the service runs on the other one after {time.monotonic() - begun:.1f} s")
    t.check(f"{what}: it has no power", qemu.poll() is not None, qemu.pid)
    sees(t, heads, f"{what}: the other one writes", second.await_acks())
    nothing_lost(t, what, second, (first, second))
    back(t, heads, what, first)
    sees(t, heads, f"{what}: the service stays when it is back", second.role().get("state") == "active")


def in_order(t, heads, first, second):
    what = "samrd is stopped"
    first.sh("kill $(cat /run/samrd.pid)")
    sees(t, heads, f"{what}: the service runs on the other head", second.await_role("active", 60))
    t.check(f"{what}: it was stopped here before", "file: secondary" in first.log(), first.log())
    sees(t, heads, f"{what}: the other head writes", second.await_acks())
    nothing_lost(t, what, second, (first, second))
    first.samrd()
    sees(t, heads, f"{what}: started again it joins", first.await_view([1, 2], 60))
    sees(t, heads, f"{what}: it is standby", first.await_role("standby"))


def standby_hangs(t, heads, first, second):
    what, before = "the standby head hangs", len(first.acked())
    qemu = hang(second)
    sees(t, heads, f"{what}: DRBD asks for proof", first.await_log(f"has lost head{second.number}", 60))
    sees(t, heads, f"{what}: it is given", first.await_log(f"head{second.number} is off", 90))
    t.check(f"{what}: it has no power", qemu.poll() is not None, qemu.pid)
    sees(t, heads, f"{what}: the service goes on", first.await_acks())
    note(f"{what}: the longest write took {max(s for _, s in first.acked()[before:]):.1f} s")
    t.check(f"{what}: the service was not stopped", "stop begins" not in first.log().rpartition("file: active")[2], first.log())
    nothing_lost(t, what, first, (first, second))


def active(t, heads):
    first, second = begin(t, heads, "active")
    hangs(t, heads, first, second)
    in_order(t, heads, second, first)
    standby_hangs(t, heads, first, second)


def lie(t, heads):
    first, second = begin(t, heads, "lie")
    hang(first)
    sees(t, heads, "lie: it is found out", second.await_log("stays on", 90))
    time.sleep(5)
    role = second.role()
    t.check("lie: the service is not started on the other head", role.get("state") in ("standby", "waiting"), role)
    sees(t, heads, "lie: DRBD there is not primary", "Secondary/" in second.sh("drbdadm role r0"))
    first.hung = False
    first.go_on()
    sees(t, heads, "lie: it goes on where it was", first.await_acks(20, 120))
    nothing_lost(t, "lie", first, (first, second))


SCENARIOS = {"active": active, "lie": lie}


def run(t, name, work):
    # The machines of a BMC that lies are those of both: which head is active is not known before.
    with Heads(2, work, lies=[1, 2] if name == "lie" else []) as heads:
        SCENARIOS[name](t, heads)
        t.check(f"{name}: the kernels report nothing", not heads.reports(), heads.reports())


def main():
    names = sys.argv[1:] or list(SCENARIOS)
    if bad := [n for n in names if n not in SCENARIOS]:
        sys.exit(f"{bad[0]}: no such scenario; there are {', '.join(SCENARIOS)}")
    if not shutil.which("drbdadm") or subprocess.run(["modinfo", "-k", kernels.find("6.1").release, "drbd"], check=False,
                                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        print("1..0 # SKIP needs drbdadm and the module drbd of the guest's kernel: scripts/deps")
        return 4
    lab.own_namespace()
    t = failures.Points()
    for name in names:
        work = tempfile.mkdtemp(prefix="samr-drbd-")
        try:
            run(t, name, work)
        except lab.Broken as e:
            t.check(f"{name}: the test could go on", False, e)
        finally:
            if t.failed:
                for log in os.listdir(work):
                    if log.startswith("samrd"):
                        shutil.copy(os.path.join(work, log), os.path.join(lab.TOP, "build", f"drbd-{name}-{log}"))
            failures.keep(t, work)
            shutil.rmtree(work, ignore_errors=True)
    return t.end()


if __name__ == "__main__":
    sys.exit(main())
