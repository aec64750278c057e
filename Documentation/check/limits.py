#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares the tables of limits.rst with the #defines of the kernel side and with samr.yaml."""
import math
import re

from rst import DOC, TOP, Report, tables_of

UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "ns": 1, "µs": 1000, "ms": 10**6, "s": 10**9}
DEFAULTS = {"beat": "BEAT", "dead": "DEAD_BEATS * BEAT", "stuck": "STUCK", "reorder": "REORDER", "ack-delay": "ACK_DELAY", "history": "HISTORY",
            "history-bytes": "HISTORY_BYTES", "submits": "SUBMITS", "submit-bytes": "SUBMIT_BYTES",
            "ref-min": "REF_MIN"}
report = Report("numbers")
files = sorted([*(TOP / "kernel").rglob("*.[ch]"), TOP / "include/uapi/linux/samr.h"])
defines = {}
for path in files:
    for name, value in re.findall(r"^#define[ \t]+(\w+)[ \t]+(\S[^\n]*?)[ \t]*(?:/\*.*)?$", path.read_text(), re.M):
        defines.setdefault(name, {})[path.name] = value


def number(text):
    """A value with its unit; times in ns, sizes in bytes."""
    digits, unit = re.fullmatch(r"(\d+) ?([KMG]iB|[num]?s|µs|B|)", text).groups()
    return int(digits) * UNITS[unit]


def value_of(name, where=None):
    """What a macro stands for; with several of a name @where says which file."""
    found = defines.get(name, {})
    if where:
        found = {k: v for k, v in found.items() if k == where}
    if len(found) != 1:
        raise KeyError(f"{name} is defined in {sorted(found) or 'no file'}")
    text = re.sub(r"(\d)U?L*\b", r"\1", next(iter(found.values())))
    for other in set(re.findall(r"[A-Z]\w+", text)):
        text = re.sub(rf"\b{other}\b", str(value_of(other)), text)
    if not re.fullmatch(r"[\d\s()+*/<>-]+", text):
        raise KeyError(f"{name} is no number: {text}")
    return eval(text.replace("/", "//"))  # digits and operators only


def spec_value(name):
    m = re.search(rf"^    name: {name}\n    type: const\n    value: (\d+)$",
                  (DOC / "netlink/specs/samr.yaml").read_text(), re.M)
    return int(m[1]) if m else None


def check_option(row):
    option, default, least, most = row[:4]
    scale, key = (1000, option + "-us") if default.endswith("s") else (1, option)
    real = math.prod(value_of(name, "node.c") for name in DEFAULTS[option].split(" * "))
    report.check(real == number(default), f"{option}: default is not {default}")
    for what, text in (("default", default), ("min", least), ("max", most)):
        real = spec_value(f"{key}-{what}")
        report.check(real is not None and real * scale == number(text), f"{option}: {what} in samr.yaml is not {text}")


for _, header, rows in tables_of(DOC / "limits.rst"):
    for row in rows:
        try:
            if header[0] == "option":
                check_option(row)
                continue
            name, where = re.fullmatch(r"(\w+)(?: \((\w+\.[ch])\))?", row[0]).groups()
            real = value_of(name, where) * (10**6 if name.endswith("_MS") else 1)
            report.check(real == number(row[1]), f"{row[0]}: {real} in the code, {row[1]} in the table")
        except KeyError as e:
            report.check(False, f"{row[0]}: {e.args[0]}")
report.end(60)
