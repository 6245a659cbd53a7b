#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the table of stories in tests/README.md with the end-to-end tests: each test that it names exists and is run by
CTest, and each test of story_test.py stands in it.

Usage: check_stories.py SOURCE_DIR. Prints every difference and exits 1 if there is one.
"""
import ast
import pathlib
import re
import sys

SECTION = "## The stories"


def told(root):
    """(tests that the table names, rows that name none)"""
    text = (root / "tests/README.md").read_text()
    if SECTION not in text:
        sys.exit(f"tests/README.md has no section '{SECTION}'")
    rows = [line for line in text.split(SECTION, 1)[1].split("\n## ", 1)[0].splitlines() if line.startswith("| ")][1:]
    tests, bare = [], []
    for row in rows:
        named = re.findall(r"`(\w+\.\w+\.\w+)`", row.rsplit(" | ", 1)[1])
        tests += named
        if not named:
            bare.append(row)
    return tests, bare


def written(path):
    """The tests that stand in this file, as file.Class.test."""
    return {f"{path.stem}.{node.name}.{member.name}" for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)
            for member in node.body if isinstance(member, ast.FunctionDef) and member.name.startswith("test_")}


def run_by_ctest(root):
    """file.Class of each call of gm_e2e."""
    lists = (root / "tests/e2e/CMakeLists.txt").read_text()
    return {f"{file}.{name}" for file, words in re.findall(r"^gm_e2e\((\w+) CLASSES ([^)]*)\)", lists, re.M)
            for name in re.split(r"\s+(?:LABELS|TIMEOUT)\b", words)[0].split()}


def main():
    root = pathlib.Path(sys.argv[1])
    named, bare = told(root)
    there = set().union(*(written(path) for path in (root / "tests/e2e").glob("*_test.py")))
    classes = run_by_ctest(root)
    problems = [f"tests/README.md names no test in: {row}" for row in bare]
    problems += [f"tests/README.md names {test}, which is not there" for test in sorted(set(named) - there)]
    problems += [f"CTest does not run {test}" for test in sorted(set(named)) if test.rsplit(".", 1)[0] not in classes]
    problems += [f"tests/README.md does not name {test}" for test in
                 sorted(written(root / "tests/e2e/story_test.py") - set(named))]
    for problem in problems:
        print(problem)
    print(f"{len(set(named))} tests of stories, {len(problems)} problems")
    sys.exit(1 if problems or len(named) < 30 else 0)


main()
