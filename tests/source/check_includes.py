#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the table of allowed includes in ARCHITECTURE.md with the #include lines and with the link lines.

Usage: check_includes.py SOURCE_DIR. Prints every difference and exits 1 if there is one.
"""
import pathlib
import re
import sys

SECTION = "## Who may include whom"


def read_table(root):
    """{folder: set of folders} and {folder: list of third-party header prefixes} from the table."""
    allowed, homes = {}, {}
    text = (root / "ARCHITECTURE.md").read_text()
    if SECTION not in text:
        sys.exit(f"ARCHITECTURE.md has no section '{SECTION}'")
    for line in text.split(SECTION, 1)[1].split("\n## ", 1)[0].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 4 or not cells[0].startswith("`"):
            continue
        folder = cells[0].strip("`")
        allowed[folder] = set(re.findall(r"`([a-z/]+)`", cells[2]))
        homes[folder] = re.findall(r"`([^`]+)`", cells[3])
    return allowed, homes


def folder_of(path):
    return path.parts[1] if path.parts[0] == "core" else path.parts[0]


def check_includes(root, allowed, homes):
    problems = []
    third_party = {prefix: folder for folder, prefixes in homes.items() for prefix in prefixes}
    for top in ("core", "milter"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            relative = file.relative_to(root)
            folder = folder_of(relative)
            if folder not in allowed:
                problems.append(f"{relative}: the folder {folder} is not in the table of ARCHITECTURE.md")
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = re.match(r'\s*#include\s+(["<])([^">]+)[">]', line)
                if not match:
                    continue
                kind, header = match.groups()
                where = f"{relative}:{number}"
                if kind == '"':
                    target = folder_of(pathlib.Path(header))
                    if target != folder and target not in allowed[folder]:
                        problems.append(f"{where}: {folder} may not include {target}")
                else:
                    for prefix, home in third_party.items():
                        if header.startswith(prefix) and home != folder:
                            problems.append(f"{where}: <{header}> belongs to {home}")
    return problems


def check_links(root, allowed):
    """The USES of each gm_folder() in core/CMakeLists.txt are the table's allowed edges."""
    problems = []
    text = (root / "core/CMakeLists.txt").read_text()
    for match in re.finditer(r"^gm_folder\((\w+)([^)]*)\)", text, re.MULTILINE):
        folder, rest = match.groups()
        uses = re.search(r"USES\s+(.*?)(?:LIBS|$)", rest, re.DOTALL)
        linked = set(uses.group(1).split()) if uses else set()
        if folder not in allowed:
            problems.append(f"core/CMakeLists.txt: {folder} is not in the table of ARCHITECTURE.md")
        elif linked != allowed[folder]:
            problems.append(f"core/CMakeLists.txt: {folder} links {sorted(linked)}, the table allows {sorted(allowed[folder])}")
    return problems


def check_folders(root, allowed):
    present = {path.name for path in (root / "core").iterdir() if path.is_dir()} | {"milter"}
    return [f"ARCHITECTURE.md names {name}, which does not exist" for name in sorted(set(allowed) - present)]


def check_no_cycles(allowed):
    problems = []
    for start in allowed:
        seen, stack = set(), list(allowed[start])
        while stack:
            folder = stack.pop()
            if folder == start:
                problems.append(f"the table lets {start} include itself through others")
                break
            if folder not in seen:
                seen.add(folder)
                stack.extend(allowed.get(folder, ()))
    return problems


def main():
    root = pathlib.Path(sys.argv[1])
    allowed, homes = read_table(root)
    problems = check_includes(root, allowed, homes) + check_links(root, allowed) + check_folders(root, allowed) + check_no_cycles(allowed)
    for problem in problems:
        print(problem)
    print(f"{len(allowed)} folders, {len(problems)} problems")
    sys.exit(1 if problems or len(allowed) < 15 else 0)


main()
