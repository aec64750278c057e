#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A small server that knows nothing of samr, and its client. All it knows it keeps in memory.

    ledger.py serve PORT WAIT DOOR        WAIT: epoll, poll, select; or block: one connection after the other. SIGUSR1: the
                                          sum is written to the file DOOR, too
    ledger.py write ADDRESS:PORT NAME LOG, read ADDRESS:PORT LOG...
    ledger.py ask ADDRESS:PORT LINE...    prints what is answered to each

A line is a command: "put KEY N" appends to what the key has, "get KEY", "name WORD" tells the connection's name, which is written
down with all it puts; "sum" a digest of all that has happened, with times, random numbers and connections, and "pid" what
differs on each head.
"""
import hashlib
import os
import random
import select
import signal
import socket
import sys
import time

import load

KEYS = 50


class Ledger:
    def __init__(self):
        self.keys, self.names, self.history, self.count = {}, {}, hashlib.sha256(), 0

    def note(self, *what):
        self.count += 1
        self.history.update(repr((what, time.time(), random.SystemRandom().getrandbits(32))).encode())

    def sum(self):
        return f"{self.count} {self.history.hexdigest()[:16]}"

    def answer(self, of, line):
        verb, *words = line.decode().split()
        if verb == "sum":
            return self.sum()
        if verb == "pid":
            return str(os.getpid())
        if verb == "get":
            return self.keys.get(words[0], "")
        self.note(self.names.get(of), of, line)
        if verb == "put":
            self.keys[words[0]] = self.keys.get(words[0], "") + words[1] + ","
        elif verb == "name":
            self.names[of] = words[0]
        return "done"


class Server:
    def __init__(self, port, wait, door):
        self.door = door
        signal.signal(signal.SIGUSR1, self.tell)
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.ledger, self.open, self.wait, self.accepted = Ledger(), {}, wait, 0
        if wait == "epoll":
            self.poll = select.epoll()
        elif wait == "poll":
            self.poll = select.poll()
        if wait in ("epoll", "poll"):
            self.poll.register(self.listener, select.POLLIN)

    def tell(self, *_):
        with open(self.door + ".new", "w") as out:
            print(self.ledger.sum(), file=out)
        os.rename(self.door + ".new", self.door)

    def readable(self):
        if self.wait == "select":
            return [s if isinstance(s, int) else s.fileno() for s in select.select([self.listener, *self.open], [], [])[0]]
        return [fd for fd, events in self.poll.poll()]

    def enter(self):
        s, client = self.listener.accept()
        self.accepted += 1
        self.open[s.fileno()] = (s, self.accepted)
        if self.wait in ("epoll", "poll"):
            self.poll.register(s, select.POLLIN)
        self.ledger.note("accepted", client, s.getpeername() == client)
        return s.fileno()

    def serve_one(self, fd):
        """What came on a connection. False: it has ended."""
        s, number = self.open[fd]
        try:
            data = s.recv(1000)
        except ConnectionError as e:
            data = b""
            self.ledger.note("broke", number, e.errno)
        if data:
            try:
                for line in data.splitlines():
                    s.sendall(self.ledger.answer(number, line).encode() + b"\r\n")
                return True
            except ConnectionError:
                pass
        if self.wait in ("epoll", "poll"):
            self.poll.unregister(s)
        self.ledger.note("ended", number)
        del self.open[fd]
        s.close()
        return False

    def run(self):
        print("serves", flush=True)
        while self.wait == "block":
            fd = self.enter()
            while self.serve_one(fd):
                pass
        while True:
            for fd in self.readable():
                if fd == self.listener.fileno():
                    self.enter()
                else:
                    self.serve_one(fd)


class Client(load.Connection):
    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self.line()


def write(at, name, log):
    stop, ledger, n = load.stop(), None, 0
    while not stop:
        n += 1
        key = f"{name}-{n % KEYS}"
        log.tried(key, n)
        while True:
            try:
                if not ledger:
                    ledger = Client(at)
                    ledger.ask(f"name {name}")
                ledger.ask(f"put {key} {n}")
                break
            except ConnectionError:
                log.broke += 1
                ledger = None
                time.sleep(0.05)
        log.acknowledged(key, n)


def read(at, *logs):
    ledger = Client(at)

    def wrong(key, written):
        has = ledger.ask(f"get {key}").split(",")[:-1]
        # A write whose connection broke was tried again, and may have been done twice.
        wanted = [n for n in written.acknowledged if n not in has]
        return wanted and f"{key}: {wanted} are not in {has}"

    load.judge(logs, wrong)


if sys.argv[1:2] == ["serve"] and len(sys.argv) == 5:
    Server(int(sys.argv[2]), *sys.argv[3:]).run()
elif sys.argv[1:2] == ["ask"] and len(sys.argv) > 3:
    asked = Client(sys.argv[2])
    print(*(asked.ask(text) for text in sys.argv[3:]), sep="\n")
else:
    load.main(__doc__, write, read)
