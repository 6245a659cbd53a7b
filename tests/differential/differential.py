#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares our reading of mail with that of other parsers; README.md says what must hold.

Usage: differential.py --build DIR [--full] corpora|mutants|clients|tricks [--count N] [--seed N] [--keep FOLDER]
Prints what it compared and every disagreement, and exits 1 if there is one. --keep writes each mail that two readers
read differently to FOLDER.
"""
import argparse
import collections
import pathlib
import random
import sys
import time

import clients
import compare
import corpora
import mail_writer
import mutants
import readers
import tricks

MOST_FALSE_ALARMS = 0.005
MUTANTS = {False: 2000, True: 20000}
MAILS_OF_CLIENTS = {False: 1000, True: 4000}
SHOWN = 20


class Comparison:
    """Reads one mail after the other with all readers."""

    def __init__(self, build, full, keep):
        self.ours = readers.Ours(build)
        self.python = readers.Python()
        self.complete = [self.python, readers.Gmime(build)]  # list every leaf
        self.partial = []                                    # list what is not text
        self.keep = keep
        self.verdicts = collections.Counter()
        self.reasons = collections.Counter()
        self.disagreements = []
        self.leaves = []  # of the mail that was read last
        if full:
            self.add_readers_of_the_full_set(build)
        print("readers: " + ", ".join(reader.name for reader in self.complete + self.partial))

    def add_readers_of_the_full_set(self, build):
        missing = readers.MimeTools.missing(build)
        if missing:
            print(f"SKIPPED: Perl's MIME-tools: {missing}")
        else:
            self.complete.append(readers.MimeTools(build))
        missing = readers.install_npm(build)
        if missing:
            print(f"SKIPPED: mailparser and postal-mime: {missing}")
        else:
            self.partial += [readers.Npm(build, "mailparser"), readers.Npm(build, "postal-mime")]

    def read(self, name, message):
        """(verdict, why): the verdict is "differs" where a reader sees a clean mail otherwise than we do."""
        verdict, why, ours = self.ours.judge(message)
        self.leaves = ours
        self.verdicts[verdict] += 1
        if verdict != "clean":
            self.reasons[why.split(":")[0]] += 1
            return verdict, why
        try:
            difference = self.first_difference(message, ours)
        except Exception as error:
            raise RuntimeError(f"{name} can't be read: {error}") from error
        if difference is None:
            return verdict, why
        self.disagreements.append(f"{name}: {difference}")
        if self.keep:
            path = pathlib.Path(self.keep) / f"{len(self.disagreements):04}.eml"
            path.write_bytes(message)
            path.with_suffix(".txt").write_text(f"{name}\n{difference}\n")
        return "differs", difference

    def first_difference(self, message, ours):
        pythons = self.python.leaves(message)
        found = compare.difference(ours, pythons, self.python.name)
        if found:
            return found
        ours = compare.with_text(ours, pythons)
        for reader in self.complete[1:]:
            found = compare.difference(ours, reader.leaves(message), reader.name)
            if found:
                return found
        for reader in self.partial:
            found = compare.difference_of_attachments(ours, reader.leaves(message), reader.name)
            if found:
                return found
        return None

    def report(self):
        print("verdicts: " + ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.most_common()))
        if self.reasons:
            print("not clean: " + ", ".join(f"{count} {code}" for code, count in self.reasons.most_common()))
        for line in self.disagreements[:SHOWN]:
            print("DIFFERS " + line)
        if len(self.disagreements) > SHOWN:
            print(f"... and {len(self.disagreements) - SHOWN} more")
        print(f"{self.verdicts['clean']} clean mails compared, {len(self.disagreements)} read differently")

    def close(self):
        for reader in [self.ours, *self.complete, *self.partial]:
            reader.close()


def all_mails(options):
    """Every corpus that can be had here."""
    found = {"Python's test mails": corpora.of_python(), "clients": corpora.of_clients(300, options.seed)}
    if not found["Python's test mails"]:
        print("SKIPPED: Python's test mails: libpython3.11-testsuite is not installed")
    if options.full:
        folder = pathlib.Path(options.build) / "tests/differential/sources"
        for package, pattern in (("gmime", r"/tests/data/"), ("notmuch", r"/test/(corpora|.*mail)")):
            try:
                found[package] = corpora.of_sources(package, folder, pattern)
            except corpora.NotHere as reason:
                print(f"SKIPPED: the mails in the sources of {package}: {reason}")
    for name, mails in found.items():
        print(f"{len(mails)} mails: {name}")
    return [mail for mails in found.values() for mail in mails]


def run_corpora(comparison, options):
    for name, message in all_mails(options):
        comparison.read(name, message)
    comparison.report()
    return not comparison.disagreements


def run_mutants(comparison, options):
    mails = [(name, message) for name, message in all_mails(options) if len(message) < 20000]
    bodies = [message for _, message in mails]
    count = options.count or MUTANTS[options.full]
    print(f"{count} mutants with seeds {options.seed}/0 to {options.seed}/{count - 1}")
    for number in range(count):
        seed = f"{options.seed}/{number}"
        name, message = random.Random(seed).choice(mails)
        mutant = mutants.Mutator(seed).mutate(message, bodies)
        comparison.read(f"seed {seed} of {name}", mutant)
    comparison.report()
    if comparison.verdicts["clean"] < count / 10:
        print("too few mutants are clean: the comparison says little")
        return False
    return not comparison.disagreements


def missing_attachment(mail, leaves):
    """What was written and is not read back, or can't be cut out; empty: nothing."""
    waiting = list(leaves)
    for attachment in mail.attachments:
        wanted = (attachment.name, mail_writer.digest(attachment))
        found = next((leaf for leaf in waiting if (leaf.name, leaf.sha256) == wanted), None)
        if found is None:
            return f"{attachment.name!r} is not read back for certain"
        waiting.remove(found)
    return ""


def run_clients(comparison, options):
    """Daily mail is clean, and read alike."""
    count = options.count or MAILS_OF_CLIENTS[options.full]
    alarms = collections.Counter()
    total = collections.Counter()
    print(f"{count} mails in the style of {len(clients.STYLES)} clients, devices and applications, seed {options.seed}")
    for mail in clients.mails(count, options.seed):
        total[mail.style] += 1
        verdict, why = comparison.read(mail.name, mail.message)
        if verdict == "clean":
            why = missing_attachment(mail, comparison.leaves)
        if verdict != "clean" or why:
            alarms[mail.style] += 1
            print(f"ALARM {mail.name}: {verdict}: {why}")
    comparison.report()
    share = sum(alarms.values()) / sum(total.values())
    print(f"false alarms: {sum(alarms.values())} of {sum(total.values())} mails, {share:.2%}; "
          f"at most {MOST_FALSE_ALARMS:.1%}; styles: {', '.join(f'{style} {n}' for style, n in sorted(alarms.items())) or 'none'}")
    return share <= MOST_FALSE_ALARMS


def run_tricks(comparison, options):
    """An attachment that readers differ about is not cut out of a mail that is called clean."""
    cases = tricks.all_tricks()
    cut_out = []
    for trick in cases:
        verdict, _ = comparison.read(trick.name, trick.message)
        certain = verdict == "clean" and comparison.leaves[-1].sha256 is not None and comparison.leaves[-1].name is not None
        if trick.odd and certain:
            cut_out.append(trick.name)
    comparison.report()
    print(f"{len(cases)} tricks, {sum(trick.odd for trick in cases)} of them odd")
    for name in cut_out:
        print(f"CUT OUT {name}")
    return not comparison.disagreements and not cut_out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("what", choices=("corpora", "mutants", "clients", "tricks"))
    options = parser.parse_args()
    if options.keep:
        pathlib.Path(options.keep).mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    comparison = Comparison(options.build, options.full, options.keep)
    run = {"corpora": run_corpora, "mutants": run_mutants, "clients": run_clients, "tricks": run_tricks}[options.what]
    good = run(comparison, options)
    comparison.close()
    print(f"{time.monotonic() - began:.1f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
