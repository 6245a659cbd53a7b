# SPDX-License-Identifier: Apache-2.0
"""Mail to read: what Debian packages carry (read in place or fetched, never copied into the tree), and what clients.py
writes. Each mail is (name, bytes) with CRLF line ends, as an MTA hands it over."""
import glob
import pathlib
import re
import shutil
import subprocess

import clients

PYTHON = "/usr/lib/python3.*/test/test_email/data/msg_*.txt"


def crlf(message):
    return re.sub(rb"(?<!\r)\n", b"\r\n", message)


def load(paths):
    return [(str(path), crlf(pathlib.Path(path).read_bytes())) for path in sorted(paths)]


def of_python():
    """The test mails of Python's email package (Debian: libpython3.11-testsuite)."""
    return load(glob.glob(PYTHON))


RELEASE = "bookworm"


class NotHere(Exception):
    """Why a corpus can't be had."""


def of_sources(package, folder, pattern):
    """The mails in the sources of a Debian package, fetched once into `folder` with lists of their own, so that the
    machine's apt is not touched."""
    target = pathlib.Path(folder) / package
    if not target.exists():
        fetch(package, pathlib.Path(folder))
    found = [path for path in target.rglob("*") if path.is_file() and re.search(pattern, str(path))]
    return load(path for path in found if looks_like_mail(path.read_bytes()))


def looks_like_mail(content):
    return re.match(rb"(?:[!-9;-~]+:.*\r?\n)(?:[!-9;-~]+:|[ \t])", content) is not None


def mirror_of_the_machine():
    """Where this machine's own apt has its packages from."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)", "Created-By: Packages"],
                          capture_output=True, text=True)
    sites = [line.split()[0] for line in done.stdout.splitlines() if line.split()[1:] == [RELEASE, "main"]]
    if not sites:
        raise NotHere(f"apt has no packages of Debian {RELEASE} here")
    return sites[0]


def fetch(package, folder):
    if shutil.which("apt-get") is None or shutil.which("dpkg-source") is None:
        raise NotHere("apt-get or dpkg-source (dpkg-dev) is not installed")
    state = folder / "apt"
    (state / "lists/partial").mkdir(parents=True, exist_ok=True)
    listing = state / "sources.list"
    listing.write_text("deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                       f"{mirror_of_the_machine()} {RELEASE} main\n")
    options = ["-o", f"Dir::Etc::SourceList={listing}", "-o", "Dir::Etc::SourceParts=/dev/null",
               "-o", f"Dir::State::Lists={state}/lists", "-o", f"Dir::Cache={state}", "-o", "APT::Sandbox::User=root"]
    work = state / package
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for command in (["update", "-q"], ["source", "-q", package]):
        done = subprocess.run(["apt-get", *options, *command], cwd=work, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise NotHere(f"apt-get {command[0]} {package} failed: {done.stderr.strip()[-200:]}")
    unpacked = [path for path in work.iterdir() if path.is_dir()]
    unpacked[0].rename(folder / package)
    shutil.rmtree(work)


def of_clients(count, seed):
    """Mail in the style of clients and devices, with small attachments."""
    return [(mail.name, mail.message) for mail in clients.mails(count, seed, attachment_size=400)]
