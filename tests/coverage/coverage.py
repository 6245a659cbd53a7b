#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many lines of the code that reads what others wrote its own unit tests run.

Usage: coverage.py --build DIR [--least SHARE] [--missing], DIR a build of the preset "coverage" that has PROGRAMS. Runs
them, asks gcov, prints the share of each folder and exits 1 if one is below SHARE (default 0.9).
--missing prints the lines that are not run.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ["mail", "json", "policy", "graph"]
# Beginnings of the paths that are measured, by what they are called in the report.
CODE = {
    "core/mail": ["core/mail/"],
    "core/json": ["core/json/"],
    "core/policy": ["core/policy/"],
    "answers in core/graph": [f"core/graph/{name}." for name in
                              ("replies", "upload_reply", "expected_ranges", "read_fault", "fault_table")],
}


def run_programs(build):
    for name in PROGRAMS:
        # Not the bombs: what they cost is measured in other builds.
        subprocess.run([build / f"tests/unit/unit_{name}", "--gtest_brief=1", "--gtest_filter=-Bombs.*"], check=True)


def read_counts(build):
    """{source: {line: times}} for the files of CODE."""
    counts = collections.defaultdict(dict)
    objects = [path for name in PROGRAMS for path in (build / f"core/CMakeFiles/gm_{name}.dir").rglob("*.gcno")]
    if not objects:
        sys.exit(f"{build} has no .gcno files: it is no build of the preset \"coverage\"")
    for start in range(0, len(objects), 20):
        done = subprocess.run(["gcov", "--json-format", "--stdout", *objects[start:start + 20]], cwd=build, capture_output=True, check=True)
        for line in done.stdout.splitlines():
            for file in json.loads(line)["files"]:
                add_file(counts, build, file)
    return counts


def add_file(counts, build, file):
    path = (build / file["file"]).resolve()
    if ROOT not in path.parents:
        return
    name = str(path.relative_to(ROOT))
    if not any(name.startswith(tuple(beginnings)) for beginnings in CODE.values()):
        return
    for line in file["lines"]:
        number = line["line_number"]
        counts[name][number] = max(counts[name].get(number, 0), line["count"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--missing", action="store_true")
    options = parser.parse_args()
    run_programs(options.build)
    counts = read_counts(options.build)
    good = True
    for title, beginnings in CODE.items():
        lines = [(name, number, times) for name, file in counts.items() if name.startswith(tuple(beginnings))
                 for number, times in file.items()]
        run = sum(1 for _, _, times in lines if times > 0)
        share = run / len(lines)
        good = good and share >= options.least
        print(f"{title}: {run} of {len(lines)} lines, {share:.1%}")
        if options.missing:
            for name, number, times in sorted(lines):
                if times == 0:
                    print(f"  {name}:{number}")
    print(f"at least {options.least:.0%}: {'yes' if good else 'no'}")
    sys.exit(0 if good else 1)


main()
