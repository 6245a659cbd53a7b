# SPDX-License-Identifier: Apache-2.0
"""The uploader and the whole path against a bare curl loop, in pairs within one round.

The curl loop PUTs the decoded parts, already split into the same ranges, to upload sessions of the same server, over TLS,
one after the other, in one curl process with its connection kept. The whole path is: first milter byte, message taken
and durable, draft, sessions, last range answered.
"""
import datetime
import http.client
import json
import os
import random
import ssl
import statistics
import subprocess
import time
import urllib.parse

import mails
import measure
import rig
from milter_client import MilterClient

RANGE = 3_932_160
SIZES = (10_000_000, 40_000_000, 59_600_000)  # 150 MB once in base64
THINK_MS = 50


class GraphCaller:
    """A plain client of the emulator, to open sessions for the curl loop."""

    def __init__(self, emulator):
        self.base = urllib.parse.urlparse(emulator.ports["graph"])
        self.context = ssl.create_default_context(cafile=emulator.ports["ca"])
        form = urllib.parse.urlencode({"client_id": rig.CLIENT_ID, "client_secret": rig.CLIENT_SECRET, "grant_type": "client_credentials",
                                       "scope": emulator.ports["graph"] + "/.default"})
        self.token = self.call("POST", f"/{rig.TENANT}/oauth2/v2.0/token", form,
                               {"Content-Type": "application/x-www-form-urlencoded"})["access_token"]

    def call(self, method, path, body, headers):
        connection = http.client.HTTPSConnection(self.base.netloc, context=self.context)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise rig.RigError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else {}

    def json(self, method, path, body):
        return self.call(method, "/v1.0/users/scanner@contoso.com" + path, json.dumps(body),
                         {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"})

    def session_urls(self, sizes):
        draft = self.json("POST", "/messages", {"subject": "curl"})["id"]
        path = f"/messages/{urllib.parse.quote(draft, safe='')}/attachments/createUploadSession"
        return [self.json("POST", path, {"AttachmentItem": {"attachmentType": "file", "name": f"{i}.bin", "size": size}})["uploadUrl"]
                for i, size in enumerate(sizes)]


def split_into_ranges(folder):
    """Files of one range each: [(part, begin, size, path)]."""
    pieces = []
    for part, size in enumerate(SIZES):
        data = mails.noise(f"curl-{part}", size)
        for begin in range(0, size, RANGE):
            path = folder / f"range-{part}-{begin}"
            path.write_bytes(data[begin:begin + RANGE])
            pieces.append((part, begin, min(RANGE, size - begin), path))
    return pieces


def curl_loop(caller, pieces, ca, folder):
    """Seconds and CPU seconds of one curl process that PUTs all ranges."""
    urls = caller.session_urls(SIZES)
    lines = []
    for part, begin, size, path in pieces:
        lines += ["next"] if lines else []
        lines += [f'url = "{urls[part]}"', f'upload-file = "{path}"', f'cacert = "{ca}"', "http1.1", "silent", "globoff",
                  "path-as-is", "fail", 'output = "/dev/null"', 'header = "Expect:"',
                  'header = "Content-Type: application/octet-stream"',
                  f'header = "Content-Range: bytes {begin}-{begin + size - 1}/{SIZES[part]}"']
    config = folder / "curl.conf"
    config.write_text("\n".join(lines) + "\n")
    before = os.times()
    with measure.Stopwatch() as watch:
        subprocess.run(["curl", "--config", config], check=True)
    after = os.times()
    return watch.seconds, after.children_user + after.children_system - before.children_user - before.children_system


def copy_and_sync(message, folder):
    """Seconds of writing the mail once, durably: what any relay must do."""
    with measure.Stopwatch() as watch, open(folder / "copy", "wb") as stream:
        stream.write(message)
        stream.flush()
        os.fdatasync(stream.fileno())
    return watch.seconds


def began(entry):
    return datetime.datetime.fromisoformat(entry["time"]).timestamp()


def our_path(everything, client, message):
    """(end to end, uploader alone, CPU) in seconds for one mail, from the client's and the server's clock of one host."""
    everything.emulator.ask("POST", "/reset")
    everything.emulator.ask("POST", "/think", {"range_ms": THINK_MS})
    pid = everything.milter.child.process.pid
    cpu = measure.cpu_seconds(pid)
    content = client.content(message)
    started = time.time()
    answer = client.message(mails.SENDER, [mails.RECIPIENT], content)
    if answer[0] != b"d":
        raise rig.RigError(f"the milter answered {answer}: {everything.milter.log_text()[-2000:]}")
    everything.wait_for_deliveries(1)
    cpu = measure.cpu_seconds(pid) - cpu
    log = everything.emulator.requests()
    last = max(began(entry) + entry["ms"] / 1000 for entry in log if entry["operation"] == "put-range")
    first = min(began(entry) for entry in log if entry["operation"] == "create-session")
    return last - started, last - first, cpu


def run(binaries, report, rounds):
    message = measure.mail_of("bench", SIZES)
    with rig.Rig(binaries, {**measure.REPEATS, "max-message-size": "200M"}, emulator_options=["--think-range-ms", str(THINK_MS)]) as everything:
        everything.emulator.ask("POST", "/switches", {"byte_limit": 0, "send_delay_ms": 0})
        caller = GraphCaller(everything.emulator)
        client = MilterClient(everything.milter.socket)
        pieces = split_into_ranges(everything.folder)
        report.note("mail", f"{len(message) / 1e6:.0f} MB, {len(SIZES)} attachments, {len(pieces)} ranges, {THINK_MS} ms a range, TLS")
        uploader, end_to_end, cpu = [], [], []
        for _ in range(rounds + 1):
            measured = {}
            contenders = ["ours", "curl", "copy"]
            random.shuffle(contenders)
            for contender in contenders:
                if contender == "ours":
                    measured["ours"] = our_path(everything, client, message)
                elif contender == "curl":
                    everything.emulator.ask("POST", "/reset")
                    everything.emulator.ask("POST", "/think", {"range_ms": THINK_MS})
                    measured["curl"] = curl_loop(caller, pieces, everything.emulator.ports["ca"], everything.folder)
                else:
                    measured["copy"] = copy_and_sync(message, everything.folder)
            whole, alone, our_cpu = measured["ours"]
            curl_seconds, curl_cpu = measured["curl"]
            uploader.append(alone / curl_seconds)
            end_to_end.append(whole / (curl_seconds + measured["copy"]))
            cpu.append(our_cpu / curl_cpu)
            print(f"        round: ours {whole:.2f} s, uploader {alone:.2f} s, curl {curl_seconds:.2f} s, copy {measured['copy']:.2f} s, "
                  f"CPU {our_cpu:.2f} / {curl_cpu:.2f} s", flush=True)
        client.close()
    # The first round warms caches and connections on both sides.
    uploader, end_to_end, cpu = uploader[1:], end_to_end[1:], cpu[1:]
    report.note("uploader / curl loop", measure.spread(uploader))
    report.note("end to end / (curl loop + copy and fdatasync)", measure.spread(end_to_end))
    report.note("CPU / curl's CPU", measure.spread(cpu))
    report.gate("uploader against a bare curl loop", statistics.median(uploader), 1.12, aim=1.06)
    report.gate("end to end against curl loop + copy and fdatasync", statistics.median(end_to_end), 1.25, aim=1.15)
    report.gate("CPU of the whole path against curl's", statistics.median(cpu), 6, aim=5)
