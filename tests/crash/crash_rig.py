#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills crash_commit, or fails its system calls, one after the other, and asks it to compare the spool with its ledger.

  order     the order of fsync, rename and commit in one run, read from its trace
  kill      SIGKILL before every call of every kind, on a fresh spool, on an old one, with four threads, and while the
            administrator's commands run
  errors    EIO and ENOSPC at every call of every kind, once and from there on
  recovery  SIGKILL before every call of a start that finds what a crash left
  sample    every seventh point of kill and errors

SIGKILL does not lose what the kernel holds: that everything is synced, and in which order, is what `order` is for.
strace counts calls per thread, so a point is (kind of call, n): the first thread that comes to its nth call is hit. The
queue writes its journal in one thread and its files in others; on an old spool the main thread leaves the journal to the
writer, so that the points of both are reached.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ["openat", "mkdir", "write", "pwrite64", "fsync", "fdatasync", "linkat", "rename", "unlink", "ftruncate",
         "fallocate", "close", "flock", "sync_file_range", "pread64"]
MOST_FAILURES = 10  # then the walk ends: the evidence of each is kept
OTHER_MODES = ("threads", "care")  # of the program, each on an old spool
SKIPPED = 77
BROKEN = 1
REFUSED = 2
FAILED = 3


class Rig:
    def __init__(self, program, folder, jobs):
        self.program = program
        self.folder = folder
        self.jobs = jobs
        self.points = 0
        self.failures = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def plain(self, *words):
        return subprocess.run([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)

    def traced(self, log, inject, *words):
        command = ["strace", "-f", "-y", "-s", "120", "-o", log, "-e", "trace=" + ",".join(CALLS)]
        if inject:
            command += ["-e", "inject=" + inject]
        return subprocess.run([*command, self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=15)

    def old_spool(self, name="old"):
        """A spool with mail in it, whose daemon has ended in order."""
        spool, ledger = self.path(name), self.path(name + ".ledger")
        done = self.plain("run", spool, ledger)
        if done.returncode != 0:
            sys.exit("an undisturbed run fails: " + done.stderr)
        return spool, ledger

    def verify(self, spool, ledger, what):
        done = self.plain("verify", spool, ledger)
        if done.returncode != 0:
            self.failures.append(f"{what}: exit {done.returncode}\n{done.stdout}{done.stderr[-2000:]}")

    def first_call_on_spool(self, log, call, spool):
        """Calls before it belong to the loader; the number of the first one that may touch the spool."""
        counts = {}
        for line in open(log, errors="replace"):
            found = re.match(r"(\d+) +(\w+)\(", line)
            if not found or found.group(2) != call:
                continue
            counts[found.group(1)] = counts.get(found.group(1), 0) + 1
            if spool in line:
                return counts[found.group(1)]
        return None

    def one_point(self, scenario, call, number, fault, from_spool):
        """True: the fault took place. Leaves nothing behind unless a promise broke."""
        name = f"{scenario}-{call}-{number}-{re.sub('[^A-Za-z0-9]', '_', fault)}"
        spool, ledger, log = self.path(name), self.path(name + ".ledger"), self.path(name + ".log")
        if from_spool:
            shutil.copytree(from_spool[0], spool)
            shutil.copy(from_spool[1], ledger)
        mode = scenario if scenario in OTHER_MODES else "run"
        done = self.traced(log, f"{call}:{fault.replace('#', str(number))}", mode, spool, ledger)
        if not os.path.exists(log):
            sys.exit(f"{name}: strace wrote nothing, exit {done.returncode}\n{done.stderr[-2000:]}")
        with open(log, errors="replace") as trace:
            hit = re.search(r"\(INJECTED\)|killed by SIGKILL", trace.read()) is not None
        allowed = (0,) if not hit else (-9, 137) if "signal" in fault else (0, REFUSED, FAILED)
        if done.returncode not in allowed:
            self.failures.append(f"{name}: exit {done.returncode}\n{done.stderr[-2000:]}")
        before = len(self.failures)
        if hit:
            self.verify(spool, ledger, name)
        if len(self.failures) == before:
            shutil.rmtree(spool, ignore_errors=True)
            for path in (ledger, log):
                if os.path.exists(path):
                    os.unlink(path)
        return hit and len(self.failures) < MOST_FAILURES

    def all_points(self, scenario, faults, step, from_spool):
        base = self.path(scenario + ".base")
        base_spool = self.path(scenario + "-base")
        mode = scenario if scenario in OTHER_MODES else "run"
        if from_spool:
            shutil.copytree(from_spool[0], base_spool)
        self.traced(base, None, mode, base_spool, self.path(scenario + "-base.ledger"))
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            def walk(call_and_fault):
                call, fault = call_and_fault
                number = self.first_call_on_spool(base, call, base_spool)
                hits = 0
                while number is not None and self.one_point(scenario, call, number, fault, from_spool):
                    hits += 1
                    number += step
                return call, fault, hits
            for call, fault, hits in pool.map(walk, [(c, f) for c in CALLS for f in faults]):
                self.points += hits
                if hits:
                    print(f"{scenario} {call} {fault}: {hits} points", flush=True)

    def kill(self, step=1):
        old = self.old_spool()
        self.all_points("fresh", ["signal=KILL:when=#"], step, None)
        self.all_points("old", ["signal=KILL:when=#"], step, old)
        self.all_points("threads", ["signal=KILL:when=#"], step, old)
        self.all_points("care", ["signal=KILL:when=#"], step, old)

    def errors(self, step=1):
        old = self.old_spool()
        faults = [f"error={error}:when=#{more}" for error in ("EIO", "ENOSPC") for more in ("", "+")]
        self.all_points("fresh", faults[:1] + faults[2:3], step, None)
        self.all_points("old", faults, step, old)
        self.all_points("care", faults, step, old)

    def recovery(self):
        """What each of a few crashes left, and then every crash of the start that mends it."""
        old = self.old_spool()
        for call, number in (("rename", 1), ("fsync", 3), ("fdatasync", 2), ("pwrite64", 9), ("unlink", 1)):
            left = self.path(f"left-{call}-{number}")
            ledger, log = left + ".ledger", left + ".log"
            shutil.copytree(old[0], left)
            shutil.copy(old[1], ledger)
            self.traced(log, f"{call}:signal=KILL:when={number}", "run", left, ledger)
            for again in CALLS:
                number_again = 1
                base = self.path("base.log")
                copy = self.path("base")
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(left, copy)
                self.traced(base, None, "open", copy)
                number_again = self.first_call_on_spool(base, again, copy)
                while number_again is not None:
                    shutil.rmtree(copy, ignore_errors=True)
                    shutil.copytree(left, copy)
                    done = self.traced(base, f"{again}:signal=KILL:when={number_again}", "open", copy)
                    if done.returncode == 0:
                        break
                    self.points += 1
                    self.verify(copy, ledger, f"recovery of {call} {number}, killed at {again} {number_again}")
                    number_again += 1

    def order(self):
        spool, ledger, log = self.path("order"), self.path("order.ledger"), self.path("order.log")
        done = self.traced(log, None, "run", spool, ledger)
        if done.returncode != 0:
            sys.exit("an undisturbed run fails: " + done.stderr)
        events = read_events(log, spool, ledger)
        self.failures += check_commits(events) + check_finish(events)
        self.points = len(events)


def read_events(log, spool, ledger):
    """What matters of a trace, in order: (word, argument)."""
    rules = [
        (r'fsync\(\d+<[^>]*/incoming/[^>]*>(?:\(deleted\))?\) += 0', "fsync-message"),
        (r'rename\("[^"]*", "[^"]*/([0-9a-z]{26})\.msg"\) += 0', "rename"),
        (r'mkdir\("[^"]*/messages/(..)", 0700\) += 0', "make-shard"),
        (r'fsync\(\d+<[^>]*/messages>\) += 0', "fsync-shards"),
        (r'fsync\(\d+<[^>]*/messages/(..)>\) += 0', "fsync-shard"),
        (r'pwrite64\(\d+<[^>]*-wal>', "write-wal"),
        (r'fdatasync\(\d+<[^>]*-wal>\) += 0', "sync-wal"),
        (r'fsync\(\d+<[^>]*-wal>\) += 0', "sync-wal"),
        (r'write\(\d+<' + re.escape(ledger) + r'>, "(\w+ [0-9a-z]{26})', "ledger"),
        (r'unlink\("[^"]*/([0-9a-z]{26})\.msg"\) += 0', "unlink"),
    ]
    unfinished = {}
    events = []
    for line in open(log, errors="replace"):
        found = re.match(r"(\d+) +(.*)", line)
        if not found:
            continue
        thread, text = found.groups()
        if text.endswith("<unfinished ...>"):
            unfinished[thread] = text[:-len("<unfinished ...>")]
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
        if resumed:
            text = unfinished.pop(thread, "") + resumed.group(1)
        for pattern, word in rules:
            match = re.match(pattern, text)
            if match:
                events.append((word, match.group(1) if match.groups() else ""))
                break
    return events


def check_commits(events):
    failures = []
    answers = [i for i, event in enumerate(events) if event[0] == "ledger" and event[1].startswith("answered")]
    if len(answers) != 3:
        failures.append(f"{len(answers)} answers in the trace instead of 3")
    for at in answers:
        identity = events[at][1].split()[1]
        shard = identity[10:12]
        wanted = [("fsync-message", ""), ("rename", identity), ("fsync-shard", shard), ("write-wal", ""), ("sync-wal", ""),
                  events[at]]
        if ("make-shard", shard) in events[:at]:
            wanted = [("make-shard", shard), ("fsync-shards", ""), *wanted]
        start = max([i for i in answers if i < at], default=0)
        failures += in_order(events[start:at + 1], wanted, f"commit of {identity}")
    return failures


def check_finish(events):
    done = [i for i, event in enumerate(events) if event[0] == "ledger" and event[1].startswith("finished")]
    if len(done) != 1:
        return [f"{len(done)} finished entries in the trace instead of 1"]
    identity = events[done[0]][1].split()[1]
    last = max(i for i, event in enumerate(events[:done[0]]) if event[0] == "ledger")
    wanted = [("write-wal", ""), ("sync-wal", ""), ("unlink", identity), ("fsync-shard", identity[10:12]), events[done[0]]]
    return in_order(events[last:done[0] + 1], wanted, f"end of {identity}")


def in_order(events, wanted, what):
    position = 0
    for event in events:
        if position < len(wanted) and event == wanted[position]:
            position += 1
    if position == len(wanted):
        return []
    return [f"{what}: no {wanted[position]} in its place among\n  " + "\n  ".join(map(str, events))]


def tracing_works(folder):
    if shutil.which("strace") is None:
        return "strace is not installed"
    probe = subprocess.run(["strace", "-f", "-o", os.path.join(folder, "probe"), "-e", "inject=getppid:error=EPERM", "true"],
                           stderr=subprocess.PIPE, text=True)
    return "" if probe.returncode == 0 else "strace cannot trace here: " + probe.stderr.strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("what", choices=["order", "kill", "errors", "recovery", "sample"])
    arguments = parser.parse_args()
    # In memory where that is possible: a process that is killed loses nothing of it, and fsync costs nothing.
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="graph-milter-crash.", dir=place)
    why_not = tracing_works(folder)
    if why_not:
        print("SKIPPED: " + why_not)
        shutil.rmtree(folder)
        return SKIPPED
    rig = Rig(arguments.program, folder, arguments.jobs)
    if arguments.what == "sample":
        rig.kill(7)
        rig.old_spool = lambda: (rig.path("old"), rig.path("old.ledger"))
        for leftover in ("fresh-base", "old-base", "threads-base", "care-base"):
            shutil.rmtree(rig.path(leftover), ignore_errors=True)
        rig.errors(7)
    else:
        getattr(rig, arguments.what)()
    print(f"{arguments.what}: {rig.points} points, {len(rig.failures)} broken promises")
    if rig.points == 0:
        rig.failures.append("no point was reached: the rig itself is broken")
    for failure in rig.failures:
        print(failure)
    if rig.failures:
        print("evidence kept in " + folder)
        return BROKEN
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
