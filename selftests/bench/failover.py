#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Figures of failover.sh: failover.py NAME FOLDER, which holds head*, trace, and when each event began and ended."""
import glob
import re
import statistics
import sys

EVENT = re.compile(r" (\d+\.\d+): samr_(view|doubt): cluster=\d+ node=(\d+) .*?(?:suspects=(\w+))?$")


def stretch(path):
    with open(path, encoding="ascii") as f:
        return [tuple(map(int, line.split())) for line in f]


def deliveries(path):
    """(time, membership) of each, us."""
    found, life = [], 0
    with open(path, encoding="ascii") as f:
        for line in f:
            life += line.startswith("join ")
            if line.startswith("got "):
                found.append((int(line.split()[7]), life))
    return found


def longest(at, begin, end):
    """The longest pause that touches begin..end, of a member that stayed; None when it did not."""
    pauses = [(b[0] - a[0], a[1] == b[1]) for a, b in zip(at, at[1:]) if b[0] >= begin and a[0] <= end]
    return max(p for p, _ in pauses) if pauses and all(same for _, same in pauses) else None


def show(name, what, values, unit="ms"):
    if values:
        print(f"{name}: {what}: least {min(values) / 1000:.3f}, median {statistics.median(values) / 1000:.3f}, "
              f"most {max(values) / 1000:.3f} {unit} ({len(values)})")


def main():
    name, folder = sys.argv[1:]
    heads = {int(p.rsplit("head", 1)[1]): deliveries(p) for p in sorted(glob.glob(folder + "/head*"))}
    with open(folder + "/trace", encoding="ascii") as f:
        events = [(float(m[1]) * 1e6, m[2], int(m[3]), m[4]) for m in map(EVENT.search, f) if m]
    gaps, changes = [], []
    for (begin, victim), (end, _) in zip(stretch(folder + "/events"), stretch(folder + "/ends")):
        for head, at in heads.items():
            if head == victim:
                continue
            gap = longest(at, begin - 10000, end)
            if gap is None:
                sys.exit(f"{name}: head {head} was out")
            gaps.append(gap)
        doubts = [e for e in events if e[1] == "doubt" and int(e[3], 16) and begin - 10000 <= e[0] <= end and e[2] != victim]
        if not doubts:
            continue
        first = min(doubts)[0]
        for head in heads:
            installed = [e[0] for e in events if e[1] == "view" and e[2] == head and first <= e[0] <= end]
            if head != victim and installed:
                changes.append(installed[0] - first)
    show(name, "longest pause in delivery at those that stay", gaps)
    show(name, "from the first suspicion to the new view", changes)


if __name__ == "__main__":
    main()
