# SPDX-License-Identifier: GPL-2.0
"""What the clients of services have in common: the log of one that writes, and who is asked for what it says.

    NAME.py write ADDRESS:PORT NAME LOG     until SIGTERM: a number for a key, again and again
    NAME.py read ADDRESS:PORT [WORD] LOG... is there what was acknowledged?

A log has a line for each write that was tried, and one when it was acknowledged; at its end how often the connection broke, and
the longest wait, in ms.
"""
import collections
import signal
import socket
import sys
import time

COMPLAINTS = 10


class Connection:
    """Of TCP, to a service that answers in lines."""

    def __init__(self, at):
        host, port = at.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def line(self):
        text = self.file.readline()
        if not text.endswith(b"\r\n"):
            raise ConnectionResetError("the connection ended")
        return text[:-2].decode()

    def body(self, length):
        return self.file.read(length + 2)[:-2].decode()


class Log:
    def __init__(self, path):
        self.out = open(path, "w", buffering=1)
        self.since = {}
        self.longest = self.broke = 0

    def tried(self, key, n):
        self.since[key, n] = time.monotonic()
        print("tried", key, n, file=self.out)

    def acknowledged(self, key, n):
        self.longest = max(self.longest, time.monotonic() - self.since.pop((key, n)))
        print("acknowledged", key, n, file=self.out)

    def end(self):
        print("broke", self.broke, "longest", int(self.longest * 1000), file=self.out)
        self.out.close()


class Written:
    """What logs say of a key."""

    def __init__(self):
        self.acknowledged = []
        self.open = []          # tried behind what was acknowledged last


def read_logs(paths):
    keys = collections.defaultdict(Written)
    for path in paths:
        with open(path) as lines:
            for line in lines:
                what, key, n = line.split()[:3]
                if what == "tried":
                    keys[key].open.append(n)
                elif what == "acknowledged":
                    keys[key].acknowledged.append(n)
                    keys[key].open.remove(n)
    return keys


def judge(logs, wrong):
    """The end of a reader: wrong(key, Written) says what is wrong with a key, or nothing."""
    keys = read_logs(logs)
    complaints = [text for key, written in keys.items() if (text := wrong(key, written))]
    print(*complaints[:COMPLAINTS], sep="\n")
    acknowledged = sum(len(k.acknowledged) for k in keys.values())
    print(f"{acknowledged} acknowledged writes to {len(keys)} keys, {len(complaints)} keys are wrong")
    sys.exit(bool(complaints) or not acknowledged)


def stop():
    """A list that has something when SIGTERM has come."""
    come = []
    signal.signal(signal.SIGTERM, lambda *_: come.append(1))
    return come


def main(doc, write, read):
    if sys.argv[1:2] == ["write"] and len(sys.argv) == 5:
        log = Log(sys.argv[4])
        write(sys.argv[2], sys.argv[3], log)
        log.end()
    elif sys.argv[1:2] == ["read"] and len(sys.argv) > 3:
        read(sys.argv[2], *sys.argv[3:])
    else:
        sys.exit(doc + __doc__)
