#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The Wireshark dissector, on frames that the simulator's cores send to each other, and on bad ones made of them.

What it says of a frame is compared with what a few lines here read out of the same bytes (pcap.py).
"""
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import pcap

TOP = pathlib.Path(__file__).resolve().parents[2]
DISSECTOR = TOP / "userspace/wireshark"
SIM = TOP / "build/userspace/sim"
RECORDS = range(1, 34)
# Records that a short run rarely has: another head has promised more.
RARE = {14}
SEEDS = 40
# Frames of one kind, by the records in them, are dissected so many times.
EACH = 4
FIELDS = ("afsamr.record", "afsamr.order.gseq", "_ws.expert.message", "_ws.lua.error")


def tshark(path, fields, *more):
    out = subprocess.run(["tshark", "-X", f"lua_script:{DISSECTOR}/samr.lua", "-r", path, "-T", "fields",
                          *(word for f in fields for word in ("-e", f)), *more], check=True, capture_output=True, text=True)
    if "Lua" in out.stderr:
        raise AssertionError(out.stderr)
    return [line.split("\t") for line in out.stdout.split("\n")[:-1]]


def numbers(text):
    return [int(n) for n in text.split(",") if n]


class Dissector(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.tmp)
        cls.frames, cls.seen = [], set()
        count = {}
        for seed in range(1, SEEDS + 1):
            path = cls.tmp / "sim.pcap"
            subprocess.run([SIM, "--failures", "--seed", str(seed), "--quiet", "--capture", path], check=True,
                           stdout=subprocess.DEVNULL)
            for frame in pcap.read(path):
                kind = tuple(sorted(set(pcap.records(frame)[0])))
                count[kind] = count.get(kind, 0) + 1
                if count[kind] <= EACH:
                    cls.frames.append(frame)
                    cls.seen.update(kind)
            if cls.seen >= set(RECORDS) - RARE:
                break

    def packets(self, packets, fields=FIELDS, *more):
        path = self.tmp / "test.pcap"
        pcap.write(path, packets)
        lines = tshark(path, fields, *more)
        self.assertEqual(len(lines), len(packets))
        return lines

    def one_with(self, kind):
        return next(f for f in self.frames if pcap.records(f)[0] == [kind])

    def says(self, frame, text, count=1):
        """The expert information on one frame."""
        (line,) = self.packets([pcap.on_ethernet(frame)], ("_ws.expert.message", "_ws.lua.error"))
        self.assertEqual(line[0].count(text), count, line)
        self.assertEqual(line[1], "")

    def changed(self, frame, at, value):
        """Another frame, whose trailer is right."""
        body = bytearray(frame[:pcap.length(frame)])
        body[at:at + len(value)] = value
        return pcap.sealed(bytes(body))

    def test_format(self):
        subprocess.run([DISSECTOR / "format.py", "--check"], check=True)

    def test_all_records(self):
        self.assertLessEqual(set(RECORDS) - self.seen, RARE)
        self.assertGreater(len(self.frames), 100)

    def compare(self, packets):
        for frame, (types, places, expert, lua) in zip(self.frames, self.packets(packets)):
            self.assertEqual((numbers(types), numbers(places)), pcap.records(frame))
            self.assertEqual((expert, lua), ("", ""))

    def test_ethernet(self):
        self.compare([pcap.on_ethernet(f) for f in self.frames])

    def test_udp(self):
        self.compare([pcap.over_udp(f) for f in self.frames])

    def test_another_port(self):
        frame = self.one_with(4)
        lines = self.packets([pcap.over_udp(frame, 7999), pcap.over_udp(frame)], ("afsamr.record",), "-o", "afsamr.port:7999")
        self.assertEqual(lines, [["4"], [""]])

    def test_header(self):
        frame = self.frames[0]
        cluster, src, inc = struct.unpack_from("!IQQ", frame, 4)
        (line,) = self.packets([pcap.on_ethernet(frame)], ("afsamr.cluster", "afsamr.src", "afsamr.inc", "afsamr.len"))
        self.assertEqual(line, [str(cluster), str(src), f"0x{inc:016x}", str(pcap.length(frame))])

    def test_view(self):
        frame = self.one_with(6)
        count, = struct.unpack_from("!I", frame, pcap.HEADER + 4)
        nodes = [struct.unpack_from("!I", frame, pcap.HEADER + 88 + 16 * i + 8)[0] for i in range(count)]
        (line,) = self.packets([pcap.on_ethernet(frame)], ("afsamr.plan.count", "afsamr.seat.node"))
        self.assertEqual((int(line[0]), numbers(line[1])), (count, nodes))

    def test_column(self):
        frame = next(f for f in self.frames if pcap.records(f)[0] == [2])
        (line,) = self.packets([pcap.on_ethernet(frame)], ("_ws.col.Protocol", "_ws.col.Info"))
        self.assertEqual(line[0], "samr")
        self.assertIn(f"ORDER {pcap.records(frame)[1][0]} = ", line[1])

    def test_link(self):
        def link(record):
            head = struct.pack("!BBBBIQQQQQHHHH", 2, 2, 0, 0, 4711, 1, 9, 1, 0, 0, 0, 56 + len(record), 1, 0)
            return pcap.sealed(head + record)
        probe = link(struct.pack("!BBHB3xIIQQ", 1, 0, 100, 1, 5, 156, 0, 0) + bytes(68))
        answer = link(struct.pack("!BBHB3xIIQQ", 2, 0, 32, 0, 5, 156, 2, 7))
        pulse = link(struct.pack("!BBHB3xQ", 3, 0, 16, 2, 0b1110))
        lines = self.packets([pcap.on_ethernet(f) for f in (probe, answer, pulse)],
                             ("afsamr.link_record", "afsamr.link.size", "afsamr.link_pulse.links", "_ws.expert.message"))
        self.assertEqual(lines, [["1", "156", "", ""], ["2", "156", "", ""], ["3", "", "2", ""]])

    def test_lab(self):
        """Frames of a real link: probes, a client node, and heads; capture.sh takes such captures."""
        frames = pcap.read(TOP / "selftests/wireshark/testdata/lab.pcap")
        lines = self.packets([pcap.on_ethernet(f) for f in frames],
                             ("afsamr.type", "afsamr.record", "afsamr.link_record", "_ws.expert.message"))
        self.assertEqual({line[0] for line in lines}, {"1", "2", "3"})
        for frame, (kind, core, link, expert) in zip(frames, lines):
            self.assertEqual(numbers(link if kind == "2" else core), pcap.records(frame)[0])
            self.assertEqual(expert, "")

    def test_documented_filters(self):
        """Those of Documentation/observing.rst are filters."""
        text = (TOP / "Documentation/observing.rst").read_text()
        filters = re.findall(r"^``(afsamr.*?)``  ", text, re.M)
        self.assertGreater(len(filters), 5)
        for f in filters:
            tshark(TOP / "selftests/wireshark/testdata/lab.pcap", ("afsamr.type",), "-Y", f)

    def test_padding(self):
        """Ethernet's least length leaves something behind short frames, which is not looked at."""
        frame = self.one_with(4)
        packet = pcap.on_ethernet(frame[:pcap.length(frame) + 4] + b"\x01" * 5)
        self.assertEqual(self.packets([packet], ("afsamr.padding", "_ws.expert.message")), [["0101010101", ""]])

    def test_damage(self):
        frame = bytearray(self.one_with(4))
        frame[30] ^= 4
        self.says(bytes(frame), "CRC32C wrong")

    def test_bad_frames(self):
        beat, order = self.one_with(4), self.one_with(2)
        at = pcap.HEADER
        self.says(beat[:40], "Shorter than a header")
        self.says(b"\x07" + beat[1:], "Another version")
        self.says(self.changed(beat, 50, b"\xff\xff"), "length is not the frame's")
        self.says(self.changed(beat, 1, b"\x09"), "A value that no header has")
        self.says(self.changed(beat, 54, b"\x01"), "Reserved, and not zero")
        self.says(self.changed(beat, 52, b"\x00\x07"), "Not as many records")
        self.says(self.changed(beat, at, b"\xc8"), "Record of unknown type")
        self.says(self.changed(beat, at + 2, b"\x00\x03"), "Record malformed")
        self.says(self.changed(beat, at + 2, b"\xf0\x00"), "Record malformed")
        self.says(self.changed(beat, at + 2, b"\x00\x20"), "Record malformed")
        self.says(self.changed(order, at + 76, b"\x63"), "Record malformed")
        self.says(self.changed(beat, 2, b"\x05"), "the tag is not checked")

    def test_any_bytes(self):
        """Every other byte of each kind of frame in turn is another: never an error in the dissector itself."""
        packets = []
        for kind in sorted(self.seen):
            frame = next(f for f in self.frames if kind in pcap.records(f)[0])
            for at in range(pcap.HEADER, min(pcap.length(frame), pcap.HEADER + 120), 2):
                body = bytearray(frame)
                body[at] ^= 0xff
                packets.append(pcap.on_ethernet(bytes(body)))
        wrong = 0
        for lua, expert in self.packets(packets, ("_ws.lua.error", "_ws.expert.message")):
            self.assertEqual(lua, "")
            self.assertNotIn("Lua Error", expert)
            wrong += "Record malformed" in expert
        self.assertGreater(wrong, 30)


if not shutil.which("tshark"):
    print("1..0 # SKIP needs tshark")
    sys.exit(4)
unittest.main()
