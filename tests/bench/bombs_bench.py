# SPDX-License-Identifier: Apache-2.0
"""Mail made to cost time or memory: the reader alone, and a million header lines through the milter."""
import json
import pathlib
import subprocess

import mails
import measure
import rig
from milter_client import MilterClient


def many_parts(count):
    return ("From: scanner@contoso.com\r\nTo: alice@fabrikam.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            + "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count + "--b--\r\n").encode()


def nested(depth, lines=0):
    head = "From: scanner@contoso.com\r\nTo: alice@fabrikam.example\r\nMIME-Version: 1.0\r\n"
    levels = "".join(f"Content-Type: multipart/mixed; boundary=b{i:06}\r\n\r\n--b{i:06}\r\n" for i in range(depth))
    inner = "Content-Type: text/plain\r\n\r\n" + "--x\r\n" * lines
    ends = "".join(f"\r\n--b{i:06}--\r\n" for i in reversed(range(depth)))
    return (head + levels + inner + ends).encode()


def many_headers(count):
    return ("From: scanner@contoso.com\r\nTo: alice@fabrikam.example\r\n" + "X-A: b\r\n" * count + "\r\nhello\r\n").encode()


BOMBS = {
    "10,000 parts": lambda: many_parts(10_000),
    "200,000 parts": lambda: many_parts(200_000),
    "nesting 100,000": lambda: nested(100_000),
    "10 MB of lines with -- at depth 1,000": lambda: nested(1000, 2_000_000),
    "10 MB of lines with -- at depth 19": lambda: nested(19, 2_000_000),
}


def scan(binaries, folder, message):
    path = folder / "bomb.eml"
    path.write_bytes(message)
    done = subprocess.run([pathlib.Path(binaries) / "tests/bench/scan_file", path], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def through(socket, message):
    client = MilterClient(socket)
    with measure.Stopwatch() as watch:
        client.message(mails.SENDER, [mails.RECIPIENT], client.content(message))
    client.close()
    return watch.seconds


def run(binaries, report, _rounds):
    folder_object = rig.Folder()
    for name, make in BOMBS.items():
        result = scan(binaries, folder_object.path, make())
        report.note(name, f"{result['verdict']} {result['code']}")
        report.gate(f"{name}: CPU", result["cpu_seconds"], 2, unit=" s")
        report.gate(f"{name}: memory", result["peak_kib"] / 1024, 64, unit=" MB")
    headers = many_headers(1_000_000)
    result = scan(binaries, folder_object.path, headers)
    report.gate("10^6 header lines, reader alone", result["cpu_seconds"], 1, unit=" s")
    folder_object.close()
    with rig.Rig(binaries) as everything:
        noop_socket = everything.milter.run / "noop.sock"
        noop = rig.Child([pathlib.Path(binaries) / "tests/milter/noop_milter", f"unix:{noop_socket}"], everything.folder / "noop.log")
        everything.callback(noop.close)
        rig.wait_until(noop_socket.exists, "the do-nothing milter listens")
        pairs = [(through(everything.milter.socket, headers), through(noop_socket, headers)) for _ in range(3)]
    more = sorted(ours - nothing for ours, nothing in pairs)[1]
    report.gate("10^6 header lines through the milter, above one that does nothing", more, 1, unit=" s")
