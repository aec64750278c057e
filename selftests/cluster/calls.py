#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges what samr-test-calls wrote down.

    calls.py DIR        DIR/serve* of the members, DIR/call* of the clients
    calls.py --self-test

All members have executed the same requests, in one order, none twice; each that was answered is at the place that the
reply named; none that was called undone was executed; and the requests of a session are in their order, without a gap.
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
    for name in sorted(os.listdir(folder)):
        if name.startswith("call"):
            judge_client(os.path.join(folder, name), history, places, wrong, ends)
    return wrong, ends


def judge_client(name, history, places, wrong, ends):
    told = set()
    for words in read(name, lambda w: w and w[0] in ("ok", "unknown", "undone", "session", "longest")):
        ends[words[0]] += 1
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
        if words[0] == "undone" and request in places:
            wrong.append(f"{name}: request {request} was called undone, and executed")


def self_test():
    serve = "1 1\n1 2\n2 1\n1 3\n"
    call = "ok 1 1 0\nok 1 2 1\nunknown 1 3\nundone 1 4\nlongest 7\n"
    cases = [
        ("all is well", {"serve1": serve, "serve2": serve, "call1": call}, None),
        ("another order", {"serve1": serve, "serve2": "1 1\n2 1\n1 2\n1 3\n"}, "differ from place 1"),
        ("one is behind", {"serve1": serve, "serve2": serve[:-4]}, "differ from place 3"),
        ("twice", {"serve1": serve + "1 3\n"}, "executed at 3 and at 4"),
        ("a gap", {"serve1": "1 1\n1 3\n"}, "behind number 1"),
        ("lost", {"serve1": "1 1\n", "call1": call}, "is not there"),
        ("elsewhere", {"serve1": serve, "call1": "ok 2 1 3\n"}, "is not there"),
        ("done after all", {"serve1": serve, "call1": "undone 2 1\n"}, "called undone"),
        ("told twice", {"serve1": serve, "call1": "ok 1 1 0\nok 1 1 0\n"}, "two ends"),
        ("nobody", {"call1": call}, "no member"),
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
          f"longest pause {ends['pause']} ms")
    for line in wrong[:20]:
        print(line)
    if wrong or not ends["ok"]:
        sys.exit(1)
    return None


if __name__ == "__main__":
    main()
