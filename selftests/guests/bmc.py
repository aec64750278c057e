# SPDX-License-Identifier: GPL-2.0
"""Guests whose power is in the hands of a BMC: a real IPMI program (ipmi_sim) that starts QEMU, and kills it.

QEMU is the BMC's child, not ours: its ports are sockets with a path, on which we wait for it to connect, whoever had it
started. Switched on again by anyone, it boots the same machine anew, and start(power=False) takes that boot over.

    bmc = Bmc(work, 2, "10.77.0.254", 9002)
    bmc.power("status")         # "on: read from the BMC, ..."
"""
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import heads as lab     # noqa: E402
import qemu             # noqa: E402

USER, PASSWORD = "samr", "Kn1fe+Fork"
IPMI_PORT = 9000        # and the head's number
WIRES = ("other", "bmc")    # beside the first one, each a bridge br-WIRE with a tap WIREn for each head
VM_PORT = 9100          # where ipmi_sim wants a virtual machine; without it, it cuts no power
FENCE_IPMI = os.path.join(lab.TOP, "build", "userspace", "samr-fence-ipmi")
LAN_CONF = """name "bmc{number}"
set_working_mc 0x20
startlan 1
  addr {address} {port}
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcd{number:02x}
endlan
serial 15 {address} {vm_port} codec VM
startcmd "{folder}/machine"
startnow false
poweroff_wait 1
kill_wait {kill_wait}
user 1 true "" "" user 10 none md2 md5 straight
user 2 true "{user}" "{password}" operator 10 none md2 md5 straight
"""
COMMANDS = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
"""


class Machine:
    """QEMU as its BMC has started it: what subprocess.Popen is of a child."""

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii") as f:
                state = f.read().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return 0 if state in "ZX" else None

    def kill(self):
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout=30):
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise lab.Broken(f"process {self.pid} does not end")
            time.sleep(0.02)


class Bmc:
    """lies: takes commands, and cuts no power of a machine that hangs."""

    def __init__(self, work, number, address, port, lies=False, password=PASSWORD):
        self.number, self.address, self.port, self.lies, self.password = number, address, port, lies, password
        self.folder = os.path.join(work, f"bmc{number}")
        os.mkdir(self.folder)
        self.write("lan.conf", LAN_CONF.format(number=number, address=address, port=self.port, vm_port=VM_PORT + number,
                                               folder=self.folder, user=USER, password=password,
                                               kill_wait=0 if lies else 1))
        self.write("commands", COMMANDS)
        self.listening, self.process = {}, None
        for name in qemu.CHANNELS:
            self.listening[name] = s = socket.socket(socket.AF_UNIX)
            s.bind(os.path.join(self.folder, name))
            s.listen(1)
        self.start()

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def write_machine(self, command):
        """What it starts. Of one that lies QEMU is a child, whom its signals do not reach."""
        begin = f"#!/bin/sh\ncd {self.folder} || exit 1\n"
        if not self.lies:
            self.write("machine", f"{begin}echo $$ >pid.new && mv pid.new pid\nexec {command}\n", 0o700)
            return
        self.write("machine", f"{begin}trap '' TERM\nexec setpriv --pdeathsig KILL sh ./between\n", 0o700)
        self.write("between", f"{begin}{command} &\necho $! >pid.new && mv pid.new pid\nwait\n")

    def start(self):
        # setpriv: it dies with this process, and its machine with it.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "ipmi_sim", "-c", "lan.conf", "-f",
                                         "commands", "-s", ".", "-n"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        """It is dead, and its machine, too: they have the same power supply. start() gives it power again."""
        self.process.kill()
        self.process.wait()

    def hang(self):
        """It answers nobody; its machine goes on."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def power(self, action, limit_ms=10000):
        """What samr-fence-ipmi says."""
        request = (f"action={action}\naddress={self.address}:{self.port}\nuser={USER}\npassword={self.password}\n"
                   f"cipher-suites=17,3\nworkarounds=opensesspriv\ndeadline-ms={limit_ms}\n")
        return subprocess.run([FENCE_IPMI], input=request, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()

    def machine(self):
        """The process that it started last."""
        path = os.path.join(self.folder, "pid")
        with open(path, encoding="ascii") as f:
            return Machine(int(f.read()))


class Guest(qemu.Guest):
    """A guest that its BMC switches on; power: now, by us."""

    def __init__(self, options, script, on_output, bmc, power):
        super().__init__(options, script, on_output)
        self.bmc, self.power = bmc, power
        self.qmp_text = b""

    def _take(self, name, data):
        if name == "qmp":
            self.qmp_text += data
        super()._take(name, data)

    def reset_by_watchdog(self):
        """Has its watchdog fired?"""
        events = [json.loads(line) for line in self.qmp_text.split(b"\n")[:-1] if line.startswith(b'{"timestamp"')]
        return any(e["event"] == "WATCHDOG" and e["data"]["action"] == "reset" for e in events)

    def plug(self, name, plugged):
        """The cable of a network device of QEMU's."""
        self._qmp("set_link", name=name, up=plugged)

    def _cmdline(self, job, accel):
        # The same at each boot: the machine stays what it was.
        return super()._cmdline(self.bmc.folder, accel)

    def _start(self, job):
        self.qemu_err = open(os.path.join(self.bmc.folder, "qemu.err"), "w+b")
        if self.power:
            self.bmc.write("job", self.script)
            argv = self._argv(job, {name: name for name in qemu.CHANNELS})
            argv = [re.sub(r"^(socket,id=.*),fd=(\w+)$", rf"\1,path={self.bmc.folder}/\2", word) for word in argv]
            words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in argv)
            self.bmc.write_machine(f"setpriv --pdeathsig KILL {words} >qemu.err 2>&1 </dev/null")
            said = self.bmc.power("on")
            if not said.startswith("on: "):
                raise lab.Broken(f"the BMC of machine {self.bmc.number} does not switch it on: {said}")
        for name, listening in self.bmc.listening.items():
            listening.settimeout(30)
            self.sock[name] = listening.accept()[0]
            self.sock[name].setblocking(False)
        # Its number is written down before it, or just after.
        end = time.monotonic() + 5
        while (machine := self.bmc.machine()).poll() is not None and time.monotonic() < end:
            time.sleep(0.05)
        self.qemu = machine
        self._qmp("qmp_capabilities")


class Head(lab.Head):
    """A head with two links, eth0 and eth1, and a BMC, cluster.bmc[number]. It reaches BMCs through a wire of its own, eth2.

    Its watchdog is an i6300esb, for which the guest has a module.
    """

    bmc = property(lambda self: self.cluster.bmc[self.number])
    CABLES = ("net", "other")

    def make_guest(self, options, script):
        for wire, name in enumerate(WIRES, 2):
            options.qemu += ["-netdev", f"tap,id={name},ifname={name}{self.number},script=no,downscript=no", "-device",
                             f"virtio-net-pci,netdev={name},mac=02:53:4d:00:{wire:02x}:{self.number:02x},romfile="]
        options.qemu += ["-device", "i6300esb", "-action", "watchdog=reset"]
        return Guest(options, script, self._heard, self.bmc, self.power)

    def start(self, samr_ko=None, power=True):
        """power=False: somebody else has it switched on, or will."""
        self.power = power
        super().start(samr_ko)

    def configure(self):
        super().configure()
        self.reach_bmcs()

    def reach_bmcs(self):
        self.sh(f"ip link set eth2 up && ip address add {self.cluster.NETWORK}.{self.number}/24 dev eth2")

    def cut(self):
        """Both links, in any order."""
        for wire in random.sample(("tap", "other"), 2):
            lab.ip("link", "set", f"{wire}{self.number}", "nomaster")

    def heal(self):
        super().heal()
        lab.ip("link", "set", f"other{self.number}", "master", "br-other")

    def pull(self, cable):
        """The cable of one link: carrier is lost at this end. A machine that is started anew has it plugged in."""
        self.guest.plug(cable, False)

    def kill(self):
        """What is left of its run is taken away; its power is cut if it is on."""
        if self.running():
            self.bmc.power("off")
        self.after_cut()

    def after_cut(self):
        """The same when its power was cut by somebody else."""
        self.thread.join(30)
        self._close_file()


class Heads(lab.Heads):
    """Heads with a BMC each; they reach them through a bridge of its own, at ADDRESS."""

    NETWORK = "10.77.0"
    ADDRESS = NETWORK + ".254"
    head_class = Head

    def __init__(self, count, work, lies=(), **options):
        super().__init__(count, work, **options)
        self.bmc, self.lies = {}, lies

    def __enter__(self):
        super().__enter__()
        lab.ip("link", "set", "lo", "up")
        for name in WIRES:
            lab.ip("link", "add", f"br-{name}", "type", "bridge", "stp_state", "0", "forward_delay", "0",
                   "mcast_snooping", "0")
            lab.ip("link", "set", f"br-{name}", "up")
            for k in self.heads:
                lab.ip("tuntap", "add", "dev", f"{name}{k}", "mode", "tap")
                lab.ip("link", "set", f"{name}{k}", "master", f"br-{name}", "up")
        lab.ip("address", "add", self.ADDRESS + "/24", "dev", "br-bmc")
        for k in self.heads:
            self.bmc[k] = self.make_bmc(k)
        return self

    def make_bmc(self, number):
        return Bmc(self.work, number, self.ADDRESS, IPMI_PORT + number, number in self.lies)

    def __exit__(self, *_):
        for head in self.heads.values():
            if head.running():
                head.guest.qemu.kill()
        for bmc in self.bmc.values():
            bmc.stop()
        for head in self.heads.values():
            if head.thread:
                head.thread.join(30)
        for name in ("br0", *(f"br-{w}" for w in WIRES)):
            lab.ip("link", "del", name)
        for name in ("tap", *WIRES):
            for k in self.heads:
                lab.ip("link", "del", f"{name}{k}")
