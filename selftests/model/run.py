#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the models of the view change through SPIN, exhaustively.

Every configuration is searched with all rules: nothing may be violated. Then
every rule is deleted, in a configuration in which something must break then; a
deletion that breaks nothing within these bounds is listed as such, with the
reason. Prints a table, and says at last how many were as wanted.
"""

import argparse
import concurrent.futures
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from table import CONFIGURATIONS, DELETIONS

HERE = os.path.dirname(os.path.abspath(__file__))
MEMORY_MB = 3500        # for one search; two run side by side
# The whole state space, each state stored in full: COLLAPSE packs states without loss. No partial order reduction, for
# all steps touch shared state and it would only cost time. SAFETY: there are no acceptance cycles to look for.
PAN_FLAGS = ["-DSAFETY", "-DCOLLAPSE", "-DNOREDUCE", f"-DMEMLIM={MEMORY_MB}", "-w"]
RULES = 12              # R1 .. R12 of Documentation/protocol.rst
DEPTH = 1000            # steps in a run; reaching it is a failure of the search, not a result
ROW = "{:<14} {:<14} {:>9} {:>6}  {:<9} {:<9} {}"


class Failed(Exception):
    """The search itself did not work."""


def search(config, deleted, seconds, folder):
    """Searches one state space; returns (verdict, states, violated property, folder, seconds of processor)."""
    model, flags = CONFIGURATIONS[config]
    defines = flags.split() + [f"-D{r}=0" for r in deleted]
    path = os.path.join(folder, f"{config}-{'-'.join(deleted) or 'all'}")
    os.makedirs(path)
    for f in (model, "rules.h"):
        shutil.copy(os.path.join(HERE, f), path)

    used = [0.0]

    def run(command, limit):
        """(status, output); the processor's time, the children's too, is added to used."""
        with open(os.path.join(path, "log"), "w+", encoding="utf-8") as log:
            with subprocess.Popen(["timeout", str(limit), *command], cwd=path, stdout=log, stderr=log) as child:
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            used[0] += usage.ru_utime + usage.ru_stime
            log.seek(0)
            if child.returncode == 124:
                raise Failed(f"{command[0]}: longer than {limit} s")
            return child.returncode, log.read()

    status, text = run(["spin", *defines, "-a", model], 60)
    if status:
        raise Failed(f"spin: {text}")
    level = "-O1" if not deleted else "-O0"
    status, text = run(["gcc", level, *PAN_FLAGS, "-o", "pan", "pan.c"], 120)
    if status:
        raise Failed(f"gcc: {text}")
    _, out = run(["./pan", f"-m{DEPTH}", "-w22"], seconds)
    states = re.search(r"(\d+) states, stored", out)
    errors = re.search(r"errors: (\d+)", out)
    if not states or not errors or "max search depth too small" in out or "aborted" in out or "reached -DMEMLIM" in out:
        raise Failed(f"pan: {out[-400:]}")
    if errors.group(1) == "0":
        return "holds", int(states.group(1)), "", path, used[0]
    _, line = run(["spin", *defines, "-k", f"{model}.trail", model], 60)
    where = re.search(r"\.pml:(\d+), Error: assertion violated", line)
    if not where:
        raise Failed(f"not a property: {out[:400]}{line[-400:]}")
    with open(os.path.join(path, "trace"), "w", encoding="utf-8") as f:
        f.write(line)
    return "violated", int(states.group(1)), property_at(os.path.join(HERE, model), int(where.group(1))), path, used[0]


def property_at(model, line):
    """The name of the property whose assertion is at that line: the text after PROPERTY above it."""
    with open(model, encoding="utf-8") as f:
        lines = f.read().splitlines()[:line]
    for text in reversed(lines):
        found = re.search(r"PROPERTY ([^:*]+)", text)
        if found:
            return found.group(1).strip()
    raise Failed(f"{model}:{line}: no PROPERTY named")


def rules():
    """All rules that can be deleted."""
    with open(os.path.join(HERE, "rules.h"), encoding="utf-8") as f:
        return re.findall(r"^#define (\w+)\t1$", f.read(), re.M)


def untested():
    """Those of R1 to R12 of which the table deletes nothing that must be noticed."""
    noticed = {n.split("_")[0] for names, _, wanted, _ in DELETIONS if wanted == "violated" for n in names.split()}
    return [r for r in (f"R{i}" for i in range(1, RULES + 1)) if r not in noticed]


def plan(only):
    """(configuration, deleted, wanted, note) of everything to run."""
    jobs = [(c, (), "holds", "") for c in CONFIGURATIONS]
    for names, config, wanted, why in DELETIONS:
        jobs.append((config, tuple(names.split()), wanted, why))
    return [j for j in jobs if not only or re.search(only, f"{j[0]} {' '.join(j[1])}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", help="only configurations and rules like this")
    parser.add_argument("--jobs", type=int, default=2, help="searches at a time (default 2)")
    parser.add_argument("--limit", type=int, default=300, help="seconds for one search (default 300)")
    parser.add_argument("--keep", metavar="DIR", help="leave models, searches and traces there")
    parser.add_argument("--trace", action="store_true", help="print the trace of each violation")
    parser.add_argument("--delete", metavar="RULE", help="delete this in the configurations of --only, wanting nothing")
    args = parser.parse_args()

    if not shutil.which("spin"):
        print("spin is missing: scripts/deps installs it")
        print("0 passed, 0 failed, 1 skipped")
        return 4
    known = rules()
    bad = 0
    for name in {n for d in DELETIONS for n in d[0].split()} ^ set(known):
        print(f"{name}: in rules.h or in table.py, but not in both")
        bad += 1

    for rule in untested():
        print(f"{rule}: no deletion of a part of it must violate a property")
        bad += 1

    jobs = plan(args.only)
    if args.delete:
        jobs = [(c, tuple(args.delete.split()), "?", "") for c in CONFIGURATIONS if re.search(args.only or "", c)]
    folder = args.keep or tempfile.mkdtemp(prefix="samr-model.")
    good, busy, begin = 0, 0.0, time.monotonic()
    print(ROW.format("configuration", "rules deleted", "states", "s", "wanted", "got", ""))

    def one(job):
        try:
            return job, *search(job[0], job[1], args.limit, folder)
        except Failed as e:
            return job, "failed", 0, str(e), None, 0

    try:
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(one, j) for j in jobs]):
                job, verdict, states, what, path, took = done.result()
                config, deleted, wanted, why = job
                ok = verdict == wanted or wanted == "?"
                note = what if verdict != "holds" else why
                print(ROW.format(config, " ".join(deleted) or "-", states, f"{took:.0f}", wanted, verdict,
                                 note + ("" if ok else "   <-- NOT AS WANTED")), flush=True)
                good, bad, busy = good + ok, bad + (not ok), busy + took
                if verdict == "violated" and (args.trace or not ok):
                    with open(os.path.join(path, "trace"), encoding="utf-8") as f:
                        print("".join("    " + line.strip() + "\n" for line in f if re.match(r" +[A-Z] |calm", line)))
    finally:
        if not args.keep:
            shutil.rmtree(folder)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"{time.monotonic() - begin:.0f} s, {busy:.0f} s of processor time; largest search: {peak} MiB, "
          f"at most {args.jobs} at a time")
    print(f"{good} passed, {bad} failed, 0 skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
