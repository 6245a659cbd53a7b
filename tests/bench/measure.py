# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: medians, gates, a process's CPU and memory, mails of a size."""
import os
import statistics
import time

import mails

TICK = os.sysconf("SC_CLK_TCK")


class Report:
    """Collects lines `what: measured (gate)` and remembers whether every gate held."""

    def __init__(self):
        self.rows = []
        self.held = True

    def gate(self, what, value, limit, aim=None, at_least=False, unit=""):
        good = value >= limit if at_least else value <= limit
        self.held = self.held and good
        sign = ">=" if at_least else "<="
        aimed = f", aim {aim:g}" if aim is not None else ""
        self.rows.append((what, f"{value:.3g}{unit}", f"{sign} {limit:g}{unit}{aimed}", "held" if good else "MISSED"))
        print(f"{'held  ' if good else 'MISSED'}  {what}: {value:.3f}{unit} (gate {sign} {limit:g}{unit}{aimed})", flush=True)

    def note(self, what, text):
        self.rows.append((what, text, "", ""))
        print(f"        {what}: {text}", flush=True)

    def markdown(self):
        lines = ["| measured | value | gate | |", "|---|---|---|---|"]
        return "\n".join(lines + [f"| {' | '.join(row)} |" for row in self.rows])


# A benchmark sends one message again and again, as fast as it goes.
REPEATS = {"resend-window": "0", "mailbox-messages": "0"}


def spread(values):
    return f"median {statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f}, {len(values)} rounds)"


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_kib(pid, key):
    """VmHWM (peak) or VmRSS (now) of a process."""
    with open(f"/proc/{pid}/status") as stream:
        for line in stream:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    raise KeyError(key)


def reset_peak(pid):
    """From here on VmHWM is the peak since now (proc(5), clear_refs)."""
    with open(f"/proc/{pid}/clear_refs", "w") as stream:
        stream.write("5")


def mail_of(subject, sizes, to="alice@fabrikam.example"):
    """A mail whose attachments decode to `sizes` bytes each."""
    return mails.with_attachments(subject, [mails.pdf(f"part-{i}.pdf", f"{subject}-{i}", size) for i, size in enumerate(sizes)], to=to)


class Stopwatch:
    def __enter__(self):
        self.started = time.time()
        return self

    def __exit__(self, *_):
        self.seconds = time.time() - self.started
