# SPDX-License-Identifier: Apache-2.0
"""A list of functions case(place, expect), each judged by itself and kept if it fails: main() of the rigs that are told
case by case. `expect(true, words)` and `expect.none(list of failures)`."""
import argparse
import sys
import time
import traceback

import world


class Expect:
    def __init__(self):
        self.failures = []

    def __call__(self, holds, words):
        if not holds:
            self.failures.append(words)

    def none(self, failures):
        self.failures += failures


def main(cases, script):
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    failed = 0
    begun = time.monotonic()
    with world.Worlds(arguments.build, 1, arguments.keep) as worlds, worlds.borrow() as place:
        # Before the first case, so that what it needs is not counted to it.
        place.old_spool()
        chosen = [case for case in cases if arguments.only in (None, case.__name__)]
        for case in chosen:
            failed += not one(case, place, f"python3 {script} --build {arguments.build} --only {case.__name__}")
    print(f"{len(chosen)} cases, {failed} failed, {time.monotonic() - begun:.0f} s")
    return 1 if failed or not chosen else 0


def one(case, place, repeat):
    """Whether it is as it must be."""
    expect = Expect()
    begun = time.monotonic()
    place.repeat, place.watched = repeat, expect.failures
    try:
        case(place, expect)
    except Exception:  # noqa: BLE001 - a case that breaks is one that fails
        expect.failures.append(traceback.format_exc())
    print(f"{'FAILED' if expect.failures else 'ok'} {case.__name__} ({(case.__doc__ or '').splitlines()[0]}) "
          f"{time.monotonic() - begun:.1f} s", flush=True)
    for failure in expect.failures:
        print(f"  {failure}")
    if expect.failures:
        print(f"  to repeat it: {repeat}", file=sys.stdout, flush=True)
    return not expect.failures
