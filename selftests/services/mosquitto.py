#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Clients of mosquitto: its own, mosquitto_pub and mosquitto_sub, with what they say looked at. A key is a topic, log/NAME, whose
messages are numbers, each acknowledged to mosquitto_pub by a PUBACK. The word of read is the name of a session that had
subscribed to log/#: it gets what was kept for it, up to the message of log/end. With - it is read from standard input
what mosquitto_sub has printed.
"""
import re
import subprocess
import sys
import time

import load

WINDOW = 2      # numbers that may be on their way
PAUSE = 0.02    # between them: what is queued for those that are away is read three times
PATIENCE = 100  # seconds for that
LAST = "log/end"


def program(name, at, *words, **more):
    host, port = at.rsplit(":", 1)
    # A program that writes to a pipe keeps its lines otherwise.
    return subprocess.Popen(["stdbuf", "-oL", name, "-h", host, "-p", port, "-q", "1", *words],
                            stdout=subprocess.PIPE, text=True, **more)


def write(at, name, log):
    """mosquitto_pub numbers messages from 1 on, as they are numbered here."""
    key, stop = "log/" + name, load.stop()
    pub = program("mosquitto_pub", at, "-i", name, "-t", key, "-r", "-l", "-d", stdin=subprocess.PIPE, bufsize=1)
    tried = acknowledged = connects = 0

    def feed(upto):
        nonlocal tried
        while tried < upto:
            tried += 1
            log.tried(key, tried)
            print(tried, file=pub.stdin)

    feed(WINDOW)
    for line in pub.stdout:
        connects += "sending CONNECT" in line
        if not (puback := re.search(r"received PUBACK \(Mid: (\d+), RC:0\)", line)):
            continue
        acknowledged += 1
        log.acknowledged(key, int(puback[1]))
        if not stop:
            time.sleep(PAUSE)
            feed(acknowledged + WINDOW)
        elif acknowledged == tried:
            pub.stdin.close()
    log.broke = connects - 1
    if pub.wait() or acknowledged != tried:
        sys.exit(f"mosquitto_pub ended with {pub.returncode}, {acknowledged} of {tried} are acknowledged")


def messages(at, session):
    if session == "-":
        yield from sys.stdin
        return
    with program("mosquitto_sub", at, "-c", "-i", session, "-t", "log/#", "-F", "%t %p", "-W", str(PATIENCE)) as sub:
        for line in sub.stdout:
            yield line
            if line.startswith(LAST):
                sub.terminate()


def read(at, session, *logs):
    """They come in their order, those of a connection that broke perhaps twice."""
    has, again = {}, 0
    for line in messages(at, session):
        key, n = line.split()
        again += n in has.setdefault(key, {})
        has[key][n] = None

    def wrong(key, written):
        came = list(has.get(key, {}))
        missing = [n for n in written.acknowledged if n not in came]
        if missing:
            return f"{key}: {len(missing)} are missing, first {missing[0]}"
        return came != sorted(came, key=int) and f"{key}: not in the order in which they were sent"

    print(f"{again} came twice")
    load.judge(logs, wrong)


load.main(__doc__, write, read)
