# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator cuts the owner from a node that may not take over (R3, R13)."""
from lab import VIP, wait_for


def test_R13_fence_from_an_unfit_node_names_the_cure(make_lab):
    lab = make_lab()
    lab.may_shoot = True
    lab.settle()
    lb01, lb02 = lab.nodes
    done = lb02.twinbeat("standby")
    assert done.returncode == 0, done.stderr
    assert "it takes nothing over" in done.stdout
    lb02.wait_alert("unfit")

    done = lb02.twinbeat("fence", "lb01", "--dry-run")
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "NO PROOF here: this node is not fit" in said, said
    assert "twinbeat online ends it" in said, said
    assert lb01.is_powered() and lb01.state() == "MASTER"

    done = lb02.twinbeat("fence", "lb01", "--yes")
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "The addresses do not move: this node is not fit" in said, said
    assert "confirm" not in said, said
    lb02.wait_alert("waiting")
    assert [one["text"] for one in lb02.status()["alerts"]
            if one["name"] == "waiting"
            and "nobody is known to serve VI_1: lb02 cannot" in one["text"]]

    assert lb02.twinbeat("online").returncode == 0
    lb02.wait_state("MASTER", 15)
    lab.wait_client(lb02.name, 15)
    assert VIP in lb02.addresses()
    assert lb02.proof() in ("fenced", "already-off")
    wait_for("it is served", lambda: "waiting" not in lb02.alerts())
