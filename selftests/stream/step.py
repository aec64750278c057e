#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lock-step: a program that accepts streams gets one input at a time, in the order of the group."""
import errno
import select
import socket
import sys
import threading
import time

from streams import Points, Stream, connected, equal, fails, within

SERVICE = 42
SOL_SAMR = 325
LOCK_STEP = 7
NOWAIT = socket.MSG_DONTWAIT
point = Points(60)


def stepping(backlog=16):
    s = Stream()
    s.bind(SERVICE)
    s.setsockopt(SOL_SAMR, LOCK_STEP, 1)
    s.listen(backlog)
    return s


class Server:
    """As single-threaded servers are: it waits for all by epoll, and writes down what it saw in which order."""

    def __init__(self, edge=False, once=False):
        self.edge = select.EPOLLET if edge else 0
        self.once = once
        self.listener = stepping()
        self.listener.setblocking(False)
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN | self.edge)
        self.peers = {}
        self.seen = []
        self.widest = 0

    def accept(self):
        try:
            c = self.listener.accept(socket.SOCK_NONBLOCK)
        except BlockingIOError:
            return False
        self.peers[c.fileno()] = c
        self.poll.register(c, select.EPOLLIN | self.edge)
        self.seen.append(("accept", c.fileno()))
        return True

    def read(self, c):
        try:
            data = c.recv(1000, NOWAIT)
        except BlockingIOError:
            return False
        self.seen.append((c.fileno(), data))
        if not data:
            del self.peers[c.fileno()]
            c.close()
            return False
        return not self.once

    def turn(self, ms=2000):
        """One wait, and what it found; False when there was nothing for so long."""
        found = self.poll.poll(ms / 1000)
        self.widest = max(self.widest, len(found))
        for fd, _ in found:
            if fd == self.listener.fileno():
                while self.accept():
                    pass
            else:
                while fd in self.peers and self.read(self.peers[fd]):
                    pass
        return bool(found)


def serving(count, edge=False, once=False):
    """A server and its clients, of which it has accepted all."""
    server = Server(edge, once)
    clients = []
    threads = [threading.Thread(target=lambda: clients.append(connected(SERVICE))) for _ in range(count)]
    for t in threads:
        t.start()
    within(20, lambda: server.turn(10) and False or len(server.peers) == count, "connections")
    for t in threads:
        t.join()
    for _ in range(3):
        server.turn(10)
    return server, clients


def one_at_a_time(edge, once):
    """What clients sent one after another, all of it before the server looks."""
    server, clients = serving(5, edge, once)
    server.seen.clear()
    server.widest = 0
    sent = []
    for i in range(40):
        c = clients[i * 3 % 5]
        c.send(bytes([i]))
        sent.append(bytes([i]))
        # In the order before the next one.
        time.sleep(0.01)
    clients[2].shutdown(socket.SHUT_WR)
    while server.turn(500):
        pass
    equal(server.widest, 1)
    equal([data for _, data in server.seen], sent + [b""])


@point
def inputs_come_one_at_a_time_to_who_reads_until_there_is_nothing():
    one_at_a_time(False, False)


@point
def and_to_who_reads_once():
    one_at_a_time(False, True)


@point
def and_to_who_is_told_of_changes_only():
    one_at_a_time(True, False)


@point
def and_to_who_is_told_of_changes_and_reads_once():
    one_at_a_time(True, True)


@point
def the_next_is_there_only_when_its_program_comes_back():
    server, (a, b) = serving(2)
    a.send(b"one")
    time.sleep(0.05)
    b.send(b"two")
    equal(len(server.poll.poll(2)), 1)
    peers = list(server.peers.values())
    # The kernel knows of who reads only that: it has to look, and not in vain.
    first = [p for p in peers if p in [peers[i] for i, p in enumerate(peers) if select.select([p], [], [], 0)[0]]]
    equal(len(first), 1)
    equal(first[0].recv(100), b"one")
    other = [p for p in peers if p is not first[0]][0]
    # Found nothing: from now on the next one may come.
    fails(errno.EAGAIN, first[0].recv, 100, NOWAIT)
    within(5, lambda: select.select([other], [], [], 0)[0], "the next input")
    equal(other.recv(100), b"two")


@point
def a_program_that_reads_one_connection_after_the_other_is_not_held_up():
    server = stepping()
    got = []

    def serve():
        for _ in range(2):
            c = server.accept()
            got.append(c.rest())
            c.close()

    t = threading.Thread(target=serve)
    t.start()
    a = connected(SERVICE)
    b = connected(SERVICE)
    b.send(b"second")
    a.send(b"fir")
    time.sleep(0.1)
    b.shutdown(socket.SHUT_WR)
    a.send(b"st")
    a.shutdown(socket.SHUT_WR)
    t.join(20)
    equal(got, [b"first", b"second"])


@point
def nor_is_one_that_does_not_want_to_hear_of_a_connection_now():
    server, clients = serving(2)
    server.seen.clear()
    deaf, other = server.peers.values()
    server.poll.modify(deaf, 0)
    for c in clients:
        c.send(b"x" * 10)
        time.sleep(0.05)
    while server.turn(300):
        pass
    equal([fd for fd, _ in server.seen], [other.fileno()])
    server.poll.modify(deaf, select.EPOLLIN)
    while server.turn(300):
        pass
    equal([fd for fd, _ in server.seen], [other.fileno(), deaf.fileno()])


@point
def an_end_without_bytes_is_an_input_too():
    server, clients = serving(2)
    clients[0].shutdown(socket.SHUT_WR)
    time.sleep(0.1)
    clients[1].send(b"behind it")
    time.sleep(0.1)
    other, = [p for p in server.peers.values() if p.getpeername()[2] == clients[1].getsockname()[2]]
    ended, = [p for p in server.peers.values() if p is not other]
    # To look elsewhere does not pass it over.
    equal(select.select([other], [], [], 0.1)[0], [])
    fails(errno.EAGAIN, other.recv, 10, NOWAIT)
    equal(select.select([other], [], [], 0.1)[0], [])
    equal(ended.recv(10), b"")
    fails(errno.EAGAIN, other.recv, 10, NOWAIT)
    within(5, lambda: select.select([other], [], [], 0)[0], "what is behind the end")
    equal(other.recv(100), b"behind it")


@point
def a_connection_that_is_closed_with_its_turn_gives_it_up():
    server, clients = serving(2)
    clients[0].send(b"x")
    time.sleep(0.05)
    clients[1].send(b"y")
    found = server.poll.poll(5)
    equal(len(found), 1)
    server.peers.pop(found[0][0]).close()
    server.seen.clear()
    while server.turn(300):
        pass
    equal([data for _, data in server.seen], [b"y"])


@point
def threads_that_have_a_connection_each_do_not_overlap():
    server = stepping()
    busy, overlaps, done = [], [], []

    def serve(c):
        while data := c.recv(1000):
            busy.append(c)
            if len(busy) > 1:
                overlaps.append(data)
            time.sleep(0.01)
            c.send(data)
            busy.remove(c)
        c.close()

    def accept():
        for _ in range(4):
            t = threading.Thread(target=serve, args=(server.accept(),))
            t.start()
            done.append(t)

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    clients = [connected(SERVICE) for _ in range(4)]
    acceptor.join(20)
    time.sleep(0.2)
    for i in range(10):
        for c in clients:
            c.send(bytes([i]))
        for c in clients:
            equal(c.recv(10), bytes([i]))
    for c in clients:
        c.close()
    for t in done:
        t.join(20)
    equal(overlaps, [])


@point
def it_can_be_set_asked_for_and_refused():
    s = Stream()
    fails(errno.ENOTCONN, s.setsockopt, SOL_SAMR, LOCK_STEP, 1)
    s.bind(SERVICE)
    equal(s.getsockopt(SOL_SAMR, LOCK_STEP), 0)
    s.setsockopt(SOL_SAMR, LOCK_STEP, 1)
    equal(s.getsockopt(SOL_SAMR, LOCK_STEP), 1)
    fails(errno.EINVAL, s.setsockopt, SOL_SAMR, LOCK_STEP, 2)
    s.setsockopt(SOL_SAMR, LOCK_STEP, 0)
    equal(s.getsockopt(SOL_SAMR, LOCK_STEP), 0)
    fails(errno.EOPNOTSUPP, Stream(kind=socket.SOCK_SEQPACKET).setsockopt, SOL_SAMR, LOCK_STEP, 1)


@point
def what_was_held_back_comes_when_it_is_switched_off():
    server, clients = serving(3)
    for c in clients:
        c.send(b"x")
        time.sleep(0.05)
    equal(len(server.poll.poll(2)), 1)
    server.listener.setsockopt(SOL_SAMR, LOCK_STEP, 0)
    within(5, lambda: len(server.poll.poll(1)) == 3, "all three")


if __name__ == "__main__":
    point.run(*sys.argv[1:])
