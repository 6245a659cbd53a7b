#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mail in the style of mail clients, devices and applications, made new for each seed. Other tests may import this.

Usage: clients.py FOLDER [COUNT [SEED]] writes them as files.
"""
import pathlib
import sys

import mail_writer
from mail_clients import CLIENTS
from mail_devices import DEVICES

STYLES = CLIENTS + DEVICES


def mails(count, seed, attachment_size=3000):
    """`count` mails, the styles in turn; the same for the same seed."""
    for number in range(count):
        yield mail_writer.write(STYLES[number % len(STYLES)], number // len(STYLES), seed, attachment_size)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else len(STYLES)
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for number, mail in enumerate(mails(count, seed)):
        (folder / f"{number:05}-{mail.style.replace(' ', '-').replace(':', '')}.eml").write_bytes(mail.message)


if __name__ == "__main__":
    main()
