# SPDX-License-Identifier: GPL-2.0
"""What the checks share: simple tables of reStructuredText, and constants of C."""
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
DOC = TOP / "Documentation"


def tables_of(path):
    """Yields (line above, header, rows) of each simple table; a cell that is continued is joined to one line."""
    lines = path.read_text().split("\n")
    i, above = 0, ""
    while i < len(lines):
        if not re.fullmatch(r"=+(  +=+)+", lines[i]):
            above = lines[i].strip() or above
            i += 1
            continue
        starts = [m.start() for m in re.finditer("=+", lines[i])]
        ends = starts[1:] + [None]
        border, rows, i = lines[i], [], i + 1
        borders = 1
        while borders < 3:
            if lines[i] == border:
                borders += 1
            elif lines[i].strip():
                cells = [lines[i][a:b].strip() for a, b in zip(starts, ends)]
                if cells[0]:
                    rows.append(cells)
                else:
                    rows[-1] = [" ".join(filter(None, pair)) for pair in zip(rows[-1], cells)]
            i += 1
        yield above, rows[0], rows[1:]
        above = ""


class Report:
    """Collects what is wrong; its end is one line and an exit status."""
    def __init__(self, what):
        self.what, self.count, self.bad = what, 0, 0

    def check(self, good, text):
        self.count += 1
        if not good:
            self.bad += 1
            print(text)

    def end(self, least):
        self.check(self.count >= least, f"only {self.count} {self.what} found: has the form of the text changed?")
        print(f"{self.count - 1} {self.what}, {self.bad} wrong")
        sys.exit(self.bad != 0)


def run_c(source, flags=()):
    """Compiles and runs a C program; returns the lines that it printed."""
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        (tmp / "t.c").write_text(source)
        # The core's headers outside the kernel want the simulator's list.h; no list is used here.
        (tmp / "list.h").write_text("struct list_head { struct list_head *next, *prev; };\n"
                                    "#define INIT_LIST_HEAD(l) ((void)(l))\n")
        subprocess.run(["cc", "-std=gnu11", "-w", f"-I{TOP}/kernel", *flags, f"-I{tmp}", "-o", tmp / "t", tmp / "t.c"],
                       check=True)
        return subprocess.run([tmp / "t"], check=True, capture_output=True, text=True).stdout.split("\n")
