# SPDX-License-Identifier: GPL-3.0-or-later
"""What other routers send: the captures of tcpdump's own tests.

165 packets of seven routers that take over from each other (versions 2 and 3,
password and none, IPv4 and IPv6), and two files that a fuzzer found. They are
in Debian's source package of tcpdump, fetched by apt-get with lists of its own;
where no mirror is reached the tests are skipped. Nothing of it is kept.
"""
import collections
import glob
import os
import re
import struct
import subprocess
import tarfile

import pytest

BUILD = os.environ.get("BUILD", "build")
SOURCES = """Types: deb-src
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.fixture(scope="module", name="captures")
def fetch_captures(tmp_path_factory):
    """The folder with tcpdump's tests/vrrp*."""
    here = tmp_path_factory.mktemp("tcpdump")
    for folder in ("sources", "lists/partial", "cache/archives/partial"):
        (here / folder).mkdir(parents=True)
    (here / "sources" / "debian.sources").write_text(SOURCES)
    apt = ["apt-get", "-q", "-o", "Dir::Etc::SourceList=/dev/null",
           "-o", "Dir::Etc::SourceParts=%s" % (here / "sources"),
           "-o", "Dir::State::Lists=%s" % (here / "lists"),
           "-o", "Dir::Cache=%s" % (here / "cache"),
           "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10"]
    try:
        for words in (["update"], ["source", "--download-only", "tcpdump"]):
            subprocess.run(apt + words, check=True, cwd=here, timeout=120,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        archive, = glob.glob(str(here / "tcpdump_*.orig.tar.*z"))
    except (subprocess.SubprocessError, ValueError, OSError) as why:
        pytest.skip("Debian's source of tcpdump is not to be had: %s" % why)
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            name = os.path.basename(member.name)
            if "/tests/vrrp" in member.name and member.isfile():
                (here / name).write_bytes(tar.extractfile(member).read())
    return here


def ethernet_frames(path):
    """The frames of a pcap file."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") \
        else ">"
    at = 24
    while at + 16 <= len(data):
        size, = struct.unpack_from(order + "I", data, at + 8)
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def judge(packets):
    """[VERDICT, SOURCE, VERSION, VRID, PRIORITY, INTERVAL_MS, COUNT, SUM]"""
    said = subprocess.run(
        [os.path.join(BUILD, "tests", "vrrp_judge"), "abcdefgh"], check=True,
        input="".join(p.hex() + "\n" for p in packets), text=True,
        stdout=subprocess.PIPE)
    return [line.split() for line in said.stdout.splitlines()]


def test_all_165_packets_are_good(captures):
    """Each sum verifies in the one form that its sender means."""
    frames = list(ethernet_frames(captures / "vrrp.pcap"))
    verdicts = judge([frame[14:] for frame in frames])
    assert collections.Counter(
        (v[0], v[2], v[3], v[7]) for v in verdicts) == {
            ("ok", "2", "42", "-"): 34, ("ok", "2", "43", "-"): 34,
            ("ok", "3", "44", "pseudo"): 33, ("ok", "3", "45", "-"): 32,
            ("ok", "3", "46", "-"): 32}


def test_each_is_read_as_tcpdump_reads_it(captures):
    verdicts = judge([f[14:] for f in
                      ethernet_frames(captures / "vrrp.pcap")])
    lines = (captures / "vrrp.out").read_text().splitlines()
    assert len(lines) == len(verdicts) == 165
    for line, verdict in zip(lines, verdicts):
        source, version, vrid, priority, interval, unit = re.search(
            r"IP6? (\S+) > \S+ VRRPv(\d), Advertisement, vrid (\d+), prio "
            r"(\d+), .*intvl (\d+)(s|cs),", line).groups()
        interval_ms = int(interval) * (1000 if unit == "s" else 10)
        assert verdict[1:6] == [source, version, vrid, priority,
                                str(interval_ms)]


def test_what_a_fuzzer_made_is_nobodys_advert(captures):
    found = [f for name in sorted(glob.glob(str(captures / "vrrp-*.pcap")))
             for f in ethernet_frames(name)]
    assert found
    for frame in found:
        for start in (0, 14):
            for verdict in judge([frame[start:]]):
                assert verdict[0] != "ok"


def test_replayed_beside_a_pair_they_change_nothing(captures, lab):
    """Other routers' VRIDs are nobody's trouble here."""
    script = ("import socket,sys\n"
              "s=socket.socket(17,3)\ns.bind(('eth0',0))\n"
              "for line in sys.stdin:s.send(bytes.fromhex(line.strip()))\n")
    frames = list(ethernet_frames(captures / "vrrp.pcap"))
    subprocess.run(["ip", "netns", "exec", lab.client_ns, "python3", "-c",
                    script], check=True, text=True,
                   input="".join(f.hex() + "\n" for f in frames))
    lb01, lb02 = lab.nodes
    assert lb01.state() == "MASTER" and lb02.state() == "BACKUP"
    for node in lab.nodes:
        assert not set(node.alerts()) & {"foreign-vrrp", "config-mismatch",
                                         "split-brain"}
