#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An echo service and its clients, for heads that die.

    echo.py serve HEAD SERVICE            accepts streams and sends back what they say; ends by 3 when the head is out
    echo.py talk HEAD SERVICE FILE STOP   writes and compares what comes back, until the file STOP is there; FILE has the
                                          number of bytes that came back. Ends by 0 when all came back, byte for byte
    echo.py burst HEAD SERVICE BYTES      writes what it may, and reads a second later. Ends by 0 when all came back
"""
import errno
import os
import random
import select
import socket
import sys
import threading
import time

from streams import connected, enter, listening


def serve(service):
    """Inputs of one connection are the same everywhere, and nothing else goes into its output."""
    server = listening(service, 64)
    server.setblocking(False)
    print("ready", flush=True)
    poll = select.epoll()
    poll.register(server, select.EPOLLIN)
    streams, back = {}, {}
    while True:
        for fd, events in poll.poll():
            if fd == server.fileno():
                try:
                    s = server.accept()
                except BlockingIOError:
                    continue
                except OSError as e:
                    print(f"accept: {e}", flush=True)
                    sys.exit(3 if e.errno == errno.ENETRESET else 1)
                s.setblocking(False)
                streams[s.fileno()], back[s.fileno()] = s, b""
                poll.register(s, select.EPOLLIN)
                continue
            s = streams[fd]
            try:
                if not back[fd]:
                    back[fd] = s.recv(5000)
                    if not back[fd]:
                        raise EOFError
                back[fd] = back[fd][s.send(back[fd]):]
            except BlockingIOError:
                pass
            except (EOFError, OSError) as e:
                print(f"a stream ends: {e!r}", flush=True)
                poll.unregister(s)
                s.close()
                del streams[fd], back[fd]
                continue
            poll.modify(fd, select.EPOLLOUT if back[fd] else select.EPOLLIN)


def talk(service, file, stop):
    # What was sent can be made once more: nothing has to be kept.
    said, heard = random.Random(file), random.Random(file)
    s = connected(service)
    sent = 0

    def write():
        nonlocal sent
        while not os.path.exists(stop):
            part = said.randbytes(4 * random.randrange(1, 500))
            s.sendall(part)
            sent += len(part)
            time.sleep(random.random() / 50)
        s.shutdown(socket.SHUT_WR)

    t = threading.Thread(target=write)
    t.start()
    came, rest = 0, b""
    while part := s.recv(30000):
        rest += part
        whole = len(rest) // 4 * 4
        if rest[:whole] != heard.randbytes(whole):
            sys.exit(f"what came back differs behind byte {came}")
        rest = rest[whole:]
        came += len(part)
        with open(file + ".new", "w", encoding="ascii") as f:
            f.write(f"{came}\n")
        os.replace(file + ".new", file)
    t.join()
    if came != sent:
        sys.exit(f"{sent} bytes were sent, and {came} came back")
    print(f"{came} bytes came back", flush=True)


def burst(service, count):
    said, came = random.Random(service).randbytes(count), b""
    s = connected(service)

    def write():
        s.sendall(said)
        s.shutdown(socket.SHUT_WR)

    t = threading.Thread(target=write)
    t.start()
    time.sleep(1)
    while part := s.recv(30000):
        came += part
    t.join()
    if came != said:
        sys.exit(f"{count} bytes were sent, and {len(came)} came back, or others")


def main(what, head, *args):
    enter(head)
    if what == "serve":
        serve(int(args[0]))
    elif what == "burst":
        burst(int(args[0]), int(args[1]))
    else:
        talk(int(args[0]), *args[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
