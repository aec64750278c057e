#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A client of memcached. Each write appends to what the key has, so that one that is done twice shows; nothing is ever tried
again: a connection that breaks is a failure.

    memcached.py sum ADDRESS:PORT NAME...   a digest of what the keys of these clients have, with CAS numbers
"""
import hashlib
import sys

import load

KEYS = 200


class Memcached(load.Connection):
    def store(self, verb, key, value):
        self.socket.sendall(f"{verb} {key} 0 0 {len(value)}\r\n{value}\r\n".encode())
        return self.line()

    def get(self, key):
        self.socket.sendall(f"get {key}\r\n".encode())
        first = self.line()
        if first == "END":
            return None
        value = self.body(int(first.split()[3]))
        if self.line() != "END":
            sys.exit("no END")
        return value


def write(at, name, log):
    stop, cache, n = load.stop(), Memcached(at), 0
    while not stop:
        n += 1
        key = f"{name}-{n % KEYS}"
        verb = "set" if n <= KEYS else "append"
        log.tried(key, n)
        answer = cache.store(verb, key, f"{n},")
        if answer != "STORED":
            sys.exit(f"{verb} {key}: {answer}")
        log.acknowledged(key, n)


def read(at, *logs):
    cache = Memcached(at)

    def wrong(key, written):
        has = cache.get(key)
        wanted = "".join(n + "," for n in written.acknowledged)
        return has != wanted and f"{key}: {has} instead of {wanted}"

    load.judge(logs, wrong)


def sum_of(at, *names):
    cache, all_of_it = Memcached(at), hashlib.sha256()
    for key in (f"{name}-{n}" for name in names for n in range(KEYS)):
        cache.socket.sendall(f"gets {key}\r\n".encode())
        while (line := cache.line()) != "END":
            all_of_it.update(line.encode())
    print(all_of_it.hexdigest())


if sys.argv[1:2] == ["sum"]:
    sum_of(*sys.argv[2:])
    sys.exit()
load.main(__doc__, write, read)
