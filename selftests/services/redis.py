#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A client of redis. Each key has what was acknowledged last for it, or was tried after that: a connection that ends is made
anew, and the write tried again.
"""
import sys
import time

import load

KEYS = 200


class Redis(load.Connection):
    def ask(self, *words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
        line = self.line()
        if line[:1] == "-":
            sys.exit(f"{words}: {line[1:]}")
        if line[:1] != "$" or line == "$-1":
            return line
        return self.body(int(line[1:]))


def write(at, name, log):
    stop, redis, n = load.stop(), Redis(at), 0
    while not stop:
        n += 1
        key = f"{name}-{n % KEYS}"
        log.tried(key, n)
        while True:
            try:
                redis = redis or Redis(at)
                redis.ask("SET", key, str(n))
                break
            except ConnectionError:
                log.broke += 1
                redis = None
                time.sleep(0.05)
        log.acknowledged(key, n)


def read(at, *logs):
    redis = Redis(at)

    def wrong(key, written):
        has = redis.ask("GET", key)
        may = written.acknowledged[-1:] + written.open
        return has not in may and f"{key}: {has} instead of {may}"

    load.judge(logs, wrong)


load.main(__doc__, write, read)
