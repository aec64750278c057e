#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A client of redis, by TCP as it knows it: it sets keys until it is told to stop, or asks for all that was acknowledged.

    redis.py write ADDRESS:PORT NAME LOG    LOG has a line for each set that was tried, and one when it was acknowledged;
                                            at its end how often the connection broke, and the longest wait
    redis.py read ADDRESS:PORT LOG...       each key has what was acknowledged last for it, or was tried after that

SIGTERM ends a writer behind the set that is under way. A connection that ends is made anew, and the set tried again.
"""
import signal
import socket
import sys
import time

KEYS = 200


class Redis:
    def __init__(self, at):
        host, port = at.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def ask(self, *words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("the connection ended")
        if line[:1] == b"-":
            sys.exit(f"{words}: {line[1:-2].decode()}")
        if line[:1] != b"$" or line == b"$-1\r\n":
            return line[:-2].decode()
        return self.file.read(int(line[1:]) + 2)[:-2].decode()


def write(at, name, log):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    redis, longest, broke, n = Redis(at), 0, 0, 0
    with open(log, "w", buffering=1) as out:
        while not stop:
            n += 1
            key = f"{name}-{n % KEYS}"
            print("tried", key, n, file=out)
            begin = time.monotonic()
            while True:
                try:
                    redis = redis or Redis(at)
                    redis.ask("SET", key, str(n))
                    break
                except ConnectionError:
                    broke += 1
                    redis = None
                    time.sleep(0.05)
            print("acknowledged", key, n, file=out)
            longest = max(longest, time.monotonic() - begin)
        print("broke", broke, "longest", int(longest * 1000), file=out)


def read(at, logs):
    may, acknowledged = {}, 0
    for log in logs:
        with open(log) as lines:
            for line in lines:
                what, key, n = line.split()[:3]
                if what == "tried":
                    may.setdefault(key, set()).add(n)
                elif what == "acknowledged":
                    may[key] = {n}
                    acknowledged += 1
    redis = Redis(at)
    bad = 0
    for key, numbers in may.items():
        has = redis.ask("GET", key)
        if has not in numbers:
            bad += 1
            if bad <= 10:
                print(f"{key}: {has} instead of {numbers}")
    print(f"{acknowledged} acknowledged sets of {len(may)} keys, {bad} keys are wrong")
    sys.exit(bool(bad) or not acknowledged)


if sys.argv[1:2] == ["write"] and len(sys.argv) == 5:
    write(*sys.argv[2:])
elif sys.argv[1:2] == ["read"] and len(sys.argv) > 3:
    read(sys.argv[2], sys.argv[3:])
else:
    sys.exit(__doc__)
