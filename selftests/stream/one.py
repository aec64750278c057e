#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Stream sockets of one head, that of this namespace: their calls, and their ends."""
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import threading

from streams import Points, Stream, connected, equal, fails, listening, within

SERVICE = 42
NOBODY = 43
NOWAIT = socket.MSG_DONTWAIT
point = Points()


def pair():
    """A client, the member's connection, and what listens."""
    server = listening(SERVICE)
    client = connected(SERVICE)
    return client, server.accept(), server


def events(s, ms=0):
    p = select.poll()
    p.register(s, select.POLLIN | select.POLLOUT | select.POLLRDHUP)
    found = p.poll(ms)
    return found[0][1] if found else 0


def has(s, bits, seconds=10):
    within(seconds, lambda: events(s, 10) & bits == bits, f"events {bits:#x}, there are {events(s):#x}")


@point
def bytes_go_both_ways():
    c, s, _ = pair()
    equal(c.send(b"hello"), 5)
    equal(s.recv(100), b"hello")
    equal(s.send(b"and back"), 8)
    equal(c.recv(3), b"and")
    equal(c.recv(100), b" back")


@point
def the_end_of_either_direction_is_seen_behind_its_bytes():
    c, s, _ = pair()
    c.send(b"last words")
    c.shutdown(socket.SHUT_WR)
    equal(s.rest(), b"last words")
    s.send(b"answer")
    s.close()
    equal(c.rest(), b"answer")


if __name__ == "__main__":
    point.run(*sys.argv[1:])
