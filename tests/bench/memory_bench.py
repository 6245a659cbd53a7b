# SPDX-License-Identifier: Apache-2.0
"""Peak memory of the daemon for one mail of any size, per concurrent upload, per milter connection; lanes of a mailbox."""
import mails
import measure
import rig
from milter_client import MilterClient

EVERYBODY = """
[rule everybody]
client    = 127.0.0.1
from      = @contoso.com
part-size = 3M
action    = relay
"""
BOXES = [f"box{i}@contoso.com" for i in range(8)]


def deliver(everything, messages, range_ms=0):
    """Sends (sender, bytes) over one connection and waits until Graph has delivered them all."""
    everything.emulator.ask("POST", "/reset")
    everything.emulator.ask("POST", "/think", {"range_ms": range_ms})
    client = MilterClient(everything.milter.socket)
    for sender, message in messages:
        answer = client.message(sender, [mails.RECIPIENT], message)
        if answer[0] != b"d":
            raise rig.RigError(f"the milter answered {answer}: {everything.milter.log_text()[-2000:]}")
    client.close()
    everything.wait_for_deliveries(len(messages))


def as_sender(message, sender):
    """The mail of another mailbox, with a Message-ID of its own: else it would be taken for one that came back."""
    message = message.replace(b"From: Scanner <scanner@contoso.com>", f"From: Box <{sender}>".encode())
    return message.replace(b"Message-ID: <", f"Message-ID: <{sender.partition('@')[0]}-".encode())


def peak_of(binaries, sizes):
    """A fresh daemon's peak in KiB for one mail with attachments of `sizes` bytes."""
    with rig.Rig(binaries, {**measure.REPEATS, "max-message-size": "300M"}) as everything:
        pid = everything.milter.child.process.pid
        deliver(everything, [(mails.SENDER, measure.mail_of("memory", sizes))])
        return measure.memory_kib(pid, "VmHWM")


def one_mail(binaries, report):
    small, large = peak_of(binaries, [7_300_000]), peak_of(binaries, [10_000_000, 40_000_000, 59_600_000])
    report.note("peak, mail of 10 / 150 MB", f"{small / 1024:.1f} / {large / 1024:.1f} MB")
    report.gate("peak memory of the daemon, 150 MB mail", large / 1024, 32, unit=" MB")
    report.gate("150 MB mail above 10 MB mail", (large - small) / 1024, 2, unit=" MB")


def concurrent_uploads(binaries, report):
    """Eight uploads at once in eight mailboxes against one."""
    with rig.Rig(binaries, {**measure.REPEATS, "max-message-size": "300M", "workers": 8}, EVERYBODY, BOXES) as everything:
        pid = everything.milter.child.process.pid
        message = measure.mail_of("uploads", [20_000_000])
        deliver(everything, [(BOXES[0], as_sender(message, BOXES[0]))], 50)
        measure.reset_peak(pid)
        deliver(everything, [(BOXES[0], as_sender(message, BOXES[0]))], 50)
        one = measure.memory_kib(pid, "VmHWM")
        measure.reset_peak(pid)
        deliver(everything, [(box, as_sender(message, box)) for box in BOXES], 600)
        eight = measure.memory_kib(pid, "VmHWM")
    report.gate("memory per concurrent upload", (eight - one) / 1024 / 7, 1, unit=" MB")


def connections(binaries, report):
    count = 64
    with rig.Rig(binaries, measure.REPEATS) as everything:
        pid = everything.milter.child.process.pid
        message = measure.mail_of("connections", [4_000])
        warm = [MilterClient(everything.milter.socket) for _ in range(4)]
        for client in warm:
            client.message(mails.SENDER, [mails.RECIPIENT], message)
        before = measure.memory_kib(pid, "VmRSS")
        clients = [MilterClient(everything.milter.socket) for _ in range(count)]
        for client in clients:
            client.envelope(mails.SENDER, [mails.RECIPIENT], "4BENCH")
            for part in client.content(message)[0]:
                client.socket.sendall(part)
        after = measure.memory_kib(pid, "VmRSS")
        for client in clients:
            client.end()
            client.close()
    report.gate("memory per milter connection in mid-message", (after - before) / 1024 / count, 0.3, unit=" MB")


def seconds_for(binaries, message, lanes_of_mailbox):
    """Four messages at once: (seconds, most requests in flight)."""
    with rig.Rig(binaries, {**measure.REPEATS, "mailbox-requests": lanes_of_mailbox}) as everything:
        everything.emulator.ask("POST", "/think", {"range_ms": 1000})
        client = MilterClient(everything.milter.socket)
        content = client.content(message)
        with measure.Stopwatch() as watch:
            for _ in range(4):
                client.message(mails.SENDER, [mails.RECIPIENT], content)
            everything.emulator.ask("GET", "/deliveries?at-least=4&timeout-ms=60000")
        client.close()
        stats = everything.emulator.ask("GET", "/stats")
        return watch.seconds, stats["maxInFlight"].get(mails.SENDER, 0)


def lanes(binaries, report):
    """Four messages with one attachment each in one mailbox at once, against the same four in one lane."""
    message = measure.mail_of("lanes", [20_000_000])
    one, _ = seconds_for(binaries, message, 1)
    four, in_flight = seconds_for(binaries, message, 4)
    report.note("four messages in one mailbox", f"one lane {one:.1f} s, four lanes {four:.1f} s")
    report.gate("four messages at once in one mailbox against one lane", one / four, 3.5, at_least=True)
    report.gate("requests in flight for one mailbox", in_flight, 4)


def run(binaries, report, _rounds):
    one_mail(binaries, report)
    concurrent_uploads(binaries, report)
    connections(binaries, report)
    lanes(binaries, report)
