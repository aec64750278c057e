# SPDX-License-Identifier: GPL-2.0
"""Which kernel a guest boots, and the files made for it, kept in a cache outside the tree."""
import contextlib
import fcntl
import glob
import hashlib
import lzma
import os
import re
import shutil
import struct
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "samr")
GUEST = os.path.join(TOP, "selftests", "guest")
BUSYBOX = "/bin/busybox"
STOCK = ("6.1", "6.12")     # that scripts/deps installs
# What the initramfs needs to reach the machine's root; built in or absent in some kernels.
ROOT_MODULES = ("virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay")


class KernelError(Exception):
    """What is missing, in words for the user."""


@contextlib.contextmanager
def lock(name):
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, name + ".lock"), "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def cached(name, inputs, make):
    """The cache's file NAME-HASH for these inputs; make(path) writes it where it is not there yet."""
    key = hashlib.sha256(repr(inputs).encode()).hexdigest()[:12]
    path = os.path.join(CACHE, f"{name}-{key}")
    with lock("files"):
        if not os.path.exists(path):
            for old in glob.glob(glob.escape(os.path.join(CACHE, name)) + "-" + "[0-9a-f]" * 12):
                os.unlink(old)
            make(path + ".partial")
            os.rename(path + ".partial", path)
    return path


def stamp(path):
    st = os.stat(path)
    return path, st.st_size, st.st_mtime_ns


def read_text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Kernel:
    """A kernel image, its release, the folder of its modules and the build/ folder of samr.ko for it."""

    def __init__(self, image, release, modules, own=False):
        self.image, self.release, self.modules = image, release, modules
        # A kernel that patches its own text on several CPUs (jump labels) now and then dies of "Oops: int3" in QEMU
        # 7.2 with one host thread for each CPU. The debug kernel has none, and threads find more races.
        self.tcg_threads = "multi" if own else "single"
        self.own = own

    @property
    def samr_ko(self):
        return os.path.join(TOP, "build", self.release, "samr.ko")

    def boot_image(self):
        """A stock image as the ELF file in it, which QEMU enters directly (PVH): saves the guest the unpacking.

        The debug kernel cannot be entered so, as KASAN's shadow memory is not there yet; it is packed for speed.
        """
        if self.own:
            return self.image
        return cached("vmlinux-" + self.release, stamp(self.image), self._unpack)

    def _unpack(self, path):
        with open(self.image, "rb") as f:
            data = f.read()
        setup_sectors = data[0x1F1] or 4
        offset, length = struct.unpack_from("<II", data, 0x248)
        start = (setup_sectors + 1) * 512 + offset
        payload = data[start:start + length]
        if payload.startswith(b"\xfd7zXZ\x00"):
            elf = lzma.LZMADecompressor().decompress(payload)
        elif payload.startswith(b"\x28\xb5\x2f\xfd"):   # zstd; the last four bytes are the unpacked size
            elf = subprocess.run(["zstd", "-dcq"], input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
        else:
            raise KernelError(f"{self.image}: packed in a way this script does not know")
        with open(path, "wb") as f:
            f.write(elf)

    def initramfs(self):
        if not os.path.exists(BUSYBOX):
            raise KernelError(f"{BUSYBOX} is missing: run scripts/deps")
        dep = os.path.join(self.modules, "modules.dep")
        scripts = [read_text(os.path.join(GUEST, name)) for name in ("init", "session")]
        inputs = stamp(dep), stamp(BUSYBOX), scripts, read_text(os.path.abspath(__file__))
        return cached("initramfs-" + self.release, inputs, self._pack)

    def _pack(self, path):
        with tempfile.TemporaryDirectory() as root:
            for folder in ("bin", "proc", "sys", "dev", "root", "overlay", "modules"):
                os.mkdir(os.path.join(root, folder))
            for name in ("init", "session"):
                shutil.copy(os.path.join(GUEST, name), root)
                os.chmod(os.path.join(root, name), 0o755)
            shutil.copy(BUSYBOX, os.path.join(root, "bin"))
            for applet in ("sh", "mount", "mkdir", "ln", "cp", "ip", "insmod", "switch_root"):
                os.symlink("busybox", os.path.join(root, "bin", applet))
            names = []
            for module in self._root_modules():
                name = os.path.basename(module).removesuffix(".xz")
                opener = lzma.open if module.endswith(".xz") else open
                with opener(os.path.join(self.modules, module), "rb") as src, \
                     open(os.path.join(root, "modules", name), "wb") as dst:
                    shutil.copyfileobj(src, dst)
                names.append(name)
            with open(os.path.join(root, "modules", "list"), "w", encoding="ascii") as f:
                f.writelines(name + "\n" for name in names)
            with open(path, "wb") as f:
                subprocess.run("find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet", shell=True, check=True,
                               cwd=root, stdout=f)

    def _root_modules(self):
        """ROOT_MODULES and what they depend on, in the order of loading."""
        deps, order = {}, []
        for line in read_text(os.path.join(self.modules, "modules.dep")).splitlines():
            path, needs = line.split(":")
            deps[path] = needs.split()
        by_name = {os.path.basename(p).split(".")[0].replace("-", "_"): p for p in deps}

        def add(path):
            for need in deps[path]:
                add(need)
            if path not in order:
                order.append(path)

        for name in ROOT_MODULES:
            if name in by_name:
                add(by_name[name])
        return order


def version_key(text):
    return [int(n) for n in re.findall(r"\d+", text)]


def stock(version):
    """The newest installed stock kernel whose release starts with version (all for an empty one)."""
    prefix = "/boot/vmlinuz-"
    found = [p for p in glob.glob(prefix + version + "*")
             if re.match(re.escape(version) + r"(\D|$)", p.removeprefix(prefix)) or not version]
    for image in sorted(found, key=version_key, reverse=True):
        release = image.removeprefix(prefix)
        if os.path.isdir(f"/lib/modules/{release}"):
            return Kernel(image, release, f"/lib/modules/{release}")
    raise KernelError(f"no kernel {version} in /boot with its modules: " + ("run scripts/deps" if version in ("", *STOCK)
                      else f"{', '.join(STOCK)} and debug are those of scripts/deps"))


def in_folder(folder):
    """A kernel as scripts/debug-kernel leaves it: FOLDER/bzImage and FOLDER/lib/modules/RELEASE."""
    releases = os.listdir(os.path.join(folder, "lib", "modules"))
    return Kernel(os.path.join(folder, "bzImage"), releases[0], os.path.join(folder, "lib", "modules", releases[0]), own=True)


def find(name):
    """The kernel that --kernel NAME means: 6.1, 6.12, debug, a folder of scripts/debug-kernel's kind or a vmlinuz."""
    if name == "debug":
        run = subprocess.run([os.path.join(TOP, "scripts", "debug-kernel"), "--path"], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if run.returncode:
            raise KernelError(run.stderr.strip())
        return in_folder(run.stdout.strip())
    if re.fullmatch(r"\d+(\.\d+)*", name):
        return stock(name)
    if os.path.isdir(name):
        return in_folder(name)
    release = os.path.basename(name).removeprefix("vmlinuz-")
    if os.path.isfile(name) and os.path.isdir(f"/lib/modules/{release}"):
        return Kernel(name, release, f"/lib/modules/{release}")
    raise KernelError(f"kernel {name!r}: wanted 6.1, 6.12, debug, a folder made by scripts/debug-kernel, or a "
                      "vmlinuz-RELEASE whose modules are in /lib/modules/RELEASE")
