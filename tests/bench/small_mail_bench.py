# SPDX-License-Identifier: Apache-2.0
"""Small mail through Postfix: graph-milter against a milter that does nothing with the same flags and socket."""
import pathlib
import random
import statistics
import subprocess

import measure
import rig
from rig import Child, wait_until

MESSAGES, SIZE, SESSIONS = 300, 10_240, 4


def burst(port):
    """Seconds for MESSAGES small mails over SESSIONS connections that are kept."""
    with measure.Stopwatch() as watch:
        subprocess.run(["smtp-source", "-d", "-s", str(SESSIONS), "-m", str(MESSAGES), "-l", str(SIZE), "-f", "scanner@contoso.com",
                        "-t", "alice@fabrikam.example", f"127.0.0.1:{port}"], check=True)
    return watch.seconds


def run(binaries, report, rounds):
    rounds = max(rounds, 31)
    with rig.Rig(binaries, mta_settings=["default_transport = discard:"]) as everything:
        noop_socket = everything.milter.run / "noop.sock"
        noop = Child([pathlib.Path(binaries) / "tests/milter/noop_milter", f"unix:{noop_socket}"], everything.folder / "noop.log")
        everything.callback(noop.close)
        wait_until(noop_socket.exists, "the do-nothing milter listens")
        noop_socket.chmod(0o666)
        root = everything.folder / "second"
        root.mkdir(mode=0o755)
        second = rig.Postfix(root, f"unix:{noop_socket}", everything.sink.port, port=everything.mta.port + 1,
                             settings=["default_transport = discard:"]).start()
        everything.callback(second.close)
        contenders = {"ours": (everything.mta.port, everything.milter.child.process.pid), "noop": (second.port, noop.process.pid)}
        ratios, cpu = [], {"ours": 0.0, "noop": 0.0}
        for port, _ in contenders.values():
            burst(port)
        for _ in range(rounds):
            seconds = {}
            for name in random.sample(list(contenders), 2):
                port, pid = contenders[name]
                before = measure.cpu_seconds(pid)
                seconds[name] = burst(port)
                cpu[name] += measure.cpu_seconds(pid) - before
            ratios.append(seconds["noop"] / seconds["ours"])
    count = rounds * MESSAGES
    report.note("small mail, pairs", measure.spread(ratios))
    report.note("CPU per small mail", f"{cpu['ours'] / count * 1e6:.0f} us, a milter that does nothing {cpu['noop'] / count * 1e6:.0f} us")
    report.gate("messages per second of a do-nothing milter", statistics.median(ratios), 0.95, at_least=True)
