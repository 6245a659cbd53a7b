#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads our notifications with Python's email package and compares every field with what was to be said.

Usage: check_dsn.py WRITE_DSN_SAMPLES. Exits 1 with a traceback at the first difference.
"""
import email
import email.policy
import pathlib
import subprocess
import sys
import tempfile

ENTRY = "01kap5e0000123456789abcdef"
REASON = ("x-graph; 403 ErrorSendAsDenied: The user account which was used to submit this request does not have the "
          "right to send mail on behalf of the specified sending account.")


def equal(got, wanted, what):
    assert got == wanted, f"{what}: {got!r}, wanted {wanted!r}"


def fields(block):
    """The fields of one block of message/delivery-status, unfolded."""
    assert not block.defects, block.defects
    return {name: " ".join(str(value).split()) for name, value in block.items()}


def blocks(report):
    status = report.get_payload()[1]
    payload = status.get_payload()
    if status.get_content_type() != "message/global-delivery-status":
        return [block for block in payload if block.items()]
    # Python does not know this type: it reads one message, whose body are the other blocks.
    first = payload[0]
    rest = first.get_payload(decode=True).decode("utf-8")
    return [first] + [email.message_from_string(block, policy=email.policy.default)
                      for block in rest.replace("\r\n", "\n").split("\n\n") if block.strip()]


def check_frame(report, raw, name, action, kind="delivery-status"):
    assert not report.defects, report.defects
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998 and b"\n" not in line and b"\r" not in line, line
    equal(report.get_content_type(), "multipart/report", name)
    equal(report.get_param("report-type"), kind, name)
    equal(report["From"], "Mail Delivery System <MAILER-DAEMON@relay.contoso.com>", name)
    equal(report["Auto-Submitted"], "auto-replied", name)
    equal(report["MIME-Version"], "1.0", name)
    equal(report["Date"], "Sun, 22 Nov 2026 09:02:05 +0000", name)
    equal(report["Message-ID"], f"<{ENTRY}.{action}@relay.contoso.com>", name)
    parts = report.get_payload()
    equal(len(parts), 3, name)
    for part in parts:
        assert not part.defects, (name, part.defects)
    equal(parts[0].get_content_type(), "text/plain", name)
    equal(parts[1].get_content_type(), f"message/{kind}", name)
    return parts


def check_message_fields(block, name, **more):
    wanted = {"Reporting-MTA": "dns; relay.contoso.com", "Arrival-Date": "Sun, 22 Nov 2026 08:52:05 +0000",
              "X-Graph-Milter-Entry": ENTRY}
    equal(fields(block), {**wanted, **more}, name)


def recipient(address, action, status, reason=None, mta="graph.microsoft.com", **more):
    wanted = {"Final-Recipient": f"rfc822; {address}", "Action": action, "Status": status,
              "Remote-MTA": f"dns; {mta}", **more}
    if reason:
        wanted["Diagnostic-Code"] = reason
    return wanted


def check_recipients(report, name, *wanted):
    equal([fields(block) for block in blocks(report)[1:]], list(wanted), name)


def check_plain(report, raw, name):
    parts = check_frame(report, raw, name, "failed")
    equal(report["To"], "scanner@contoso.com", name)
    equal(report["Subject"], "Undelivered: Scan of Tuesday", name)
    equal(report["In-Reply-To"], "<1@scanner.contoso.com>", name)
    equal(report["References"], "<1@scanner.contoso.com>", name)
    check_message_fields(blocks(report)[0], name)
    check_recipients(report, name, recipient("alice@example.org", "failed", "5.7.1", REASON),
                     recipient("bob@example.org", "failed", "5.7.1", REASON))
    equal(parts[2].get_content_type(), "text/rfc822-headers", name)
    header = email.message_from_bytes(parts[2].get_payload(decode=True), policy=email.policy.default)
    equal(header["Message-ID"], "<1@scanner.contoso.com>", name)
    equal(header.get_payload(), "", name)
    text = parts[0].get_content()
    assert "alice@example.org" in text and "ErrorSendAsDenied" in text and "Scan of Tuesday" in text, text


def check_parameters(report, raw, name):
    check_frame(report, raw, name, "failed")
    check_message_fields(blocks(report)[0], name, **{"Original-Envelope-Id": "QQ+314159"})
    check_recipients(report, name,
                     recipient("alice@example.org", "failed", "5.7.1", REASON,
                               **{"Original-Recipient": "rfc822;Alice+scan@Example.org"}),
                     recipient("bob@example.org", "failed", "5.7.1", REASON))


def check_whole(report, raw, name):
    part = check_frame(report, raw, name, "failed")[2]
    equal(part.get_content_type(), "message/rfc822", name)
    equal(part["Content-Transfer-Encoding"], "7bit", name)
    original = part.get_payload()[0]
    equal(original["Subject"], "Scan of Tuesday", name)
    equal(original.get_payload(), "The scan.\r\n", name)


def check_whole_8bit(report, raw, name):
    part = check_frame(report, raw, name, "failed")[2]
    equal(part.get_content_type(), "message/rfc822", name)
    equal(part["Content-Transfer-Encoding"], "8bit", name)
    assert "The scan.\r\ncafé\r\n".encode() in raw


def check_delayed(report, raw, name):
    parts = check_frame(report, raw, name, "delayed")
    equal(report["Subject"], "Delayed: Scan of Tuesday", name)
    until = {"Will-Retry-Until": "Fri, 27 Nov 2026 09:02:05 +0000"}
    check_recipients(report, name,
                     recipient("alice@example.org", "delayed", "4.4.1", "x-graph; 503 serviceUnavailable", **until),
                     recipient("bob@example.org", "delayed", "4.4.1", "x-graph; 503 serviceUnavailable", **until))
    assert "need not send it again" in " ".join(parts[0].get_content().split())


def check_relayed(report, raw, name):
    check_frame(report, raw, name, "relayed")
    equal(report["Subject"], "Passed on: Scan of Tuesday", name)
    check_recipients(report, name, recipient("alice@example.org", "relayed", "2.0.0"),
                     recipient("bob@example.org", "relayed", "2.0.0"))


def check_from_the_mta(report, raw, name):
    check_frame(report, raw, name, "failed")
    mta = "relay.contoso.com"
    check_recipients(report, name,
                     recipient("alice@example.org", "failed", "5.1.1",
                               "smtp; 550 5.1.1 <alice@example.org>: no such user", mta),
                     recipient("bob@example.org", "failed", "5.2.2", "smtp; 552 5.2.2 mailbox full", mta))


def check_global(report, raw, name):
    parts = check_frame(report, raw, name, "failed", "global-delivery-status")
    assert "To: <jörg@contoso.com>\r\n".encode() in raw
    equal(report["Subject"], "Undelivered: Grüße", name)
    check_message_fields(blocks(report)[0], name)
    check_recipients(report, name, recipient("alice@example.org", "failed", "5.7.1", REASON),
                     {**recipient("", "failed", "5.7.1", REASON), "Final-Recipient": "utf-8; bär@example.org",
                      "Original-Recipient": "utf-8;b\\x{E4}r@example.org"})
    equal(parts[2].get_content_type(), "message/global-headers", name)
    equal(parts[2].get_payload()[0]["Subject"], "Grüße", name)
    assert "bär@example.org" in parts[0].get_content()


def check_encoded_subject(report, raw, name):
    parts = check_frame(report, raw, name, "failed")
    equal(report["Subject"], "Undelivered: Grüße aus München", name)
    assert all(byte < 128 for byte in raw), "not 7bit"
    assert "Grüße aus München" in parts[0].get_content()
    equal(parts[2].get_content_type(), "text/rfc822-headers", name)
    assert b"X-Raw: caf\xe9\r\n" in parts[2].get_payload(decode=True)


def check_without_header(report, raw, name):
    parts = check_frame(report, raw, name, "failed")
    equal(report["Subject"], "Undelivered mail", name)
    equal(report["In-Reply-To"], None, name)
    equal(parts[2].get_payload(decode=True).strip(), b"", name)


def check_copy(report, raw, name):
    check_frame(report, raw, name, "failed.copy")
    equal(report["To"], "scanner@contoso.com", name)


def main():
    checks = {name[len("check_"):].replace("_", "-"): check for name, check in globals().items()
              if name.startswith("check_") and name not in ("check_frame", "check_message_fields", "check_recipients")}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        samples = {path.stem: path.read_bytes() for path in pathlib.Path(folder).glob("*.eml")}
    equal(sorted(samples), sorted(checks), "samples")
    for name, raw in sorted(samples.items()):
        checks[name](email.message_from_bytes(raw, policy=email.policy.default), raw, name)
    print(f"{len(samples)} notifications read")


main()
