#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The test runner's own parts: counting TAP, recognising kernel reports."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import kreport  # noqa: E402
import tap      # noqa: E402


def counted(text):
    c = tap.count(text.splitlines())
    return c.passed, c.failed, c.skipped


class Tap(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(counted("1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no\n"), (1, 1, 1))

    def test_plan_not_kept(self):
        self.assertEqual(counted("1..3\nok 1\nok 2\n"), (2, 1, 0))

    def test_plan_at_the_end(self):
        self.assertEqual(counted("ok 1\nok 2\n1..2\n"), (2, 0, 0))

    def test_two_plans(self):
        self.assertEqual(counted("ok 1\nok 2\n1..2\nok 1 - other\n1..1\n"), (3, 0, 0))
        self.assertEqual(counted("ok 1\n1..2\nok 1 - other\n1..1\n"), (2, 1, 0))
        self.assertEqual(counted("ok 1\n1..1\n1..0 # SKIP not here\n"), (1, 0, 1))

    def test_all_skipped(self):
        self.assertEqual(counted("1..0 # SKIP no root\n"), (0, 0, 1))

    def test_leaves_count_once(self):
        text = "KTAP version 1\n1..1\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 suite\n"
        self.assertEqual(counted(text), (2, 0, 0))

    def test_failed_leaf_counts_once(self):
        text = "1..1\n    1..2\n    ok 1 a\n    not ok 2 b\nnot ok 1 suite\n"
        self.assertEqual(counted(text), (1, 1, 0))

    def test_failure_of_the_suite_alone(self):
        self.assertEqual(counted("1..1\n    1..1\n    ok 1 a\nnot ok 1 suite\n"), (1, 1, 0))

    def test_subtest_plan_not_kept(self):
        self.assertEqual(counted("1..1\n    1..2\n    ok 1 a\nok 1 suite\n"), (1, 1, 0))

    def test_three_depths(self):
        text = "1..1\n  1..1\n    1..2\n    ok 1\n    not ok 2 x\n  not ok 1 m\nnot ok 1 s\n"
        self.assertEqual(counted(text), (1, 1, 0))

    def test_other_output_is_no_point(self):
        self.assertEqual(counted("okay then\nnot okay\nlook: ok 1\n"), (0, 0, 0))


class Report(unittest.TestCase):
    REPORTS = (
        "WARNING: CPU: 1 PID: 77 at kernel/foo.c:12 bar+0x1/0x2 [samr]",
        "BUG: KASAN: use-after-free in foo+0x1/0x2",
        "BUG: sleeping function called from invalid context at mm/slab.h:4",
        "BUG: scheduling while atomic: x/1/0x2",
        "WARNING: possible circular locking dependency detected",
        "WARNING: suspicious RCU usage",
        "WARNING: inconsistent lock state",
        "BUG: soft lockup - CPU#0 stuck for 22s!",
        "INFO: task foo:1 blocked for more than 60 seconds.",
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "UBSAN: array-index-out-of-bounds in foo.c:1:2",
        "refcount_t: underflow; use-after-free.",
        "ODEBUG: free active (active state 0) object type: timer_list",
        "unreferenced object 0xffff888 (size 32):",
        "kernel BUG at foo.c:1!",
        "unregister_netdevice: waiting for lo to become free. Usage count = 2",
        "general protection fault, probably for non-canonical address",
    )
    HARMLESS = (
        "Spectre V2 : Vulnerable",
        "samr: cluster 1 has no key: frames are not authenticated",
        "DEBUG: nothing",
        "Warning: unable to open an initial console.",
    )

    def test_each_is_found(self):
        for line in self.REPORTS:
            with self.subTest(line):
                self.assertEqual(len(kreport.reports(["[    1.000000] " + line])), 1)

    def test_harmless(self):
        self.assertEqual(kreport.reports(["[    1.000000] " + line for line in self.HARMLESS]), [])

    def test_allowed(self):
        self.assertEqual(kreport.reports(["WARNING: CPU: 1 at drivers/misc/lkdtm"], [r"lkdtm"]), [])

    def test_one_report_is_one(self):
        lines = ["[ 1.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1"] + ["[ 1.0]  x"] * 9 + \
                ["[ 1.0] ---[ end trace 0000000000000000 ]---", "[ 1.0] all is well"]
        found = kreport.reports(lines)
        self.assertEqual([len(r) for r in found], [11])


class TapResult(unittest.TextTestResult):
    """Prints the tests as TAP points."""
    points = 0

    def _point(self, word, test):
        TapResult.points += 1
        print(f"{word} {TapResult.points} - {test.id().split('.', 1)[1]}")

    def addSuccess(self, test):
        self._point("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._point("not ok", test)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._point("not ok", subtest)


if __name__ == "__main__":
    runner = unittest.TextTestRunner(stream=sys.stderr, resultclass=TapResult, verbosity=0)
    outcome = unittest.main(exit=False, testRunner=runner).result
    print(f"1..{TapResult.points}")
    sys.exit(not outcome.wasSuccessful())
