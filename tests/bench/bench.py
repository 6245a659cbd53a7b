#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures graph-milter in ratios within one run, and exits 1 if a gate is missed.

Usage: bench.py BUILD_FOLDER [upload] [memory] [small] [bombs] [rules] [--rounds N]. Without names, all.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))

import bombs_bench  # noqa: E402
import measure  # noqa: E402
import memory_bench  # noqa: E402
import rig  # noqa: E402
import rules_bench  # noqa: E402
import small_mail_bench  # noqa: E402
import upload_bench  # noqa: E402

BENCHES = {"bombs": bombs_bench, "memory": memory_bench, "upload": upload_bench, "small": small_mail_bench,
           "rules": rules_bench}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    rig.skip_without_root()
    report = measure.Report()
    for name in arguments.names or BENCHES:
        print(f"{name}:", flush=True)
        BENCHES[name].run(arguments.binaries, report, arguments.rounds)
    print("\n" + report.markdown())
    sys.exit(0 if report.held else 1)


main()
