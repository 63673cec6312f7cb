# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's pair of keepalived.conf, imported, runs: it serves where it
served, and when a node's power fails it is served by the other one."""
import os
import re
import subprocess

import pytest

from lab import BUILD, PDU, VIP, Lab

CASES = os.path.join(os.path.dirname(__file__), "..", "import")
GUIDE = "10.0.0.12/24"


class ImportedLab(Lab):
    """A lab whose settings are what twinbeat import made of two files."""

    def write_config(self, path=None, **options):
        files = []
        for name in ("guide-vi1.conf", "guide-vi1.peer.conf"):
            files.append(os.path.join(self.dir, name))
            with open(os.path.join(CASES, name), encoding="utf-8") as file:
                text = file.read()
            assert text.count(GUIDE) == 1
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(text.replace(GUIDE, VIP + "/24"))
        done = subprocess.run([BUILD + "/twinbeat", "import", files[0],
                               "--peer", files[1]], text=True,
                              capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        with open(path or self.config, "w", encoding="utf-8") as file:
            file.write(self.fill_in(done.stdout))

    def fill_in(self, text):
        """What every result asks for: address, port, plug and switch."""
        text = text.replace("/etc/twinbeat/key", self.dir + "/key")
        for index in ("1", "2"):
            text = text.replace("192.0.2.1" + index, "10.99.0.1" + index)
            text = text.replace("/dev/twinbeat0",
                                os.path.join(self.dir, "tty" + index), 1)
        text = text.replace("203.0.113.20", PDU)
        return re.sub(r"^( *)# ((address|serial|fence|devices) = .*)$",
                      r"\1\2", text, flags=re.M)


@pytest.fixture
def imported():
    lab = ImportedLab()
    try:
        lab.build()
        yield lab
    finally:
        lab.show()
        lab.close()


def test_the_imported_pair_serves_and_fails_over(imported):
    first, second = imported.nodes
    imported.settle(seconds=40)
    served = [node.status()["instances"][0] for node in imported.nodes]
    assert [(at["name"], at["vrid"], at["priority"]) for at in served] == [
        ("VI_1", 55, 150), ("VI_1", 55, 100)]
    assert VIP in first.addresses() and VIP not in second.addresses()
    label = first.inside("ip", "-o", "addr", "show", "dev", "eth0").stdout
    assert re.search(re.escape(VIP) + r"/24 .*eth0:1", label), label
    imported.wait_client(first.name)
    first.die()
    second.wait_state("MASTER", 40)
    assert second.proof() == "fenced"
    assert VIP in second.addresses()
    imported.wait_client(second.name)
