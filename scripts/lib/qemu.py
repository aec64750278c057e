# SPDX-License-Identifier: GPL-2.0
"""A QEMU guest over the machine's own root that runs one shell script and gives back its output, status and kernel log.

The host ends of the guest's serial console, virtio ports and QEMU's monitor are socket pairs, all served by one loop.
"""
import collections
import json
import os
import selectors
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import kernels
import kreport

EXIT_TIMEOUT = 124      # as timeout(1)
EXIT_REPORT = 97        # the kernel reported something wrong
EXIT_DIED = 98          # the guest ended without a status: panic, QEMU failed, no boot
BOOT_SILENCE = 60       # seconds without a line in the log until a boot is given up; a busy host may be slow
END_MARK = "samr-guest: end"
CHANNELS = ("con", "qmp", "ctl", "out", "err", "in")


class Options:
    """How to boot; the defaults suit a functional test."""

    def __init__(self, kernel, **changes):
        self.kernel = kernel
        self.memory, self.cpus, self.icount = 1024, 2, False
        self.limit = 300.0              # seconds for the script, from the moment it starts
        self.append, self.qemu = [], []
        self.out = None                 # folder seen, writable, as /run/samr-out
        self.log = None                 # where the kernel log goes, written as it comes
        self.stdin = None               # file object handed to the script; None: /dev/null
        self.merge = False              # standard errors go where standard output goes, in order
        self.accel = None               # None: kvm where a probe shows that it boots, else tcg
        self.env = {}
        for name, value in changes.items():
            if not hasattr(self, name):
                raise TypeError(f"no option {name}")
            setattr(self, name, value)


class Result:
    """status: of the script, EXIT_TIMEOUT or EXIT_DIED. why: in words when it is one of those two, else empty."""

    def __init__(self):
        self.status, self.why, self.log, self.boot_seconds = None, "", [], None

    def reports(self, allow=()):
        return kreport.reports(self.log, allow)


def accelerator():
    """kvm where a guest is known to boot with it; asked once per boot of the host."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
        note = os.path.join(kernels.CACHE, "kvm-" + f.read().strip())
    with kernels.lock("kvm"):
        if not os.path.exists(note):
            probe = Guest(Options(kernels.stock(""), accel="kvm", cpus=1, limit=20), "true")
            probe.boot_silence = 20
            works = probe.run().status == 0
            with open(note, "w", encoding="ascii") as f:
                f.write("kvm" if works else "tcg")
        return kernels.read_text(note)


class Guest:
    """run() boots, runs the script and returns a Result; on_output(channel, bytes) gets "out" and "err" as they come.

    deadline (time.monotonic()) may be moved by on_output while it runs.
    """

    def __init__(self, options, script, on_output=None):
        self.o, self.script, self.on_output = options, script, on_output or (lambda channel, data: None)
        self.result = Result()
        self.boot_silence = BOOT_SILENCE
        self.deadline = None
        self.sock, self.qemu = {}, None
        self.pending = bytearray()      # standard input on its way to the guest
        self.partial = collections.defaultdict(bytes)
        self.log_file = None

    # ---- starting

    def run(self):
        job = tempfile.mkdtemp(prefix="samr-guest-")
        self.started = time.monotonic()
        self.deadline = self.started + self.boot_silence
        try:
            if self.o.log:
                self.log_file = open(self.o.log, "w", encoding="utf-8", errors="replace")
            with open(os.path.join(job, "job"), "w", encoding="utf-8") as f:
                f.write(self.script)
            self._start(job)
            self._loop()
        finally:
            self._stop()
            shutil.rmtree(job)
            if self.log_file:
                self.log_file.close()
        return self.result

    def _start(self, job):
        if not shutil.which("qemu-system-x86_64"):
            raise kernels.KernelError("qemu-system-x86_64 is missing: run scripts/deps")
        far = {}
        for name in CHANNELS:
            self.sock[name], far[name] = socket.socketpair()
            self.sock[name].setblocking(False)
        # setpriv: the guest dies with this process, however that ends.
        argv = ["setpriv", "--pdeathsig", "KILL"] + self._argv(job, {n: s.fileno() for n, s in far.items()})
        self.qemu_err = tempfile.TemporaryFile()
        self.qemu = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.qemu_err, stderr=self.qemu_err,
                                     pass_fds=[s.fileno() for s in far.values()])
        for s in far.values():
            s.close()
        self._qmp("qmp_capabilities")

    def _argv(self, job, fd):
        o = self.o
        accel = o.accel or ("tcg" if o.icount else accelerator())
        if accel == "tcg" and not o.icount:
            accel += f",tb-size=512,thread={o.kernel.tcg_threads}"
        argv = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-machine", "q35", "-accel", accel,
                "-cpu", self._cpu(accel),
                "-smp", "1" if o.icount else str(o.cpus), "-m", str(o.memory),
                "-kernel", o.kernel.boot_image(), "-initrd", o.kernel.initramfs(),
                "-append", " ".join(self._cmdline(job, accel)),
                "-chardev", f"socket,id=qmp,fd={fd['qmp']}", "-mon", "chardev=qmp,mode=control",
                "-chardev", f"socket,id=con,fd={fd['con']}", "-serial", "chardev:con",
                "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
                "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
                "-device", "virtio-serial-pci"]
        for name in ("ctl", "out", "err", "in"):
            argv += ["-chardev", f"socket,id={name},fd={fd[name]}",
                     "-device", f"virtserialport,chardev={name},name=samr.{name}"]
        if o.out:
            argv += ["-fsdev", f"local,id=out,path={os.path.abspath(o.out)},security_model=none",
                     "-device", "virtio-9p-pci,fsdev=out,mount_tag=out"]
        if o.icount:
            argv += ["-icount", "shift=0,sleep=off", "-rtc", "base=2024-01-01,clock=vm"]
        return argv + o.qemu

    def _cpu(self, accel):
        cpu = "max,vendor=GenuineIntel,family=6,model=85,stepping=4" if accel.startswith("tcg") else "max"
        # Where instructions are time each byte of a `rep movsb` would be one.
        return cpu + (",-erms,-fsrm" if self.o.icount else "")

    def _cmdline(self, job, accel):
        o = self.o
        words = ["console=ttyS0", "loglevel=7", "printk.devkmsg=on", "nokaslr", "mitigations=off", "panic=-1",
                 "oops=panic", "unknown_nmi_panic", "sysrq_always_enabled=1", "random.trust_cpu=on", "no_timer_check",
                 "rcupdate.rcu_cpu_stall_timeout=60", "pci=lastbus=0", f"SAMR_JOB={job}/job",
                 f"SAMR_MODULES={o.kernel.modules}"]
        if o.icount:
            words += ["tsc=reliable", "norandmaps"]
        elif accel.startswith("tcg"):
            words += host_tsc()
        words += ["SAMR_OUT=1"] if o.out else []
        words += ["SAMR_STDIN=port"] if o.stdin else []
        words += ["SAMR_MERGE=1"] if o.merge else []
        return words + o.append

    # ---- serving

    def _loop(self):
        with selectors.DefaultSelector() as selector:
            for name in ("con", "qmp", "ctl", "out", "err"):
                selector.register(self.sock[name], selectors.EVENT_READ, name)
            if self.o.stdin:
                self._try_register(selector, self.o.stdin)
            self.open = {"con", "qmp", "ctl", "out", "err"}
            while self.result.status is None:
                left = self.deadline - time.monotonic()
                if left <= 0:
                    self._time_out(selector)
                    return
                if not self._serve(selector, left):
                    self._died()
                    return
            self._until_log_ends(selector)

    def _try_register(self, selector, stdin):
        try:
            selector.register(stdin, selectors.EVENT_READ, "stdin")
        except PermissionError:         # epoll refuses a regular file: all of it is there already
            self.pending += stdin.read()
            self._feed_end = True
            selector.register(self.sock["in"], selectors.EVENT_WRITE, "in")

    _feed_end = False

    def _serve(self, selector, wait):
        """Handles what is there; false when QEMU is gone."""
        for key, _ in selector.select(min(wait, 1.0)):
            if key.data == "stdin":
                self._take_stdin(selector)
            elif key.data == "in":
                self._feed_stdin(selector)
            else:
                data = receive(key.fileobj)
                if data:
                    self._take(key.data, data)
                else:
                    selector.unregister(key.fileobj)
                    self.open.discard(key.data)
        return "con" in self.open

    def _take(self, name, data):
        if name in ("out", "err"):
            self.on_output(name, data)
            return
        *lines, self.partial[name] = (self.partial[name] + data).split(b"\n")
        for line in lines:
            line = line.decode(errors="replace").rstrip("\r")
            if name == "con":
                self._log(line)
            elif name == "ctl":
                self._control(line)

    def _log(self, line):
        self.result.log.append(line)
        if self.log_file:
            self.log_file.write(line + "\n")
            self.log_file.flush()
        if self.result.boot_seconds is None:
            self.deadline = time.monotonic() + self.boot_silence

    def _control(self, line):
        word, _, rest = line.partition(" ")
        if word == "ready":
            now = time.monotonic()
            self.result.boot_seconds = now - self.started
            self.deadline = now + self.o.limit
        elif word == "exit":
            self.result.status = int(rest)

    def _take_stdin(self, selector):
        data = os.read(self.o.stdin.fileno(), 65536)
        if not data:
            selector.unregister(self.o.stdin)
            self._feed_end = True
        self.pending += data
        if "in" not in [k.data for k in selector.get_map().values()]:
            selector.register(self.sock["in"], selectors.EVENT_WRITE, "in")

    def _feed_stdin(self, selector):
        try:
            sent = self.sock["in"].send(self.pending) if self.pending else 0
        except OSError:
            sent, self._feed_end = len(self.pending), True
        del self.pending[:sent]
        if not self.pending:
            selector.unregister(self.sock["in"])
            if self._feed_end:          # not close(): QEMU would drop what it has not read yet
                self.sock["in"].shutdown(socket.SHUT_WR)

    # ---- ending

    def _until_log_ends(self, selector):
        """The serial console is slower than the ports: waits for the session's last line in it."""
        end = time.monotonic() + 10
        while not any(END_MARK in line for line in self.result.log[-20:]) and time.monotonic() < end:
            if not self._serve(selector, 0.1):
                return

    def _died(self):
        self.qemu.wait(10)
        self.qemu_err.seek(0)
        words = self.qemu_err.read().decode(errors="replace").strip()
        self.result.status = EXIT_DIED
        self.result.why = "the guest ended by itself" + (f": {words}" if words else "")

    def _time_out(self, selector):
        """Lets the kernel say where it is: running CPUs, blocked tasks, all tasks; by NMI when it no longer listens."""
        booted = self.result.boot_seconds is not None
        phase = f"the command did not end in {self.o.limit:.0f} s" if booted else "the boot did not end"
        self.result.status = EXIT_TIMEOUT
        self.result.why = f"time limit: {phase}"
        self._log("samr-guest: time limit, asking for stack dumps")
        for letter in b"ltw":
            before = len(self.result.log)
            self._qmp("chardev-send-break", id="con")
            self._quiet(selector, 0.2, 1)
            try:
                self.sock["con"].send(bytes([letter]))
            except OSError:
                return
            self._quiet(selector, 1.0, 20)
            if len(self.result.log) == before:
                self._log("samr-guest: no answer, sending an NMI")
                self._qmp("inject-nmi")
                self._quiet(selector, 2.0, 10)
                return

    def _quiet(self, selector, silence, limit):
        """Serves until nothing was logged for silence seconds."""
        end = time.monotonic() + limit
        heard, count = time.monotonic(), len(self.result.log)
        while time.monotonic() < end and time.monotonic() - heard < silence:
            if not self._serve(selector, 0.1):
                return
            if len(self.result.log) != count:
                heard, count = time.monotonic(), len(self.result.log)

    def _qmp(self, command, **arguments):
        message = {"execute": command, **({"arguments": arguments} if arguments else {})}
        self.sock["qmp"].send(json.dumps(message).encode() + b"\n")

    def _stop(self):
        if self.qemu and self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()
        for s in self.sock.values():
            s.close()


def receive(sock):
    try:
        return sock.recv(65536)
    except BlockingIOError:
        return b" "[:0]
    except ConnectionError:
        return b""


def host_tsc():
    """Under software emulation the guest's time stamp counter is the host's: a busy host would calibrate it wrongly."""
    for line in kernels.read_text("/proc/cpuinfo").splitlines():
        if line.startswith("cpu MHz"):
            return [f"tsc_early_khz={int(float(line.split(':')[1]) * 1000)}"]
    return []


def command_script(argv, cwd, env):
    """A shell script that runs argv in cwd with these variables set."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
    return "\n".join(lines + [f"cd {shlex.quote(cwd)} || exit 126", "exec " + shlex.join(argv), ""])


def standard_env(kernel):
    env = {"SAMR_TREE": kernels.TOP}
    if os.path.exists(kernel.samr_ko):
        env["SAMR_KO"] = kernel.samr_ko
    return env


def write_all(channel, data):
    stream = sys.stdout if channel == "out" else sys.stderr
    stream.buffer.write(data)
    stream.flush()
