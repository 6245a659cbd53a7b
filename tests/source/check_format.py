#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-format would change nothing. Usage: check_format.py SOURCE_DIR."""
import pathlib
import shutil
import subprocess
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    if shutil.which("clang-format") is None:
        sys.exit("clang-format is not installed: contrib/install-dependencies installs it")
    files = [str(path) for top in ("core", "milter", "tests") for path in sorted((root / top).rglob("*"))
             if path.suffix in (".h", ".cc") and "node_modules" not in path.parts]
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], cwd=root, capture_output=True, text=True)
    sys.stdout.write(result.stderr[-8000:])
    print(f"{len(files)} files, clang-format says {result.returncode}")
    sys.exit(1 if result.returncode != 0 or not files else 0)


main()
