#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""R10: the wall clock steps by a day, forward and back, under the real daemon (the preloaded fault_shim moves what it
reads): while a message is being delivered, while Graph has asked to wait, between restarts, and around the resend window.
Nothing is lost or sent twice, and nothing waits for a day. A clock that was set forward makes a wait seem over: Graph may
be asked once before the time that it named.

  clock.py --build DIR [--only NAME]
"""
import os
import struct
import sys
import time

import cases
import shapes
import world

HOUR = 3600
DAY = 24 * HOUR


class WallClock:
    """What the daemon's clock is ahead of ours, in seconds."""

    def __init__(self, run):
        self.path = run.folder / "clock"
        self.step_to(0)
        world.own(self.path)

    def step_to(self, seconds):
        # In place, in one write: the daemon has it mapped.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(descriptor, struct.pack("=q", int(seconds * 1000)), 0)
        os.close(descriptor)


def recover(run, wall):
    run.recover(environment=run.shim(clock=wall.path))


def held_in(operation, step, shape):
    """The clock steps while Graph is at one request of a delivery."""
    def case(place, expect):
        name = f"held-in-{operation}-{step // HOUR}"
        with place.run(name, [shapes.SHAPES[shape](f"{name}-1")]) as run:
            wall = WallClock(run)
            place.graph.ask("POST", "/faults", [{"match": {"operation": operation}, "action": "hold",
                                                 "effect": operation == "send"}])
            run.start(run.shim(clock=wall.path))
            run.deliver()
            place.graph.ask("GET", "/stats?held-at-least=1&timeout-ms=20000")
            wall.step_to(step)
            place.graph.ask("POST", "/release")
            run.drain(20)
            expect(run.is_idle(), f"not delivered: {run.journal_rows()}")
            recover(run, wall)
            expect.none(run.judge())
    case.__name__ = f"held_in_{operation.replace('-', '_')}_{'plus' if step > 0 else 'minus'}_a_day"
    case.__doc__ = f"The clock steps {step // HOUR:+} h while Graph has a {operation}."
    return case


def retry_after(step):
    """The clock steps after Graph has asked to wait for 2 s."""
    def case(place, expect):
        name = f"retry-after-{step // HOUR}"
        with place.run(name, [shapes.posted(f"{name}-1")]) as run:
            wall = WallClock(run)
            place.graph.ask("POST", "/faults", [{"match": {"operation": "create-draft"}, "action": "status", "status": 429,
                                                 "code": "TooManyRequests", "retry_after": "2"}])
            run.start(run.shim(clock=wall.path))
            run.deliver()
            world.wait_until(lambda: any(f["hits"] for f in place.graph.ask("GET", "/faults")), "Graph asks to wait")
            asked = time.monotonic()
            wall.step_to(step)
            run.drain(20)
            waited = time.monotonic() - asked
            expect(run.is_idle(), f"not delivered: {run.journal_rows()}")
            early = place.graph.ask("GET", "/stats")["tooEarly"]
            # With the clock ahead, the time that Graph named seems over. Graph would say it again.
            expect(step > 0 or early == 0, f"asked {early} times before the time that Graph named")
            expect(waited < 15, f"waited {waited:.1f} s")
            recover(run, wall)
            expect.none(run.judge())
    case.__name__ = f"retry_after_{'plus' if step > 0 else 'minus'}_a_day"
    case.__doc__ = f"The clock steps {step // HOUR:+} h while a Retry-After of 2 s is to be obeyed."
    return case


def deferred(step, restart):
    """The clock steps while a message waits for its next attempt; `restart`: and the daemon dies meanwhile."""
    def case(place, expect):
        name = f"deferred-{step // HOUR}{'-restart' if restart else ''}"
        with place.run(name, [shapes.posted(f"{name}-1")], options={"retry-initial": "2s", "retry-max": "2s"}) as run:
            wall = WallClock(run)
            place.graph.ask("POST", "/faults", [{"match": {"operation": "create-draft"}, "action": "status", "status": 503,
                                                 "code": "ServiceUnavailable"}])
            run.start(run.shim(clock=wall.path))
            run.deliver()
            world.wait_until(lambda: "event=deferred" in run.log_text() or "event=waiting" in run.log_text(), "it is deferred")
            wall.step_to(step)
            if restart:
                run.kill()
                run.start_and_wait(shim=run.shim(clock=wall.path))
                hour = (time.time() + step + HOUR) * 1000
                latest = max([next_attempt for _, _, next_attempt in run.journal_rows()], default=0)
                expect(latest <= hour, f"waits until {(latest - hour) / 3.6e6 + 1:.1f} h after the start")
                for entry, _, _ in run.journal_rows():
                    status, words = run.ctl("queue", "retry", entry)
                    # With the clock ahead it may have been due, and on its way or gone, before it could be asked for.
                    gone = "has ended: sent" in words or "is being delivered right now" in words
                    expect(status == 0 or step > 0 and gone, f"queue retry: {words}")
            begun = time.monotonic()
            run.drain(20)
            expect(run.is_idle(), f"not delivered {time.monotonic() - begun:.0f} s after a step: {run.journal_rows()}")
            recover(run, wall)
            expect.none(run.judge())
    case.__name__ = f"deferred_{'plus' if step > 0 else 'minus'}_a_day{'_and_a_restart' if restart else ''}"
    end = ", and the daemon dies." if restart else "."
    case.__doc__ = f"The clock steps {step // HOUR:+} h while a message waits for its next attempt{end}"
    return case


def resent(step, copies):
    """A client sends the same mail again after the step."""
    def case(place, expect):
        name = f"resent-{step // HOUR}"
        first, again = shapes.posted(f"{name}-1"), shapes.posted(f"{name}-1")
        with place.run(name, [first], options={"resend-window": "1d"}) as run:
            wall = WallClock(run)
            run.start(run.shim(clock=wall.path))
            run.deliver()
            run.drain()
            wall.step_to(step)
            run.deliver([again])
            expect(again.answers[-1][0] == "taken", f"answered {again.answers}")
            run.drain()
            run.kill()
            count = len(place.graph.deliveries())
            expect(count == copies, f"{count} deliveries instead of {copies}")
            if copies == 1:
                expect.none(run.judge())
    case.__name__ = f"resent_{'plus' if step > 0 else 'minus'}_{abs(step) // HOUR}_hours"
    case.__doc__ = f"The same mail again when the clock stands at {step // HOUR:+} h: {copies} deliveries."
    return case


def unclear_send(step):
    """The answer of a send is lost, and the clock steps before it is settled."""
    def case(place, expect):
        name = f"unclear-send-{step // HOUR}"
        with place.run(name, [shapes.posted(f"{name}-1")], options={"send-recheck": "500ms", "send-settle": "3d"}) as run:
            wall = WallClock(run)
            place.graph.ask("POST", "/faults", [{"match": {"operation": "send"}, "action": "drop-before"}])
            run.start(run.shim(clock=wall.path))
            run.deliver()
            world.wait_until(lambda: any(f["hits"] for f in place.graph.ask("GET", "/faults")), "a send is unclear")
            wall.step_to(step)
            run.drain(20)
            expect(run.is_idle(), f"not delivered: {run.journal_rows()}")
            recover(run, wall)
            expect.none(run.judge())
    case.__name__ = f"unclear_send_{'plus' if step > 0 else 'minus'}_a_day"
    case.__doc__ = f"The clock steps {step // HOUR:+} h while a send is unclear."
    return case


CASES = [
    *(held_in(operation, step, shape) for operation, shape in
      (("create-draft", "posted"), ("put-range", "session"), ("send", "posted")) for step in (DAY, -DAY)),
    *(retry_after(step) for step in (DAY, -DAY)),
    *(deferred(step, restart) for step in (DAY, -DAY) for restart in (False, True)),
    *(unclear_send(step) for step in (DAY, -DAY)),
    resent(23 * HOUR, 1), resent(-DAY, 1), resent(25 * HOUR, 2),
]

if __name__ == "__main__":
    sys.exit(cases.main(CASES, os.path.abspath(__file__)))
