#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""R8: a disk that is full, has no inode left, can't be written, or is slow, under the real daemon. The disk is a tmpfs of a
given size (needs root; skipped with status 77 elsewhere).

  disk.py --build DIR [--only NAME]
"""
import contextlib
import os
import sys

import cases
import disks
import shapes
import world

KIB, MIB = 1024, 1024 * 1024


@contextlib.contextmanager
def small_disk(place, name, mails, size="12m", inodes=400, **how):
    """(run, disk)"""
    disk = disks.Memory(place.folder / "small-disk", size, inodes)
    try:
        with place.run(name, mails, spool=disk.place, **how) as run:
            yield run, disk
    finally:
        disk.close()


def words_of(run):
    return [mail.answers[-1][0] for mail in run.mails]


def full_at_mail(place, expect):
    """No room beside the reserve: 452 before the message comes, and all is well once there is room."""
    with small_disk(place, "full-at-mail", [shapes.posted("full-at-mail-1")], options={"spool-reserve": "2M"}) as (run, disk):
        run.start_and_wait()
        filler = disk.fill("filler", leave=1 * MIB)
        run.deliver()
        word, text = run.mails[0].answers[-1]
        expect(word == "later" and text.startswith("452 4.3.1"), f"answered {word} {text!r}, not 452 4.3.1")
        expect(not run.daemon.ended(), "the daemon ended")
        filler.unlink()
        run.recover()
        expect.none(run.judge())


def full_passes(place, expect):
    """when-full = pass: the MTA keeps it."""
    options = {"spool-reserve": "2M", "when-full": "pass"}
    with small_disk(place, "full-passes", [shapes.posted("full-passes-1")], options=options) as (run, disk):
        run.start_and_wait()
        filler = disk.fill("filler", leave=1 * MIB)
        run.deliver()
        expect(words_of(run) == ["passed"], f"answered {run.mails[0].answers}")
        filler.unlink()
        run.recover()
        expect.none(run.judge(must_be_taken=False))


def full_while_spooling(place, expect):
    """It fills up while a message arrives: that one is refused and leaves nothing, a smaller one is taken."""
    mails = [shapes.session("full-while-spooling-1"), shapes.posted("full-while-spooling-2")]
    with small_disk(place, "full-while-spooling", mails) as (run, disk):
        run.start_and_wait()
        filler = disk.fill("filler", leave=2 * MIB)
        run.deliver()
        expect(words_of(run) == ["later", "taken"], f"answered {[m.answers for m in mails]}")
        expect(mails[0].answers[0][1].startswith("452 4.3.1"), f"answered {mails[0].answers}")
        expect(not run.daemon.ended(), "the daemon ended")
        run.drain()
        expect(run.spool_files() == [], f"left in the spool: {run.spool_files()}")
        filler.unlink()
        run.recover()
        expect.none(run.judge())


def full_while_delivering(place, expect):
    """Not a byte is free while messages wait: the ballast lets them end."""
    mails = [shapes.SHAPES[shape](f"full-while-delivering-{i}") for i, shape in
             enumerate(["posted", "session", "returned", "anonymous"], 1)]
    with small_disk(place, "full-while-delivering", mails, size="24m", options={"spool-ballast": "2M"}) as (run, disk):
        place.graph.ask("POST", "/faults", [{"match": {"operation": "create-draft"}, "action": "hold"}])
        run.start_and_wait()
        run.deliver()
        place.graph.ask("GET", "/stats?held-at-least=1&timeout-ms=20000")
        disk.fill("filler", leave=0)
        place.graph.ask("POST", "/release")
        run.drain()
        expect(not run.daemon.ended(), "the daemon ended")
        expect(run.is_idle(), f"not finished on a full disk: {run.journal_rows()}")
        run.kill()
        expect.none(run.judge())


def full_at_start(place, expect):
    """A start on a full disk, with mail that waits: it goes on, or says why not and goes on when there is room."""
    mails = [shapes.posted("full-at-start-1"), shapes.posted("full-at-start-2")]
    with small_disk(place, "full-at-start", mails, options={"spool-ballast": "2M"}) as (run, disk):
        place.graph.ask("POST", "/faults", [{"match": {"operation": "create-draft"}, "action": "hold", "times": 0}])
        run.start_and_wait()
        run.deliver()
        place.graph.ask("GET", "/stats?held-at-least=1&timeout-ms=20000")
        run.kill()
        place.graph.ask("DELETE", "/faults")
        place.graph.ask("POST", "/release")
        filler = disk.fill("filler", leave=0)
        started = run.start(options=world.RECOVERY_OPTIONS)
        run.drain(10)
        if run.daemon.ended():
            expect(run.daemon.process.returncode != 0, "ended with status 0 on a full disk")
            expect(str(disk.place) in run.log_text(), "does not name what is full")
        else:
            expect(started and run.is_idle(), f"not finished: {run.journal_rows()}")
        run.kill()
        filler.unlink()
        run.recover()
        expect.none(run.judge())


def no_inode(place, expect):
    """Bytes enough, and no inode."""
    with small_disk(place, "no-inode", [shapes.posted("no-inode-1")], inodes=120) as (run, disk):
        run.start_and_wait()
        made = []
        with contextlib.suppress(OSError):
            for number in range(1000):
                path = disk.place / f"filler-{number}"
                path.touch()
                made.append(path)
        run.deliver()
        word, text = run.mails[0].answers[-1]
        expect(word == "later" and text.startswith("452 4.3.1"), f"answered {word} {text!r}, not 452 4.3.1")
        expect(not run.daemon.ended(), "the daemon ended")
        for path in made:
            path.unlink()
        run.recover()
        expect.none(run.judge())


def read_only_at_start(place, expect):
    """It refuses, names the spool, and starts once it can be written."""
    with small_disk(place, "read-only-at-start", [shapes.posted("read-only-at-start-1")]) as (run, disk):
        run.start_and_wait()
        run.end()
        disk.remount("ro")
        run.start()
        world.wait_until(run.daemon.ended, "it refuses to start")
        expect(run.daemon.process.returncode not in (0, -9), f"ended with {run.daemon.process.returncode}")
        expect(str(disk.place) in (run.folder / "daemon-2.log").read_text(), "the log does not name the spool")
        disk.remount("rw")
        run.recover()
        expect.none(run.judge())


def turns_read_only(place, expect):
    """From some call on nothing can be written (as ext4 does after an error): tempfail, and nothing is lost."""
    for number in (40, 60, 80, 100):
        with place.run(f"turns-read-only-{number}", [shapes.posted(f"turns-read-only-{number}-1")]) as run:
            run.start(run.shim(at=number, do="EROFS", forever=True))
            run.deliver()
            run.wait_for_the_end()
            run.recover()
            expect.none(run.judge())


def slow_sync(place, expect):
    """Every sync takes long: the MTA waits, gets its answer, and nothing happens twice."""
    mails = [shapes.posted("slow-sync-1"), shapes.returned("slow-sync-2")]
    with place.run("slow-sync", mails) as run:
        run.start(run.shim(at=1, do="delay:150", forever=True, only=["fsync", "fdatasync"]))
        run.deliver()
        expect(words_of(run) == ["taken", "taken"], f"answered {[m.answers for m in mails]}")
        run.drain(60)
        run.recover()
        expect.none(run.judge())


def slower_than_the_client(place, expect):
    """The client leaves before the sync is over and comes again: one message."""
    with place.run("slower-than-the-client", [shapes.posted("slower-than-the-client-1")]) as run:
        run.start(run.shim(at=1, do="delay:800", forever=True, only=["fsync"], path="incoming"))
        run.deliver(patience=0.3)
        expect(words_of(run) == ["unknown"], f"answered {run.mails[0].answers}")
        run.deliver()
        expect(words_of(run) == ["taken"], f"answered {run.mails[0].answers}")
        run.drain()
        run.recover()
        expect.none(run.judge())


if __name__ == "__main__":
    why_not = disks.can_mount(loop=False)
    if why_not:
        print("SKIPPED: " + why_not)
        sys.exit(world.SKIPPED)
    sys.exit(cases.main([full_at_mail, full_passes, full_while_spooling, full_while_delivering, full_at_start, no_inode,
                         read_only_at_start, turns_read_only, slow_sync, slower_than_the_client], os.path.abspath(__file__)))
