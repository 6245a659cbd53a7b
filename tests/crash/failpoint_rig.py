#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""R4: the real daemon dies at each failpoint (core/base/failpoint.h), at its first, second and third passage, is started
again, and dies once more wherever that start leads; then it is left in peace, the client sends again what was not taken,
and the oracle compares the ledgers.

  failpoint_rig.py --build DIR                       each failpoint 3 times, and 3 times with a second death in recovery
  failpoint_rig.py --build DIR --set full            and every passage of every failpoint of each shape of mail
  failpoint_rig.py --build DIR --only C14            one of them; --passage 2, --again 3: one cell
  failpoint_rig.py --build DIR --only answer         killed at the moment in which the MTA heard its answer
  failpoint_rig.py --build DIR --list                the table as README.md has it

The table below is the list of places. One that the sources have and the table has not, or the other way round, fails the
rig before it begins.
"""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import random
import re
import signal
import sqlite3
import sys
import time

import ledger
import shapes
import sink
import world

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent
SEED = 20261122
PASSAGES = (1, 2, 3)
MOST_FAILURES = 12

# What the emulator does, by passage, where it is known to do it in more than one way.
OF_A_SEND = ({}, {"immutable_id_survives_send": True, "second_send_delivers": True},
             {"send_delay_ms": 120, "pending_place": "outbox"})
OF_A_RANGE = ({"ask_position_status": 200, "keeps_less": 1000}, {"ask_position_status": 404}, {"ask_position_status": 405})
LOST_SEND = [{"match": {"operation": "send"}, "times": 1, "action": "effect-then-drop"}]
DELIVERED = {"accept": "delivered", "accept-deadline": "20s"}  # longer than any recovery takes
NEVER_IN_TIME = {"accept": "delivered", "accept-deadline": "2s"}
BUSY_FOR_LONG = [{"match": {"operation": "create-draft", "nth": n}, "action": "status", "status": 503, "retry_after": "60",
                  "code": "ServiceUnavailable"} for n in (1, 2, 3)]
HAND_BACK = {"return": "mta"}  # to the sink; a DSN would go to a port where nobody counts it


class Failpoint:
    """`mails`: three mails, so that a place that each of them comes to is passed three times. `legal`: who has the message
    at the moment of the death. `switches`: of the emulator, for each passage. `first`: a death before, since the place is
    in the start after one."""

    def __init__(self, after, legal, mails, switches=({}, {}, {}), options=None, faults=(), spool="old", passages=PASSAGES,
                 first=None):
        self.after, self.legal, self.mails, self.switches, self.first = after, legal, mails, switches, first
        self.options, self.faults, self.spool, self.passages = options or {}, faults, spool, passages


ANY = ["posted", "session", "anonymous"]
POSTED, SESSION, RETURNED = ["posted"] * 3, ["session"] * 3, ["returned"] * 3
TABLE = {
    "C1": Failpoint("the message's file is open", "H6", ANY),
    "C2": Failpoint("a write of the body", "H6", ANY),
    "C3": Failpoint("fsync of the file", "H6", ANY),
    "C4": Failpoint("close of the file", "H6", ANY),
    "C5": Failpoint("rename to its name", "H6", ANY),
    "C6": Failpoint("fsync of its directory", "H6", ANY),
    "C7": Failpoint("the question whether the MTA is there", "H6", ANY),
    "C8": Failpoint("the row is written, before COMMIT", "H6 or H1 (W1)", ANY),
    "C9": Failpoint("COMMIT", "H1 (W1)", ANY),
    "C10": Failpoint("the answer is handed to libmilter", "H1 (W1)", ANY),
    "C11": Failpoint("the answer is out", "H1 (W2)", ANY),
    "C12": Failpoint("the lease is taken", "H1", ANY),
    "C13": Failpoint("the intent of a draft", "H1", ANY),
    "C14": Failpoint("a draft is made, its answer not seen", "H1 (W3)", ANY),
    "C15": Failpoint("a draft is made, its answer read", "H1", ANY),
    "C16": Failpoint("the draft is recorded", "H1", ANY),
    "C17": Failpoint("a part is posted, not recorded", "H1", POSTED),
    "C18": Failpoint("the intent of a session", "H1", SESSION),
    "C19": Failpoint("a session is open, its URL not recorded", "H1", SESSION),
    "C20": Failpoint("a range is up, its answer not recorded", "H1", SESSION, OF_A_RANGE),
    "C21": Failpoint("the last range is up, its answer not recorded", "H1", SESSION, OF_A_RANGE),
    "C22": Failpoint("a part is done", "H1", ["session", "session", "session"]),
    "C23": Failpoint("the intent of a send", "H1", ANY, OF_A_SEND),
    "C24": Failpoint("a send took effect, its answer not seen", "H2 (W4)", ANY, OF_A_SEND),
    "C25": Failpoint("a send's answer was unclear", "H2 (W4)", ANY, OF_A_SEND, faults=LOST_SEND, passages=(1, 1, 1)),
    "C26": Failpoint("202 is read, not recorded", "H2", ANY, OF_A_SEND),
    "C27": Failpoint("sent is recorded", "H2", ANY),
    "C28": Failpoint("done is recorded, the file is there", "H2", ANY),
    "C29": Failpoint("the file is gone, its directory not synced", "H2", ANY),
    "C30": Failpoint("it is given up", "H1", RETURNED),
    "C31": Failpoint("the draft is deleted, not recorded", "H1", RETURNED),
    "C32": Failpoint("the draft is gone, recorded", "H1", RETURNED),
    "C33": Failpoint("the intent to hand back", "H1", RETURNED, options=HAND_BACK),
    "C34": Failpoint("the MTA has the original, not recorded", "H3 (W5)", RETURNED, options=HAND_BACK),
    "C35": Failpoint("the MTA has the DSN, not recorded", "H4 (W5)", RETURNED),
    "C37": Failpoint("the journal is converted, before COMMIT", "as before", ANY, spool="version 1", passages=(1, 1, 1)),
    "C38": Failpoint("a token came", "unchanged", ANY, passages=(1, 1, 1)),
    "C39": Failpoint("it is withdrawn, its client not answered", "H6", ANY, options=NEVER_IN_TIME, faults=BUSY_FOR_LONG),
    "C40": Failpoint("a start withdrew what nobody was answered for", "H6", ANY, options=DELIVERED, first="C13",
                     passages=(1, 1, 1)),
}
# Once more while the MTA is held (accept = delivered): what it hears, and what became of the message, must agree.
HELD = [f"C{number}" for number in (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
                                    31, 32)]
NO_PLACE = {
    "C36": "is every place of this table once more, while the start after a death recovers: the cells 'again'",
    "C41": "is before the COMMIT of a plan for a message that was held without one: unit_queue dies there",
    "C42": "is after that COMMIT: unit_queue dies there",
}


def places_in_the_sources():
    """{name: [file:line]}"""
    found = {}
    for folder in ("core", "milter"):
        for path in (SOURCES / folder).rglob("*"):
            if path.suffix in (".cc", ".h") and path.stem != "failpoint":
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    for name in re.findall(r"GM_FAILPOINT\((\w+)\)", line):
                        found.setdefault(name, []).append(f"{path.relative_to(SOURCES)}:{number}")
    return found


def forgotten():
    """What is wrong with the table, in words."""
    found = places_in_the_sources()
    wrong = [f"{name} is in the table and in no source" for name in TABLE if name not in found]
    wrong += [f"{name} ({found[name][0]}) is not in the table" for name in found if name not in TABLE and name not in NO_PLACE]
    wrong += [f"{name} is in more than one place: {', '.join(where)}" for name, where in found.items() if len(where) > 1]
    wrong += [f"C{number} is neither in the table nor explained" for number in range(1, 43)
              if f"C{number}" not in TABLE and f"C{number}" not in NO_PLACE]
    return wrong


def make_version_1(run):
    """Turns the journal of a spool into what the first version wrote, with mails that wait in it."""
    with contextlib.closing(sqlite3.connect(run.spool / "journal.sqlite", isolation_level=None)) as journal:
        journal.execute("PRAGMA journal_mode=WAL")
        first = set("id state held_from queue_id sender mailbox message_id recipients size sha256 accepted attempts next_attempt "
                    "fence finished last_error envelope plan progress".split())
        keep = {"entry_due", "entry_finished"}
        for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall():
            if name not in keep:
                journal.execute(f"DROP INDEX {name}")
        for column in [row[1] for row in journal.execute("PRAGMA table_info(entry)").fetchall()]:
            if column not in first:
                journal.execute(f"ALTER TABLE entry DROP COLUMN {column}")
        for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name not in ("entry", "schema_version"):
                journal.execute(f"DROP TABLE {name}")
        journal.execute("UPDATE schema_version SET version = 1")
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    run.own(*run.spool.rglob("*"))


class Rig:
    def __init__(self, worlds, arguments):
        self.worlds, self.arguments = worlds, arguments
        self.cells, self.deaths, self.failures = 0, 0, []
        self.died_at = {}
        self.elsewhere = sink.Sink()

    def command(self, name, passage, again, held):
        return (f"python3 {os.path.abspath(__file__)} --build {self.arguments.build} --only {name} --passage {passage}"
                + (f" --again {again}" if again else "") + (" --held" if held else ""))

    def open(self, place, cell, point, variant, held):
        options = {**point.options, **(DELIVERED if held else {})}
        if "return" in options:
            options |= {"hand-back-to": f"inet:{place.sink.port}@127.0.0.1", "mta": f"inet:{self.elsewhere.port}@127.0.0.1"}
        mails = [shapes.SHAPES[shape](f"{cell}-{number}".lower()) for number, shape in enumerate(point.mails, 1)]
        return place.run(cell, mails, options=options, switches=point.switches[variant])

    def one(self, name, variant, passage, again, held=False):
        """[failure]: the daemon dies at the passage-th passage of `name`; with `again`, at the again-th failpoint that the
        next start comes to; `held`: with accept = delivered."""
        if len(self.failures) >= MOST_FAILURES:
            return []
        point = TABLE[name]
        cell = f"{name}-{variant + 1}" + (f"-again-{again}" if again else "") + ("-held" if held else "")
        with self.worlds.borrow() as place, self.open(place, cell, point, variant, held) as run:
            run.repeat = self.command(name, passage, again, held)
            if point.spool == "version 1":
                self.leave_mail_waiting(run)
                make_version_1(run)
            if point.faults:
                place.graph.ask("POST", "/faults", list(point.faults))
            failures = self.die(run, f"{point.first}:1", must=True) if point.first else []
            failures += self.die(run, f"{name}:{passage}", must=True)
            if point.faults:
                place.graph.ask("DELETE", "/faults")
            if again and not failures:
                failures = self.die(run, f"*:{again}", must=False)
            run.recover(options={"accept-deadline": DELIVERED["accept-deadline"]} if run.holds_the_mta() else None)
            self.wait_for_the_outbox(run)
            failures += run.judge()
            if not again and not run.holds_the_mta():
                failures += self.judge_drafts(name, run) + self.judge_ranges(name, run)
            if failures:
                run.keep(failures)
        self.cells += 1
        return [f"{cell}: {failure}\n  to repeat it: {run.repeat}" for failure in failures]

    def leave_mail_waiting(self, run):
        """Accepts all mails, and dies before anything of them is delivered. Each is answered: the first version could not
        know a mail again."""
        run.world.graph.ask("POST", "/faults", [{"match": {"operation": "token"}, "action": "hold", "times": 0}])
        run.start()
        run.deliver()
        run.kill()
        run.world.graph.ask("DELETE", "/faults")
        run.world.graph.ask("POST", "/release")

    def die(self, run, order, must):
        trace = run.folder / f"failpoints-{run.starts + 1}"
        trace.touch()
        run.own(trace)
        run.start(environment={"GM_FAILPOINT": order, "GM_FAILPOINT_TRACE": str(trace)}, options=self.hurry(must))
        run.deliver([mail for mail in run.mails if not mail.answers or mail.answers[-1][0] != "taken"])
        run.wait_for_the_end()
        passed = trace.read_text().split()
        name, _, number = order.partition(":")
        if (len(passed) if name == "*" else passed.count(name)) >= int(number):
            world.wait_until(run.daemon.ended, f"it is dead, having come to {order}")
        if not run.daemon.ended():
            run.kill()
            return [f"it never died at {order}; it passed {' '.join(passed)}"] if must else []
        run.exits.append(run.daemon.process.returncode)
        if run.daemon.process.returncode != -signal.SIGKILL:
            return [f"it ended with {run.daemon.process.returncode} instead of dying at {order}"]
        self.deaths += 1
        self.died_at[passed[-1]] = self.died_at.get(passed[-1], 0) + 1
        return []

    @staticmethod
    def wait_for_the_outbox(run):
        """Until Graph has sent whatever it took."""
        world.wait_until(lambda: all(message["folder"] != "outbox" for mailbox in run.world.graph.ask("GET", "/mailboxes")
                                     for message in mailbox["messages"]), "the outbox is empty")

    @staticmethod
    def hurry(first):
        return {} if first else world.RECOVERY_OPTIONS

    @staticmethod
    def judge_drafts(name, run):
        """A draft whose making was not recorded is found again and used."""
        made = run.world.graph.ask("GET", "/stats")["requests"].get("create-draft", 0)
        mails = len(run.mails) + sum(ledger.window_w1(mail, [word for word, _ in mail.answers]) for mail in run.mails)
        if name not in ("C13", "C14", "C15", "C16") or len(run.mails) <= made <= mails:
            return []
        return [f"DRAFTS: {made} were made for {len(run.mails)} mails"]

    @staticmethod
    def judge_ranges(name, run):
        """After a death in an upload it goes on where the server stands: one session, at most one range twice."""
        if name not in ("C20", "C21", "C22"):
            return []
        stats = run.world.graph.ask("GET", "/stats")
        size = sum(shapes.LARGE for mail in run.mails)
        failures = []
        if stats["sessions"]["opened"] != len(run.mails):
            failures.append(f"SESSIONS: {stats['sessions']} for {len(run.mails)} parts")
        if stats["sessions"]["open"]:
            failures.append(f"ORPHAN: {stats['sessions']['open']} upload sessions")
        if stats["rangeBytes"] > size + world.RANGE_SIZE:
            failures.append(f"RANGES: {stats['rangeBytes']} bytes went up of {size}")
        return failures

    def every_passage(self, shape, dice):
        """[(order)]: each failpoint that one mail of this shape comes to, counted over all names."""
        with self.worlds.borrow() as place, place.run(f"all-{shape}", [shapes.SHAPES[shape](f"all-{shape}-1")]) as run:
            self.die(run, "*:1000000", must=False)
            passed = (run.folder / f"failpoints-{run.starts}").read_text().split()
            failures = run.judge()
        self.failures += [f"all-{shape}: {failure}" for failure in failures]
        return [(shape, number, dice.choice((0, 0, 1, 2, 3))) for number in range(1, len(passed) + 1)]

    def any_passage(self, shape, number, again):
        if len(self.failures) >= MOST_FAILURES:
            return []
        cell = f"any-{shape}-{number}" + (f"-again-{again}" if again else "")
        with self.worlds.borrow() as place, place.run(cell, [shapes.SHAPES[shape](f"{cell}-1")]) as run:
            failures = self.die(run, f"*:{number}", must=False)
            if again and not failures:
                failures = self.die(run, f"*:{again}", must=False)
            run.recover()
            failures += run.judge()
            if failures:
                run.keep(failures)
        self.cells += 1
        return [f"{cell}: {failure}" for failure in failures]

    def killed_while_reloading(self, number):
        """Of C38: nothing of the queue is touched, so no place of its own."""
        with self.worlds.borrow() as place:
            mails = [shapes.SHAPES[shape](f"c38-{number}-{n}") for n, shape in enumerate(ANY, 1)]
            with place.run(f"C38-{number}", mails) as run:
                run.start()
                run.deliver(mails[:number])
                for _ in range(number):
                    run.daemon.process.send_signal(signal.SIGUSR1)
                run.kill()
                run.recover()
                failures = run.judge()
        self.cells += 1
        self.deaths += 1
        return [f"C38-{number}: {failure}" for failure in failures]

    def killed_when_it_answers(self, number):
        """The MTA has heard "taken", and the journal's disk is slow."""
        with self.worlds.borrow() as place:
            mail = shapes.SHAPES[ANY[number - 1]](f"answered-{number}")
            with place.run(f"answered-{number}", [mail]) as run:
                run.start(run.shim(at=1, do="delay:60", forever=True, only=["pwrite"], path="-wal"))
                run.deliver()
                run.kill()
                run.recover()
                failures = run.judge()
                if mail.answers[0][0] != "taken":
                    failures.append(f"the rig is broken: it answered {mail.answers}")
        self.cells += 1
        self.deaths += 1
        return [f"answered-{number}: {failure}" for failure in failures]

    def run(self, jobs):
        with concurrent.futures.ThreadPoolExecutor(self.arguments.jobs) as pool:
            for result in [pool.submit(*job) for job in jobs]:
                failures = result.result()
                self.failures += failures
                for failure in failures:
                    print(failure, flush=True)


def cells(rig, arguments, dice):
    for name, point in TABLE.items():
        if arguments.only not in (None, name):
            continue
        for variant, passage in enumerate(point.passages):
            if arguments.passage not in (None, passage):
                continue
            if name in HELD and (arguments.held or arguments.again is None):
                yield rig.one, name, variant, passage, arguments.again or 0, True
                if arguments.set == "full":
                    yield rig.one, name, variant, passage, dice.randint(1, 8), True
            if arguments.held:
                continue
            if arguments.again is None:
                yield rig.one, name, variant, passage, 0
            yield rig.one, name, variant, passage, arguments.again or dice.randint(1, 8)
    if arguments.held:
        return
    if arguments.only in (None, "C38"):
        for number in PASSAGES:
            yield rig.killed_while_reloading, number
    if arguments.only in (None, "answer"):
        for number in PASSAGES:
            yield rig.killed_when_it_answers, number
    if arguments.set == "full" and arguments.only is None:
        for shape in shapes.SHAPES:
            for where in rig.every_passage(shape, dice):
                yield rig.any_passage, *where


def print_table():
    for number in range(1, 43):
        name = f"C{number}"
        if name in TABLE:
            print(f"| {name} | {TABLE[name].after} | {TABLE[name].legal} |")
        else:
            print(f"| {name} | {NO_PLACE[name]} | |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build")
    parser.add_argument("--jobs", type=int, default=min(4, 2 * (os.cpu_count() or 1)))
    parser.add_argument("--set", choices=["default", "full"], default="default")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only")
    parser.add_argument("--passage", type=int)
    parser.add_argument("--again", type=int)
    parser.add_argument("--held", action="store_true", help="only with accept = delivered")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        return print_table()
    wrong = forgotten()
    if wrong:
        print("\n".join(wrong))
        return 1
    begun = time.monotonic()
    with world.Worlds(arguments.build, arguments.jobs, arguments.keep) as worlds:
        rig = Rig(worlds, arguments)
        rig.run(list(cells(rig, arguments, random.Random(arguments.seed))))
    seconds = time.monotonic() - begun
    print(f"died at: {', '.join(f'{name} {count}' for name, count in sorted(rig.died_at.items(), key=lambda i: int(i[0][1:])))}")
    print(f"seed {arguments.seed}: {rig.cells} runs, {rig.deaths} deaths, {len(rig.failures)} broken promises, {seconds:.0f} s")
    return 1 if rig.failures or not rig.cells else 0


if __name__ == "__main__":
    sys.exit(main())
