#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Writes samr_format.lua, the tables of Documentation/wire-format.rst for the dissector; --check: is it up to date?

Documentation/check/wire.py compares those tables with the headers of the C code, field by field, so that the dissector
reads what the kernel writes, or a test fails.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "Documentation/check"))
sys.dont_write_bytecode = True
from rst import tables_of  # noqa: E402

OUT = TOP / "userspace/wireshark/samr_format.lua"
HEAD = """-- SPDX-License-Identifier: GPL-2.0
-- Made by userspace/wireshark/format.py from Documentation/wire-format.rst: do not change it here.
--
-- structs[NAME] = { size = BYTES, { FIELD, OFFSET, SIZE }, ... }
-- values[PREFIX] = { [NUMBER] = NAME }; flags[PREFIX] = { { BIT, NAME }, ... }
"""


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def prefix_of(names):
    """SAMR_REC of SAMR_REC_SUBMIT and SAMR_REC_ORDER: what they share, and the drops are all of SAMR_DROP."""
    words = [n.split("_") for n in names]
    shared = []
    for column in zip(*words):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "_".join(shared[:-1] if len(names) == 1 else shared)


def struct(lines, name, size, rows):
    lines.append(f"structs.{name} = {{ size = {size},")
    for offset, length, field, _ in rows:
        lines.append(f"\t{{ {quoted(field)}, {offset}, {length} }},")
    lines.append("}")


def numbers(lines, rows):
    names = [r[1] for r in rows]
    prefix = prefix_of(names)
    if rows[0][0].startswith("0x"):
        # Two kinds of messages may share a bit.
        bits = {}
        for value, name, _ in rows:
            bits.setdefault(int(value, 0), []).append(name[len(prefix) + 1:])
        lines.append(f"flags.{prefix} = {{")
        lines += [f"\t{{ {bit:#04x}, {quoted('/'.join(of))} }}," for bit, of in sorted(bits.items())]
    else:
        lines.append(f"values.{prefix} = {{")
        lines += [f"\t[{int(r[0])}] = {quoted(r[1][len(prefix) + 1:])}," for r in sorted(rows, key=lambda r: int(r[0]))]
    lines.append("}")


def constants(lines):
    """Those that are no row of a table."""
    code = "".join((TOP / "kernel/core" / f).read_text() for f in ("wire.h", "wirestate.h"))
    code += (TOP / "kernel/transport/eth.c").read_text() + (TOP / "include/uapi/linux/samr_netlink.h").read_text()
    for name in ("SAMR_WIRE_VERSION", "SAMR_FRAME_CORE", "SAMR_FRAME_LINK", "SAMR_FRAME_CLIENT", "SAMR_CRC_LEN",
                 "SAMR_UDP_PORT_DEFAULT", "ETHERTYPE"):
        value = re.search(rf"^#define\s+{name}\s+(\w+)", code, re.M)[1]
        lines.append(f"constants.{name} = {value}")


def made():
    lines = ["local structs, values, flags, constants = {}, {}, {}, {}"]
    constants(lines)
    for above, header, rows in tables_of(TOP / "Documentation/wire-format.rst"):
        if header[0] == "offset":
            struct(lines, *re.search(r"``struct (\w+)``, (\d+) bytes", above).groups(), rows)
        elif header[:2] == ["value", "name"]:
            numbers(lines, rows)
    lines.append("return { structs = structs, values = values, flags = flags, constants = constants }")
    return HEAD + "\n".join(lines) + "\n"


def main():
    text = made()
    if sys.argv[1:] == ["--check"]:
        if OUT.read_text() != text:
            sys.exit(f"{OUT.relative_to(TOP)} is not what wire-format.rst says: run userspace/wireshark/format.py")
    elif sys.argv[1:]:
        sys.exit(f"usage: {sys.argv[0]} [--check]")
    else:
        OUT.write_text(text)


main()
