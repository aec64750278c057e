#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What README.md, the .rst files and the manual pages name must exist.

Looked at: paths in the tree, functions and constants of samr, targets of make, manual pages, pages linked to; and in
samr(7) each errno.
"""
import errno
import re
import subprocess

from rst import DOC, TOP, Report

report = Report("names")
FOLDERS = "kernel|include|userspace|scripts|selftests|Documentation|LICENSES"
files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, check=True, capture_output=True,
                       text=True).stdout.split()
folders = {f.rsplit("/", n)[0] for f in files for n in range(1, f.count("/") + 1)}
code = {f: (TOP / f).read_text(errors="replace") for f in files
        if re.match(r"(kernel|include|userspace|scripts|selftests)/", f) and (TOP / f).is_file()}
words = set(re.findall(r"\w+", "\n".join(code.values())))
targets = set(re.findall(r"^([\w -]+):(?!=)", (TOP / "Makefile").read_text(), re.M))
targets = {t for group in targets for t in group.split()}
pages = {f.rsplit("/", 1)[-1] for f in files if re.search(r"/man/[\w-]+\.\d$", f)}


def exists(path):
    path = path.rstrip("/.")
    if "*" in path or "[" in path:
        return any(True for _ in TOP.glob(path))
    return path in folders or path in files


def check_text(name, text):
    for path in sorted(set(re.findall(rf"(?<![\w/~.])((?:{FOLDERS})/[\w./*\[\]-]*[\w/*])", text))):
        report.check(exists(path), f"{name}: there is no {path}")
    for word in sorted(set(re.findall(r"\b(samr_\w+)\(\)", text) + re.findall(r"\bstruct (samr_\w+)", text) +
                           re.findall(r"\bSAMR_\w*[A-Z0-9]\b", text))):
        report.check(word in words, f"{name}: {word} is not in the code")
    for target in sorted(set(re.findall(r"(?:^ +|``|`)(?:sudo )?make ([a-z-]+)", text, re.M))):
        report.check(target in targets, f"{name}: make {target} is no target")
    for page, section in sorted(set(re.findall(r"\b((?:lib)?samr[\w-]*)\((\d)\)", text))):
        report.check(f"{page}.{section}" in pages, f"{name}: there is no manual page {page}({section})")


def check_man(name, text):
    """Every errno that the page lists is used by the kernel side, and the other way round for the sockets' files."""
    listed = set(re.findall(r"\bE[A-Z0-9]{3,}\b", text)) & set(errno.errorcode.values())
    sources = {f: t for f, t in code.items() if re.match(r"kernel/[\w/]+\.[ch]$", f)}
    used = set(re.findall(r"-?\b(E[A-Z0-9]{3,})\b", "\n".join(sources.values())))
    # Those that the socket layer answers itself, before or behind this code.
    generic = {"EBADF", "EMFILE", "ENFILE", "EINTR", "ENOTSOCK", "ENOTTY"}
    for e in sorted(listed):
        report.check(e in used | generic, f"{name}: {e} is not in the kernel's code")
    faces = "\n".join(t for f, t in sources.items() if re.search(r"/(socket|sockopt|local)\.c$", f))
    for e in sorted(set(re.findall(r"-(E[A-Z0-9]{3,})\b", faces)) & set(errno.errorcode.values())):
        report.check(e in listed, f"{name}: {e} is returned and not described")


check_text("README.md", (TOP / "README.md").read_text())
for path in sorted(DOC.glob("*.rst")):
    check_text(path.name, path.read_text())
for path in re.findall(r"\]\(([\w./-]+)\)", (TOP / "README.md").read_text()):
    report.check(exists(path), f"README.md: link to {path}")
for page in sorted(f for f in files if f.endswith("/samr.7")):
    check_man("samr.7", (TOP / page).read_text())
report.end(50)
