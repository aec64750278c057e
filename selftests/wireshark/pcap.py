# SPDX-License-Identifier: GPL-2.0
"""Captures as the simulator writes them, and what of a frame can be told without the dissector."""
import struct

ETHERTYPE = 0x88B5
ETHER = 14
HEADER = 56
UDP_PORT = 7374
RECORD = struct.Struct("!BBH")
# Where in an ORDER its place stands, and the names of records by their numbers.
GSEQ = 8


def read(path):
    """The frames of a capture, without what Ethernet puts around them."""
    data = path.read_bytes()
    at, frames = 24, []
    while at < len(data):
        kept, = struct.unpack_from("<I", data, at + 8)
        at += 16
        frames.append(data[at + ETHER:at + kept])
        at += kept
    return frames


def on_ethernet(frame):
    return bytes.fromhex("02534d000002 02534d000001") + struct.pack("!H", ETHERTYPE) + frame


def over_udp(frame, port=UDP_PORT):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(frame), 0, 0, 64, 17, 0, bytes([10, 25, 0, 1]), bytes([10, 25, 0, 2]))
    udp = struct.pack("!HHHH", 40000, port, 8 + len(frame), 0)
    return bytes.fromhex("02534d000002 02534d000001 0800") + ip + udp + frame


def write(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, packet in enumerate(packets):
            f.write(struct.pack("<IIII", i, 0, len(packet), len(packet)) + packet)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sealed(body):
    """Header and records, with the trailer that belongs to them."""
    return body + struct.pack("!I", crc32c(body))


def length(frame):
    return struct.unpack_from("!H", frame, 50)[0]


def records(frame):
    """Types of the records, and the places that its ORDERs tell."""
    at, types, places = HEADER, [], []
    while at < length(frame):
        kind, _, size = RECORD.unpack_from(frame, at)
        types.append(kind)
        if kind == 2:
            places.append(struct.unpack_from("!Q", frame, at + GSEQ)[0])
        at += size
    return types, places
