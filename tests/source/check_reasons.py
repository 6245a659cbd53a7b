#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the reasons in ARCHITECTURE.md, "What may be relayed", with those that the sources know.

Usage: check_reasons.py SOURCE_DIR. Prints every difference and exits 1 if there is one.
"""
import pathlib
import re
import sys

SECTION = "## What may be relayed"
WORD = r'"([a-z0-9]+(?:-[a-z0-9]+)*)"'
PREFIX = {"Ambiguous": "ambiguous:", "Protected": "protected:", "OverLimit": "overlimit:"}
# By limits of an hour; the section "Authority" tells them.
ELSEWHERE = {"client-limit", "login-limit", "mailbox-limit"}


def read_tables(root):
    """The reasons in the first column, and the tolerable ones among them."""
    text = (root / "ARCHITECTURE.md").read_text()
    if SECTION not in text:
        sys.exit(f"ARCHITECTURE.md has no section '{SECTION}'")
    told, tolerable = [], set()
    for line in text.split(SECTION, 1)[1].split("\n## ", 1)[0].split("Where we are more lenient", 1)[0].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        reasons = re.findall(r"`([a-z0-9:-]+)`", cells[0]) if cells[0].startswith("`") else []
        told += reasons
        if len(cells) == 3 and cells[1] == "yes":
            tolerable.update(reasons)
    return told, tolerable


def sources(root, *folders):
    return "\n".join(path.read_text() for folder in folders for path in sorted((root / folder).glob("*.cc")))


def words_in(pattern, text):
    """The quoted words before the end of the first argument of each call."""
    return {word for match in re.finditer(pattern + r"\(([^;]*?)\);", text, re.S) for word in re.findall(WORD, match[1])}


def read_sources(root):
    """(all reasons, the tolerable ones, problems)"""
    table = re.findall(r"FindingCode\{" + WORD + r", Verdict::(\w+)(, kTolerable)?\}", sources(root, "core/mail"))
    known = {PREFIX[verdict] + code for code, verdict, _ in table}
    tolerable = {PREFIX[verdict] + code for code, verdict, mark in table if mark}
    codes = {code for code, _, _ in table}
    mail = sources(root, "core/mail")
    inexact = words_in(r"\brefuse", (root / "core/mail/body_check.cc").read_text())
    inexact |= set(re.findall(r"(?:inexact =|return) \{Verdict::\w+, " + WORD, mail))
    known |= {"inexact:" + code for code in inexact}
    used = words_in(r"\b(?:ambiguous|problem|odd|over_limit|findings_\.add)", mail)
    used |= set(re.findall(r"^\s+\{" + WORD + r", \"[^\"]*\"\}\},?$", (root / "core/mail/protection.cc").read_text(), re.M))
    problems = [f"core/mail uses the code {code}, which tolerance.cc does not have" for code in sorted(used - codes)]
    known |= set(re.findall(r"(?:LeaveAlone|Objection)\{\s*" + WORD, sources(root, "core/plan", "core/policy", "core/intake")))
    known |= {"json:" + code for code in re.findall(r"\bcant\(" + WORD, sources(root, "core/plan"))}
    known |= set(re.findall(r"Action::Pass, \"\", " + WORD, sources(root, "core/policy")))
    known |= set(re.findall(r"\bpass\(LogLevel::\w+, [&\w]+, [^,]+, " + WORD, sources(root, "core/intake")))
    known |= set(re.findall(r"\bleave_alone\(" + WORD, sources(root, "milter")))
    return known - ELSEWHERE, tolerable, problems


def main():
    root = pathlib.Path(sys.argv[1])
    told, told_tolerable = read_tables(root)
    known, tolerable, problems = read_sources(root)
    problems += [f"ARCHITECTURE.md does not tell {reason}" for reason in sorted(known - set(told))]
    problems += [f"ARCHITECTURE.md tells {reason}, which no source has" for reason in sorted(set(told) - known)]
    problems += [f"ARCHITECTURE.md tells {reason} twice" for reason in sorted({r for r in told if told.count(r) > 1})]
    problems += [f"{reason} is tolerable in one of ARCHITECTURE.md and tolerance.cc" for reason in
                 sorted(tolerable ^ told_tolerable)]
    for problem in problems:
        print(problem)
    print(f"{len(known)} reasons, {len(problems)} problems")
    sys.exit(1 if problems or len(known) < 60 else 0)


main()
