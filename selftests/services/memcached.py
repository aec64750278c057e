#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A client of memcached, by TCP as it knows it: it writes until it is told to stop, or asks for all that was acknowledged.

    memcached.py write ADDRESS:PORT NAME LOG    LOG has a line for each acknowledged set: key, value; and at its end the
                                                longest wait
    memcached.py read ADDRESS:PORT LOG...       each acknowledged key has its value, and was set no other way

SIGTERM ends a writer behind the set that is under way. Nothing is ever tried again: a connection that breaks is a failure.
"""
import signal
import socket
import sys
import time

KEYS = 200		# of each writer; each set appends to what the key had, so that one that is done twice shows


class Memcached:
    def __init__(self, at):
        host, port = at.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def line(self):
        text = self.file.readline()
        if not text.endswith(b"\r\n"):
            sys.exit("the connection ended")
        return text[:-2].decode()

    def store(self, verb, key, value):
        self.socket.sendall(f"{verb} {key} 0 0 {len(value)}\r\n{value}\r\n".encode())
        return self.line()

    def get(self, key):
        self.socket.sendall(f"get {key}\r\n".encode())
        first = self.line()
        if first == "END":
            return None
        length = int(first.split()[3])
        value = self.file.read(length + 2)[:-2].decode()
        if self.line() != "END":
            sys.exit("no END")
        return value


def write(at, name, log):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    cache = Memcached(at)
    longest = 0
    with open(log, "w", buffering=1) as out:
        n = 0
        while not stop:
            n += 1
            key = f"{name}-{n % KEYS}"
            verb, wanted = ("set", "STORED") if n <= KEYS else ("append", "STORED")
            begin = time.monotonic()
            answer = cache.store(verb, key, f"{n},")
            longest = max(longest, time.monotonic() - begin)
            if answer != wanted:
                sys.exit(f"{verb} {key}: {answer}")
            print(key, n, file=out)
        print("longest", int(longest * 1000), file=out)


def read(at, logs):
    wanted = {}
    for log in logs:
        with open(log) as lines:
            for line in lines:
                key, n = line.split()
                if key != "longest":
                    wanted.setdefault(key, []).append(n)
    cache = Memcached(at)
    bad = 0
    for key, numbers in wanted.items():
        has = cache.get(key)
        if has != "".join(n + "," for n in numbers):
            bad += 1
            if bad <= 10:
                print(f"{key}: {has} instead of {','.join(numbers)}")
    sets = sum(len(n) for n in wanted.values())
    print(f"{sets} acknowledged sets of {len(wanted)} keys, {bad} keys are wrong")
    sys.exit(bool(bad) or not sets)


if sys.argv[1:2] == ["write"] and len(sys.argv) == 5:
    write(*sys.argv[2:])
elif sys.argv[1:2] == ["read"] and len(sys.argv) > 3:
    read(sys.argv[2], sys.argv[3:])
else:
    sys.exit(__doc__)
