#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does the simulator notice when the core is wrong?

Changes the core one line at a time, builds the simulator with each change, and
runs the scenarios and some seeds. A hundred changes are chosen mechanically
(--seed), the named ones in mutants.d/ are those that people would think of.

A change that nothing notices is a survivor. It must be explained in
mutants.explained, or this fails; the named ones must all be noticed.
"""

import argparse
import concurrent.futures
import glob
import hashlib
import os
import random
import re
import resource
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CORE = sorted(glob.glob("kernel/core/*.c", root_dir=TOP))
# What names things for people changes nothing.
SKIP_FILES = {"kernel/core/strings.c"}
CFLAGS = ["-std=gnu11", "-O2", "-w", "-Iinclude", "-isystem", "include/uapi",
          "-DSAMR_SIM", "-Iuserspace/sim", "-Ikernel"]
MEMORY = 3 << 30


class Mutant:
    """One changed line (a named one may change several)."""

    def __init__(self, path, line, function, kind, old, new, name=None):
        self.path, self.line, self.function = path, line, function
        self.kind, self.old, self.new, self.name = kind, old, new, name
        self.killer = None

    def key(self):
        return (os.path.basename(self.path), self.function,
                self.old.strip(), self.new.strip())

    def title(self):
        where = f"{self.path}:{self.line} {self.function}()"
        return f"{self.name}: {where}" if self.name else f"{where} [{self.kind}]"

    def diff(self):
        out = [f"    -{l}" for l in self.old.split("\n")]
        return "\n".join(out + [f"    +{l}" for l in self.new.split("\n")])


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
    function, body, comment = None, False, False
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
            # Asserts check the core, they are not part of what it does.
            if "samr_assert" not in text and "samr_mark" not in text:
                yield number, function, text


def mechanical():
    for path in CORE:
        if path in SKIP_FILES:
            continue
        for number, function, text in code_lines(path):
            for kind, new in changes_of(text):
                yield Mutant(path, number, function, kind, text, new)


# --- named changes -----------------------------------------------------------

def function_at(path, number):
    name = "?"
    for n, function, _ in code_lines(path):
        if n > number:
            break
        name = function
    return name


def named():
    """mutants.d/NAME: a line "file F", then "-old" and "+new" lines."""
    for p in sorted(glob.glob(os.path.join(HERE, "mutants.d", "*"))):
        path, old, new = None, [], []
        with open(p, encoding="utf-8") as f:
            for line in f.read().split("\n"):
                if line.startswith("file "):
                    path = line[5:].strip()
                elif line.startswith("-"):
                    old.append(line[1:])
                elif line.startswith("+"):
                    new.append(line[1:])
        name, old, new = os.path.basename(p), "\n".join(old), "\n".join(new)
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            text = f.read()
        if text.count(old + "\n") != 1:
            sys.exit(f"{name}: its text stands {text.count(old)} times in {path}, not once")
        number = text[:text.index(old + "\n")].count("\n") + 1
        yield Mutant(path, number, function_at(path, number), "named", old, new, name)


# --- building and running ----------------------------------------------------

class Lab:
    def __init__(self, args):
        self.out, self.seeds, self.patience = args.out, args.seeds, args.patience
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

    def changed(self, m):
        text = self.read(m.path)
        if m.name:
            return text.replace(m.old + "\n", m.new + "\n")
        lines = text.split("\n")
        lines[m.line - 1] = m.new
        return "\n".join(lines)

    def build(self, m, tag):
        """A simulator with the change; None: it is no C, or makes no difference."""
        made = self.compile(m.path, self.changed(m), tag)
        if not made or made[1] == self.plain[m.path][1]:
            return None
        m.object = made[0]
        return made

    def link(self, m, tag):
        program = os.path.join(self.out, tag)
        mine = m.path[:-2] + ".o"
        others = [p for rel, p in self.objects.items() if rel != mine]
        subprocess.run(["gcc", "-o", program, m.object, *others], cwd=TOP, check=True)
        return program

    def run(self, *command):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            r = subprocess.run(command, cwd=TOP, text=True, capture_output=True,
                               timeout=40 * self.patience, preexec_fn=limit, check=False,
                               errors="replace")
        except subprocess.TimeoutExpired:
            return "it takes too long"
        if not r.returncode:
            return None
        lines = r.stdout.split("\n")
        if r.returncode == 2:
            sys.exit(r.stderr)
        said = [l for l in lines if "FAILED" in l] or [l for l in lines if "differs" in l]
        return said[0] if said else (lines[0] or "it fails")

    def notice(self, program):
        """What is wrong with this simulator's core; None: nothing that shows."""
        return self.run(program, "--leaves", "--patience", "5") or \
            self.run(program, "--script", *self.scenarios) or \
            self.run(program, "--seeds", f"1..{self.seeds}", "--quiet", "--stop",
                     "--patience", str(self.patience))

    def control(self):
        """The core as it is must pass, or a kill means nothing."""
        path = CORE[0]
        m = Mutant(path, 0, "", "", "", "")
        m.object = self.plain[path][0]
        wrong = self.notice(self.link(m, "control"))
        if wrong:
            sys.exit(f"the core fails as it is: {wrong}")

    def judge(self, m, tag):
        """Set m.killer to what noticed the change."""
        program = self.link(m, tag)
        m.killer = self.notice(program)
        os.unlink(program)
        os.unlink(m.object)
        return m


def choose(lab, args):
    """--count valid changes, spread over the core by chance."""
    every = list(mechanical())
    random.Random(args.seed).shuffle(every)
    chosen, seen = [], set()
    for m in every:
        if len(chosen) == args.count:
            break
        if args.only and args.only not in m.title():
            continue
        # One change a line is enough.
        if (m.path, m.line) in seen:
            continue
        if lab.build(m, f"m{len(chosen)}"):
            seen.add((m.path, m.line))
            chosen.append(m)
    return chosen, len(every)


def load_explained(path):
    """Lines "file function: old => new", each followed by an indented reason."""
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


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, default=1, help="chooses the mechanical changes (1)")
    p.add_argument("--count", type=int, default=100, help="how many of them (100)")
    p.add_argument("--seeds", type=int, default=60, help="runs of each change (60)")
    p.add_argument("--patience", type=int, default=10, help="CPU seconds of one run (10)")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--only", help="only changes with this in their title")
    p.add_argument("--out", default="build/userspace/mutants")
    p.add_argument("--objects", default="build/userspace/obj/sim")
    args = p.parse_args()

    lab = Lab(args)
    explained = load_explained(os.path.join(HERE, "mutants.explained"))
    lab.control()
    chosen, pool = choose(lab, args)
    people = [m for m in named() if not args.only or args.only in m.title()]
    for i, m in enumerate(people):
        if not lab.build(m, f"n{i}"):
            sys.exit(f"{m.name}: it cannot be compiled, or changes nothing")
    print(f"{len(chosen)} of {pool} mechanical changes (seed {args.seed}), {len(people)} named ones",
          flush=True)

    bad = killed = known = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        tags = [f"m{i}" for i in range(len(chosen))] + [f"n{i}" for i in range(len(people))]
        for m in pool.map(lab.judge, chosen + people, tags):
            if m.killer:
                killed += 1
                print(f"killed    {m.title()}\n{m.diff()}\n    by {m.killer}", flush=True)
            elif m.key() in explained and not m.name:
                known += 1
                print(f"explained {m.title()}\n{m.diff()}\n    {explained[m.key()]}", flush=True)
            else:
                bad += 1
                print(f"SURVIVED  {m.title()}\n{m.diff()}", flush=True)
    print(f"{killed} killed, {known} survived with an explanation, {bad} survived")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
