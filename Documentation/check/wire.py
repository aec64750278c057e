#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares wire-format.rst with the code: layouts, numbers and names."""
import re

from rst import DOC, TOP, Report, run_c, tables_of

report = Report("fields and constants")


def extract(path, start):
    """A struct or an enum out of a header that does not compile outside the kernel."""
    text = (TOP / path).read_text()
    return text[text.index(start):].split("};", 1)[0] + "};\n"


def fields_of(struct, text):
    """Names of the fields of a struct as it stands in @text."""
    body = re.search(r"struct %s \{\n(.*?)\n\}" % struct, text, re.S)[1]
    return re.findall(r"(\w+)(?:\[\d+\])?;", body)


headers = (TOP / "kernel/core/wire.h").read_text() + (TOP / "kernel/core/wirestate.h").read_text() + (TOP / "kernel/link.h").read_text()
prelude = ('#include <stdio.h>\n#include "core/wire.h"\n#include "core/event.h"\n#include "core/strings.h"\n'
           '#include "core/strings.c"\n'
           + extract("kernel/link.h", "enum samr_link_rec_type {") + extract("kernel/link.h", "struct samr_link_rec {")
           + extract("kernel/link.h", "struct samr_link_pulse {")
           + extract("kernel/transport.h", "enum samr_cast {"))
source, wanted = [], []


def ask(expression, value, what):
    source.append(f'printf("%lld\\n", (long long)({expression}));')
    wanted.append((str(value), what))


def layout(struct, size, rows):
    ask(f"sizeof(struct {struct})", size, f"size of struct {struct}")
    at = 0
    for offset, length, field, _ in rows:
        ask(f"offsetof(struct {struct}, {field})", offset, f"offset of {struct}.{field}")
        ask(f"sizeof(((struct {struct} *)0)->{field})", length, f"size of {struct}.{field}")
        report.check(int(offset) == at, f"{struct}.{field}: bytes before it are not described")
        at += int(length)
    report.check(at == int(size), f"struct {struct}: bytes at its end are not described")
    report.check([r[2] for r in rows] == fields_of(struct, headers), f"struct {struct}: not the fields of the code")


structs, enums = set(), {}
for above, header, rows in tables_of(DOC / "wire-format.rst"):
    if header[0] == "offset":
        name, size = re.search(r"``struct (\w+)``, (\d+) bytes", above).groups()
        structs.add(name)
        layout(name, size, rows)
    elif header[:2] == ["value", "name"] or header[:2] == ["value", "constant"]:
        for row in rows:
            ask(row[1], int(row[0], 0), row[1])
            enums[row[1]] = True
            if header[1] == "constant":
                source.append(f'printf("%s\\n", samr_strings_drop({row[1]}));')
                wanted.append((row[2], f"name of {row[1]}"))

got = run_c(prelude + "int main(void)\n{\n" + "\n".join(source) + "\n}\n")
for (value, what), real in zip(wanted, got):
    report.check(value == real, f"{what}: {real} in the code, {value} in the table")

# Nothing of the code is left out.
for name in re.findall(r"struct (samr_(?:hdr|rec|rec_\w+|link_rec)) \{", headers):
    report.check(name in structs, f"struct {name} has no table")
code = headers + (TOP / "kernel/core/event.h").read_text()
for name in sorted(set(re.findall(r"\b(SAMR_(?:REC|LINK_REC|KIND|DROP|MSG|BEAT|SEAT|ID|PLAN|ANSWER)_\w+)\b", code))):
    if name not in ("SAMR_DROP_NONE", "SAMR_REC_F_") and not name.endswith("_FLAGS"):
        report.check(name in enums, f"{name} has no row")
report.end(100)
