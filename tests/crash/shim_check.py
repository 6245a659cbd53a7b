#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the fault shim miss a call? One run with a start, a delivery, a return and an end, under the shim and under strace at
once: per kind of call and file, both must have counted the same. Skipped (status 77) where strace can't trace.

What neither counts: SQLite's writes to its -shm by way of mapped memory.

  shim_check.py --build DIR
"""
import argparse
import collections
import os
import re
import shutil
import signal
import subprocess
import sys

import shapes
import world

# strace's names and the shim's.
NAMES = {"open": "open", "openat": "open", "creat": "open", "write": "write", "writev": "write", "pwrite64": "pwrite",
         "pwritev": "write", "fsync": "fsync", "fdatasync": "fdatasync", "sync_file_range": "sync_file_range",
         "rename": "rename", "renameat": "rename", "renameat2": "rename", "link": "link", "linkat": "link",
         "unlink": "unlink", "unlinkat": "unlink", "rmdir": "unlink", "ftruncate": "ftruncate", "truncate": "truncate",
         "fallocate": "fallocate", "mkdir": "mkdir", "mkdirat": "mkdir", "close": "close", "sync": "sync", "syncfs": "sync",
         "copy_file_range": "copy", "sendfile": "copy", "symlink": "symlink", "symlinkat": "symlink"}
LINK_NUMBER = re.compile(r"/#\d+")  # what the kernel calls a file without a name


def from_strace(log, spool):
    """[(call, path below the spool)]"""
    found = []
    unfinished = {}
    for line in open(log, errors="replace"):
        match = re.match(r"(\d+) +(.*)", line)
        if not match:
            continue
        thread, text = match.groups()
        if text.endswith("<unfinished ...>"):
            unfinished[thread] = text
            continue
        if text.startswith("<... "):
            text = unfinished.pop(thread, "")
        found += call_in(text, spool)
    # What a thread was in when the process ended.
    for text in unfinished.values():
        found += call_in(text, spool)
    return found


def call_in(text, spool):
    call = re.match(r"(\w+)\(", text)
    # A path that is relative to a directory's descriptor.
    text = re.sub(r'^openat\(\d+<([^>]*)>, "([^"]*)"', r'openat(AT_FDCWD, "\1/\2"', text)
    paths = re.findall(re.escape(str(spool)) + r"(?:/([^\s\">)]*))?", text)
    if not call or call.group(1) not in NAMES or not paths:
        return []
    kind = NAMES[call.group(1)]
    # The target of a rename or a link is the last path, a descriptor's the first; a file without a name is its folder.
    path = paths[-1] if kind in ("rename", "link") else paths[0]
    return [(kind, LINK_NUMBER.sub("", "/" + path).lstrip("/") or ".")]


def why_not():
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True)
    return "" if done.returncode == 0 else "strace cannot trace here: " + done.stderr.strip()


def end_traced(strace):
    """strace lets no signal through."""
    with open(f"/proc/{strace.pid}/task/{strace.pid}/children") as children:
        os.kill(int(children.read().split()[0]), signal.SIGTERM)
    strace.wait(60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    reason = why_not()
    if reason:
        print("SKIPPED: " + reason)
        return world.SKIPPED
    with world.Worlds(arguments.build, 1) as worlds, worlds.borrow() as place:
        mails = [shapes.posted("check-1"), shapes.session("check-2"), shapes.returned("check-3")]
        with place.run("check", mails, spool=None) as run:
            log = run.folder / "strace.log"
            trace = "trace=" + ",".join(f"?{name}" for name in NAMES)
            run.start(run.shim(), under=["strace", "-f", "-y", "-s", "4", "-o", log, "-e", trace])
            run.deliver()
            run.drain()
            end_traced(run.daemon.process)
            by_shim = collections.Counter((call, path) for _, _, call, path in run.trace())
            by_strace = collections.Counter(from_strace(log, run.spool))
            missed = by_strace - by_shim
            invented = by_shim - by_strace
            failures = [f"strace saw {n} more {call} {path}" for (call, path), n in missed.items()]
            failures += [f"the shim counted {n} more {call} {path}" for (call, path), n in invented.items()]
            if failures:
                run.keep(failures)
    print(f"{sum(by_shim.values())} calls by the shim, {sum(by_strace.values())} by strace, {len(failures)} differences")
    print("\n".join(failures))
    return 1 if failures or not by_shim else 0


if __name__ == "__main__":
    sys.exit(main())
