#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Judges metrics in Prometheus' text format, on standard input; says what is wrong, and ends with 1 when anything is.

The parser of Debian's python3-prometheus-client takes more than Prometheus does. So the lines are looked at here, too:
each family once, in one piece and with HELP and TYPE before it, names and units as the format's documents ask for, no
sample twice. Names of families as arguments: these have to be there, with at least one sample.
"""
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

NAME = re.compile(r"samr(_[a-z]+)+$")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\} (-?[0-9.]+(?:e[+-]?[0-9]+)?)$')
UNITS = ("_ms", "_us", "_ns", "_milliseconds", "_kilobytes", "_percent")
PARTS = {"summary": ("_sum", "_count"), "histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


def check_family(name, kind, wrong):
    if not NAME.match(name):
        wrong(f"{name}: not a name such as samr_link_bytes_total")
    if kind not in PARTS:
        wrong(f"{name}: type {kind}")
    if (kind == "counter") != name.endswith("_total"):
        wrong(f"{name}: counters, and nothing else, end with _total")
    if any(unit in name for unit in UNITS):
        wrong(f"{name}: not in a base unit")


def check_lines(text, wrong):
    """Families with the number of their samples."""
    seen, samples, helped, family, kind = {}, set(), None, None, None
    for n, line in enumerate(text.splitlines(), 1):
        words = line.split(" ", 3)
        if words[:2] == ["#", "HELP"]:
            helped = words[2]
            if len(words) < 4 or not words[3].endswith("."):
                wrong(f"line {n}: HELP without a sentence")
        elif words[:2] == ["#", "TYPE"]:
            family, kind = words[2], words[3]
            if family != helped:
                wrong(f"line {n}: TYPE of {family} without its HELP just before")
            if family in seen:
                wrong(f"line {n}: {family} a second time")
            seen[family] = 0
            check_family(family, kind, wrong)
        else:
            m = SAMPLE.match(line)
            if not m:
                wrong(f"line {n}: no sample: {line}")
                continue
            if family is None or m[1] not in [family + part for part in PARTS.get(kind, ("",))]:
                wrong(f"line {n}: {m[1]} does not belong to {family}")
            if "cluster=" not in m[2]:
                wrong(f"line {n}: no label cluster")
            if (m[1], m[2]) in samples:
                wrong(f"line {n}: {m[1]}{{{m[2]}}} a second time")
            samples.add((m[1], m[2]))
            seen[family] = seen.get(family, 0) + 1
    return seen


def main():
    faults = []
    text = sys.stdin.read()
    if not text.endswith("\n"):
        faults.append("no newline at the end")
    seen = check_lines(text, faults.append)
    parsed = {f.name: len(f.samples) for f in text_string_to_metric_families(text)}
    for name, count in seen.items():
        # The parser's names of counters have no _total.
        if parsed.get(name.removesuffix("_total")) != count:
            faults.append(f"{name}: the parser has {parsed.get(name)} samples, wanted {count}")
    faults += [f"{name} is missing" for name in sys.argv[1:] if not seen.get(name)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
