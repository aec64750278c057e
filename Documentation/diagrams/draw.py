#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Draws the diagrams of Documentation/: characters in, SVG out.

A diagram is a literal block of a .rst file whose :name: begins with "diagram-". Lines are made of - | + and end in
< > v ^; everything else is text. Without --check the SVGs are written beside this file; with it they are compared.
"""
import argparse
import html
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT = 8, 17  # of a character
BLOCK = re.compile(r"^\.\. code-block:: text\n +:name: diagram-([a-z-]+)\n\n((?:(?: .*)?\n)+)", re.M)


def diagrams_of(rst):
    """Yields (name, lines) of each diagram of a text."""
    for m in BLOCK.finditer(rst):
        lines = m[2].rstrip().split("\n")
        indent = min(len(x) - len(x.lstrip()) for x in lines if x.strip())
        yield m[1], [x[indent:].rstrip() for x in lines]


class Drawing:
    def __init__(self, lines):
        self.lines = lines
        self.parts = []
        self.strokes = []

    def at(self, x, y):
        inside = 0 <= y < len(self.lines) and 0 <= x < len(self.lines[y])
        return self.lines[y][x] if inside else " "

    def is_text(self, x, y):
        """Whether the character belongs to a word, so that it draws nothing."""
        c = self.at(x, y)
        left, right, up, down = self.at(x - 1, y), self.at(x + 1, y), self.at(x, y - 1), self.at(x, y + 1)
        if c == "-":
            return not (left in "-+<|" or right in "-+>|")
        if c in "<>":
            return (left if c == ">" else right) != "-"
        if c in "v^":
            return (up if c == "v" else down) not in "|+" or left.isalnum() or right.isalnum()
        if c == "|":
            return not (up in "|+^v-" or down in "|+^v-")
        if c == "+":
            return not (left in "-<" or right in "->" or up == "|" or down == "|")
        return True

    def line(self, x1, y1, x2, y2):
        flat = y1 == y2
        self.strokes.append((flat, y1, *sorted((x1, x2))) if flat else (flat, x1, *sorted((y1, y2))))

    def joined_strokes(self):
        """The strokes, those that touch end to end made one."""
        done = []
        for flat, where, start, end in sorted(self.strokes):
            if done and done[-1][:2] == (flat, where) and start <= done[-1][3]:
                done[-1] = (flat, where, done[-1][2], max(end, done[-1][3]))
            else:
                done.append((flat, where, start, end))
        for flat, where, start, end in done:
            yield f"M{start:g} {where:g}H{end:g}" if flat else f"M{where:g} {start:g}V{end:g}"

    def symbol(self, x, y):
        c = self.at(x, y)
        cx, cy = x * WIDTH + WIDTH / 2, y * HEIGHT + HEIGHT / 2
        left, right = x * WIDTH, (x + 1) * WIDTH
        if c == "-":
            # Up to the middle of an upright neighbour, so that no gap is seen.
            self.line(left - WIDTH / 2 * (self.at(x - 1, y) == "|"), cy,
                      right + WIDTH / 2 * (self.at(x + 1, y) == "|"), cy)
        elif c == "|":
            self.line(cx, y * HEIGHT - HEIGHT / 2 * (self.at(x, y - 1) == "-"),
                      cx, (y + 1) * HEIGHT + HEIGHT / 2 * (self.at(x, y + 1) == "-"))
        elif c == "+":
            for dx, dy, joins in ((-1, 0, "-<+"), (1, 0, "->+"), (0, -1, "|^+"), (0, 1, "|v+")):
                if self.at(x + dx, y + dy) in joins:
                    self.line(cx, cy, cx + dx * WIDTH / 2, cy + dy * HEIGHT / 2)
        else:
            tip, tail = {"<": ((left - 3, cy), (right, cy)), ">": ((right + 3, cy), (left, cy)),
                         "^": ((cx, y * HEIGHT), (cx, (y + 1) * HEIGHT)),
                         "v": ((cx, (y + 1) * HEIGHT), (cx, y * HEIGHT))}[c]
            dx, dy = (0, 4) if c in "<>" else (4, 0)
            self.parts.append(f'<path class="tip" d="M{tip[0]:g} {tip[1]:g}L{tail[0] - dx:g} {tail[1] - dy:g}'
                              f'L{tail[0] + dx:g} {tail[1] + dy:g}z"/>')

    def words(self, y):
        """Yields (x, text): runs of text, single blanks included."""
        row = "".join(c if self.is_text(x, y) else "\0" for x, c in enumerate(self.lines[y]))
        for m in re.finditer(r"[^ \0]+(?: [^ \0]+)*", row):
            yield m.start(), m[0]

    def svg(self):
        for y, row in enumerate(self.lines):
            for x, c in enumerate(row):
                if c in "-|+<>v^" and not self.is_text(x, y):
                    self.symbol(x, y)
            for x, text in self.words(y):
                self.parts.append(f'<text x="{x * WIDTH}" y="{y * HEIGHT + 13}" '
                                  f'textLength="{len(text) * WIDTH}">{html.escape(text)}</text>')
        self.parts.insert(0, '<path d="' + "".join(self.joined_strokes()) + '"/>')
        width, height = max(map(len, self.lines)) * WIDTH, len(self.lines) * HEIGHT
        return "\n".join([
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<!-- SPDX-License-Identifier: GPL-2.0 -->",
            "<!-- Made by draw.py from the text in a .rst file: change that. -->",
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 16}" height="{height + 16}" '
            f'viewBox="-8 -8 {width + 16} {height + 16}">',
            "<style>path{stroke:#222;fill:none}path.tip{fill:#222}"
            "text{font:13px monospace;fill:#222;white-space:pre}</style>",
            f'<rect x="-8" y="-8" width="{width + 16}" height="{height + 16}" fill="#fff"/>',
            *self.parts, "</svg>", ""])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--check", action="store_true", help="write nothing; fail when an SVG is not what it should be")
    args = p.parse_args()
    wanted = {}
    for rst in sorted(HERE.parent.glob("*.rst")):
        for name, lines in diagrams_of(rst.read_text()):
            if name in wanted:
                sys.exit(f"{rst.name}: there are two diagrams {name}")
            wanted[name] = Drawing(lines).svg()
    bad = 0
    for name, svg in wanted.items():
        path = HERE / f"{name}.svg"
        if not args.check:
            path.write_text(svg)
        elif not path.exists() or path.read_text() != svg:
            print(f"{path.name} is not drawn from its text of now: run Documentation/diagrams/draw.py")
            bad += 1
    for path in sorted(HERE.glob("*.svg")):
        if path.stem not in wanted:
            print(f"{path.name}: no .rst file has a diagram of this name")
            bad += 1
    if not wanted:
        sys.exit("no diagram found: has the form of the .rst files changed?")
    print(f"{len(wanted)} diagrams, {bad} wrong")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
