#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Do mosquitto's databases say the same? mosquitto_db.py FILE FILE

A database is a list of chunks: messages, sessions, what is queued for these, retained ones, subscriptions. A replica that has
loaded one lists them in another order, which says nothing: messages and places in queues are numbered.
"""
import struct
import sys

MAGIC, HEAD = b"\x00\xb5\x00mosquitto db", 23
SESSION, PORT = 6, slice(16, 18)    # which mosquitto forgets of a session when it loads: the port that it had come by
SHOWN = 5


def chunks(path):
    with open(path, "rb") as f:
        data = f.read()
    if not data.startswith(MAGIC):
        sys.exit(f"{path}: not a database of mosquitto")
    at, found = HEAD, []
    while at < len(data):
        kind, length = struct.unpack_from(">II", data, at)
        body = bytearray(data[at + 8:at + 8 + length])
        if kind == SESSION:
            body[PORT] = b"\0\0"
        found.append((kind, bytes(body)))
        at += 8 + length
    return found


def main(one, other):
    a, b = chunks(one), chunks(other)
    print(f"{len(a)} chunks, {len(b)} chunks, in {'the same' if a == b else 'another'} order")
    for path, mine, its in (one, a, set(b)), (other, b, set(a)):
        only = [chunk for chunk in mine if chunk not in its]
        print(f"{len(only)} only in {path}")
        for kind, body in only[:SHOWN]:
            print(f"kind {kind}: {body.hex()}")
    sys.exit(sorted(a) != sorted(b) or not a)


if len(sys.argv) == 3:
    main(*sys.argv[1:])
else:
    sys.exit(__doc__)
