#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A client of redis that has one connection, and counts on it: each INCR of its own key must give the next number, each once.

    keep.py ADDRESS:PORT KEY LOG    until SIGTERM; what it has got is in LOG, a number a line
"""
import sys

import load


def main(at, key, log):
    stop, redis, n = load.stop(), load.Connection(at), 0
    with open(log, "w", buffering=1) as out:
        while not stop:
            n += 1
            redis.socket.sendall(b"INCR %s\r\n" % key.encode())
            line = redis.line()
            if line != f":{n}":
                sys.exit(f"{line} instead of {n}")
            print(n, file=out)


if len(sys.argv) != 4:
    sys.exit(__doc__)
main(*sys.argv[1:])
