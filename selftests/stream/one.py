#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Stream sockets of one head, that of this namespace: their calls, and their ends."""
import errno
import fcntl
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from streams import Points, Stream, connected, equal, fails, listening, within

SERVICE = 42
NOBODY = 43
NOWAIT = socket.MSG_DONTWAIT
point = Points(30)


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


def unsettled(s):
    number = bytearray(4)
    fcntl.ioctl(s, 0x5411, number)
    return struct.unpack("i", number)[0]


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


@point
def calls_before_there_is_a_connection():
    s = Stream()
    equal(s.getsockname(), (0, 0, 0))
    for call in (s.getpeername, lambda: s.recv(1), lambda: s.send(b"x"), lambda: s.shutdown(socket.SHUT_WR)):
        fails(errno.ENOTCONN, call)
    for call in (s.accept, lambda: s.listen(1), lambda: s.bind(0)):
        fails(errno.EINVAL, call)
    fails(errno.EADDRNOTAVAIL, s.bind, 999)
    equal(events(s) & (select.POLLHUP | select.POLLOUT), select.POLLHUP | select.POLLOUT)
    s.bind(SERVICE)
    fails(errno.EINVAL, s.bind, SERVICE)
    fails(errno.EINVAL, s.connect, SERVICE)
    fails(errno.EINVAL, s.accept)
    equal(s.getsockname()[:2], (SERVICE, 1))
    fails(errno.ENOTCONN, s.recv, 1)
    fails(errno.ESOCKTNOSUPPORT, socket.socket, 25, socket.SOCK_DGRAM)


@point
def nobody_listens():
    fails(errno.ECONNREFUSED, connected, SERVICE)
    s = Stream()
    s.bind(SERVICE)
    fails(errno.ECONNREFUSED, connected, SERVICE)
    fails(errno.EADDRNOTAVAIL, connected, 999)


@point
def a_connection_that_is_not_waited_for():
    c = Stream()
    c.setblocking(False)
    try:
        c.connect(SERVICE)
    except OSError as e:
        assert e.errno in (errno.ECONNREFUSED, errno.EINPROGRESS), e
        if e.errno == errno.EINPROGRESS:
            has(c, select.POLLERR)
            equal(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNREFUSED)
    server = listening(SERVICE)
    try:
        c.connect(SERVICE)
    except OSError as e:
        equal(e.errno, errno.EINPROGRESS)
    has(c, select.POLLOUT)
    equal(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)
    fails(errno.EISCONN, c.connect, SERVICE)
    equal(c.getpeername()[0], SERVICE)
    s = server.accept()
    equal(s.getpeername(), c.getsockname())
    equal(s.getsockname(), server.getsockname())
    fails(errno.EAGAIN, c.recv, 1)


@point
def accepting_in_the_order_of_connecting():
    server = listening(SERVICE, 20)
    server.setblocking(False)
    fails(errno.EAGAIN, server.accept)
    equal(events(server), 0)
    clients = [connected(SERVICE) for _ in range(20)]
    equal(events(server), select.POLLIN)
    for number, c in enumerate(clients):
        c.send(b"%d" % number)
    for number in range(20):
        s = server.accept()
        equal(s.recv(10), b"%d" % number)
    fails(errno.EAGAIN, server.accept)


@point
def a_full_backlog_holds_up_the_order_until_somebody_accepts():
    server = listening(SERVICE, 1)
    clients = [connected(SERVICE) for _ in range(6)]
    for number, c in enumerate(clients):
        c.send(b"%d" % number)
    first = server.accept()
    within(10, lambda: sessions() == 6)
    # What they have sent lies behind the streams that nobody accepts.
    fails(errno.EAGAIN, first.recv, 1, NOWAIT)
    members = [first] + [server.accept() for _ in range(5)]
    for number, s in enumerate(members):
        equal(s.recv(10), b"%d" % number)


@point
def accept_wakes_up():
    server = listening(SERVICE)
    got = []
    t = threading.Thread(target=lambda: got.append(server.accept()))
    t.start()
    c = connected(SERVICE)
    t.join(10)
    c.send(b"x")
    equal(got[0].recv(1), b"x")
    server.settimeout(0.05)
    try:
        select.select([server], [], [], 0.05)
        fails(errno.EAGAIN, server.accept)
    finally:
        server.settimeout(None)


@point
def flags_of_recv():
    c, s, _ = pair()
    c.send(b"abcdef")
    has(s, select.POLLIN)
    equal(s.recv(3, socket.MSG_PEEK), b"abc")
    equal(s.recv(100, socket.MSG_PEEK), b"abcdef")
    number = bytearray(4)
    fcntl.ioctl(s, 0x541B, number)
    equal(struct.unpack("i", number)[0], 6)
    equal(s.recv(2, NOWAIT), b"ab")
    equal(len(s.recv(2, socket.MSG_TRUNC)), 2)
    threading.Timer(0.2, lambda: c.send(b"ghij")).start()
    equal(s.recv(6, socket.MSG_WAITALL), b"efghij")
    fails(errno.EAGAIN, s.recv, 1, NOWAIT)
    fails(errno.EINVAL, s.recv, 1, socket.MSG_OOB)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 50000))
    fails(errno.EAGAIN, s.recv, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 0))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 4)
    c.send(b"xyz")
    within(10, lambda: len(s.recv(9, socket.MSG_PEEK | NOWAIT)) == 3)
    equal(events(s) & select.POLLIN, 0)
    c.send(b"!")
    has(s, select.POLLIN)
    equal(s.recv(9), b"xyz!")


def exchange(c, s, size):
    """So many bytes each way at once, in pieces that differ."""
    wanted = [os.urandom(size), os.urandom(size)]
    got = [b"", b""]

    def write(end, data):
        at = 0
        for k in range(10 ** 9):
            if at >= len(data):
                break
            at += end.send(data[at:at + 1 + (k * 977) % 30000])
        end.shutdown(socket.SHUT_WR)

    def read(end, which):
        parts = []
        for k in range(10 ** 9):
            part = end.recv(1 + (k * 1409) % 20000)
            if not part:
                break
            parts.append(part)
        got[which] = b"".join(parts)

    threads = [threading.Thread(target=write, args=(c, wanted[0])), threading.Thread(target=write, args=(s, wanted[1])),
               threading.Thread(target=read, args=(s, 0)), threading.Thread(target=read, args=(c, 1))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    equal(got, wanted)


@point
def many_bytes_both_ways_in_pieces_of_all_sizes():
    c, s, _ = pair()
    exchange(c, s, 1 << 20)


@point
def a_larger_window_is_asked_for_by_the_size_of_buffers():
    server = listening(SERVICE)
    c = Stream()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    c.connect(SERVICE)
    s = server.accept()
    exchange(c, s, 1 << 19)
    c, s, _ = pair()
    s.setblocking(False)
    equal(s.send(bytes(100000)), 12288)


@point
def single_bytes_arrive_together():
    c, s, _ = pair()
    for k in range(3000):
        c.send(b"%c" % (k % 256))
    c.shutdown(socket.SHUT_WR)
    equal(s.rest(), bytes(k % 256 for k in range(3000)))
    for k in range(500):
        s.send(b"%c" % (k % 256))
        equal(c.recv(1), b"%c" % (k % 256))


@point
def who_does_not_read_holds_up_who_writes_and_nobody_else():
    c, s, server = pair()
    other = connected(SERVICE)
    there = server.accept()
    sent = 0
    c.setblocking(False)
    try:
        while events(c, 500) & select.POLLOUT:
            sent += c.send(bytes(4096))
    except BlockingIOError:
        pass
    assert 12288 <= sent < 400000, sent
    other.send(b"x")
    equal(there.recv(1), b"x")
    fails(errno.EAGAIN, c.send, b"x")
    c.setblocking(True)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 50000))
    fails(errno.EAGAIN, c.send, b"x")
    equal(len(s.exactly(sent)), sent)
    has(c, select.POLLOUT)
    s.setblocking(False)
    written = 0
    try:
        while True:
            written += s.send(bytes(1000))
    except BlockingIOError:
        pass
    assert 10000 <= written <= 12288, written
    equal(unsettled(s), written)
    equal(events(s) & select.POLLOUT, 0)
    equal(len(c.exactly(written)), written)
    has(s, select.POLLOUT)
    within(10, lambda: unsettled(s) == 0 and unsettled(c) == 0)


@point
def who_writes_all_and_then_reads_all_is_answered():
    c, s, _ = pair()

    def echo():
        while data := s.recv(1 << 16):
            s.sendall(data)
        s.close()

    t = threading.Thread(target=echo, daemon=True)
    t.start()
    # Both directions are full: the service reads no more, as it cannot write.
    sent = got = 0
    for _ in range(20):
        c.setblocking(False)
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            try:
                sent += c.send(b"x" * 1000)
            except BlockingIOError:
                time.sleep(0.01)
        c.setblocking(True)
        c.settimeout(10)
        while got < sent:
            got += len(c.recv(1 << 16))
    c.shutdown(socket.SHUT_WR)
    equal(c.rest(), b"")
    t.join(10)
    equal(got, sent)


@point
def half_closed_in_either_direction():
    c, s, _ = pair()
    c.shutdown(socket.SHUT_WR)
    fails(errno.EPIPE, c.send, b"x", socket.MSG_NOSIGNAL)
    has(s, select.POLLIN | select.POLLRDHUP | select.POLLOUT)
    equal(events(s) & select.POLLHUP, 0)
    equal(s.recv(1), b"")
    for k in range(20):
        s.send(b"%02d" % k)
    s.shutdown(socket.SHUT_WR)
    has(s, select.POLLHUP)
    equal(c.rest(), b"".join(b"%02d" % k for k in range(20)))
    has(c, select.POLLHUP)
    c, s, _ = pair()
    s.shutdown(socket.SHUT_WR)
    fails(errno.EPIPE, s.send, b"x", socket.MSG_NOSIGNAL)
    equal(c.recv(1), b"")
    c.send(b"still")
    equal(s.recv(9), b"still")
    c.close()
    equal(s.recv(9), b"")


@point
def the_signal_of_a_broken_pipe():
    c, s, _ = pair()
    s.close()
    equal(c.recv(1), b"")
    got = []
    old = signal.signal(signal.SIGPIPE, lambda *_: got.append(1))
    fails(errno.EPIPE, c.send, b"x")
    fails(errno.EPIPE, c.send, b"x", socket.MSG_NOSIGNAL)
    signal.signal(signal.SIGPIPE, old)
    equal(got, [1])


@point
def a_client_that_gives_up():
    c, s, _ = pair()
    s.send(b"nobody reads this")
    c.send(b"read me")
    has(c, select.POLLIN)
    has(s, select.POLLIN)
    c.close()
    equal(s.recv(100), b"read me")
    has(s, select.POLLERR | select.POLLHUP)
    equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNRESET)
    equal(s.recv(1), b"")
    fails(errno.EPIPE, s.send, b"x", socket.MSG_NOSIGNAL)
    c, s, _ = pair()
    c.send(b"read me, too")
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    has(s, select.POLLIN)
    c.close()
    equal(s.recv(100), b"read me, too")
    fails(errno.ECONNRESET, s.recv, 1)


@point
def a_member_that_gives_up():
    c, s, _ = pair()
    s.send(b"bye")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    has(c, select.POLLIN)
    equal(c.recv(100), b"bye")
    has(c, select.POLLERR | select.POLLHUP)
    fails(errno.ECONNRESET, c.recv, 1)
    equal(c.recv(1), b"")
    fails(errno.EPIPE, c.send, b"x", socket.MSG_NOSIGNAL)


@point
def a_reader_is_woken_by_the_end():
    for end in (lambda s: s.close(), lambda s: s.shutdown(socket.SHUT_WR)):
        c, s, _ = pair()
        got = []
        t = threading.Thread(target=lambda: got.append(c.recv(1)))
        t.start()
        within(10, t.is_alive)
        end(s)
        t.join(10)
        equal(got, [b""])


@point
def who_reads_no_more():
    c, s, _ = pair()
    c.send(b"unread")
    has(s, select.POLLIN)
    s.shutdown(socket.SHUT_RD)
    equal(s.recv(10), b"")
    for _ in range(20):
        c.send(bytes(5000))
    s.send(b"it writes on")
    equal(c.recv(100), b"it writes on")
    c.shutdown(socket.SHUT_RDWR)
    has(c, select.POLLHUP)


@point
def members_that_close_do_not_hold_up_clients():
    c, s, server = pair()
    s.shutdown(socket.SHUT_WR)
    equal(c.recv(1), b"")
    s.close()
    for _ in range(40):
        c.send(bytes(5000))
    server.close()
    within(10, lambda: events(c) & select.POLLHUP)
    fails(errno.EPIPE, c.send, b"x", socket.MSG_NOSIGNAL)


@point
def connections_go_on_when_nobody_listens_any_more():
    c, s, server = pair()
    late = connected(SERVICE)
    server.close()
    fails(errno.ECONNRESET, late.recv, 1)
    later = connected(SERVICE)
    fails(errno.ECONNRESET, later.recv, 1)
    c.send(b"ping")
    equal(s.recv(9), b"ping")
    s.send(b"pong")
    equal(c.recv(9), b"pong")
    s.close()
    equal(c.recv(1), b"")
    within(10, lambda: refused(SERVICE), "the member leaves with its last socket")


def refused(service):
    try:
        connected(service).close()
    except ConnectionRefusedError:
        return True
    return False


def child(run):
    pid = os.fork()
    if not pid:
        try:
            run()
        finally:
            os._exit(1)
    return pid


def status_of(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@point
def a_killed_client():
    server = listening(SERVICE)

    def run():
        c = connected(SERVICE)
        c.send(b"hello")
        signal.pause()

    pid = child(run)
    s = server.accept()
    equal(s.recv(9), b"hello")
    os.kill(pid, signal.SIGKILL)
    status_of(pid)
    equal(s.recv(9), b"")


@point
def a_killed_service_that_nobody_else_runs():
    r, w = os.pipe()

    def run():
        server = listening(SERVICE)
        os.write(w, b"x")
        s = server.accept()
        s.send(b"hello")
        signal.pause()

    pid = child(run)
    os.read(r, 1)
    c = connected(SERVICE)
    equal(c.recv(9), b"hello")
    waits = connected(SERVICE)
    os.kill(pid, signal.SIGKILL)
    status_of(pid)
    fails(errno.ECONNRESET, c.recv, 1)
    fails(errno.ECONNRESET, waits.recv, 1)
    within(10, lambda: refused(SERVICE))


@point
def children_for_connections():
    server = listening(SERVICE)
    for how in (0, signal.SIGKILL):
        c = connected(SERVICE)
        s = server.accept()

        def run():
            server.close()
            s.send(b"child:" + s.recv(9))
            if how:
                signal.pause()
            os._exit(0)

        pid = child(run)
        s.close()
        c.send(b"x")
        equal(c.recv(100), b"child:x")
        if how:
            os.kill(pid, how)
        status_of(pid)
        if how:
            fails(errno.ECONNRESET, c.recv, 1)
        else:
            equal(c.recv(1), b"")


@point
def a_worker_that_accepts_and_dies():
    server = listening(SERVICE)

    def run():
        s = server.accept()
        s.send(b"worker")
        os._exit(0)

    pid = child(run)
    c = connected(SERVICE)
    equal(c.recv(100), b"worker")
    status_of(pid)
    equal(c.recv(1), b"")


@point
def the_right_to_the_service():
    server = listening(NOBODY)

    def run():
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        fails(errno.EACCES, connected, SERVICE)
        fails(errno.EACCES, listening, SERVICE)
        connected(NOBODY).send(b"x")
        os._exit(0)

    pid = child(run)
    equal(server.accept().recv(1), b"x")
    equal(status_of(pid), 0)


@point
def a_thousand_connections():
    many = 1000
    server = listening(SERVICE, 100)
    waiting = select.epoll()
    clients, members = [], []
    for number in range(many):
        clients.append(connected(SERVICE))
        clients[-1].send(b"%04d" % number)
        members.append(server.accept())
        waiting.register(members[-1], select.EPOLLIN)
    by_number = {s.fileno(): s for s in members}
    left = set(by_number)
    while left:
        for fd, _ in waiting.poll(10, many):
            by_number[fd].send(b"re:" + by_number[fd].recv(4))
            left.discard(fd)
    for number, c in enumerate(clients):
        equal(c.exactly(7), b"re:%04d" % number)
    for c in clients:
        c.close()
    for s in members:
        equal(s.recv(1), b"")
        s.close()
    within(30, lambda: sessions() == 0, "the sessions end")


def sessions():
    """Of the group, as this head counts them."""
    out = subprocess.run(["samrctl", "-j", "group", "show"], check=True, capture_output=True, text=True).stdout
    return [int(n) for n in re.findall(r'"sessions": *(\d+)', out)][0]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    point.run(*sys.argv[1:])
