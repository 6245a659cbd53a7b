# SPDX-License-Identifier: Apache-2.0
"""A national cloud: `cloud = usgov` is all that the conf file says, and every request goes to the hosts of that cloud. The
test has a network of its own, as hostile_test.py has, in which the names of the clouds lead to addresses of ours."""
import os
import subprocess
import sys
import unittest

import hostile_test
import mails
import rig
from hostile_test import BINARIES, GRAPH, OTHER, STORE

LOGIN = "40.99.1.4"
CLOUD = {"graph.microsoft.us": [GRAPH], "outlook.office365.us": [STORE], "login.microsoftonline.us": [LOGIN]}
# Whoever asks there has left the cloud.
GLOBAL = {name: [OTHER] for name in ("graph.microsoft.com", "login.microsoftonline.com", "outlook.office.com", "outlook.office365.com")}


class Witness(hostile_test.Front):
    """Remembers for which host it was asked for what."""

    def __init__(self, *arguments):
        self.asked = set()
        super().__init__(*arguments)

    def ask_backend(self, head, body):
        host, = [line.split(b":", 1)[1].strip().decode() for line in head if line.lower().startswith(b"host:")]
        self.asked.add((host, head[0].split(b" ")[0].decode()))
        return super().ask_backend(head, body)


class NationalCloud(unittest.TestCase):
    def setUp(self):
        folder_object = rig.Folder()
        self.addCleanup(folder_object.close)
        folder = folder_object.path
        self.network = hostile_test.Network(folder)
        self.addCleanup(self.network.close)
        subprocess.run(["ip", "addr", "add", f"{LOGIN}/32", "dev", "lo"], check=True)
        self.network.resolve({**CLOUD, **GLOBAL})
        ca, certificate, key = hostile_test.make_certificates(folder, CLOUD)
        self.emulator = rig.Emulator(folder, BINARIES / "tests/graph_emulator/graph-emulator",
                                     options=["--upload-host", "outlook.office365.us", "--upload-port", "443"])
        self.addCleanup(self.emulator.close)
        port = int(self.emulator.ports["graph"].rsplit(":", 1)[1])
        self.witnesses = [Witness(address, backend, certificate, key, "https://graph.microsoft.us")
                          for address, backend in ((GRAPH, port), (LOGIN, port), (STORE, 443))]
        for witness in self.witnesses:
            self.addCleanup(witness.close)
        self.milter = rig.Milter(folder, BINARIES / "milter/graph-milter", self.emulator)
        for name in ("graph-url", "login-url", "upload-hosts", "allow-private-addresses"):
            del self.milter.options[name]
        self.milter.options.update({"cloud": "usgov", "ca-file": ca})
        self.milter.write_configuration(rig.SCANNER_RULE)
        self.milter.start()
        self.addCleanup(self.milter.close)

    def test_everything_goes_to_the_hosts_of_the_cloud(self):
        client = hostile_test.milter_client.MilterClient(self.milter.socket)
        data = mails.with_attachments("from the cloud", [mails.pdf("scan.pdf", 1, 3_300_000)])
        self.assertEqual(client.message(mails.SENDER, [mails.RECIPIENT], data)[0], b"d", "it was not taken")
        client.close()
        rig.wait_until(lambda: self.milter.child.must_run() or self.emulator.deliveries(), "the mail is delivered")
        self.assertEqual([delivery["subject"] for delivery in self.emulator.deliveries()], ["from the cloud"])
        asked = set().union(*(witness.asked for witness in self.witnesses))
        self.assertEqual({host for host, _ in asked}, set(CLOUD))
        self.assertEqual({method for host, method in asked if host == "outlook.office365.us"}, {"PUT"})
        self.assertEqual({method for host, method in asked if host == "login.microsoftonline.us"}, {"POST"})
        self.assertEqual(self.network.met, [], "somebody outside the cloud was asked")
        self.assertEqual(self.emulator.violations(), [])


if __name__ == "__main__":
    if hostile_test.INSIDE not in os.environ:
        sys.exit(hostile_test.in_own_network(__file__))
    unittest.main()
