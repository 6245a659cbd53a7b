#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""R1 and R2: the real daemon is killed, or its calls fail, at each call that changes its spool; then it is started again,
the client sends again what was not taken, and the oracle compares the ledgers.

  points.py --build DIR                    a fixed sample (CTest's default)
  points.py --build DIR --set full         every kill, and each other fault at every so manieth call (STRIDE)
  points.py --build DIR --set every        every fault at every call: hours
  points.py --build DIR --only again       the scenarios whose name contains this
  points.py --build DIR --only posted --fault EIO --forever --at 57    one point, its folder kept if it fails

Points are numbered by the preloaded fault_shim over all threads. With one worker a run makes the same calls in the same
order but for the moment in which the answer and the worker overlap, so a number may meet another call than in the base
run; that changes which point is tested, never whether the result is right. A number that is not reached is not counted.
"""
import argparse
import concurrent.futures
import contextlib
import os
import random
import sys
import time

import shapes
import world

KILLS = ("kill", "tear")
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EINTR", "short")
WRITES = ("write", "pwrite")
MOST_FAILURES = 12  # then the walk ends: the evidence of each is kept
SEED = 20261122
# How many points of each walk (scenario, fault, once or for ever) belong to the sample.
SAMPLE = {"kill": 14, "tear": 3, "short": 2, "EIO": 6, "ENOSPC": 4, "EDQUOT": 2, "EINTR": 2}
SAMPLE_OF_MIXED = {"kill": 40, "tear": 6}
# In the full set each fault meets every so manieth call: (once, for ever).
STRIDE = {"kill": (1, 1), "tear": (4, 4), "short": (6, 6), "EIO": (2, 6), "ENOSPC": (4, 10), "EDQUOT": (10, 20), "EINTR": (6, 10)}


class Scenario:
    """`mails`: shapes by name. `old`: begins on a spool that was used before. `first`: the start that is disturbed comes
    after a kill at this call (kind, part of the path, how manieth)."""

    def __init__(self, name, mails, old=True, first=None, stop=False, options=None):
        self.name, self.mails, self.old, self.first, self.stop = name, mails, old, first, stop
        self.options = options or {}

    def open(self, place, name):
        mails = [shapes.SHAPES[shape](f"{name}-{number}") for number, shape in enumerate(self.mails, 1)]
        return place.run(name, mails, options=self.options, spool="old" if self.old else None)

    def prepare(self, run):
        """What lies before the start that is disturbed."""
        if self.first is None:
            return
        kind, path, number = self.first
        run.start(run.shim(at=number, do="kill", only=[kind], path=path))
        run.deliver()
        run.wait_for_the_end()
        run.kill()

    def disturb(self, run, **fault):
        """The disturbed start, to its end."""
        if self.first is None:
            run.start(run.shim(**fault))
        else:
            run.start_and_wait(shim=run.shim(**fault))  # nobody may have anything to say to it
        run.deliver([mail for mail in run.mails if not mail.answers], patience=2 if fault.get("do") == "EINTR" else 60)
        run.wait_for_the_end()
        if not self.stop or run.daemon.ended():
            return
        # A disk that interrupts every call for ever may keep it from ending.
        with contextlib.suppress(world.Trouble) if fault.get("forever") else contextlib.nullcontext():
            run.end(5 if fault.get("forever") else 30)


SCENARIOS = [
    Scenario("fresh", ["posted"], old=False),
    Scenario("posted", ["posted"]),
    Scenario("session", ["session"]),
    Scenario("returned", ["returned"]),
    Scenario("anonymous", ["anonymous"]),
    Scenario("stop", ["posted"], stop=True),
    Scenario("mixed", ["session", "returned", "posted", "anonymous"], options={"workers": 2}),
    Scenario("held", ["posted", "returned"], options={"accept": "delivered", "accept-deadline": "20s"}),
    # A crash, and then every crash of the start that mends it.
    Scenario("again-rename", ["posted"], first=("rename", "messages", 1)),
    Scenario("again-commit", ["posted"], first=("fdatasync", "-wal", 1)),
    Scenario("again-draft", ["posted"], first=("fdatasync", "-wal", 4)),
    Scenario("again-session", ["session"], first=("fdatasync", "-wal", 7)),
    Scenario("again-returned", ["returned"], first=("fdatasync", "-wal", 8)),
    Scenario("again-unlink", ["posted"], first=("unlink", "messages", 1)),
]
AGAIN_FAULTS = ("kill", "EIO")


def walks_of(scenario):
    """[(fault, forever)]"""
    if scenario.first is not None:
        return [(fault, False) for fault in AGAIN_FAULTS]
    walks = [(fault, False) for fault in KILLS]
    if scenario.name == "mixed":
        return walks
    return walks + [(fault, forever) for fault in ERRORS for forever in (False, True) if fault != "short" or not forever]


def thinned(trace):
    """Of a long row of the same call on the same file (a message being written) the ends and the middle are enough."""
    rows = []
    for point in trace:
        if rows and rows[-1][-1][2:] == point[2:]:
            rows[-1].append(point)
        else:
            rows.append([point])
    out = []
    for row in rows:
        middle = len(row) // 2
        out += row if len(row) <= 8 else row[:3] + row[middle:middle + 2] + row[-3:]
    return out


def choose(points, fault, forever, which, dice, sample=SAMPLE):
    """The numbers at which `fault` takes place, of [(number, thread, call, path)]."""
    if fault in ("tear", "short"):
        points = [point for point in points if point[2] in WRITES]
    numbers = [point[0] for point in points]
    if which == "every" or not numbers:
        return numbers
    step = STRIDE[fault][forever] if which == "full" else max(1.0, len(numbers) / sample[fault])
    at, chosen = dice.random() * step, []
    while at < len(numbers):
        chosen.append(numbers[int(at)])
        at += step
    return chosen


def commit_sync(trace, number):
    """Whether call `number` is a sync on which the answer to the MTA depends."""
    line = next((point for point in trace if point[0] == number), None)
    if line is None or line[2] not in world.SYNCS:
        return False
    before = [point for point in trace if point[0] < number]
    if any(point[2] == "unlink" and point[3].startswith("messages/") for point in before):
        return False
    if line[3].startswith(("incoming", "messages")):
        return True
    last_rename = max((point[0] for point in before if point[2] == "rename" and point[3].startswith("messages/")), default=None)
    return line[3].endswith("-wal") and last_rename is not None and not any(
        point[0] > last_rename and point[2] in world.SYNCS and point[3].endswith("-wal") for point in before)


class Walker:
    def __init__(self, worlds, arguments):
        self.worlds, self.arguments = worlds, arguments
        self.points = 0
        self.failures = []
        self.dice = random.Random(arguments.seed)

    def base(self, scenario):
        """The calls of an undisturbed run."""
        with self.worlds.borrow() as place, scenario.open(place, f"{scenario.name}-base") as run:
            run.repeat = f"{self.command()} --only {scenario.name} --at 0"
            scenario.prepare(run)
            scenario.disturb(run)
            trace = run.trace()
            run.recover()
            failures = run.judge()
        self.failures += [f"{scenario.name} undisturbed: {failure}" for failure in failures]
        return trace

    def command(self):
        return f"python3 {os.path.abspath(__file__)} --build {self.arguments.build} --seed {self.arguments.seed}"

    def one(self, scenario, number, fault, forever):
        """(points, [failure])"""
        name = f"{scenario.name}-{fault}{'-forever' if forever else ''}-{number}"
        if len(self.failures) >= MOST_FAILURES:
            return 0, []
        with self.worlds.borrow() as place, scenario.open(place, name) as run:
            run.repeat = f"{self.command()} --only {scenario.name} --fault {fault}{' --forever' if forever else ''} --at {number}"
            scenario.prepare(run)
            scenario.disturb(run, at=number, do=fault, forever=forever)
            if run.shim_state()["hits"] == 0:
                return 0, []
            failures = self.check_answers(run, number, fault)
            run.recover()
            failures = run.judge() + failures
            if failures:
                run.keep(failures)
        return 1, [f"{name}: {failure}\n  to repeat it: {run.repeat}" for failure in failures]

    @staticmethod
    def check_answers(run, number, fault):
        """A failed fsync ends the daemon with a status of its own, and nobody is told that his mail was taken."""
        if fault != "EIO" or run.shim_state()["first"] not in world.SYNCS:
            return []
        hit = next(point for point in run.trace() if point[0] == number)
        if hit[2:] == ("fdatasync", "."):
            return []  # SQLite's own, of the directory, whose outcome it keeps to itself; the queue does its own at start
        failures = []
        try:
            world.wait_until(run.daemon.ended, "it ends after a failed fsync", 10)
        except world.Trouble:
            failures.append("I13: the daemon goes on after a failed fsync")
        if run.daemon.ended() and run.daemon.process.returncode == 0:
            failures.append("I13: the daemon ended with status 0 after a failed fsync")
        latest = [mail.answers[-1][0] for mail in run.mails if mail.answers]
        if commit_sync(run.trace(), number) and "taken" in latest[:1]:
            failures.append(f"I4: a failed fsync of the commit, and the MTA was answered {latest}")
        return failures

    def walk(self, scenario):
        trace = self.base(scenario)
        points = thinned(trace)
        begun, before = time.monotonic(), self.points
        with concurrent.futures.ThreadPoolExecutor(self.arguments.jobs) as pool:
            jobs = {pool.submit(self.one, scenario, number, fault, forever): f"{fault} at {number}"
                    for fault, forever in walks_of(scenario) if self.arguments.fault in (None, fault)
                    for number in self.numbers(scenario, points, fault, forever)}
            for job, what in jobs.items():
                try:
                    count, failures = job.result()
                except world.Trouble as trouble:
                    count, failures = 1, [f"{scenario.name}, {what}: {trouble}"]
                self.points += count
                self.failures += failures
                for failure in failures:
                    print(failure, flush=True)
        print(f"{scenario.name}: {len(trace)} calls, {self.points - before} points, {time.monotonic() - begun:.1f} s", flush=True)

    def numbers(self, scenario, points, fault, forever):
        if self.arguments.at is not None:
            return [self.arguments.at] if self.arguments.at else []
        sample = SAMPLE_OF_MIXED if scenario.name == "mixed" else SAMPLE
        return choose(points, fault, forever, self.arguments.set, self.dice, sample)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--set", choices=["default", "full", "every"], default="default")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only")
    parser.add_argument("--fault", choices=[*KILLS, *ERRORS])
    parser.add_argument("--forever", action="store_true")
    parser.add_argument("--at", type=int)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    begun = time.monotonic()
    print(f"seed {arguments.seed}, {arguments.jobs} jobs")
    with world.Worlds(arguments.build, arguments.jobs, arguments.keep) as worlds:
        walker = Walker(worlds, arguments)
        if arguments.at and arguments.fault:
            scenario = next(s for s in SCENARIOS if s.name == arguments.only)
            count, failures = walker.one(scenario, arguments.at, arguments.fault, arguments.forever)
            walker.points, walker.failures = count, failures
            print("\n".join(failures))
        else:
            for scenario in SCENARIOS:
                if arguments.only is None or arguments.only in scenario.name:
                    walker.walk(scenario)
    seconds = time.monotonic() - begun
    print(f"{walker.points} points, {len(walker.failures)} broken promises, {seconds:.0f} s, "
          f"{walker.points / seconds:.1f} points a second")
    if not walker.points and not arguments.at:
        print("no point was reached: the rig itself is broken")
        return 1
    return 1 if walker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
