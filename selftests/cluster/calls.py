#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges what samr-test-calls wrote down.

    calls.py DIR        DIR/serve* of the members, DIR/call* of the clients
    calls.py --self-test

All members have executed the same requests, in one order, none twice; each that was answered is at the place that the
reply named; none that was called undone was executed; and the requests of a session are in their order, without a gap.

A query shows a beginning of that order, and nothing that was sent after it was answered. It shows what its client was told
before it asked, by replies and by answers, through whatever head; and a linearizable one what any client was told before.
What a client asks for after an answer has its place behind what that answer showed.
"""
import collections
import os
import sys
import tempfile


def read(name, form):
    with open(name, encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            words = line.split()
            if not form(words):
                raise ValueError(f"{name}:{number}: {line.strip()!r} is no line of it")
            yield words


def histories(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.startswith("serve"):
            found[name] = [tuple(map(int, w)) for w in read(os.path.join(folder, name), lambda w: len(w) == 2)]
    return found


def judge(folder):
    """Returns what is wrong, and the numbers of requests that were answered and that have another end."""
    wrong, ends = [], collections.Counter()
    found = histories(folder)
    if not found:
        return ["no member wrote anything"], ends
    first, history = next(iter(found.items()))
    for name, other in found.items():
        if other != history:
            at = next((i for i, (a, b) in enumerate(zip(history, other)) if a != b), min(len(history), len(other)))
            wrong.append(f"{first} ({len(history)}) and {name} ({len(other)}) differ from place {at} on")
    places = {}
    last = collections.Counter()
    for place, request in enumerate(history):
        if request in places:
            wrong.append(f"request {request} was executed at {places[request]} and at {place}")
        places.setdefault(request, place)
        client, number = request
        if number != last[client] + 1:
            wrong.append(f"request {request} was executed behind number {last[client]}")
        last[client] = number
    facts = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("call"):
            own = judge_client(os.path.join(folder, name), history, places, wrong, ends)
            judge_reads(name, [r for r in own if r.kind], own, wrong)
            facts += own
    sent = {history[f.length - 1]: f.sent for f in facts if not f.kind and f.length <= len(history)}
    for r in facts:
        if r.kind:
            judge_shown(r, history, sent, wrong)
    judge_reads("all clients", [r for r in facts if r.kind == "linear"], facts, wrong)
    return wrong, ends


class Fact:
    """A client was told, from SENT to DONE, that the first LENGTH requests are executed. KIND: of a query, or None."""
    def __init__(self, kind, length, sent, done, last=None):
        self.kind, self.length, self.sent, self.done, self.last = kind, length, sent, done, last

    def __str__(self):
        return f"{self.kind or 'reply'} of {self.length} at {self.sent}..{self.done}"


def judge_reads(name, reads, facts, wrong):
    """Each of READS shows what the facts say that were known before it was sent."""
    known, newest = iter(sorted(facts, key=lambda f: f.done)), None
    ahead = next(known, None)
    for r in sorted(reads, key=lambda r: r.sent):
        while ahead and ahead.done < r.sent:
            if not newest or ahead.length > newest.length:
                newest = ahead
            ahead = next(known, None)
        if newest and r.length < newest.length:
            wrong.append(f"{name}: stale: {r}, behind {newest}")


def judge_shown(r, history, sent, wrong):
    if r.length > len(history) or (r.length and history[r.length - 1] != r.last):
        wrong.append(f"{r} shows {r.last}, which is not there")
    elif r.length and sent.get(r.last, 0) > r.done:
        wrong.append(f"{r} shows {r.last}, which was sent later")


def judge_client(name, history, places, wrong, ends):
    told, facts = set(), []
    for words in read(name, lambda w: w and w[0] in ("ok", "read", "unread", "unknown", "undone", "session", "longest")):
        ends[words[0]] += 1
        if words[0] == "unread":
            continue
        if words[0] == "read":
            ends[words[2] + "-reads"] += 1
            length, *last, sent, done = map(int, words[3:])
            facts.append(Fact(words[2], length, sent, done, tuple(last)))
            continue
        if words[0] in ("session", "longest"):
            if words[0] == "longest":
                ends["pause"] = max(ends["pause"], int(words[1]))
            continue
        request = int(words[1]), int(words[2])
        if request in told:
            wrong.append(f"{name}: two ends of request {request}")
        told.add(request)
        if words[0] == "ok" and (int(words[3]) >= len(history) or history[int(words[3])] != request):
            wrong.append(f"{name}: request {request} was answered with place {words[3]}, and is not there")
        if words[0] == "ok":
            facts.append(Fact(None, int(words[3]) + 1, int(words[4]), int(words[5])))
        if words[0] == "undone" and request in places:
            wrong.append(f"{name}: request {request} was called undone, and executed")
    # Writes follow reads.
    judge_reads(name, [f for f in facts if not f.kind], [f for f in facts if f.kind], wrong)
    return facts


def self_test():
    serve = "1 1\n1 2\n2 1\n1 3\n"
    call = "ok 1 1 0 10 20\nok 1 2 1 30 40\nunknown 1 3\nundone 1 4\nlongest 7\n"
    two = "read 2 session 0 0 0 5 6\nok 2 1 2 50 60\n"
    cases = [
        ("all is well", {"serve1": serve, "serve2": serve, "call1": call}, None),
        ("another order", {"serve1": serve, "serve2": "1 1\n2 1\n1 2\n1 3\n"}, "differ from place 1"),
        ("one is behind", {"serve1": serve, "serve2": serve[:-4]}, "differ from place 3"),
        ("twice", {"serve1": serve + "1 3\n"}, "executed at 3 and at 4"),
        ("a gap", {"serve1": "1 1\n1 3\n"}, "behind number 1"),
        ("lost", {"serve1": "1 1\n", "call1": call}, "is not there"),
        ("elsewhere", {"serve1": serve, "call1": "ok 2 1 3 1 2\n"}, "is not there"),
        ("done after all", {"serve1": serve, "call1": "undone 2 1\n"}, "called undone"),
        ("told twice", {"serve1": serve, "call1": "ok 1 1 0 1 2\nok 1 1 0 1 2\n"}, "two ends"),
        ("nobody", {"call1": call}, "no member"),
        ("queries are well", {"serve1": serve, "call1": call + "read 1 linear 2 1 2 41 45\nread 1 session 3 2 1 55 59\n",
                              "call2": two + "read 2 session 3 2 1 70 80\nread 2 linear 4 1 3 70 80\n"}, None),
        ("another may know less", {"serve1": serve, "call1": call, "call2": "read 2 session 0 0 0 45 46\n"}, None),
        ("not the own write", {"serve1": serve, "call1": call + "read 1 session 1 1 1 45 46\n"}, "call1: stale"),
        ("backwards", {"serve1": serve, "call2": "read 2 session 2 1 2 5 6\nread 2 session 1 1 1 7 8\n"}, "call2: stale"),
        ("both at once", {"serve1": serve, "call2": "read 2 session 2 1 2 5 8\nread 2 session 1 1 1 7 9\n"}, None),
        ("not what all know", {"serve1": serve, "call1": call, "call2": "read 2 linear 1 1 1 45 46\n"}, "all clients: stale"),
        ("not what others read", {"serve1": serve, "call1": "read 1 session 2 1 2 5 6\n",
                                  "call2": "read 2 linear 1 1 1 7 8\n"}, "all clients: stale"),
        ("undone", {"serve1": serve, "call2": "read 2 session 2 7 7 5 6\n"}, "is not there"),
        ("beyond the end", {"serve1": serve, "call2": "read 2 session 5 7 7 5 6\n"}, "is not there"),
        ("from the future", {"serve1": serve, "call1": call, "call2": "read 2 session 2 1 2 25 29\n"}, "sent later"),
        ("a write before a read", {"serve1": serve, "call2": "read 2 session 4 1 3 5 6\nok 2 1 2 50 60\n"}, "call2: stale"),
    ]
    for number, (name, files, expected) in enumerate(cases, 1):
        with tempfile.TemporaryDirectory() as folder:
            for file, text in files.items():
                with open(os.path.join(folder, file), "w", encoding="ascii") as f:
                    f.write(text)
            wrong, _ = judge(folder)
        good = not wrong if expected is None else any(expected in w for w in wrong)
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f"# {wrong}")
    print(f"1..{len(cases)}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wrong, ends = judge(sys.argv[1])
    print(f"{ends['ok']} answered, {ends['unknown']} unknown, {ends['undone']} undone, {ends['session']} sessions lost, "
          f"{ends['session-reads']} queries and {ends['linear-reads']} linearizable ones answered, {ends['unread']} not, "
          f"longest pause {ends['pause']} ms")
    for line in wrong[:20]:
        print(line)
    if wrong or not (ends["ok"] and ends["session-reads"] and ends["linear-reads"]):
        sys.exit(1)
    return None


if __name__ == "__main__":
    main()
