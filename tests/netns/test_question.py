# SPDX-License-Identifier: GPL-3.0-or-later
"""R20: a pair that asks a person before it cuts, and the ways of the answer."""
import json
import os
import re
import subprocess

import pytest

from lab import BUILD, wait_for
from test_pair import nobody_was_shot, serve

# the text of a reply on a phone, as a mail program makes it of an alert
MAIL = """From: Ops <ops@mail.test>
To: twinbeat@lb02
Subject: Re: [web/lb02] CRITICAL question
Content-Type: text/plain

{answer}

On Sunday, twinbeat wrote:
> {alert}
"""


def write_hook(lab):
    """A program of settings.notify that keeps what it is given."""
    path = lab.dir + "/hook"
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\ncat >>%s/told.$TWINBEAT_NODE\n" % lab.dir)
    os.chmod(path, 0o755)
    return path


@pytest.fixture
def asked(make_lab):
    """A settled pair; its standby disagrees, and asks. lab, alert, code."""
    lab = make_lab(boot=False, on_disagreement="ask")
    lab.write_config(on_disagreement="ask", extra='notify = ( { on = ( "alert"'
                     ' ); command = "%s"; } );' % write_hook(lab))
    for node in lab.nodes:
        node.power_on()
    lab.settle()
    lab.break_path()
    lab.nodes[1].wait_alert("question")

    def told():
        try:
            with open(lab.dir + "/told.lb02", encoding="ascii") as f:
                lines = [json.loads(line) for line in f]
        except (FileNotFoundError, ValueError):
            return None
        return [one["reason"] for one in lines if one["alert"] == "question"
                and one["event"] == "alert-raised"]
    alert = wait_for("a program is told of it", told)[0]
    return lab, alert, re.search(r"Reply ([A-Z2-9]{8}) and a number",
                                 alert).group(1)


def answer(node, text):
    """What a gateway of mail or SMS pipes in."""
    return subprocess.run(
        ["nsenter", "-t", str(node.init), "-p", "-m", "-n",
         BUILD + "/twinbeat", "--run-dir", node.run_dir, "answer", "--stdin"],
        input=text if isinstance(text, bytes) else text.encode(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def test_R20_a_reply_by_mail_cuts_and_takes_over(asked):
    lab, alert, code = asked
    lb01, lb02 = lab.nodes
    assert alert.startswith("lb01 owns by its word and is silent on VRRP")
    # nothing but the code of this question, with a number, does anything
    for text, words in (
            (MAIL.format(answer="yes, do it", alert=alert), b"no code"),
            ("%s and 1" % code, b"no code"),
            ("%s 1\n%s 2" % (code, code), b"two answers that differ"),
            ("WRNGC2DE 1", b"this is not the code of the open question"),
            (b"\0\xff" * (1 << 19) + b" " + code.encode() + b" 1",
             b"no code")):
        done = answer(lb02, text)
        assert done.returncode == 1 and words in done.stdout, done.stdout
    assert "question" in lb02.alerts() and nobody_was_shot(lab)
    # the other node has asked nothing
    done = answer(lb01, code + " 1")
    assert done.returncode == 1 and b"nobody is asked anything" in done.stdout
    done = answer(lb02, MAIL.format(answer=code.lower() + " 1", alert=alert))
    assert done.returncode == 0, done.stdout
    assert b"lb01 is cut, and taken over from when it is proven off" in \
        done.stdout
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    lab.judge_fenced_claim(lb02)
    done = answer(lb02, code + " 1")
    assert done.returncode == 1 and b"has been used" in done.stdout
    assert "question" not in lb02.alerts()


def test_R20_the_answer_hold_holds_until_the_path_is_back(asked):
    lab, _, code = asked
    lb01, lb02 = lab.nodes
    # 3 is a confirm, which a node that is heard refuses; the question stays
    done = lb02.twinbeat("answer", code, "3")
    assert done.returncode == 1 and "lb01 is alive" in done.stderr
    assert "question" in lb02.alerts()
    done = lb02.twinbeat("answer", code, "2")
    assert done.returncode == 0 and "nothing is cut" in done.stdout
    lb02.wait_alert("waiting")
    assert "question" not in lb02.alerts()
    assert lb01.state() == "MASTER" and nobody_was_shot(lab)
    lab.break_path(False)
    lab.settle()
    wait_for("all is well", lambda: not lb02.alerts() & {
        "waiting", "disagree", "question"})
    assert nobody_was_shot(lab)
