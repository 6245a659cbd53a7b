# SPDX-License-Identifier: Apache-2.0
"""The readers of mail that are compared. Each turns the bytes of a message into a list of leaves, in the order of the
message. What a reader does not say is None."""
import email
import email.policy
import hashlib
import json
import pathlib
import shutil
import subprocess
import typing

HERE = pathlib.Path(__file__).resolve().parent


class Leaf(typing.NamedTuple):
    type: str
    name: typing.Optional[str]
    sha256: typing.Optional[str]    # over the decoded content
    # Some readers keep no line ends where there is no base64: over the content with LF for CRLF, and without the last ones.
    text: typing.Optional[str] = None
    encoding: str = ""


def text_digest(content):
    return digest(content.replace(b"\r\n", b"\n").rstrip(b"\n"))


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Program:
    """A reader that runs as a process of its own: it is sent "NAME LENGTH" and the bytes, and answers with one line."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, message):
        self.process.stdin.write(b"m %d\n" % len(message))
        self.process.stdin.write(message)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise RuntimeError(f"{self.name} died of a message with SHA-256 {digest(message)}")
        return json.loads(line.decode("utf-8", "surrogateescape"))

    def leaves(self, message):
        return [Leaf(leaf["type"], leaf.get("name"), leaf.get("sha256"), leaf.get("text"))
                for leaf in self.ask(message)["leaves"]]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Ours(Program):
    """What the scanner sees, and the verdict of both of our readers."""

    def __init__(self, build):
        super().__init__("graph-milter", [pathlib.Path(build) / "tests/differential/leaves_of"])

    def judge(self, message):
        """(verdict, code and detail of the first finding, leaves). What the scanner is not certain about, it says
        nothing of: such a part is never cut out."""
        answer = self.ask(message)
        finding = answer["findings"][0] if answer["findings"] else None
        why = f'{finding["code"]}: {finding["detail"]}' if finding else ""
        return answer["verdict"], why, [self.certain(leaf) for leaf in answer["leaves"]]

    @staticmethod
    def certain(leaf):
        return Leaf(leaf["type"],
                    None if leaf["inexact"] == "name" else leaf["name"],
                    leaf["sha256"] if leaf["exact"] else None, None, leaf["encoding"])


class Gmime(Program):
    def __init__(self, build):
        super().__init__("GMime", [pathlib.Path(build) / "tests/differential/gmime_leaves"])


class Python:
    """The standard library's email package with its present policy."""
    name = "Python"

    def leaves(self, message):
        found, waiting = [], [email.message_from_bytes(message, policy=email.policy.default)]
        while waiting:
            part = waiting.pop()
            if part.get_content_maintype() == "multipart" and part.is_multipart():
                waiting.extend(reversed(part.get_payload()))
            else:
                found.append(self.leaf(part))
        return found

    @staticmethod
    def leaf(part):
        # It reads a message within the message as a message, so there is no content to decode.
        name = part.get_filename() or ""
        if part.get_content_maintype() == "message":
            return Leaf(part.get_content_type(), name, None)
        content = part.get_payload(decode=True) or b""
        return Leaf(part.get_content_type(), name, digest(content), text_digest(content))

    def close(self):
        pass


class MimeTools(Program):
    """Perl's MIME-tools."""

    def __init__(self, build):
        super().__init__("MIME-tools", ["perl", HERE / "mime_tools_leaves.pl"])

    @staticmethod
    def missing(build):
        if shutil.which("perl") is None:
            return "perl is not installed"
        if subprocess.run(["perl", "-MMIME::Parser", "-e1"], capture_output=True).returncode:
            return "Perl's MIME-tools are not installed (libmime-tools-perl)"
        return None


class Npm(Program):
    """One of the two parsers of npm; they are installed once, into the build folder."""

    def __init__(self, build, name):
        super().__init__(name, ["node", npm_folder(build) / "leaves.mjs", name])


def npm_folder(build):
    return pathlib.Path(build) / "tests/differential/npm"


def install_npm(build):
    """Why the parsers of npm can't be had, or None."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node or npm is not installed"
    folder = npm_folder(build)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "leaves.mjs"):
        shutil.copy(HERE / "npm" / name, folder / name)
    done = subprocess.run(["npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"],
                          capture_output=True, text=True, cwd=folder, timeout=300)
    return None if done.returncode == 0 else "npm could not install the parsers: " + done.stderr.strip()[-200:]
