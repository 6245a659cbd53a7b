# SPDX-License-Identifier: Apache-2.0
"""The oracle: judges a run by three ledgers that were written outside the daemon: what the MTA's side was answered
(mail.answers), what Graph sent (the emulator's deliveries), what the MTA's port took (the sink). And looks into the spool.

  LOST        taken, and neither sent nor returned
  TWICE       sent, returned or passed more than once, or more than one of them, outside the named windows
  INCOMPLETE  sent with other parts, recipients or Message-ID than it was given
  ORPHAN      a draft, a file, or a live row is left

A window counts only where it is named: W3, W4 and W5 by the daemon's log (possible_duplicate=Wn with entry=ID); W1 by the
MTA's side, which sent a mail without Message-ID and Date again because it did not hear what became of it.
"""
import collections
import contextlib
import json
import pathlib
import re
import shutil
import sqlite3
import tempfile

NOT_HEARD = ("unknown", "later")  # after either the daemon may have it: a failed COMMIT can be on disk


def judge(run, drafts_may_stay=False, held_may_stay=False, violations_allowed=(), must_be_taken=True):
    """[failure in words]. REQUIRES: the daemon has ended.

    `must_be_taken`: the last answer to each mail is to be `taken`, as it is after recover().
    `held_may_stay`: the administrator's mail is no orphan; it is one outcome of its mail.
    """
    graph = run.world.graph
    deliveries, sunk = graph.deliveries(), run.world.sink.mails()
    rows, trouble = read_journal(run.spool)
    windows = read_windows(run.log_text())
    failures = list(trouble)
    write_evidence(run, deliveries, sunk, rows, windows)
    for mail in run.mails:
        failures += judge_mail(mail, deliveries, sunk, rows, windows, held_may_stay, must_be_taken,
                               run.holds_the_mta())
    failures += unknown_mail(run, deliveries, sunk)
    if not drafts_may_stay:
        failures += [f"ORPHAN: draft {d['subject']!r} of {d['marker']}" for d in graph.drafts()]
    failures += judge_spool(run, rows, held_may_stay)
    failures += [f"VIOLATION: {v['operation']}: {v['what']}" for v in graph.ask("GET", "/violations")
                 if not any(re.search(pattern, v["what"]) for pattern in violations_allowed)]
    return failures


def judge_mail(mail, deliveries, sunk, rows, windows, held_may_stay, must_be_taken, delivered=False):
    failures = []
    words = [word for word, _ in mail.answers]
    sent = [d for d in deliveries if d["subject"] == mail.token]
    returned = [m for m in sunk if m.is_dsn and m.mentions(mail.token)]
    handed_back = [m for m in sunk if not m.is_dsn and m.sender == mail.sender and m.mentions(mail.token)]
    held = [row for row in rows if row["state"] == "held" and is_row_of(row, mail)] if held_may_stay else []
    passed = words.count("passed")
    outcomes = len(sent) + len(returned) + len(handed_back) + len(held) + passed
    wanted = "refused" if delivered and mail.fate == "returned" else "taken"
    if must_be_taken and words[-1:] != [wanted]:
        failures.append(f"NOT TAKEN: {mail.token} was answered {mail.answers}")
    if words[-1:] == ["refused"] and outcomes:
        failures.append(f"NOT REFUSED: {mail.token} was answered {mail.answers} and went out")
    if "taken" in words and outcomes == 0:
        failures.append(f"LOST: {mail.token} was answered {words} and went nowhere")
    allowed = 1 + window_w1(mail, words) + used_windows(sent, returned + handed_back, windows)
    if outcomes > allowed:
        failures.append(f"TWICE: {mail.token} was answered {words} and has {len(sent)} deliveries, {len(returned)} DSNs, "
                        f"{len(handed_back)} handed back, {len(held)} held, {passed} passed; windows: {windows}")
    if mail.fate == "returned" and sent:
        failures.append(f"SENT: {mail.token}, which Graph refuses")
    if mail.fate == "sent" and returned:
        failures.append(f"RETURNED: {mail.token}, which nobody refuses")
    for delivery in sent:
        failures += incomplete(mail, delivery)
    for copy in handed_back:
        if copy.data.rstrip() != mail.data.rstrip():
            failures.append(f"INCOMPLETE: {mail.token} was handed back with other bytes")
    return failures


def window_w1(mail, words):
    """How many more copies than one are W1's: none of a mail that can be known again."""
    if mail.identity:
        return 0
    return sum(word in NOT_HEARD for word in words[:-1])


def used_windows(sent, returned, windows):
    ids = {d["marker"].rsplit("/", 1)[-1] for d in sent}
    extra = sum(window == "W4" and entry in ids for entry, window in windows)
    if len(returned) > 1:
        extra += sum(window == "W5" for _, window in windows)
    return extra


def incomplete(mail, delivery):
    failures = []
    parts = {p["name"]: p["sha256"] for p in delivery["parts"] if not p["body"]}
    count = sum(not p["body"] for p in delivery["parts"])
    if parts != mail.parts or count != len(mail.parts):
        failures.append(f"INCOMPLETE: {mail.token} was sent with {count} parts {sorted(parts)} of {sorted(mail.parts)}, or other bytes")
    if delivery["recipients"] != sorted(r.lower() for r in mail.recipients):
        failures.append(f"INCOMPLETE: {mail.token} was sent to {delivery['recipients']}")
    if mail.identity and delivery["internetMessageId"].strip("<>") != f"{mail.token}@scanner.contoso.com":
        failures.append(f"INCOMPLETE: {mail.token} was sent as {delivery['internetMessageId']}")
    return failures


def unknown_mail(run, deliveries, sunk):
    """What nobody sent: a wrong subject, a DSN of nobody's mail; alerts, unless they are expected."""
    tokens = {mail.token for mail in run.mails}
    failures = [f"STRANGE: a delivery with the subject {d['subject']!r}" for d in deliveries
                if d["subject"] not in tokens and not d["subject"].startswith("template-")]
    for mail in sunk:
        if any(mail.mentions(token) for token in tokens) or mail.mentions("template-"):
            continue
        if not run.expect_alerts:
            failures.append(f"STRANGE: the MTA got a mail from <{mail.sender}> to {mail.recipients}: {mail.head[:300]!r}")
    return failures


# --- the spool

def read_journal(spool):
    """(rows, what is wrong), from a copy: looking changes nothing."""
    with tempfile.TemporaryDirectory(dir=spool.parent) as folder:
        for path in pathlib.Path(spool).glob("journal.sqlite*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        copy = pathlib.Path(folder) / "journal.sqlite"
        if not copy.exists():
            return [], ["ORPHAN: there is no journal"]
        try:
            with contextlib.closing(sqlite3.connect(copy)) as journal:
                answer = journal.execute("PRAGMA integrity_check").fetchall()
                journal.row_factory = sqlite3.Row
                rows = [dict(row) for row in journal.execute("SELECT * FROM entry")]
        except sqlite3.Error as error:
            return [], [f"DAMAGED: {error}"]
    return rows, [] if answer == [("ok",)] else [f"DAMAGED: integrity_check says {answer}"]


def is_row_of(row, mail):
    return mail.token in row["message_id"] or (not mail.identity and row["sender"].strip("<>") == mail.sender)


def judge_spool(run, rows, held_may_stay):
    failures = []
    live = [row for row in rows if row["state"] != "done"]
    for row in live:
        if not (held_may_stay and row["state"] == "held"):
            failures.append(f"ORPHAN: entry {row['id']} is {row['state']}: {row['last_error']}")
    files = {f"messages/{row['id'][10:12]}/{row['id']}.msg" for row in live}
    failures += [f"ORPHAN: {path}" for path in run.spool_files() if path not in files]
    return failures


def read_windows(log):
    """[(entry, "Wn")] of what the daemon's log says may have happened twice."""
    found = []
    for line in log.splitlines():
        window = re.search(r"possible_duplicate=(W\d)", line)
        if window:
            entry = re.search(r"entry=(\w+)", line)
            found.append((entry.group(1) if entry else "", window.group(1)))
    return found


def write_evidence(run, deliveries, sunk, rows, windows):
    count = collections.Counter(d["subject"] for d in deliveries)
    (run.folder / "ledger.json").write_text(json.dumps({
        "mta": {mail.token: mail.answers for mail in run.mails},
        "graph": deliveries,
        "deliveries": count,
        "sink": [[m.sender, m.recipients, m.data.decode("utf-8", "replace")[:4000]] for m in sunk],
        "journal": rows,
        "windows": windows,
        "exits": run.exits,
    }, indent=1, default=str))
