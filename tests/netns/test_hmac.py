# SPDX-License-Identifier: GPL-3.0-or-later
"""R16: signed adverts beside a plain VRRP router. Debian has no keepalived that
signs (2.4 does), so the router is hmac_peer.py, which knows the format from
packets of keepalived 2.4.3; the first test shows that it makes the same."""
import json
import os
import time

import pytest

import forge
from lab import wait_for

KEY1, KEY2, KEY3 = bytes(range(32)), b"k" * 64, b"another key of thirty-two bytes."
# whole IP packets of keepalived 2.4.3, key 00 01 .. 1f
GOLDEN = (
    ("45c0003c00060000ff70186ec000020be0000012313796010032d395c0000264010100006b"
     "0b291daafb00004b6abe0852c8bc24a9be7caade740004", 20, 1,
     forge.Advert(3, 0x37, "192.0.2.11", ["192.0.2.100"], 150, 500)),
    ("45c0004400020000ff70186ac000020be0000012213996010001865ec00002650000000000"
     "000000010100006b0b291ddf510000c4f5d59eecea2bd4a48dcc73e0df8013", 20, 1,
     forge.Advert(2, 0x39, "192.0.2.11", ["192.0.2.101"], 150, 1000)),
    ("6c05e356004470fffe80000000000000000000fffe000001ff02000000000000000000000000"
     "0012313896020032d149fe80000000000000000000000000006420010db800000000000000"
     "0000000100010700006b0b291dab01000043abb9a91f6a7dde9033ad3cfd5e26c2", 40, 7,
     forge.Advert(3, 0x38, "fe80::ff:fe00:1", ["fe80::64", "2001:db8::100"],
                  150, 500)))


def test_the_peer_of_these_tests_signs_as_keepalived_does():
    for text, header, key_id, advert in GOLDEN:
        packet = bytes.fromhex(text)
        sequence = int.from_bytes(packet[-24:-16], "big")
        assert forge.signed(advert, KEY1, key_id,
                            sequence).message() == packet[header:]


def mismatch(node):
    return wait_for("the alert config-mismatch", lambda: [
        alert["text"] for alert in node.status()["alerts"]
        if alert["name"] == "config-mismatch"])[0]


class Peer:
    def __init__(self, lab):
        self.lab = lab
        self.a, self.b = lab.nodes
        self.orders = {"priority": None, "key": "", "id": 1, "skew_s": 0,
                       "copy": False}
        self.heard = os.path.join(lab.dir, "heard")
        self.keys = {}
        for k, text in ((1, "hex:" + KEY1.hex()), (2, KEY2.decode())):
            self.keys[k] = os.path.join(lab.dir, "hmac%d" % k)
            with open(self.keys[k], "w", encoding="ascii") as f:
                f.write(text + "\n")
            os.chmod(self.keys[k], 0o600)
        self.tell()
        self.b.config = os.path.join(lab.dir, "plain.conf")
        self.process = self.a.spawn(
            "/usr/bin/python3", os.path.join(os.path.dirname(__file__),
                                             "hmac_peer.py"),
            "eth0", os.path.join(lab.dir, "orders"), self.heard,
            log=os.path.join(lab.dir, "peer.log"))

    def tell(self, **orders):
        self.orders.update(orders)
        path = os.path.join(self.lab.dir, "orders")
        with open(path + ".new", "w", encoding="ascii") as f:
            json.dump(self.orders, f)
        os.rename(path + ".new", path)

    def write(self, mode, ids=(1,), more=""):
        keys = ", ".join('{ id = %d; file = "%s"; }' % (k, self.keys[k])
                         for k in ids)
        self.lab.write_config(
            self.b.config, port1='kind = "vrrp";', advert_ms=300,
            auth='hmac = { keys = ( %s ); mode = "%s"; %s };' % (keys, mode,
                                                              more))

    def reload(self, *words, **more):
        self.write(*words, **more)
        done = self.b.twinbeat("reload")
        assert done.returncode == 0, done.stdout + done.stderr

    def drops(self, name):
        return self.b.link("vrrp:VI_1")["drops"].get(name, 0)

    def wait_drops(self, name):
        before = self.drops(name)
        wait_for("adverts are dropped: " + name,
                 lambda: self.drops(name) > before + 1)

    def adverts(self):
        """What was heard of twinbeat: (VRRP message, trailer)."""
        with open(self.heard, encoding="ascii") as f:
            frames = [bytes.fromhex(line) for line in f
                      if line.endswith("\n")]
        return [(frame[34:46], frame[46:14 + int.from_bytes(
            frame[16:18], "big")]) for frame in frames
            if frame[26:30] == forge.packed("10.99.0.12")]

    def wait_advert(self, what, is_it):
        seen = len(self.adverts())
        return wait_for(what, lambda: [one for one in self.adverts()[seen:]
                                       if is_it(*one)])[0]


def is_signed_by(key, key_id):
    def check(message, trailer):
        if len(trailer) != 28:
            return False
        made = forge.signed(
            forge.Advert(3, 55, "10.99.0.12", ["10.99.0.100"], message[2],
                         300), key, key_id,
            int.from_bytes(trailer[4:12], "big")).message()
        return made == message + trailer
    return check


@pytest.fixture(name="peer")
def lab_with_a_router_that_signs():
    from lab import Lab, without_judge
    with without_judge(Lab()) as lab:
        for node in lab.nodes:
            node.power_on(daemon=False)
        peer = Peer(lab)
        yield peer
        peer.process.kill()
        peer.process.wait()


def test_R16_enforce_believes_nothing_that_is_not_signed_now(peer):
    b = peer.b
    peer.write("enforce")
    peer.tell(priority=200, key=KEY1.hex())
    b.start()
    b.wait_state("BACKUP")
    wait_for("ten adverts", lambda: b.link("vrrp:VI_1")["rx"] > 10)
    assert b.state() == "BACKUP" and b.link("vrrp:VI_1")["drops"] == {}
    assert "config-mismatch" not in b.alerts()
    # its clock is set, and set right again: it serves all the while
    for skew_s in (-10, 0, 10, 0):
        peer.tell(skew_s=skew_s)
        if skew_s:
            peer.wait_drops("stale")
        time.sleep(1.5)     # its silence would be proof within 1.3 s
        assert b.state() == "BACKUP"
    # another one of its priority, without a signature, does not hold it back
    peer.tell(key="")
    peer.wait_drops("unsigned")
    assert "auth_hmac" in mismatch(b)
    b.wait_state("MASTER")
    assert b.proof() == "silence"
    # its own are signed, and grow
    seen = len(peer.adverts())
    wait_for("five of them", lambda: len(peer.adverts()) > seen + 5)
    mine = peer.adverts()[seen:]
    assert all(is_signed_by(KEY1, 1)(*one) for one in mine)
    numbers = [one[1][4:12] for one in mine]
    assert numbers == sorted(set(numbers))
    # nor does a key that nobody has, or a clock that is wrong, or a copy
    peer.tell(key=KEY3.hex())
    peer.wait_drops("signature")
    peer.tell(key=KEY1.hex(), skew_s=-3600)
    peer.wait_drops("stale")
    assert b.state() == "MASTER"
    # the real one comes first
    peer.tell(skew_s=0)
    b.wait_state("BACKUP")
    peer.tell(copy=True)
    peer.wait_drops("replay")
    b.wait_state("MASTER")
    # a stop is signed as well
    assert b.stop() == 0
    last = peer.adverts()[-1]
    assert last[0][2] == 0 and is_signed_by(KEY1, 1)(*last)


def test_R16_permissive_and_receive_only_lead_there_and_back(peer):
    b = peer.b
    # this node understands signatures, and makes none: the other may not know
    peer.write("receive-only")
    b.start()
    b.wait_state("MASTER")
    peer.wait_advert("one that is not signed",
                     lambda message, trailer: trailer == b"")
    peer.tell(priority=200)
    b.wait_state("BACKUP")
    peer.tell(key=KEY1.hex())
    wait_for("it is known to sign",
             lambda: b.status()["instances"][0]["hmac"]["peer_signs"])
    # both know them now: this node signs, with the newer of two keys
    peer.reload("permissive", ids=(1, 2), more="active = 2;")
    assert b.state() == "BACKUP"
    peer.tell(priority=None)
    b.wait_state("MASTER")
    peer.wait_advert("signed with the second key", is_signed_by(KEY2, 2))
    peer.tell(priority=200)
    b.wait_state("BACKUP")
    peer.tell(key=KEY2.hex(), id=2)
    wait_for("signed with either key", lambda: b.status()["instances"][0]
             ["hmac"] == {"mode": "permissive", "peer_signs": True})
    # who signed and does not is somebody else
    peer.tell(key="")
    peer.wait_drops("unsigned")
    assert "which it had" in mismatch(b)
    # the way back: first nobody asks for signatures any more
    peer.reload("receive-only", ids=(1, 2))
    b.wait_state("BACKUP")
    dropped = peer.drops("unsigned")
    rx = b.link("vrrp:VI_1")["rx"]
    wait_for("five adverts", lambda: b.link("vrrp:VI_1")["rx"] > rx + 5)
    assert peer.drops("unsigned") == dropped and b.state() == "BACKUP"
