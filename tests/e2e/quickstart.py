# SPDX-License-Identifier: Apache-2.0
"""Sends a 20 MB mail by swaks through a private Postfix and graph-milter into the emulated Graph, and compares.

Usage: quickstart.py BUILD_FOLDER. Exits 0 only if text and both attachments arrived byte for byte.
"""
import email
import hashlib
import pathlib
import subprocess
import sys
import time

import mails
import rig

TEXT = "Dear Alice,\r\n\r\nthe scans you asked for are attached.\r\n"
FILES = {"floor plan.pdf": 9_000_000, "site survey.pdf": 5_600_000}  # 20 MB once in base64


def write_files(folder):
    for seed, (name, size) in enumerate(FILES.items()):
        (folder / name).write_bytes(b"%PDF-1.7\n" + mails.noise(seed, size - 9))
    return [folder / name for name in FILES]


def send_with_swaks(port, files):
    command = ["swaks", "--server", "127.0.0.1", "--port", str(port), "--ehlo", "scanner.contoso.com",
               "--from", mails.SENDER, "--to", mails.RECIPIENT, "--header", "Subject: Scans of the site",
               "--body", TEXT]
    for file in files:
        command += ["--attach-type", "application/pdf", "--attach-name", file.name, "--attach", f"@{file}"]
    done = subprocess.run(command + ["--suppress-data"], capture_output=True, text=True)
    replies = [line.strip() for line in done.stdout.splitlines() if line.startswith("<")]
    if done.returncode != 0:
        raise rig.RigError(f"swaks failed with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return next(reply for reply in replies if "queued" in reply or "Ok" in reply and "250 2.0.0" in reply)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def delivered_parts(file):
    """{name: bytes} of what the recipient got; the text has the empty name."""
    message = email.message_from_bytes(pathlib.Path(file).read_bytes())
    return {mails.file_name(part): part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()}


def compare(files, got):
    """Prints one line for each part; true if all are equal."""
    sent = {"": TEXT.encode(), **{file.name: file.read_bytes() for file in files}}
    equal = set(sent) == set(got)
    for name, data in sent.items():
        arrived = got.get(name, b"")
        same = arrived.rstrip(b"\r\n") == data.rstrip(b"\r\n") if name == "" else arrived == data
        equal = equal and same
        print(f"  {name or '(text)'}: {len(data)} bytes, {'equal' if same else 'DIFFERENT'}")
        normal = (lambda b: b.rstrip(b"\r\n")) if name == "" else (lambda b: b)
        print(f"    sent     {sha256(normal(data))}\n    received {sha256(normal(arrived))}")
    return equal


def main():
    with rig.Rig(sys.argv[1]) as everything:
        print("graph-milter.conf, beside the options that point it at the emulator:")
        print("".join(f"    {line}\n" for line in rig.configuration("/etc/graph-milter/client-secret", {}).splitlines()))
        files = write_files(everything.folder)
        started = time.monotonic()
        reply = send_with_swaks(everything.mta.port, files)
        answered = time.monotonic()
        delivery, = everything.wait_for_deliveries(1)
        finished = time.monotonic()
        stats = everything.emulator.ask("GET", "/stats")
        size = pathlib.Path(delivery["file"]).stat().st_size
        print(f"SMTP:   {reply}  after {answered - started:.2f} s")
        print(f"Graph:  delivered {megabytes(size)} to {', '.join(delivery['recipients'])} {finished - answered:.2f} s later")
        print(f"        {sum(stats['requests'].values())} requests, {stats['ranges']} ranges, {megabytes(stats['rangeBytes'])} in ranges")
        equal = compare(files, delivered_parts(delivery["file"]))
        violations = everything.emulator.violations()
        for violation in violations:
            print(f"Graph protocol violation: {violation}")
        if not equal or violations:
            everything.folder_object.keep()
            sys.exit("NOT EQUAL: what Graph delivered is not what was sent")
        print("All parts arrived byte for byte.")


def megabytes(size):
    return f"{size / 1e6:.1f} MB"


main()
