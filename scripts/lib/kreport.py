# SPDX-License-Identifier: GPL-2.0
"""What in a kernel log is a report of something wrong."""
import re

# The first line of a report. The kernel's timestamps may stand before it.
_START = re.compile("|".join((
    r"WARNING: ",                       # WARN(), also lockdep's "possible circular", "inconsistent lock state" ...
    r"(?<![A-Z])BUG: ",                 # KASAN, "sleeping function", "scheduling while atomic", soft lockup, bad page
    r"kernel BUG at",
    r"Oops(:| -)",
    r"general protection fault",
    r"Unable to handle kernel",
    r"Kernel panic - not syncing",
    r"UBSAN: ",
    r"KFENCE: |KCSAN: ",
    r"ODEBUG: ",
    r"refcount_t: ",
    r"INFO: (possible|task .* blocked for more than|trying to register non-static key|rcu.* self-detected|"
    r"rcu.* detected|suspicious RCU usage)",
    r"suspicious RCU usage",
    r"possible (recursive|circular) locking|inconsistent lock state|possible irq lock inversion|"
    r"lock held when returning to user space|held lock freed",
    r"rcu: INFO: ",
    r"unreferenced object 0x",
    r"\d+ new suspected memory leaks",
    r"list_(add|del) corruption",
    r"unregister_netdevice: waiting for",
    r"leaked reference|ref_tracker: .* (has|leaked)",
    r"workqueue lockup",
    r"Possible unsafe locking scenario",
    r"huh, entered .* with preempt_count",
)))
# Boot messages that look like the above and say nothing of samr.
_HARMLESS = re.compile("|".join((
    r"INFO: possible housekeeping",
    r"Spectre|Retbleed|MDS |TAA |MMIO Stale|Speculative",
)))
_STAMP = re.compile(r"^\[\s*\d+\.\d+\](\[\s*\w+\])? ?")
_END = re.compile(r"---\[ end trace|^=+$|</TASK>")
_LENGTH = 80


def plain(line):
    """The line without the kernel's timestamp."""
    return _STAMP.sub("", line)


def is_start(line):
    return bool(_START.search(line)) and not _HARMLESS.search(line)


def reports(lines, allow=()):
    """The reports in these log lines, each a list of lines; those whose first line matches one of allow are left out."""
    found, i = [], 0
    while i < len(lines):
        if not is_start(lines[i]):
            i += 1
            continue
        end = i + 1
        while end < len(lines) and end - i < _LENGTH:
            end += 1
            if end - i > 8 and _END.search(plain(lines[end - 1])):
                break
        if not any(re.search(a, lines[i]) for a in allow):
            found.append(lines[i:end])
        i = end
    return found
