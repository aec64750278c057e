# SPDX-License-Identifier: GPL-2.0
"""Stream sockets of AF_SAMR for tests in Python, and points of TAP.

Python knows no addresses of this family, so that calls which have one go through libc.
"""
import ctypes
import os
import signal
import socket
import struct
import sys
import time
import traceback

AF_SAMR = 25
ADDRESS = struct.Struct("=HHIQII")
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


class Stream(socket.socket):
    """With bind(), connect() and accept() that take and give services, and (service, head, port)."""

    def __init__(self, fileno=None, kind=socket.SOCK_STREAM):
        super().__init__(AF_SAMR, kind, 0, fileno)

    def _name(self, call):
        buf = ctypes.create_string_buffer(64)
        size = ctypes.c_uint(64)
        check(call(self.fileno(), buf, ctypes.byref(size)))
        family, _, service, head, port, _ = ADDRESS.unpack(buf.raw[:size.value])
        assert family == AF_SAMR
        return service, head, port

    def bind(self, service):
        check(libc.bind(self.fileno(), ADDRESS.pack(AF_SAMR, 0, service, 0, 0, 0), ADDRESS.size))

    def connect(self, service):
        check(libc.connect(self.fileno(), ADDRESS.pack(AF_SAMR, 0, service, 0, 0, 0), ADDRESS.size))

    def accept(self, flags=0):
        return Stream(check(libc.accept4(self.fileno(), None, None, flags)))

    def getsockname(self):
        return self._name(libc.getsockname)

    def getpeername(self):
        return self._name(libc.getpeername)

    def exactly(self, count):
        """So many bytes, or fewer at the end."""
        return self.recv(count, socket.MSG_WAITALL)

    def rest(self):
        parts = []
        while part := self.recv(1 << 16):
            parts.append(part)
        return b"".join(parts)


def listening(service, backlog=8):
    s = Stream()
    s.bind(service)
    s.listen(backlog)
    return s


def connected(service):
    s = Stream()
    s.connect(service)
    return s


def enter(head):
    """This process goes to the network namespace of a head of scripts/lab."""
    with open(f"/run/netns/samr{head}", "rb") as ns:
        check(libc.setns(ns.fileno(), 0x40000000))


def within(seconds, true, what="it"):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def fails(error, call, *args):
    """The call fails with this errno."""
    try:
        result = call(*args)
    except OSError as e:
        if e.errno != error:
            raise AssertionError(f"errno {e.errno} ({e.strerror}), wanted {error} ({os.strerror(error)})") from e
        return
    raise AssertionError(f"it succeeded: {result!r}, wanted {os.strerror(error)}")


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r:.200}, wanted {wanted!r:.200}")


class Points:
    """@points: a function is a point, run by run(); its name tells what holds. One that hangs fails."""

    def __init__(self, seconds):
        self.tests = []
        self.seconds = seconds
        signal.signal(signal.SIGALRM, self.hangs)

    @staticmethod
    def hangs(*_):
        raise AssertionError("it takes too long")

    def __call__(self, test):
        self.tests.append(test)
        return test

    def run(self, only=""):
        failed = 0
        tests = [t for t in self.tests if only in t.__name__]
        print(f"1..{len(tests)}")
        for number, test in enumerate(tests, 1):
            begin = time.monotonic()
            signal.alarm(self.seconds)
            try:
                test()
                word = "ok"
            except Exception:
                word = "not ok"
                failed += 1
                for line in traceback.format_exc().splitlines():
                    print("# " + line)
            signal.alarm(0)
            print(f"{word} {number} - {test.__name__.replace('_', ' ')}", flush=True)
            print(f"# {time.monotonic() - begin:.1f} s", flush=True)
        sys.exit(failed > 0)
