#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges what samr-test-survive wrote down at heads that died and came back: one order, nothing lost that a sender was
told of, nothing twice, no gap within a membership, and all equal at the end. Knows nothing of how samr works.

history.py FILE...      what is wrong, one line each; status 1 if anything is. Then a line of figures
history.py --self-test  each kind of wrong, planted into right records, must be found
"""
import bisect
import os
import sys


class Life:
    """A membership: where it began, what it sent and got."""
    def __init__(self, gseq, inc, port):
        self.start, self.inc, self.port = gseq, inc, port
        self.sent, self.got, self.over, self.killed, self.left = [], [], False, False, False


def read(lines):
    lives, ended = [], False
    for line in lines:
        word, *rest = line.split()
        if word == "join":
            lives.append(Life(int(rest[0]), rest[1], rest[2]))
        elif word == "sent":
            lives[-1].sent.append(int(rest[0]))
        elif word == "got":
            gseq, origin, inc, port, request, digest, at = rest
            lives[-1].got.append((int(gseq), (int(origin), inc, port, int(request), digest), int(at)))
        elif word == "out":
            lives[-1].over = True
        elif word == "left":
            lives[-1].over = lives[-1].left = True
        elif word == "killed":
            ended = True
            for life in lives[-1:]:
                life.over = life.killed = True
        elif word == "end":
            ended = True
    return lives, ended


def check_order(heads):
    order = {}
    for name, lives in heads.items():
        for life in lives:
            last = life.start
            for gseq, what, _ in life.got:
                if gseq <= last:
                    yield f"{name}: place {gseq} after place {last}"
                last = gseq
                if order.setdefault(gseq, what) != what:
                    yield f"{name}: place {gseq} holds {what}, elsewhere {order[gseq]}"
    seen = {}
    for gseq, what in sorted(order.items()):
        key = what[:4]
        if key in seen:
            yield f"{key} has places {seen[key]} and {gseq}"
        seen[key] = gseq
    yield from check_gaps(heads, order)
    yield from check_sent(heads, seen)


def check_gaps(heads, order):
    places = sorted(order)
    for name, lives in heads.items():
        for life in lives:
            if not life.got:
                continue
            got = {gseq for gseq, _, _ in life.got}
            last = max(got)
            wanted = places[bisect.bisect_right(places, life.start):bisect.bisect_right(places, last)]
            lack = [g for g in wanted if g not in got]
            if lack:
                yield f"{name}: lacks {len(lack)} places between {life.start} and {last}, the first {lack[0]}"
    ends = {name: max([lives[-1].start] + [g for g, _, _ in lives[-1].got]) for name, lives in heads.items()
            if lives and not lives[-1].over}
    if places and any(end < places[-1] for end in ends.values()):
        yield f"the last place is {places[-1]}, at the end were: {ends}"
    if not ends:
        yield "no head is there at the end"


def check_sent(heads, seen):
    """What was sent in a membership is ordered in its order, without a gap; all of it if the membership did not end."""
    by_member = {}
    for (_, inc, port, request), gseq in seen.items():
        by_member.setdefault((inc, port), []).append((gseq, request))
    for name, lives in heads.items():
        for life in lives:
            ordered = [r for _, r in sorted(by_member.get((life.inc, life.port), []))]
            if life.killed and len(ordered) == len(life.sent) + 1:
                del ordered[-1]     # its machine ended before it could write that down
            if ordered != life.sent[:len(ordered)]:
                yield f"{name}: sent from {life.sent[:1]} on, ordered otherwise"
            if (not life.over or life.left) and len(ordered) != len(life.sent):
                yield f"{name}: {len(life.sent) - len(ordered)} messages of the last membership were lost"


def longest_gap(heads):
    """Longest time between two deliveries at a member that went on: ms, whose, and since when it was, ms of its clock."""
    gap = (0, "nobody", 0)
    for name, lives in heads.items():
        for life in lives:
            at = [t for _, _, t in life.got]
            gap = max([gap] + [(b - a, name, a) for a, b in zip(at, at[1:])])
    return gap[0] / 1000, os.path.basename(gap[1]), gap[2] / 1000


def judge(heads, ended):
    wrong = list(check_order(heads))
    wrong += [f"{name} did not come to its end" for name, is_so in ended.items() if not is_so]
    return wrong


def self_test():
    a = ["join 1 aa 1", "sent 1", "sent 2", "got 3 1 aa 1 1 x 10", "got 4 2 bb 1 7 y 20", "got 5 1 aa 1 2 z 30", "end"]
    b = ["join 2 bb 1", "sent 7", "got 3 1 aa 1 1 x 10", "got 4 2 bb 1 7 y 20", "got 5 1 aa 1 2 z 30", "end"]

    def found(x, y):
        heads, ended = {}, {}
        for name, lines in (("a", x), ("b", y)):
            heads[name], ended[name] = read(lines)
        return judge(heads, ended)

    def without(lines, i):
        return lines[:i] + lines[i + 1:]
    plants = [
        ("right records", a, b, False),
        ("another message in a place", a, b[:2] + ["got 3 1 aa 1 1 q 10"] + b[3:], True),
        ("a place left out", a, without(b, 3), True),
        ("the last one lost at one head", a, without(b, 4), True),
        ("out of order", a, b[:2] + [b[3], b[2]] + b[4:], True),
        ("a message twice", a + ["got 6 1 aa 1 2 z 40"], b[:-1] + ["got 6 1 aa 1 2 z 40", "end"], True),
        ("sent and never delivered", a[:3] + ["sent 3"] + a[3:], b, True),
        ("a gap in what a member sent", [a[0], "sent 1", "sent 9", *a[2:]], b, True),
        ("no end", a, without(b, 5), True),
        ("its machine was killed", a, b[:4] + ["killed"], False),
        ("the same, its last one not written down", without(a, 2), b[:4] + ["killed"], True),
        ("the same, of the one that was killed", a, [b[0], *b[2:4], "killed"], False),
        ("delivered where the machine was killed, and nowhere else", without(a, 4), b[:5] + ["killed"], True),
        ("it left", a, b[:5] + ["left", "end"], False),
        ("it left with a message under way", a, b[:2] + ["sent 8", *b[2:5], "left", "end"], True),
        ("its membership ended: what it sent last may be lost", a, b[:2] + ["sent 8", *b[2:5], "out 102", "join 6 cc 1",
                                                                          "end"], False),
    ]
    print(f"1..{len(plants)}")
    bad = 0
    for i, (name, x, y, wanted) in enumerate(plants, 1):
        wrong = found(x, y)
        right = bool(wrong) == wanted
        bad += not right
        print(f"{'ok' if right else 'not ok'} {i} - {name}")
        if not right:
            print(f"# {wrong}")
    return 1 if bad else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    heads, ended = {}, {}
    for name in sys.argv[1:]:
        with open(name, encoding="ascii") as f:
            heads[name], ended[name] = read(f)
    wrong = judge(heads, ended)
    for line in wrong:
        print(line)
    places = {g for lives in heads.values() for life in lives for g, _, _ in life.got}
    print(f"{len(places)} messages, {sum(map(len, heads.values()))} memberships, "
          "longest gap {:.1f} ms at {} since {:.0f} ms".format(*longest_gap(heads)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
