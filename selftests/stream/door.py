#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The door of a member that accepts streams: by it its supervisor gives and takes the service's state."""
import ctypes
import errno
import json
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from streams import Points, Stream, check, connected, equal, fails, libc, within

SERVICE = 42
SOL_SAMR = 325
JOIN, INFO, LOCK_STEP, STATE_OF, STREAMS, STREAM_NAME = 1, 4, 7, 8, 9, 10
ENDS, QUIET, KEEP = 0, 1, 2				# enum samr_streams
DELIVERY, SEND = 1, 2
WITH_STATE = struct.pack("=II", 1, 0)
SNAPSHOT, INSTALL = 2, 3			# samr_delivery.type
FIRST, LAST = 4, 8				# samr_delivery.flags
STATE, END, FAILED = 2, 4, 8			# samr_send.flags
JOINED, INSTALLING = 3, 6			# samr_info.state
NOWAIT = socket.MSG_DONTWAIT
point = Points(60)


class Door(socket.socket):
    def __init__(self):
        super().__init__(25, socket.SOCK_SEQPACKET, 0)

    def of(self, listener):
        self.setsockopt(SOL_SAMR, STATE_OF, listener.fileno())

    def join(self):
        self.setsockopt(SOL_SAMR, JOIN, WITH_STATE)
        within(10, lambda: self.state() in (JOINED, INSTALLING), "the join")

    def info(self):
        return struct.unpack("=QQQQQIIIIQ", self.getsockopt(SOL_SAMR, INFO, 64))

    def state(self):
        return self.info()[6]

    def seen(self):
        return self.info()[2]

    def time(self):
        return self.info()[9]

    def read(self, flags=0):
        """Type, flags, place, bytes."""
        data, control = ctypes.create_string_buffer(1 << 17), ctypes.create_string_buffer(1024)
        part = ctypes.create_string_buffer(struct.pack("@PN", ctypes.addressof(data), len(data)))
        head = ctypes.create_string_buffer(struct.pack("@PIPNPNi", 0, 0, ctypes.addressof(part), 1, ctypes.addressof(control), 1024, 0))
        size = check(libc.recvmsg(self.fileno(), head, flags))
        _, level, kind, *delivery = struct.unpack_from("@NiiIIQ", control)
        equal((level, kind), (SOL_SAMR, DELIVERY))
        return (*delivery, data.raw[:size])

    def idle(self):
        fails(errno.EAGAIN, self.read, NOWAIT)

    def give(self, transfer, data, flags=0):
        self.sendmsg([data], [(SOL_SAMR, SEND, struct.pack("=IIQ", STATE | flags, 0, transfer))])

    def readable(self, seconds=0.3):
        p = select.poll()
        p.register(self, select.POLLIN)
        return bool(p.poll(seconds * 1000))


class Replica:
    """A server that waits for all by epoll, and its supervisor; what it has read is its state."""

    def __init__(self, step=1, streams=ENDS):
        self.listener = Stream()
        self.listener.bind(SERVICE)
        self.listener.setsockopt(SOL_SAMR, LOCK_STEP, step)
        self.door = Door()
        self.door.of(self.listener)
        self.door.setsockopt(SOL_SAMR, STREAMS, streams)
        self.door.join()
        self.epoll = select.epoll()
        self.peers = {}
        self.state = b""

    def listen(self):
        self.listener.listen(16)
        self.listener.setblocking(False)
        self.epoll.register(self.listener, select.EPOLLIN)

    def turn(self, seconds=0.3):
        """One wait, and what comes of it."""
        found = self.epoll.poll(seconds)
        for fd, _ in found:
            if fd == self.listener.fileno():
                c = self.listener.accept(socket.SOCK_NONBLOCK)
                self.peers[c.fileno()] = c
                self.epoll.register(c, select.EPOLLIN)
                continue
            try:
                data = self.peers[fd].recv(1000)
            except ConnectionResetError:
                data = b""
            self.state += data
            if data.endswith(b";"):
                self.peers[fd].send(b"%d;" % len(self.state))
            if not data:
                self.peers.pop(fd).close()
        return bool(found)

    def run(self):
        while self.turn():
            pass

    def close(self):
        for s in [self.door, self.listener, *self.peers.values()]:
            s.close()


def client_of(replica, *data):
    """A client that has written that, one piece after the other, each of which was read."""
    c = in_background(lambda: connected(SERVICE))
    replica.run()
    c = c()
    for d in data:
        c.send(d)
        time.sleep(0.05)
        replica.run()
    return c


def in_background(call):
    result = []
    t = threading.Thread(target=lambda: result.append(call()), daemon=True)
    t.start()

    def wait():
        t.join(20)
        return result[0]
    return wait


def names(replica):
    """Of the connections that it has, as they were accepted."""
    return [struct.unpack("=Q", c.getsockopt(SOL_SAMR, STREAM_NAME, 8))[0] for c in replica.peers.values()]


def pair(streams=ENDS, last=b"two,"):
    """One with a state, and one that lacks it and has a place in the order of its own."""
    a = Replica(streams=streams)
    a.listen()
    c = client_of(a, b"one,", last)
    b = Replica(streams=streams)
    equal([a.door.state(), b.door.state()], [JOINED, INSTALLING])
    return a, b, c


def states():
    """What the members have of the state, as samrctl says it, the most senior first."""
    shown = subprocess.run(["samrctl", "-j", "member", "show", "group", str(SERVICE)], stdout=subprocess.PIPE, check=True)
    return [m["state"] for m in json.loads(shown.stdout)]


def transfer(a, b):
    """All of it, as a supervisor does it."""
    equal(states()[-1], "lacks")
    a.run()
    kind, _, place, payload = a.door.read()
    equal(kind, SNAPSHOT)
    equal(struct.unpack("=Q", payload[:8]), (place,))
    a.door.give(place, a.state)
    a.door.give(place, b"", END)
    a.door.idle()
    got = b""
    flags = 0
    while not flags & LAST:
        kind, flags, of, data = b.door.read()
        equal([kind, of], [INSTALL, place])
        got += data
    b.state = got
    within(10, lambda: b.door.state() == JOINED, "the state")
    equal(states(), ["has"] * len(states()))
    return place


@point
def the_first_one_begins_with_what_it_has():
    a = Replica()
    equal(a.door.state(), JOINED)
    equal(a.door.seen(), 0)
    born = a.door.time()
    if abs(born / 1e9 - time.time()) > 3600:
        raise AssertionError(f"it joined at {born}")
    a.listen()
    client_of(a, b"x").close()
    a.run()
    if a.door.time() <= born or not a.door.seen():
        raise AssertionError("its time stands still")
    equal(a.state, b"x")
    a.close()


@point
def who_comes_later_is_given_the_state_and_what_came_behind_it():
    a, b, c = pair()
    transfer(a, b)
    equal(b.state, b"one,two,")
    fails(errno.ECONNRESET, c.recv, 10)
    b.listen()
    d = in_background(lambda: connected(SERVICE))
    a.run(), b.run()
    d = d()
    d.send(b"three")
    time.sleep(0.1)
    a.run(), b.run()
    equal([a.state, b.state], [b"one,two,three"] * 2)
    equal(len(a.peers), 1)
    d.close(), b.close()
    a.run()
    a.close()


def go_on(a, b, c):
    """A client and two members, one of which has just got the state and listens."""
    b.run()
    equal(names(a), names(b))
    c.send(b"more;")
    time.sleep(0.1)
    a.run(), b.run()
    equal(a.state, b.state)
    equal(c.recv(100), b"%d;" % len(a.state))
    # What the one writes that is left comes behind what the other one wrote.
    a.close()
    c.send(b"alone;")
    time.sleep(0.1)
    b.run()
    equal(c.recv(100), b"%d;" % len(b.state))


def two_clients(last):
    a = Replica(streams=QUIET)
    a.listen()
    return a, client_of(a, b"one,", b"two;"), client_of(a, last)


@point
def connections_that_are_quiet_go_on():
    a, c, d = two_clients(b"x;")
    b = Replica(streams=QUIET)
    place = transfer(a, b)
    equal(b.state, b"one,two;x;")
    c.send(b"meanwhile;")
    time.sleep(0.1)
    a.run()
    b.listen()
    b.run()
    equal(len(b.peers), 2)
    equal([n < place for n in names(b)], [True, True])
    equal([s.getpeername() for s in a.peers.values()], [s.getpeername() for s in b.peers.values()])
    equal(c.recv(100), b"8;20;")
    equal(d.recv(100), b"10;")
    go_on(a, b, c)
    b.close(), c.close(), d.close()


@point
def output_that_was_not_read_comes_with_the_state():
    a, b, c = pair(QUIET, b"two;")
    transfer(a, b)
    b.listen()
    b.run()
    a.close()
    equal(c.recv(100), b"8;")
    c.send(b"z;")
    time.sleep(0.1)
    b.run()
    equal(c.recv(100), b"10;")
    b.close(), c.close()


@point
def the_place_of_the_state_waits_for_a_connection_that_is_not_quiet():
    a, b, c = pair(QUIET)
    # Half a command was read: the state is asked for again and again, until the rest has come.
    time.sleep(0.3)
    a.run()
    if a.door.readable():
        raise AssertionError("it is asked for its state in the middle of a command")
    c.send(b"rest;")
    time.sleep(0.1)
    a.run()
    within(5, lambda: a.turn(0.05) or a.door.readable(0.05), "a quiet place")
    transfer(a, b)
    b.listen()
    equal(c.recv(100), b"13;")
    go_on(a, b, c)
    b.close(), c.close()


@point
def one_that_is_never_quiet_ends_and_others_go_on():
    a, c, d = two_clients(b"half")
    b = Replica(streams=QUIET)

    def asked():
        a.turn(0.05)
        return a.door.readable(0.05)
    within(10, asked, "a place where the state can be given")
    transfer(a, b)
    fails(errno.ECONNRESET, d.recv, 10)
    equal(c.recv(100), b"8;")
    b.listen()
    go_on(a, b, c)
    b.close(), c.close()


@point
def members_that_know_their_connections_keep_them_always():
    a, b, c = pair(KEEP, b"ha")
    transfer(a, b)
    b.listen()
    b.run()
    equal(b.state, b"one,ha")
    c.send(b"lf;")
    time.sleep(0.1)
    a.run(), b.run()
    equal(c.recv(100), b"9;")
    go_on(a, b, c)
    b.close(), c.close()


@point
def the_state_is_asked_for_when_all_was_read():
    a = Replica()
    a.listen()
    c = client_of(a)
    c.send(b"unread")
    time.sleep(0.1)
    b = Replica()
    if a.door.readable(1):
        raise AssertionError("it is asked for its state, and has not read what came before")
    equal(a.state, b"")
    transfer(a, b)
    equal(b.state, b"unread")
    fails(errno.ECONNRESET, c.recv, 10)
    b.close(), a.close()


def nothing_comes_until(a, saved):
    """A connection that is asked for meanwhile is read after the state's place."""
    d = in_background(lambda: connected(SERVICE))
    if a.turn(1):
        raise AssertionError("an input comes behind the state's place")
    saved()
    a.run()
    equal(len(a.peers), 1)
    d().close()


@point
def nothing_comes_while_it_is_saved():
    a, b, _ = pair()
    a.run()
    equal(a.door.read()[0], SNAPSHOT)
    nothing_comes_until(a, a.door.idle)
    a.close(), b.close()


@point
def peeking_ends_nothing():
    def saved():
        equal(a.door.read()[0], SNAPSHOT)
        a.door.idle()

    a, b, _ = pair()
    a.run()
    for _ in range(3):
        equal(a.door.read(socket.MSG_PEEK)[0], SNAPSHOT)
    nothing_comes_until(a, saved)
    a.close(), b.close()


@point
def a_connection_that_waits_to_be_accepted_is_waited_for():
    a = Replica()
    a.listen()
    connected(SERVICE).send(b"backlog")
    b = Replica()
    if a.door.readable(1):
        raise AssertionError("it is asked for its state, and has not read what came before")
    transfer(a, b)
    equal(b.state, b"backlog")
    a.close(), b.close()


@point
def without_lock_step_too():
    a = Replica(step=0)
    a.listen()
    c = client_of(a, b"x")
    c.send(b"y")
    time.sleep(0.1)
    b = Replica(step=0)
    if a.door.readable(0.5):
        raise AssertionError("it is asked for its state, and has not read what came before")
    transfer(a, b)
    equal(b.state, b"xy")
    a.close(), b.close()


@point
def one_that_cannot_give_says_so_and_is_asked_again():
    a, b, _ = pair()
    a.run()
    place = a.door.read()[2]
    a.door.give(place, b"", FAILED)
    a.door.idle()
    a.run()
    equal(transfer(a, b) > place, True)
    equal(b.state, b"one,two,")
    a.close(), b.close()


@point
def a_door_that_closes_ends_the_member():
    a, b, _ = pair()
    a.run()
    a.door.close()
    within(10, lambda: select.select([a.listener], [], [], 0)[0], "the end")
    fails(errno.ECONNABORTED, a.listener.accept)
    # Nobody has the state any more.
    within(10, b.door.readable, "the error")
    fails(errno.ENODATA, b.door.read)
    a.close(), b.close()


@point
def a_door_knows_when_its_listener_is_gone():
    a = Replica()
    a.listen()
    a.listener.close()
    fails(errno.ESHUTDOWN, a.door.read)
    a.close()
    # The next one is the first again.
    within(10, first_again, "its end")


def first_again():
    a = Replica()
    state = a.door.state()
    a.close()
    return state == JOINED


@point
def it_is_for_the_state_alone():
    a = Replica()
    for error, call, *args in (
        (errno.EOPNOTSUPP, a.door.send, b"x"),
        (errno.EOPNOTSUPP, a.door.sendmsg, [b"\0\1\0\0a"], [(SOL_SAMR, SEND, struct.pack("=IIQ", 16, 0, 0))]),
        (errno.EOPNOTSUPP, a.door.setsockopt, SOL_SAMR, 3, 2),
        (errno.ESTALE, a.door.give, 1, b"x"),
        (errno.EISCONN, Door().of, a.listener),
        (errno.EISCONN, a.door.of, a.listener),
        (errno.EINVAL, Door().of, a.door),
        (errno.ENOTCONN, Door().of, Stream()),
        (errno.EBADF, Door().setsockopt, SOL_SAMR, STATE_OF, 9999),
        (errno.EOPNOTSUPP, Stream().setsockopt, SOL_SAMR, STATE_OF, a.listener.fileno()),
    ):
        fails(error, call, *args)
    a.door.idle()
    a.close()
    s, one, two = Stream(), Door(), Door()
    s.bind(SERVICE)
    one.of(s)
    fails(errno.EBUSY, two.of, s)
    one.close()
    two.of(s)


if __name__ == "__main__":
    point.run(*sys.argv[1:])
