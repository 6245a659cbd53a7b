#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""R3: power cuts. The spool lies on one ext4 image and its messages on another. At the Nth call on them the daemon stops
(all threads), the images are copied as they are, the daemon dies, and what the copies hold is what a new start finds: all
that was not synced is gone. The emulator goes on as it stands, as Graph would.

  power.py --build DIR                     a fixed sample (CTest's default)
  power.py --build DIR --set full          a cut at every third call
  power.py --build DIR --set every         a cut at every call
  power.py --build DIR --only posted --at 57    one cut, its folder kept if it fails
  power.py --build DIR --lie file          is the rig any good? The sync of the file (of its directory, of the journal) does
                                           nothing and says it did; status 0 if cuts are found that show it

Skipped (status 77) where images can't be mounted.
"""
import argparse
import concurrent.futures
import os
import random
import shutil
import sys
import time

import disks
import points
import world

SCENARIOS = {name: next(s for s in points.SCENARIOS if s.name == name)
             for name in ("fresh", "posted", "session", "returned", "anonymous", "stop", "mixed")}
SAMPLE = {"fresh": 12, "posted": 16, "session": 12, "returned": 16, "anonymous": 4, "stop": 6, "mixed": 14}


# What a daemon that forgot a sync would do, on the paths of the redirected spool.
LIES = {"file": "fsync:incoming", "directory": "fsync:messages/", "journal": "fdatasync:journal.sqlite-wal"}


class Bench:
    """One world with its disks."""

    def __init__(self, place, lie):
        self.place, self.lie = place, LIES.get(lie)
        self.disks = disks.TwoDisks(place.folder, world.own)
        self.used = None

    def images(self, old):
        """The images that a run begins with."""
        if not old:
            return self.disks.images
        if self.used is None:
            self.used = self.disks.copy(self.disks.images, "used")
            self.disks.mount(self.used)
            with self.place.run("power-template", [], spool=self.disks.spool) as run:
                run.start(run.shim(redirect=self.disks.redirect))
                run.deliver([points.shapes.posted("template-1")])
                run.drain()
                run.end()
            self.disks.unmount()
        return self.used

    def cut(self, scenario, name, number):
        """(number of calls, cut or not, [failure]); number None: no cut."""
        now = self.disks.copy(self.images(scenario.old), "now")
        mails = [points.shapes.SHAPES[shape](f"{name}-{i}") for i, shape in enumerate(scenario.mails, 1)]
        self.disks.mount(now)
        try:
            with self.place.run(name, mails, options=scenario.options, spool=self.disks.spool) as run:
                return self.in_run(run, scenario, now, number)
        finally:
            self.disks.unmount()

    def in_run(self, run, scenario, now, number):
        fault = {"at": number, "do": "stop"} if number else {}
        run.start(run.shim(redirect=self.disks.redirect, lie=self.lie, **fault))
        talk = run.deliver_in_background()
        # It may stop at any moment, also while it ends.
        world.wait_until(lambda: run.daemon.ended() or run.daemon.stopped() or (not talk.is_alive() and run.is_idle()),
                         "the power goes or there is nothing left to do")
        if scenario.stop and not run.daemon.stopped():
            run.daemon.process.terminate()
            world.wait_until(lambda: run.daemon.ended() or run.daemon.stopped(), "the power goes or the daemon ends")
        was_cut = run.daemon.stopped()
        if was_cut:
            left = self.disks.copy(now, "left")
            run.kill()
        talk.join()
        calls = run.shim_state()["calls"]
        if number and not was_cut:
            return calls, False, []
        if was_cut:
            self.disks.unmount()
            self.disks.mount(left)
        run.recover(environment=run.shim(redirect=self.disks.redirect))
        failures = run.judge()
        if failures:
            shutil.copytree(self.disks.spool, run.folder / "spool")
        return calls, was_cut, failures


def choose(count, scenario, which, dice):
    """The calls at which the power goes."""
    step = {"default": max(1.0, count / SAMPLE[scenario.name]), "full": 3, "every": 1}[which]
    at, chosen = 1 + dice.random() * (step - 1), []
    while at < count + 1:
        chosen.append(int(at))
        at += step
    return chosen


class Walker:
    def __init__(self, worlds, arguments):
        self.arguments = arguments
        self.worlds = worlds
        self.benches = {place: Bench(place, arguments.lie) for place in worlds.all}
        self.dice = random.Random(arguments.seed)
        self.cuts = 0
        self.failures = []

    def one(self, scenario, number):
        if len(self.failures) >= (1 if self.arguments.lie else points.MOST_FAILURES):
            return 0, []
        name = f"power-{scenario.name}-{number or 'none'}"
        with self.worlds.borrow() as place:
            _, was_cut, failures = self.benches[place].cut(scenario, name, number)
        repeat = f"python3 {os.path.abspath(__file__)} --build {self.arguments.build} --only {scenario.name} --at {number}"
        return int(was_cut), [f"{name}: {failure}\n  to repeat it: {repeat}" for failure in failures]

    def walk(self, scenario):
        begun, before = time.monotonic(), self.cuts
        with self.worlds.borrow() as place:
            calls, _, failures = self.benches[place].cut(scenario, f"power-{scenario.name}-base", None)
        self.failures += [f"{scenario.name} undisturbed: {failure}" for failure in failures]
        numbers = [self.arguments.at] if self.arguments.at else choose(
            calls, scenario, self.arguments.set, self.dice)
        with concurrent.futures.ThreadPoolExecutor(self.arguments.jobs) as pool:
            for job in [pool.submit(self.one, scenario, number) for number in numbers]:
                count, failures = job.result()
                self.cuts += count
                self.failures += failures
                for failure in failures:
                    print(failure, flush=True)
        print(f"{scenario.name}: {calls} calls, {self.cuts - before} cuts, {time.monotonic() - begun:.1f} s", flush=True)

    def close(self):
        for bench in self.benches.values():
            bench.disks.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--set", choices=["default", "full", "every"], default="default")
    parser.add_argument("--seed", type=int, default=points.SEED)
    parser.add_argument("--only", choices=SCENARIOS)
    parser.add_argument("--at", type=int)
    parser.add_argument("--lie", choices=LIES)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    why_not = disks.can_mount(loop=True)
    if why_not:
        print("SKIPPED: " + why_not)
        return world.SKIPPED
    begun = time.monotonic()
    print(f"seed {arguments.seed}, {arguments.jobs} jobs")
    with world.Worlds(arguments.build, arguments.jobs, arguments.keep) as worlds:
        walker = Walker(worlds, arguments)
        worlds.discard = arguments.lie is not None  # its failures are what is wanted
        try:
            for name, scenario in SCENARIOS.items():
                if arguments.only in (None, name):
                    walker.walk(scenario)
        finally:
            walker.close()
    seconds = time.monotonic() - begun
    print(f"{walker.cuts} cuts, {len(walker.failures)} broken promises, {seconds:.0f} s, "
          f"{walker.cuts / seconds:.1f} cuts a second")
    if not walker.cuts:
        print("no cut was made: the rig itself is broken")
        return 1
    if arguments.lie:
        print("the lie was caught" if walker.failures else "THE LIE WAS NOT CAUGHT")
        return 0 if walker.failures else 1
    return 1 if walker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
