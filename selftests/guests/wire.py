# SPDX-License-Identifier: GPL-2.0
"""Listens to a device of the host's, and says when conversations with a UDP port took place.

    with Listener("bmc1", 9002) as l:
        ...
        l.talks()       # [(begin, end)], monotonic seconds
"""
import socket
import struct
import threading
import time

ETH_P_ALL = 3
ETH_P_IP = 0x0800
UDP = 17


def ports_of(frame):
    """Source and destination of a UDP datagram over IPv4; None of all else."""
    if len(frame) < 42 or struct.unpack_from("!H", frame, 12)[0] != ETH_P_IP or frame[23] != UDP:
        return None
    return struct.unpack_from("!HH", frame, 14 + (frame[14] & 15) * 4)


class Listener:
    def __init__(self, device, port):
        self.port = port
        self.seen = {}          # by the client's port: first and last datagram, either way
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((device, 0))
        self.sock.settimeout(0.2)
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()
        self.sock.close()

    def _run(self):
        while not self.over:
            try:
                frame = self.sock.recv(2048)
            except TimeoutError:
                continue
            now, ports = time.monotonic(), ports_of(frame)
            if ports and self.port in ports:
                client = ports[0] if ports[1] == self.port else ports[1]
                self.seen[client] = (self.seen.get(client, (now,))[0], now)

    def talks(self):
        return sorted(self.seen.values())
