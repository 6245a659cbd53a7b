#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file begins with its licence line, headers are guarded, and none is longer than a reader can hold.

Usage: check_words.py SOURCE_DIR. Prints every finding and exits 1 if there is one.
"""
import pathlib
import subprocess
import sys

LONGEST_FILE = 800
SUFFIXES = {".h", ".cc", ".py", ".sh", ".cmake"}


def main():
    root = pathlib.Path(sys.argv[1])
    problems, count = [], 0
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    names = listed.stdout.splitlines() if listed.returncode == 0 else [
        str(path.relative_to(root)) for top in ("core", "milter", "tests", "contrib") for path in (root / top).rglob("*")]
    for name in names:
        path = root / name
        if path.suffix not in SUFFIXES and path.name != "CMakeLists.txt" or not path.is_file():
            continue
        count += 1
        lines = path.read_text().splitlines()
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            problems.append(f"{name}: no SPDX line at its top")
        if path.suffix == ".h" and "#pragma once" not in lines:
            problems.append(f"{name}: no #pragma once")
        if len(lines) > LONGEST_FILE:
            problems.append(f"{name}: {len(lines)} lines, more than {LONGEST_FILE}; give its nouns files of their own")
    for problem in problems:
        print(problem)
    print(f"{count} files, {len(problems)} problems")
    sys.exit(1 if problems or count < 50 else 0)


main()
