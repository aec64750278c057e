#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does the simulator notice when the core is wrong?

Changes the core one line at a time, builds the simulator with each change, and
runs the scenarios and some seeds, with and without heads that fail. Most changes
were chosen mechanically (mutants.drawn), the named ones in mutants.d/ are those that
people would think of.

A change that nothing notices is a survivor. It must be explained in
mutants.explained, or this fails; the named ones must all be noticed, and those
that say by which checker, by that one.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import os
import random
import re
import resource
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CORE = sorted(glob.glob("kernel/core/*.c", root_dir=TOP))
# What names things for people changes nothing.
SKIP_FILES = {"kernel/core/strings.c"}
CFLAGS = ["-std=gnu11", "-O2", "-w", "-fno-strict-aliasing", "-fno-strict-overflow", "-fno-delete-null-pointer-checks",
          "-ftrivial-auto-var-init=pattern", "-Iinclude", "-isystem", "include/uapi", "-DSAMR_SIM", "-Iuserspace/sim",
          "-Ikernel"]
# Of one process. Without a change the slowest takes 10 s and 30 MiB.
MEMORY = 3 << 30
CPU = 60
# Nothing notices what is explained, or it needs no explanation: few seeds tell.
EXPLAINED_SEEDS = 10
# Runs with --gaps of each change: one that holds others up shows in few.
GAPS = 20


class Mutant:
    """One changed line. A named one has hunks (path, old text, new text) instead."""

    def __init__(self, path, line, function, kind, old, new):
        self.path, self.line, self.function = path, line, function
        self.kind, self.old, self.new = kind, old, new
        self.nth = 1  # of the equal lines of the function
        self.name = self.by = None
        self.explained = False
        self.hunks, self.objects = [], {}
        self.killer = None

    def paths(self):
        return sorted({h[0] for h in self.hunks}) or [self.path]

    def key(self):
        which = f" [{self.nth}]" if self.nth > 1 else ""
        return (os.path.basename(self.path), self.function,
                self.old.strip() + which, self.new.strip())

    def text(self):
        return "{} {}: {} => {}".format(*self.key())

    def title(self):
        where = f"{self.path}:{self.line} {self.function}()"
        return f"{self.name}: {where}" if self.name else f"{where} [{self.kind}]"

    def diff(self):
        out = []
        for _, old, new in self.hunks or [(self.path, self.old, self.new)]:
            out += [f"    -{l}" for l in old.split("\n")]
            out += [f"    +{l}" for l in new.split("\n")]
        return "\n".join(out)


# --- mechanical changes ------------------------------------------------------

FLIPS = [
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r" \+ 1\b", ""), (r" - 1\b", ""), (r" \+ ", " - "), (r" - ", " + "),
    (r"\bmin\(", "max("), (r"\bmax\(", "min("), (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"), (r"\bSAMR_NEVER\b", "0"), (r" \+= ", " -= "),
    (r" -= ", " += "), (r"\+\+", "--"), (r"(?<=\()!(?=\w)", ""),
]
STATEMENT = re.compile(r"^\t+(?!return\b.*\w|goto\b|case\b|default\b|struct\b|const\b|"
                       r"u\d+\b|bool\b|enum\b|int\b|void\b|static\b|samr_mark|else\b|if\b|"
                       r"for\b|while\b|do\b|switch\b|union\b|\.)[\w*+(-].*;$")
NUMBER = re.compile(r"(?<![\w.\"'])(\d+)(?=[UL]*\b)(?!\w*\.)")


def changes_of(line):
    """All (kind, new line) of one line of code."""
    out = []
    for pattern, new in FLIPS:
        for m in re.finditer(pattern, line):
            out.append((f"{m.group().strip()} to {new.strip() or 'nothing'}",
                        line[:m.start()] + new + line[m.end():]))
    for m in NUMBER.finditer(line):
        n = str(int(m.group(1)) + 1)
        out.append(("constant + 1", line[:m.start()] + n + line[m.end():]))
    m = re.match(r"^(\t+(?:\} else )?(?:if|while) )\((.*)\)( \{)?$", line)
    if m:
        out.append(("condition negated",
                    f"{m.group(1)}(!({m.group(2)})){m.group(3) or ''}"))
    if STATEMENT.match(line):
        indent = line[:len(line) - len(line.lstrip())]
        out.append(("statement dropped", indent + ";"))
    return out


def code_lines(path):
    """(number, function, text) of each line of code within functions."""
    function, body, comment, failed = None, False, False, False
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        lines = f.read().split("\n")
    for number, text in enumerate(lines, 1):
        if comment or text.lstrip().startswith("/*"):
            comment = "*/" not in text
            continue
        m = re.match(r"^(?:\w[\w\s*]*?)\b(\w+)\(", text)
        if m and not text.endswith(";"):
            function = m.group(1)
        if text == "{":
            body = True
        elif text == "}":
            body = False
        elif body and not text.lstrip().startswith("#"):
            # Asserts check the core, they are not part of what it does; what is done
            # after one that failed is never reached here, as it ends the run.
            if "samr_assert" not in text and "samr_mark" not in text and not failed:
                yield number, function, text
            failed = bool(re.match(r"^\s+if \(!samr_assert\(.*\)\)$", text))


def mechanical():
    for path in CORE:
        if path in SKIP_FILES:
            continue
        seen = collections.Counter()
        for number, function, text in code_lines(path):
            seen[function, text.strip()] += 1
            for kind, new in changes_of(text):
                m = Mutant(path, number, function, kind, text, new)
                m.nth = seen[function, text.strip()]
                yield m


# --- named changes -----------------------------------------------------------

def function_at(path, number):
    name = "?"
    for n, function, _ in code_lines(path):
        if n > number:
            break
        name = function
    return name


def read_named(p):
    """The hunks of mutants.d/NAME, and the line "by PATTERN" as a pattern."""
    hunks, by, path, last = [], None, None, ""
    with open(p, encoding="utf-8") as f:
        for line in f.read().split("\n"):
            if line.startswith("file "):
                path = line[5:].strip()
            elif line.startswith("by "):
                by = re.compile(line[3:].strip())
            elif line[:1] in ("-", "+"):
                if line[0] == "-" and last != "-":
                    hunks.append((path, [], []))
                hunks[-1]["-+".index(line[0]) + 1].append(line[1:])
            last = line[:1]
    return [(path, "\n".join(old), "\n".join(new)) for path, old, new in hunks], by


def named():
    """mutants.d/NAME: lines "file F", then "-old" and "+new" lines, as often as needed."""
    for p in sorted(glob.glob(os.path.join(HERE, "mutants.d", "*"))):
        name = os.path.basename(p)
        hunks, by = read_named(p)
        for path, old, _ in hunks:
            with open(os.path.join(TOP, path), encoding="utf-8") as f:
                text = f.read()
            if text.count(old + "\n") != 1:
                sys.exit(f"{name}: its text stands {text.count(old)} times in {path}, not once")
        path, old, new = hunks[0]
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            text = f.read()
        number = text[:text.index(old + "\n")].count("\n") + 1
        m = Mutant(path, number, function_at(path, number), "named", old, new)
        m.name, m.by, m.hunks = name, by, hunks
        yield m


# --- building and running ----------------------------------------------------

class Lab:
    def __init__(self, args):
        self.out, self.patience = args.out, args.patience
        self.seeds, self.failures = args.seeds, args.failures
        os.makedirs(self.out, exist_ok=True)
        self.scenarios = sorted(glob.glob("userspace/sim/testdata/*.txt", root_dir=TOP))
        self.gen = os.path.join(args.objects, "..", "..", "gen")
        self.objects = {}
        for root, _, files in os.walk(args.objects):
            for f in files:
                if f.endswith(".o"):
                    p = os.path.join(root, f)
                    self.objects[os.path.relpath(p, args.objects)] = p
        self.plain = {path: self.compile(path, self.read(path), "plain") for path in CORE}
        if None in self.plain.values():
            sys.exit("the core cannot be compiled as it is")

    def read(self, path):
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            return f.read()

    def compile(self, path, text, tag):
        """Object file of @text as if it stood in @path, and its digest; None: no C."""
        obj = os.path.join(self.out, f"{tag}-{os.path.basename(path)[:-2]}.o")
        r = subprocess.run(["gcc", *CFLAGS, f"-I{self.gen}", "-iquote", os.path.dirname(path),
                            "-x", "c", "-c", "-o", obj, "-"], cwd=TOP, text=True,
                           input=f'# 1 "{path}"\n' + text, capture_output=True, check=False)
        if r.returncode:
            return None
        with open(obj, "rb") as f:
            return obj, hashlib.sha1(f.read()).hexdigest()

    def changed(self, m, path):
        text = self.read(path)
        for where, old, new in m.hunks:
            if where == path:
                text = text.replace(old + "\n", new + "\n")
        if m.hunks:
            return text
        lines = text.split("\n")
        lines[m.line - 1] = m.new
        return "\n".join(lines)

    def build(self, m, tag):
        """Objects with the change; False: it is no C, or makes no difference."""
        for path in m.paths():
            made = self.compile(path, self.changed(m, path), tag)
            if not made or made[1] == self.plain[path][1]:
                return False
            m.objects[path[:-2] + ".o"] = made[0]
        return True

    def link(self, m, tag):
        program = os.path.join(self.out, tag)
        parts = {**self.objects, **m.objects}
        subprocess.run(["gcc", "-o", program, *parts.values()], cwd=TOP, check=True)
        return program

    def run(self, *command):
        """What it printed when it failed, line by line; None: it passed."""
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
        try:
            r = subprocess.run(command, cwd=TOP, text=True, capture_output=True,
                               timeout=10 * CPU, preexec_fn=limit, check=False,
                               errors="replace")
        except subprocess.TimeoutExpired:
            return ["it takes too long"]
        if not r.returncode:
            return None
        if r.returncode == 2:
            sys.exit(r.stderr)
        lines = r.stdout.split("\n")
        return [l for l in lines if "FAILED" in l] or [l for l in lines if "differs" in l] or \
            [lines[0] or "it fails"]

    def run_seeds(self, program, first, last, *options):
        return self.run(program, "--seeds", f"{first}..{last}", "--quiet",
                        "--patience", str(self.patience), *options)

    def notice(self, program, seeds, failures):
        """What is wrong with this simulator's core; None: nothing that shows."""
        said = self.run(program, "--leaves", "--patience", "5") or \
            self.run(program, "--stop", "--patience", "5", "--script", *self.scenarios) or \
            self.run_seeds(program, 1, failures, "--stop", "--failures") or \
            self.run_seeds(program, 1, GAPS, "--stop", "--gaps") or \
            self.run_seeds(program, 1, seeds, "--stop")
        return said and said[0]

    def notice_by(self, program, pattern):
        """The same, when it must be a certain checker, and in a run from a seed."""
        other = None
        for seed in range(1, self.seeds + 1):
            said = self.run_seeds(program, seed, seed)
            if said and pattern.search(said[0]):
                return said[0]
            other = other or said
        if other:
            print(f"not by /{pattern.pattern}/, but {other[0]}", flush=True)
        return None

    def control(self):
        """The core as it is must pass, or a kill means nothing."""
        path = CORE[0]
        m = Mutant(path, 0, "", "", "", "")
        m.objects = {path[:-2] + ".o": self.plain[path][0]}
        wrong = self.notice(self.link(m, "control"), self.seeds, self.failures)
        if wrong:
            sys.exit(f"the core fails as it is: {wrong}")

    def judge(self, m, tag):
        """Set m.killer to what noticed the change."""
        program = self.link(m, tag)
        if m.by:
            m.killer = self.notice_by(program, m.by)
        elif m.explained:
            m.killer = self.notice(program, EXPLAINED_SEEDS, EXPLAINED_SEEDS)
        else:
            m.killer = self.notice(program, self.seeds, self.failures)
        for f in [program, *m.objects.values()]:
            os.unlink(f)
        return m


def load_drawn(path):
    """Changes, one on each line, in the form of mutants.explained."""
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f if line.strip() and not line.startswith("#")]
    return {line: i for i, line in enumerate(lines)}


def choose(lab, args):
    """The changes that are kept; or --count others, spread over the core by chance."""
    every = list(mechanical())
    pool = len(every)
    drawn = {}
    if args.draw:
        random.Random(args.draw).shuffle(every)
    else:
        drawn = load_drawn(os.path.join(HERE, "mutants.drawn"))
        every = [m for m in every if m.text() in drawn and (args.only or "") in m.title()]
        every.sort(key=lambda m: drawn[m.text()])
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as threads:
            made = list(threads.map(lab.build, every, [f"m{i}" for i in range(len(every))]))
        every = [m for m, is_one in zip(every, made) if is_one]
    chosen, seen = [], set()
    for m in every:
        if args.draw and len(chosen) == args.count:
            break
        if args.only and args.only not in m.title():
            continue
        # Of those drawn now, one change a line is enough.
        if (m.path, m.line) in seen and m.text() not in drawn:
            continue
        if not args.draw or lab.build(m, f"m{len(chosen)}"):
            seen.add((m.path, m.line))
            chosen.append(m)
    gone = set(drawn) - {m.text() for m in chosen}
    if gone and not args.only:
        print("\n".join(["not there any more, see mutants.drawn:", *sorted(gone)]))
        if 10 * len(gone) > len(drawn):
            sys.exit("too many changes are gone: draw others")
    return chosen, pool


def load_explained(path):
    """Lines "file function: old => new", each followed by an indented reason.

    Of equal lines in a function, the second one is named "old [2]", and so on.
    """
    out, key = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            if line.startswith("\t"):
                out[key] += line.strip() + " "
                continue
            m = re.match(r"^(\S+) (\w+): (.*) => (.*)$", line)
            if not m:
                sys.exit(f"{path}: cannot read: {line}")
            key = (m.group(1), m.group(2), m.group(3).strip(), m.group(4).strip())
            out[key] = ""
    for key, why in out.items():
        if not why:
            sys.exit(f"{path}: no reason given for: {' '.join(key)}")
    return out


def check_lists():
    """Who changes a line of the core finds out at once that a list names it."""
    count = len(list(named()))
    drawn = load_drawn(os.path.join(HERE, "mutants.drawn"))
    gone = set(drawn) - {m.text() for m in mechanical()}
    for text in sorted(gone):
        print(f"mutants.drawn: not there any more: {text}")
    print(f"{len(drawn)} drawn, {count} named, {len(gone)} gone")
    return 1 if gone else 0


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--draw", type=int, default=0, metavar="SEED",
                   help="draw other mechanical changes than those of mutants.drawn")
    p.add_argument("--count", type=int, default=100, help="how many of those (100)")
    p.add_argument("--seeds", type=int, default=60, help="runs of each change (60)")
    p.add_argument("--failures", type=int, default=150,
                   help="runs in which heads fail, of each change (150)")
    p.add_argument("--patience", type=int, default=10, help="CPU seconds of one run (10)")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--named", action="store_true", help="only the named ones")
    p.add_argument("--only", help="only changes with this in their title")
    p.add_argument("--lists", action="store_true",
                   help="only see whether what the lists name still stands in the core")
    p.add_argument("--out", default="build/userspace/mutants")
    p.add_argument("--objects", default="build/userspace-mutants/obj/sim")
    args = p.parse_args()
    if args.lists:
        return check_lists()

    begin = time.monotonic()
    lab = Lab(args)
    explained = load_explained(os.path.join(HERE, "mutants.explained"))
    lab.control()
    chosen, pool = ([], 0) if args.named else choose(lab, args)
    for m in chosen:
        m.explained = m.key() in explained
    people = [m for m in named() if not args.only or args.only in m.title()]
    for i, m in enumerate(people):
        if not lab.build(m, f"n{i}"):
            sys.exit(f"{m.name}: it cannot be compiled, or changes nothing")
    print(f"{len(chosen)} of {pool} mechanical changes{f' (drawn by {args.draw})' if args.draw else ''}, {len(people)} named ones",
          flush=True)

    bad = killed = known = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        tags = [f"m{i}" for i in range(len(chosen))] + [f"n{i}" for i in range(len(people))]
        for m in pool.map(lab.judge, chosen + people, tags):
            if m.killer:
                killed += 1
                print(f"killed    {m.title()}\n{m.diff()}\n    by {m.killer}", flush=True)
            elif m.explained:
                known += 1
                print(f"explained {m.title()}\n{m.diff()}\n    {explained[m.key()]}", flush=True)
            else:
                bad += 1
                print(f"SURVIVED  {m.title()}\n{m.diff()}", flush=True)
    print(f"{killed} killed, {known} survived with an explanation, {bad} survived, "
          f"{time.monotonic() - begin:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
