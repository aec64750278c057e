# SPDX-License-Identifier: GPL-2.0
"""Heads that samrd brings up, from the same samr.conf; what it keeps on disk is on the host, and survives the machine.

    with Heads(2, work) as heads:
        heads.boot(1, 2)
        heads[1].await_log("fence of head2")
"""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bmc as power         # noqa: E402
import heads as lab         # noqa: E402

# Guests without KVM stand still at times; what waits for turns waits ten times as long as "dead".
DEAD_MS = 2000
DELAY_MS = 500
ATTEMPT_S = 6
WATCHDOG_S = 6
MARGIN_S = 2
CONF = """cluster "lab" {{
	id = 4711
	this-node = "head{self}"
	policy = {policy}
	beat = 100ms
	dead = {dead}ms
	stuck = 2s
	fence-delay-blocked = {delay}ms
}}
link "first" {{ device = "eth0" }}
link "second" {{ device = "eth1" }}
service "test" {{ id = 1 }}
daemon {{ state-dir = "/run/samr-out/disk{self}" }}
"""
NODE = """node "head{number}" {{
	id = {number}
	preferred = {preferred}
	fence-action = reboot
	fence "bmc" {{
		kind = ipmi
		address = "{address}:{port}"
		user = "{user}"
		password-file = "/run/bmc-password"
		timeout = {attempt}s
		allow-cipher-suite-3 = yes
		workarounds = {{ "opensesspriv" }}
	}}
}}
"""
NODE_WATCHDOG = """node "head{number}" {{
	id = {number}
	fence "own" {{ kind = {kind} }}
}}
"""
WATCHDOG = """watchdog {{
	device = "/dev/watchdog"
	timeout = {seconds}s
	margin = {margin}s
}}
"""


class Head(power.Head):
    """A head whose samrd does all that an admin would do by hand."""

    watchdog = False
    watchdog_s = WATCHDOG_S

    def configure(self):
        self.sh("modprobe virtio_net && ip link set eth0 up && ip link set eth1 up && scripts/load-module", limit=120)
        self.reach_bmcs()
        self.password(power.PASSWORD)
        self.write_conf()
        if self.watchdog:
            self.sh("modprobe i6300esb")
        self.sh("SAMR_FENCE_IPMI=$(command -v samr-fence-ipmi) setsid samrd -f </dev/null "
                f">>/run/samr-out/samrd{self.number}.log 2>&1 & sleep 1")

    def conf(self):
        text = CONF.format(self=self.number, dead=DEAD_MS, delay=DELAY_MS, policy=self.cluster.policy)
        for k, b in self.cluster.bmc.items():
            if k in self.cluster.by_watchdog:
                text += NODE_WATCHDOG.format(number=k, kind="watchdog" if self.watchdog else "manual")
                continue
            text += NODE.format(number=k, address=b.address, port=b.port, user=power.USER, attempt=ATTEMPT_S,
                                preferred="yes" if k == self.cluster.preferred else "no")
        return text + (WATCHDOG.format(seconds=self.watchdog_s, margin=MARGIN_S) if self.watchdog else "")

    def write_conf(self):
        name = f"samr{self.number}.conf"
        with open(os.path.join(self.cluster.work, name), "w", encoding="utf-8") as f:
            f.write(self.conf())
        self.sh(f"mkdir -p /etc/samr; cp /run/samr-out/{name} /etc/samr/samr.conf")

    def reload(self):
        mark = len(self.log())
        self.write_conf()
        self.sh("kill -HUP $(pidof samrd)")
        if not self.await_log("is in force", 20, mark):
            raise lab.Broken(f"head {self.number}: its configuration is not reloaded: {self.log()[mark:]}")

    def password(self, text):
        self.sh(f"umask 077; echo '{text}' >/run/bmc-password")

    def log(self):
        path = os.path.join(self.cluster.work, f"samrd{self.number}.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def await_log(self, text, limit=60, mark=0):
        """Until samrd has said one of some texts, behind a mark; None: not in time."""
        texts = [text] if isinstance(text, str) else text
        end = time.monotonic() + limit
        while True:
            log = self.log()[mark:]
            found = next((t for t in texts if t in log), None)
            if found or time.monotonic() > end:
                return found
            time.sleep(0.2)


class LogTimes:
    """When lines came to a head's log, monotonic seconds of the host."""

    def __init__(self, head):
        self.head, self.lines, self.over = head, [], False
        self.mark = len(head.log())
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()

    def _run(self):
        while not self.over:
            new = self.head.log()[self.mark:]
            whole = new[:new.rfind("\n") + 1]
            self.lines += [(time.monotonic(), line) for line in whole.splitlines()]
            self.mark += len(whole)
            time.sleep(0.01)

    def of(self, text):
        """Of the first line with it."""
        return next((at for at, line in self.lines if text in line), None)


class Heads(power.Heads):
    head_class = Head
    preferred = 1

    def __init__(self, count, work, policy="fence", by_watchdog=(), **options):
        """by_watchdog: heads that nothing can switch off but their own watchdog."""
        super().__init__(count, work, **options)
        self.policy, self.by_watchdog = policy, by_watchdog

    def prefer(self, number):
        """Which head goes first when both shoot."""
        if number == self.preferred:
            return
        self.preferred = number
        for head in self.heads.values():
            head.reload()
