#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""override.py [SAMRCTL]: "samrctl cluster override" beside a samrd of this test's own: when it asks, and when it is sent."""

import json
import os
import pty
import socket
import subprocess
import sys
import tempfile
import threading

SAMRCTL = sys.argv[1] if len(sys.argv) > 1 else "build/userspace/samrctl"
TEXT = "Waits for head 3: view 9, the newest known, was of heads 1, 2, 3."
points = 0


class Samrd:
    """Answers as samrd does; asked holds the verbs."""

    def __init__(self, folder, start, refuse=None):
        self.path = os.path.join(folder, "control")
        self.start, self.refuse, self.asked = start, refuse, []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, client.makefile("rw") as lines:
                verb = json.loads(lines.readline())["verb"]
                self.asked.append(verb)
                answer = {"ok": True, "result": {"start": self.start} if verb == "status" else None}
                if verb == "override" and self.refuse:
                    answer = {"ok": False, "error": self.refuse}
                lines.write(json.dumps(answer) + "\n")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        os.unlink(self.path)


def check(name, good, *more):
    global points
    points += 1
    print("ok" if good else "not ok", points, "-", name)
    if not good:
        print(*("# %r" % (m,) for m in more), sep="\n")
        sys.exit(1)


def run(folder, args, start, typed=None, refuse=None):
    """Exit status, all output, verbs that were asked for."""
    samrd = Samrd(folder, start, refuse)
    env = dict(os.environ, SAMRD_SOCKET=samrd.path)
    command = [SAMRCTL, "cluster", "override", *args]
    if typed is None:
        end = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        status, text = end.returncode, end.stdout + end.stderr
    else:
        master, slave = pty.openpty()
        os.write(master, typed.encode())
        end = subprocess.run(command, env=env, stdin=slave, capture_output=True, text=True, timeout=20)
        os.close(master)
        os.close(slave)
        status, text = end.returncode, end.stdout + end.stderr
    samrd.close()
    return status, text, samrd.asked


def main():
    may = {"wait": "heads", "text": TEXT, "override": ["alpha", "beta"], "better": []}
    with tempfile.TemporaryDirectory() as folder:
        status, text, asked = run(folder, [], may)
        check("without a terminal it wants the word", status == 2 and "override yes" in text and "alpha, beta" in text, status, text)
        check("and sends nothing", asked == ["status"], asked)
        status, text, asked = run(folder, ["yes"], may)
        check("with yes it sends it", status == 0 and asked == ["status", "override"], status, text, asked)
        check("and says who starts", "is started from alpha, beta" in text, text)
        status, text, asked = run(folder, ["--yes"], may)
        check("an option is as good", status == 0 and asked == ["status", "override"], status, text, asked)
        status, text, asked = run(folder, [], may, typed="yes\n")
        check("on a terminal it asks", status == 0 and asked == ["status", "override"], status, text, asked)
        for words in TEXT, "there are two clusters", "even if it was\nacknowledged", "make sure that they are off":
            check("and says " + words.replace("\n", " "), words in text, text)
        for typed in "no\n", "y\n", "\n", "\x04":
            status, text, asked = run(folder, [], may, typed=typed)
            check("%r is no yes" % typed, status == 1 and asked == ["status"] and "not confirmed" in text, status, text, asked)
        status, text, asked = run(folder, ["yes"], dict(may, wait="none", override=[]))
        check("where nobody is waited for there is nothing to do", status == 1 and asked == ["status"], status, text, asked)
        check("and it says so", "nothing to override" in text, text)
        status, text, asked = run(folder, ["yes"], dict(may, override=[], better=["beta", "gamma"]))
        check("others that know more are named", status == 1 and asked == ["status"] and "on beta, gamma" in text, status, text)
        status, text, asked = run(folder, ["yes"], dict(may, override=[]))
        check("nothing is sent that would be refused", status == 1 and asked == ["status"], status, text, asked)
        status, text, asked = run(folder, ["yes"], may, refuse="this head has a view")
        check("a refusal is told", status == 1 and "this head has a view" in text, status, text)
        end = subprocess.run([SAMRCTL, "cluster", "override", "yes"], capture_output=True, text=True,
                             env=dict(os.environ, SAMRD_SOCKET=os.path.join(folder, "none")), timeout=20)
        check("and that no samrd runs", end.returncode == 1 and "samrd" in end.stderr, end.returncode, end.stderr)
        end = subprocess.run([SAMRCTL, "complete", "cluster", "override", ""], capture_output=True, text=True, timeout=20)
        check("the shell knows its word", end.stdout == "yes\n", end.stdout)
    print("1..%d" % points)


main()
