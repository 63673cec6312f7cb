# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the namespace tests: they need root, and say so."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# A question each millisecond was 40 % of all processor time of these tests. The
# outages that they allow are hundreds of ms; a test that counts lost questions
# or allows fewer ms says Lab(probe_ms=1).
os.environ.setdefault("TWINBEAT_PROBE_MS", "10")


@pytest.fixture
def lab():
    """A settled pair: lb01 owns, links up, plugs proven."""
    from lab import Lab
    with Lab() as made:
        made.settle()
        try:
            yield made
        finally:
            made.show()  # pytest prints it if the test failed
        made.judge()


@pytest.fixture
def make_lab():
    """Lab(**options), judged and closed after the test."""
    from lab import Lab
    made = []

    def make(boot=True, **options):
        one = Lab(**options)
        made.append(one)
        one.build(boot)
        return one
    try:
        yield make
    finally:
        for one in made:
            one.show()
            try:
                if one.nodes:
                    one.judge()
            finally:
                one.close()


@pytest.fixture
def daemon(tmp_path):
    """One twinbeatd in a network of its own (test_daemon.py)."""
    from test_daemon import Daemon
    made = Daemon(tmp_path)
    try:
        yield made
    finally:
        print(made.text() if os.path.exists(made.log) else "")
        made.close()
