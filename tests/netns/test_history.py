# SPDX-License-Identifier: GPL-3.0-or-later
"""The history on disk: what a power cut leaves of it."""
import json
import os

import pytest

from test_daemon import wait_for


@pytest.mark.parametrize("tail", [
    b'{"seq":4712,"at":"2026-', b"\0" * 300, b"\0" * 30000,
    b"\xff{" * 20000, b'\0{"se', b""],
    ids=["torn", "zeros", "pages of zeros", "noise", "both", "whole"])
def test_the_history_goes_on_after_a_damaged_end(daemon, tail):
    """What a power cut leaves: no number comes twice, no line is glued to
    what stands there, and the size stays bounded."""
    path = os.path.join(daemon.state_dir, "journal")
    os.makedirs(daemon.state_dir)
    with open(path, "wb") as f:
        for seq in range(4000, 4712):
            f.write(b'{"seq":%d,"at":"2026-01-01T00:00:00Z","kind":"x"}\n' %
                    seq)
        f.write(tail)
    daemon.start()

    def fresh():
        with open(path, "rb") as f:
            lines = [line for line in f.read().split(b"\n")
                     if line.startswith(b'{"seq":') and b'"kind":"x"' not in
                     line and line.endswith(b"}")]
        return [json.loads(line)["seq"] for line in lines]

    wait_for("a line", fresh)
    numbers = fresh()
    assert numbers[0] in (4712, 4713)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
