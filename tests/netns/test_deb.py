# SPDX-License-Identifier: GPL-3.0-or-later
"""make deb: installed, upgraded under a running daemon, removed, purged.

On two nodes with a clean Debian each, in memory and in namespaces of their own
(deb_life.py): nothing of this machine helps them, and nothing of it is changed.
"""
import hashlib
import os
import shutil
import subprocess

import pytest

from deb_life import PACKAGES

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))


def build(folder, version):
    """The packages of a version, made of what is built already."""
    done = subprocess.run(
        ["sh", "etc/debian/build.sh", BUILD, version, str(folder)], cwd=ROOT,
        env=dict(os.environ, SOURCE_DATE_EPOCH="1790000000", MAKEFLAGS="",
                 DPKG_DEB_COMPRESSOR_LEVEL="0"),
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {}
    for path in done.stdout.split():
        name, number, _ = os.path.basename(path).split("_")
        assert number == version
        made[name] = os.path.join(ROOT, path)
    assert sorted(made) == sorted(PACKAGES)
    return made


def field(path, name):
    return subprocess.run(["dpkg-deb", "-f", path, name], text=True,
                          capture_output=True, check=True).stdout.strip()


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


@pytest.fixture(name="first", scope="module")
def make_first(tmp_path_factory):
    return build(tmp_path_factory.mktemp("first"), "1.0")


@pytest.fixture(name="clean_root", scope="module")
def make_clean_root(first):
    """Of this machine's apt sources; half a minute where none is kept."""
    tar = os.path.join(BUILD, "clean-root.tar")
    done = subprocess.run(["sh", "tests/clean_root.sh", tar,
                           *first.values()], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return tar


@pytest.mark.skipif(not shutil.which("mmdebstrap"), reason="no mmdebstrap")
def test_packages_live_and_die(tmp_path, first, clean_root):
    second = build(tmp_path / "second", "1.1")
    os.mkdir(tmp_path / "roots")
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--uts", "--pid", "--fork",
         "--kill-child", "--propagation", "private", "/usr/bin/python3",
         os.path.join(HERE, "deb_life.py"), clean_root,
         str(tmp_path / "roots"),
         *[made[name] for made in (first, second) for name in PACKAGES]],
        capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.endswith("lived and died\n"), (
        done.stdout[-2000:], done.stderr[-3000:])
    assert os.listdir(tmp_path / "roots") == []


def test_who_only_needs_heartbeats_pulls_in_no_large_library(first):
    needs = {name: field(path, "Depends") for name, path in first.items()}
    for large, *packages in (("libcurl", "twinbeat-notifier",
                              "twinbeat-checker"),
                             ("libfreeipmi", "twinbeat-fence-agents"),
                             ("libmicrohttpd", "twinbeat-exporter"),
                             ("libsnmp", "twinbeat-snmp")):
        assert [name for name in PACKAGES if large in needs[name]] == packages
    for name in PACKAGES[1:]:
        assert "twinbeat (= 1.0)" in needs[name]


def test_made_again_they_are_the_same_to_the_byte(tmp_path, first):
    again = build(tmp_path / "again", "1.0")
    for name in PACKAGES:
        assert digest(first[name]) == digest(again[name]), name


@pytest.mark.skipif(not shutil.which("lintian"), reason="no lintian")
def test_lintian_finds_nothing(first):
    """No error, no warning; what is meant so says why in an override."""
    done = subprocess.run(["lintian", "--allow-root", "--fail-on",
                           "error,warning", *first.values()],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
