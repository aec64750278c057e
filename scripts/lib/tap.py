# SPDX-License-Identifier: GPL-2.0
"""Counts the points of a TAP or KTAP stream."""
import re

_POINT = re.compile(r"^( *)(not )?ok\b(?: +\d+)?[ -]*(.*)$")
_PLAN = re.compile(r"^( *)1\.\.(\d+)(?: *# *(?:SKIP|skip)\b *(.*))?")
_SKIP = re.compile(r"# *SKIP\b", re.IGNORECASE)
_TODO = re.compile(r"# *TODO\b", re.IGNORECASE)


class Count:
    """passed, failed, skipped points, and in complaints the names of the failed ones and what is wrong with the plan."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.complaints = []

    @property
    def total(self):
        return self.passed + self.failed + self.skipped

    def fail(self, why):
        self.failed += 1
        self.complaints.append(why)


class _Level:
    """What was seen at one depth of indentation since it was entered."""

    def __init__(self):
        self.plan, self.points, self.children, self.bad_children = None, 0, 0, 0


def count(lines):
    """Counts the leaves: the line that sums up a subtest counts only when it fails and none of its points did.

    A test may run others, each with a plan of its own: all of them together must be kept."""
    result, levels = Count(), {}
    for line in lines:
        if plan := _PLAN.match(line):
            level = levels.setdefault(len(plan[1]), _Level())
            if int(plan[2]) == 0:
                result.skipped += 1
            else:
                level.plan = (level.plan or 0) + int(plan[2])
        elif point := _POINT.match(line):
            _take(result, levels, len(point[1]), bool(point[2]), point[3])
    for level in levels.values():
        _check_plan(result, level)
    return result


def _take(result, levels, depth, bad, name):
    for deeper in [d for d in levels if d > depth]:
        _check_plan(result, levels.pop(deeper))
    level = levels.setdefault(depth, _Level())
    level.points += 1
    if bad and _TODO.search(name):
        bad = False
    children, bad_children = level.children, level.bad_children
    level.children = level.bad_children = 0
    if not children:
        if bad:
            result.fail(name)
        elif _SKIP.search(name):
            result.skipped += 1
        else:
            result.passed += 1
    elif bad and not bad_children:
        result.fail(name)
    for d, outer in levels.items():
        if d < depth:
            outer.children += 1
            outer.bad_children += bad


def _check_plan(result, level):
    if level.plan is not None and level.plan != level.points:
        result.fail(f"{level.plan} tests planned, {level.points} reported")
