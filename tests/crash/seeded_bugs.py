#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the rigs worth their time? Builds the daemon with one bug at a time, made by exact replacement of text in a copy of
the sources, and runs the rig that is to catch it: it must find broken promises, and find none in the daemon as it is.

  seeded_bugs.py --build DIR [--only WORD] [--list]

DIR is a build folder with failpoints; its compiler, flags and build type are used for the copy. A replacement whose text is
not there exactly once fails aloud: then the sources have moved on, and so must this table.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent.parent
SKIPPED = 77
KEPT_SETTINGS = ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_CXX_FLAGS", "CMAKE_CXX_FLAGS_DEBUG",
                 "CMAKE_CXX_FLAGS_RELWITHDEBINFO", "GM_FAILPOINTS")
LENT = ("tests/graph_emulator/graph-emulator", "tests/crash/fault_shim.so")  # what the rigs need beside the daemon


class Bug:
    """`changes`: (file, text, its replacement). `rig`: the command that is to catch it, after the interpreter."""

    def __init__(self, name, changes, rig):
        self.name, self.changes, self.rig = name, changes, rig


BUGS = [
    Bug("the message file is not synced", [
        ("core/mail/message_file.cc", "  GM_TRY(sync_descriptor(fd_.get(), path));\n", "")],
        ["power.py", "--only", "posted"]),
    Bug("its directory is not synced", [
        ("core/mail/message_file.cc", "  Status synced = sync_directory(directory);\n", "  Status synced;\n")],
        ["power.py", "--only", "posted"]),
    Bug("synchronous = NORMAL", [
        ("core/queue/sql_session.cc", '{"synchronous", 2}', '{"synchronous", 1}')],
        ["power.py", "--only", "posted"]),
    Bug("the answer comes before the commit", [
        ("core/queue/journal_writer.cc",
         '    doing = "committing to the journal";\n    *session_ << "COMMIT";\n    return results;\n', "    return results;\n"),
        ("core/queue/journal_writer.cc",
         "    batch[i].result.set_value(results ? std::move((*results)[i]) : Status(fail(results.error())));\n  }\n",
         "    batch[i].result.set_value(results ? std::move((*results)[i]) : Status(fail(results.error())));\n  }\n"
         '  if (results) *session_ << "COMMIT";\n')],
        ["failpoint_rig.py", "--only", "answer"]),
    Bug("the file goes before it is recorded that the message is sent", [
        ("core/queue/sqlite_queue_leases.cc", "  GM_TRY(write(entry, lease));\n  lease.standing = standing_of(entry);\n",
         "  if (entry.state == EntryState::Sent) GM_TRY(bury(entry));\n"
         "  GM_TRY(write(entry, lease));\n  lease.standing = standing_of(entry);\n")],
        ["failpoint_rig.py", "--only", "C29"]),
    Bug("an unclear send is repeated blindly", [
        ("core/delivery/courier_send.cc", "Courier::Halt Courier::settle_send() {\n",
         "Courier::Halt Courier::settle_send() {\n  if (!settings_.instance.empty()) return send();\n")],
        ["failpoint_rig.py", "--only", "C24"]),
    Bug("the session's URL is not stored", [
        ("core/delivery/courier_upload.cc", "    progress.upload = state;\n", "    progress.upload = state;\n    progress.upload.url.reset();\n")],
        ["failpoint_rig.py", "--only", "C20"]),
    Bug("our own position is trusted", [
        ("core/upload/session.cc", "    state_.position = answer.next;\n",
         "    state_.position = doing_ == Doing::Sending ? sending_.end : answer.next;\n")],
        ["failpoint_rig.py", "--only", "C20"]),
    Bug("a draft whose answer was lost is not looked for", [
        ("core/delivery/courier.cc", "  auto found = heard(target_.find_draft());\n",
         "  Result<std::optional<std::string>> found = std::optional<std::string>();\n")],
        ["failpoint_rig.py", "--only", "C14"]),
    Bug("a resend is taken as a new message", [
        ("core/queue/sqlite_queue.cc", "  if (settings_.resend_window > Duration::zero()) entry.resend_key = resend_key;\n",
         "  static_cast<void>(resend_key);\n")],
        ["failpoint_rig.py", "--only", "C9"]),
    Bug("what may be out is withdrawn", [
        ("core/queue/withdrawal.cc", "  if (entry.progress.send_unresolved || entry.progress.give_up) {\n", "  if (entry.progress.give_up) {\n")],
        ["failpoint_rig.py", "--only", "C24", "--held"]),
]


class Trouble(Exception):
    pass


def copy_sources(folder):
    """Only what the daemon is built from."""
    for name in ("core", "milter"):
        shutil.copytree(SOURCES / name, folder / name)
    shutil.copy(SOURCES / "CMakeLists.txt", folder)
    for name in ("man", "conf", "contrib"):  # named by install()
        shutil.copytree(SOURCES / name, folder / name)
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy(SOURCES / name, folder)


def settings_of(build):
    cache = (build / "CMakeCache.txt").read_text()
    found = dict(re.findall(r"^(\w+):\w+=(.*)$", cache, re.MULTILINE))
    if found.get("GM_FAILPOINTS") != "ON":
        raise Trouble(f"{build} has no failpoints; configure it with -DGM_FAILPOINTS=ON")
    return [f"-D{name}={found[name]}" for name in KEPT_SETTINGS if found.get(name)]


class Workshop:
    def __init__(self, folder, build):
        self.sources, self.build, self.original = folder / "source", folder / "build", build
        self.before = {}
        self.sources.mkdir()
        copy_sources(self.sources)
        # Objects of the original build are found again though they were made in another folder.
        self.environment = {**os.environ, "CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1"}
        self.run(["cmake", "-S", self.sources, "-B", self.build, "-G", "Ninja", "-DGM_TESTS=OFF", *settings_of(build)])
        for name in LENT:
            place = self.build / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(build / name)

    def run(self, command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=self.environment)
        if done.returncode != 0:
            raise Trouble(f"{' '.join(str(w) for w in command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def make(self):
        self.run(["cmake", "--build", self.build, "--target", "graph-milter", "graph-milterctl"])

    def change(self, bug):
        for name, old, new in bug.changes:
            path = self.sources / name
            text = path.read_text()
            self.before.setdefault(path, text)
            if text.count(old) != 1:
                raise Trouble(f"{bug.name}: {name} has {text.count(old)} times what is to be replaced:\n{old}")
            path.write_text(text.replace(old, new))

    def restore(self):
        for path, text in self.before.items():
            path.write_text(text)
        self.before = {}


def run_rig(command, build):
    """(status, what it said last)"""
    done = subprocess.run([sys.executable, "-B", HERE / command[0], "--build", build, *command[1:]], capture_output=True, text=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode, lines


def first_words(lines):
    """Of the first broken promise that a rig names."""
    for line in lines:
        if re.search(r"\b(LOST|TWICE|INCOMPLETE|ORPHAN|VIOLATION|DRAFTS|SESSIONS|RANGES|DAMAGED|NOT TAKEN)\b", line):
            return line[:160]
    return lines[-1][:160] if lines else ""


def judge(bug, workshop, rows):
    begun = time.monotonic()
    status, lines = run_rig(bug.rig, workshop.original)
    if status == SKIPPED:
        rows.append((bug.name, " ".join(bug.rig), "SKIPPED", lines[-1] if lines else ""))
        return True
    if status != 0:
        rows.append((bug.name, " ".join(bug.rig), "THE RIG FAILS WITHOUT IT", first_words(lines)))
        return False
    workshop.change(bug)
    try:
        workshop.make()
        status, lines = run_rig(bug.rig, workshop.build)
    finally:
        workshop.restore()
    rows.append((bug.name, " ".join(bug.rig), "caught" if status else "NOT CAUGHT",
                 f"{first_words(lines) if status else lines[-1]} ({time.monotonic() - begun:.0f} s)"))
    return status != 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--only")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    bugs = [bug for bug in BUGS if arguments.only is None or arguments.only in bug.name]
    if arguments.list:
        print("\n".join(f"{bug.name}: {' '.join(bug.rig)}" for bug in bugs))
        return 0
    rows = []
    with tempfile.TemporaryDirectory(prefix="graph-milter-bugs.") as folder:
        workshop = Workshop(pathlib.Path(folder), arguments.build)
        for bug in bugs:  # all of the table first: it costs nothing to find that it is out of date
            workshop.change(bug)
            workshop.restore()
        good = True
        for bug in bugs:
            good = judge(bug, workshop, rows) and good
            print(" | ".join(rows[-1]), flush=True)
    print(f"{sum(row[2] == 'caught' for row in rows)} of {len(rows)} bugs caught")
    return 0 if good and rows else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(trouble)
        sys.exit(1)
