# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat check asks each agent which options it knows; what is told of an
agent's words has no secret in it, however it was written."""
import os
import subprocess

import pytest

from fence_lab import BUILD
from test_agent import agent, make_fencer, make_stub  # noqa: F401

CONFIG = """pair = "web"; key_file = "%(key)s";
nodes = ( { name = "lb01"; priority = 150; address = "192.0.2.11";
            serial = "/dev/twinbeat0"; fence = ( { level = 1; %(plug1)s } ); },
          { name = "lb02"; priority = 100; address = "192.0.2.12";
            serial = "/dev/twinbeat0"; fence = ( { level = 1; %(plug2)s } ); } );
links = { serial = { baud = 115200; interval_ms = 100; dead_ms = 400; }; };
instances = ( { name = "VI_1"; interface = "eth0"; vrid = 55;
                addresses = ( { ip = "192.0.2.100/32"; } ); } );
devices = ( %(devices)s );
fence = { tie_ms = 60000; timeout_ms = 60000; };
"""
METADATA = """#!/bin/sh
cat <<'X'
<resource-agent name="fence_known"><parameters>
<parameter name="action" unique="0" required="1">
<content type="string" default="reboot" /></parameter>
<parameter name="ip" unique="0" required="1"><content type="string" />
</parameter>
<parameter name="lanplus" unique="0" required="0">
<content type="boolean" default="0" /></parameter>
<parameter name="plug" unique="0" required="1"><content type="string" />
</parameter>
</parameters></resource-agent>
X
"""


@pytest.fixture(name="check")
def make_check(tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o600)

    def check(program, options="", more="", plugs=("1", "2")):
        path = tmp_path / "fence_known"
        path.write_text(program)
        path.chmod(0o755)
        config = tmp_path / "twinbeat.conf"
        plug1, plug2 = ('device = "x";' +
                        (' plug = "%s";' % p if p else "") for p in plugs)
        config.write_text(CONFIG % dict(
            key=key, plug1=plug1, plug2=plug2,
            devices='{ name = "x"; driver = "agent"; agent = "%s"; '
            'options = { ip = "203.0.113.9"; %s }; %s }' % (path, options,
                                                            more)))
        done = subprocess.run([BUILD + "/twinbeat", "--node", "lb01", "check",
                               str(config)], check=False, text=True,
                              stdout=subprocess.PIPE, timeout=60)
        return [line.split(": ", 1)[1] for line in done.stdout.splitlines()
                if "devices[0]" in line]
    return check


def test_C06_known_options_are_fine(check):
    assert check(METADATA, 'lanplus = true;') == []


@pytest.mark.parametrize("options,more,told", [
    ('ipadress = "1";', "", "error: devices[0].options.ipadress: fence_known "
     "knows no such option and would ignore it"),
    ('ssl = 1;', "", "error: devices[0].options.ssl: "),
    ('lanplus = "y";', "", "error: devices[0].options.lanplus: is a boolean"),
    ('lanplus = "enabled";', "", "error: devices[0].options.lanplus: is a"),
    ('lanplus = 2;', "", "error: devices[0].options.lanplus: is a boolean"),
    ("", 'plug_key = "outlet";', "error: devices[0].plug_key: fence_known "
     "does not call a plug \"outlet\""),
])
def test_C06_options_that_the_agent_would_ignore(check, options, more, told):
    found = check(METADATA, options, more)
    assert len(found) == 1 and found[0].startswith(told), found


def test_C06_a_plug_that_the_agent_needs(check):
    found = check(METADATA, plugs=("1", ""))
    assert any("needs a plug, and nodes[1].fence[0] names none" in line
               for line in found), found


@pytest.mark.parametrize("program", [
    "#!/bin/sh\nexit 1\n", "#!/bin/sh\nyes\n", "#!/bin/sh\necho '<parameter'\n",
    "#!/bin/sh\nkill -9 $$\n"])
def test_C06_an_agent_without_metadata_is_told_of(check, program):
    found = check(program)
    assert len(found) == 1 and "does not say which options it" in found[0]


def test_C06_snmp_2c_is_warned_of(check):
    found = check(METADATA, 'snmp_version = "2c";')
    assert any("snmp_version 2c" in line for line in found), found


# ---- what goes in, what comes out ----

@pytest.mark.parametrize("name,options,cipher", [
    ("fence_ipmilan", (), "17"), ("fence_idrac", (), "17"),
    ("fence_ipmilan", ("cipher=3",), "3"), ("fence_stub", (), None),
])
def test_C06_ipmilan_always_gets_a_cipher(stub, fencer, name, options,
                                          cipher):
    path = os.path.join(stub.folder, name)
    if name != "fence_stub":
        os.rename(stub.path, path)
    assert fencer(*agent(path, *options)).run("read")["plugs"][0] == "on"
    lines = [line for line in stub.calls()[0]
             if line.startswith("cipher=")]
    assert lines == (["cipher=" + cipher] if cipher else [])


@pytest.mark.parametrize("said", [
    "$p",                                       # as it is
    "Parse error: Ignoring unknown option 'passwd=$p'",
    "$(printf '%%070d' 0)$p",                   # cut off in the middle
    "http://x/?p=geh%%40eim%%26wort%%C3%%A4",   # encoded
    "<p>geh@eim&amp;wort</p>",
    "'geh\\\\@eim\\\\&wort\\\\xc3\\\\xa4'",     # as Python shows it
])
def test_C06_a_secret_in_disguise_is_not_told(stub, fencer, tmp_path, said):
    secret = tmp_path / "password"
    secret.write_text("geh@eim&wort\u00e4\n", encoding="utf-8")
    secret.chmod(0o600)
    stub.fault("p=$(echo \"$input\" | sed -n 's/^password=//p')\n"
               "echo \"%s\" >&2; exit 1" % said.replace("%%", "%"))
    one = fencer(*agent(stub.path, password_file=secret))
    text = one.run("read")["text"]
    for word in ("geh@", "eim", "wort", "geh%", "geh\\"):
        assert word not in text, text
