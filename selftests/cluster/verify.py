#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges what samr-test-cluster wrote down: one order, no gap, no duplicate, in each sender's order, equal bytes, and
everything that was accepted delivered everywhere. Knows nothing of how samr works.

verify.py DIR           what is wrong, one line each; status 1 if anything is
verify.py --self-test   each kind of wrong, planted into right records, must be found
"""
import os
import re
import sys
from collections import defaultdict

END = 1 << 63


class Sent:
    def __init__(self, line):
        request, length, self.crc, self.flags = line.split()
        self.request, self.len = int(request), int(length)


class Got:
    def __init__(self, line):
        (gseq, origin, self.inc, self.port, request, length, self.crc, self.flags, time, self.random, self.view,
         at) = line.split()
        self.gseq, self.origin, self.request, self.len = int(gseq), int(origin), int(request), int(length)
        self.time, self.at = int(time), int(at)

    def same(self):
        """All that must be equal at every head."""
        return (self.gseq, self.origin, self.inc, self.port, self.request, self.len, self.crc, self.flags, self.time,
                self.random, self.view)


def load(folder):
    """{group: {head: [Sent]}}, {group: {head: [Got]}}"""
    sent, got = defaultdict(dict), defaultdict(dict)
    for name in sorted(os.listdir(folder)):
        found = re.fullmatch(r"(sent|got)-(\d+)-(\d+)", name)
        if not found:
            continue
        kind, head, group = found[1], int(found[2]), int(found[3])
        with open(os.path.join(folder, name), encoding="ascii") as f:
            if kind == "sent":
                sent[group][head] = [Sent(line) for line in f]
            else:
                got[group][head] = [Got(line) for line in f]
    return sent, got


def check_one_order(group, by_head):
    heads = sorted(by_head)
    first = [g.same() for g in by_head[heads[0]]]
    for head in heads[1:]:
        other = [g.same() for g in by_head[head]]
        if len(other) != len(first):
            yield f"group {group}: head {heads[0]} got {len(first)} messages, head {head} {len(other)}"
        for i, (a, b) in enumerate(zip(first, other)):
            if a != b:
                yield f"group {group}: message {i}: head {heads[0]} got {a}, head {head} {b}"
                break


def check_positions(group, head, got):
    for a, b in zip(got, got[1:]):
        if b.gseq <= a.gseq:
            yield f"group {group}: head {head}: position {b.gseq} behind {a.gseq}"
        if b.time <= a.time:
            yield f"group {group}: head {head}: time {b.time} behind {a.time}"
        if b.random == a.random:
            yield f"group {group}: head {head}: the same random number twice"


def check_senders(group, head, got, sent):
    """What each sender had accepted, in its order, and nothing else."""
    by_origin = defaultdict(list)
    for g in got:
        by_origin[g.origin].append(g)
    if set(by_origin) != set(sent):
        yield f"group {group}: head {head}: messages of {sorted(by_origin)}, sent by {sorted(sent)}"
    for origin, wanted in sent.items():
        have = by_origin[origin]
        if [g.request for g in have] != [s.request for s in wanted]:
            yield f"group {group}: head {head}: messages of {origin}: {len(have)} delivered, {len(wanted)} accepted, " \
                  "or not in its order"
            continue
        for g, s in zip(have, wanted):
            if (g.len, g.crc, g.flags) != (s.len, s.crc, s.flags):
                yield f"group {group}: head {head}: message {g.request} of {origin} was changed"


def check_ends(group, sent):
    for head, messages in sent.items():
        if not messages or messages[-1].request != END | len(messages) - 1:
            yield f"group {group}: head {head} did not send to its end"


def check(sent, got):
    if not got or set(sent) != set(got):
        yield f"groups sent to {sorted(sent)}, received from {sorted(got)}"
    owner = {}
    for group, by_head in got.items():
        if set(by_head) != set(sent[group]):
            yield f"group {group}: heads {sorted(by_head)} received, {sorted(sent[group])} sent"
            continue
        yield from check_ends(group, sent[group])
        yield from check_one_order(group, by_head)
        for head, messages in by_head.items():
            yield from check_positions(group, head, messages)
            yield from check_senders(group, head, messages, sent[group])
            for g in messages:
                if owner.setdefault(g.gseq, group) != group:
                    yield f"position {g.gseq} is group {group}'s and group {owner[g.gseq]}'s"


def right_records():
    """What a right run of 3 heads in 2 groups leaves."""
    sent, got = defaultdict(dict), defaultdict(dict)
    gseq = 0
    for group in (1, 2):
        for head in (1, 2, 3):
            sent[group][head] = [Sent(f"{r if r < 4 else END | 4} {100 + r} {head * 16 + r:08x} {r & 1}")
                                 for r in range(5)]
            got[group][head] = []
        for r in range(5):
            for origin in (2, 3, 1):
                gseq += 1
                s = sent[group][origin][r]
                for head in (1, 2, 3):
                    got[group][head].append(Got(f"{gseq} {origin} ab 1 {s.request} {s.len} {s.crc} {s.flags} "
                                                f"{gseq * 7} {gseq * 99:x} 3 0"))
    return sent, got


def change(g, name, value):
    setattr(g, name, value)


def self_test():
    def swap(_sent, got):
        got[1][2][3], got[1][2][4] = got[1][2][4], got[1][2][3]

    def swap_everywhere(_sent, got):
        for head in got[1]:
            a, b = got[1][head][0], got[1][head][3]
            a.request, b.request, a.crc, b.crc, a.len, b.len = b.request, a.request, b.crc, a.crc, b.len, a.len
            a.flags, b.flags = b.flags, a.flags

    def everywhere(action):
        return lambda sent, got: [action(got[1][head]) for head in got[1]]

    faults = {
        "two messages swapped at one head": swap,
        "two messages of one sender swapped at every head": swap_everywhere,
        "one message lacks at one head": lambda sent, got: got[2][3].pop(4),
        "one message lacks at every head": everywhere(lambda m: m.pop(4)),
        "the last message lacks at one head": lambda sent, got: got[2][3].pop(),
        "one message twice at one head": lambda sent, got: got[2][1].insert(4, got[2][1][3]),
        "one message twice at every head": everywhere(lambda m: m.insert(4, m[3])),
        "other bytes at one head": lambda sent, got: change(got[1][1][7], "crc", "00000bad"),
        "other bytes at every head": everywhere(lambda m: change(m[7], "crc", "00000bad")),
        "another time at one head": lambda sent, got: change(got[1][3][7], "time", 50),
        "time stands at every head": everywhere(lambda m: change(m[7], "time", m[6].time)),
        "another random number at one head": lambda sent, got: change(got[1][3][7], "random", "5"),
        "a position in two groups": lambda sent, got: [change(got[2][h][0], "gseq", 1) for h in got[2]],
        "a message that nobody sent": everywhere(lambda m: m.append(Got("999 9 ab 1 0 1 00000000 0 9999 5 3 0"))),
        "SAFE was forgotten": everywhere(lambda m: change(m[4], "flags", "0")),
        "a head that received nothing": lambda sent, got: got[1].pop(2),
        "a sender that stopped early": lambda sent, got: sent[1][2].pop(),
        "nothing at all": lambda sent, got: (sent.clear(), got.clear()),
    }
    wrong = list(check(*right_records()))
    missed = [f"right records were refused: {wrong[0]}"] if wrong else []
    for name, plant in faults.items():
        sent, got = right_records()
        plant(sent, got)
        if not list(check(sent, got)):
            missed.append(f"not found: {name}")
    for line in missed:
        print(line)
    print(f"{len(faults) - len(missed)} of {len(faults)} faults found")
    return 1 if missed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    wrong = list(check(*load(sys.argv[1])))
    for line in wrong[:20]:
        print(line)
    return 1 if wrong else 0


sys.exit(main())
