# SPDX-License-Identifier: GPL-3.0-or-later
"""The pair with a power switch that has the vices of real ones, and cuts."""
import os
import signal
import subprocess
import sys
import time

import pytest

from lab import DEVICE, PDU, ROOT, Lab, wait_for
from test_pair import serve


class VicesLab(Lab):
    """Its power switch stands behind tests/tools/vices.py."""

    def __init__(self, vices, keys="", **options):
        super().__init__(tie_ms=8000, timeout_ms=12000, **options)
        self.vices, self.said = vices, os.path.join(self.dir, "vices")
        device = DEVICE.format(name="pdu", port=5502, **self.options)
        self.options["devices"] = device.replace("unit = 1;",
                                                 "unit = 1; " + keys)

    def start_tool(self, name, *words):
        tool = super().start_tool(name, *words)
        if name == "power_switch":
            with open(self.said, "wb") as said:
                self.background.append(subprocess.Popen(
                    self.within(self.switch_ns, sys.executable, os.path.join(
                        ROOT, "tests", "tools", "vices.py"), PDU + ":5502",
                        PDU + ":502", *self.vices.split()), stdout=said))
            wait_for("the vices listen", lambda: self.events("ready"))
        return tool

    def reads_of_off(self, reader, target, from_us, until_us):
        """All questions come from the stand-in: whoever asked them. A row of
        coils is one answer."""
        plug = min(target.plugs)
        return [e["at_us"] for e in self.pdu_events()
                if e["event"] == "request" and e["function"] == 1
                and e["answer"] >= 0 and from_us <= e["at_us"] <= until_us
                and (e["plug"] == plug and e["value"] == 1
                     and e["answer"] == 0 or e["value"] == 8
                     and not e["answer"] >> plug - 1 & 1)]

    def events(self, what):
        with open(self.said, encoding="ascii") as said:
            return [line for line in said if what in line]


@pytest.fixture(name="make_pair")
def make_pair_(request):
    made = []

    def make(vices, keys="", **options):
        made.append(VicesLab(vices, keys, **options))
        made[-1].build()
        made[-1].settle(seconds=40)
        return made[-1]
    yield make
    for pair in made:
        pair.show()
        try:
            pair.judge()
        finally:
            pair.close()


@pytest.mark.parametrize("vices,keys", [
    ("slots=2 hold=20", ""), ("slots=4 hold=20", ""), ("slots=3 hold=30", ""),
    ("deaf=0.3", "connect_wait_ms = 400;"), ("lag=1.5", "off_ms = 3000;"),
    ("least=8", "read_count = 8;"), ("fill", "read_on = 255;"),
    ("ids=count", 'transaction_id = "any";'), ("ids=zero close", ""),
])
def test_S02_R6_a_hung_owner_is_fenced_over_a_switch_with(make_pair, vices,
                                                         keys):
    pair = make_pair(vices, keys, power_wait_ms=200)
    lb01, lb02 = pair.nodes
    wait_for("lb02 has seen the plug on", lambda: any(
        p["node"] == "lb01" and p["proven"]
        for p in lb02.status()["fence"]["plugs"]), 45)
    for name in ("keeper", "fencer", "runner"):
        os.kill(lb01.helper(name), signal.SIGSTOP)
    lb01.kill(signal.SIGSTOP)
    serve(pair, lb02, 45)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    pair.judge_fenced_claim(lb02)


@pytest.mark.parametrize("how", ["stop", "carrier", "handover"])
def test_R10_a_keeper_that_was_stopped_is_woken_to_let_go(lab, how):
    """Its node was cut for it within two seconds, though it is well."""
    lb01, lb02 = lab.nodes
    stopped = lb01.helper("keeper")
    os.kill(stopped, signal.SIGSTOP)
    begun = time.monotonic()
    if how == "stop":
        assert lb01.stop() == 0
    elif how == "carrier":
        lb01.inside("ip", "link", "set", "eth0", "down")
    else:
        assert lb01.twinbeat("handover").returncode == 0
    lb02.wait_state("MASTER")
    assert lb02.proof() in ("released", "obituary")
    assert lb01.is_powered()
    # a lease is 3 s; until then a hung one is waited for
    assert time.monotonic() - begun < 2.5
