# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat import beside the real keepalived: what 2.2.7 says of itself when it
runs a file (SIGUSR1) is what the import writes of the same file: instances,
VRIDs, versions, priorities, intervals, passwords, addresses, preemption."""
import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
TWINBEAT = os.path.abspath(os.path.join(BUILD, "twinbeat"))
CASES = os.path.join(ROOT, "tests", "import")

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"),
                                reason="needs keepalived")

# In namespaces of its own: network, mounts, processes. -P: VRRP alone, since
# the whole daemon ends where the kernel has no ip_vs.
INSIDE = """
mount -t tmpfs tmpfs /run && cp "$1" /run/k.conf &&
	mount -t tmpfs tmpfs /tmp || exit 1
ip link set lo up
for k in 0 1 2; do
	ip link add eth$k type veth peer name p$k
	ip link set p$k up
	ip link set eth$k up
done
ip addr add 192.0.2.11/24 dev eth0
ip addr add 198.51.100.11/24 dev eth1
ip addr add 203.0.113.11/24 dev eth2
keepalived -n -l -P -i "$2" -f /run/k.conf >/run/log 2>&1 &
pid=$!
# before it has begun, the signal would end it
for turn in $(seq 100); do
	grep -q Entering /run/log && break
	sleep 0.1
done
for turn in $(seq 100); do
	kill -USR1 $pid || break
	sleep 0.1
	grep -q 'Virtual IP' /tmp/keepalived.data 2>/dev/null && break
done
sleep 0.2
cat /tmp/keepalived.data || cat /run/log
"""


def run_keepalived(path, config_id):
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
         "sh", "-c", INSIDE, "sh", path, config_id], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
        check=False)
    assert "VRRP Instance = " in done.stdout, done.stdout + done.stderr
    return done.stdout


def milliseconds(text):
    number, unit = text.split()[:2]
    return round(float(number) * {"sec": 1000, "milli-sec": 1,
                                  "milli-secs": 1, "usecs": 0.001}[unit])


def of_keepalived(text):
    """Each instance of the dump, as the values that are compared."""
    found = {}
    for part in text.split(" VRRP Instance = ")[1:]:
        # what comes before the next heading
        part = part.split("\n------<")[0]
        value = dict(re.findall(r"^   ([A-Z][A-Za-z0-9 ]+) = (.*)$", part,
                                re.M))
        vips = re.search(r"^   Virtual IP \(\d+\):\n((?:     .*\n)*)", part,
                         re.M)
        found[part.split("\n")[0]] = {
            "interface": value["Interface"],
            "vrid": int(value["Virtual Router ID"]),
            "version": int(value["VRRP Version"]),
            # the owner's 255 is what twinbeat does not have
            "priority": min(int(value["Priority"]), 254),
            "advert_ms": milliseconds(value["Advert interval"]),
            "auth_pass": value.get("Password", ""),
            "preempt": value["Preempt"] == "enabled",
            "addresses": re.findall(r"^     (\S+)", vips.group(1), re.M)}
    return found


def of_twinbeat(text):
    text = re.sub(r"^ *#.*\n", "", text, flags=re.M)
    node = re.search(r'name = "([^"]*)";\s+priority = (\d+);', text)
    found = {}
    listed = text.split("instances = (")[1].split("\n);")[0]
    for part in re.split(r"^  \{\n", listed, flags=re.M)[1:]:
        value = dict(re.findall(r'^    (\w+) = "?([^"\n]*?)"?;$', part, re.M))
        own = re.search(r'node = "%s"; priority = (\d+)' % node.group(1), part)
        addresses = part.split("addresses = (")[1].split("\n    );")[0]
        found[value["name"]] = {
            "interface": value["interface"], "vrid": int(value["vrid"]),
            "version": int(value["version"]),
            "priority": int((own or node).group(1 if own else 2)),
            "advert_ms": int(value["advert_ms"]),
            "auth_pass": value.get("auth_pass", ""),
            "preempt": value["preempt"] == "true",
            "addresses": re.findall(r'ip = "([^"]*)"', addresses)}
    return found


def plain(instances):
    """keepalived leaves the prefix out where it is the whole address, does not
    mind the order, and takes one address twice."""
    for instance in instances.values():
        instance["addresses"] = sorted({re.sub(r"/(32|128)$", "", ip)
                                        for ip in instance["addresses"]})
    return instances


@pytest.mark.parametrize("name", [
    "01-plain-pair", "02-no-priority", "03-passwords", "04-weights",
    "05-preempt", "06-unicast", "08-lvs-dr", "09-gateway-group",
    "10-left-open", "11-one-file", "12-ipv6", "guide-vi1", "guide-lb"])
def test_the_import_writes_what_keepalived_runs(name):
    path = os.path.join(CASES, name + ".conf")
    theirs = plain(of_keepalived(run_keepalived(path, "lb01")))
    done = subprocess.run([TWINBEAT, "import", path], text=True,
                          capture_output=True, timeout=30, check=False)
    ours = plain(of_twinbeat(done.stdout))
    if name == "11-one-file":   # nopreempt is the lower node's: no effect
        theirs["VI_1"]["preempt"] = True
    assert ours == theirs, done.stdout


# One instance for each: what stands in it instead of, or besides, the usual.
FORMS = [
    "priority 255", "priority 256", "priority 0", "priority 100,x",
    "priority 100abc", "priority 0x64", "priority = 150", "priority -5",
    "priority +120", "priority 010", 'priority "120"', "priority 7 8",
    "state MASTER", "state MASTER priority 200", "state SLAVE",
    "state master\npriority 9", "state MASTER\npriority 300",
    "state MASTER\nnopreempt\npriority 9", "nopreempt",
    "nopreempt\npriority 255", "nopreempt\npreempt_delay 5",
    "advert_int 0.3", "advert_int 0.5", "advert_int 1.4", "advert_int 1.5",
    "advert_int 2.6", "advert_int 0", "advert_int 256", "advert_int 1s",
    "advert_int 255", "version 3\nadvert_int 0.005",
    "version 3\nadvert_int 0.015", "version 3\nadvert_int 0.125",
    "version 3\nadvert_int 60", "version 3\nadvert_int 0.01",
    "version 4", "priority 5\npriority 6", "foo {\npriority 7\n",
    "authentication {\nauth_type PASS\nauth_pass 123456789\n}",
    "authentication {\nauth_type PASS\nauth_pass pa#ss\n}",
    'authentication {\nauth_type PASS\nauth_pass "pa#ss"\n}',
    "authentication {\nauth_type PASS\nauth_pass 'x'\n}",
    "authentication {\nauth_type PASS\nauth_pass two words\n}",
    "authentication {\nauth_type pass\nauth_pass x\n}",
    "authentication {\nauth_pass x\n}",
    'authentication {\nauth_type PASS\nauth_pass ""\n}',
    "authentication { auth_type PASS auth_pass x }",
    "authentication {\nauth_type PASS\nauth_pass a\"b\"\n}",
    "virtual_ipaddress {\n10.9.9.1/33\n10.9.9.2/255.255.255.0\n}",
    "virtual_ipaddress { 10.9.8.1 10.9.8.2 }",
    "virtual_ipaddress {\n10.9.7.1,10.9.7.2\n10.9.7.010\nweb\n}",
    "virtual_ipaddress {\n10.9.6.1 /24\n10.9.6.2 foo\n10.9.6.2\n}",
    "virtual_ipaddress\n{\n10.9.5.1/24 label eth0:1234567890123\n}",
    "virtual_ipaddress {\n2001:db8::9\n}",
]


def test_doubtful_forms_are_what_keepalived_makes_of_them(tmp_path):
    path = tmp_path / "forms.conf"
    path.write_text("".join(
        "vrrp_instance I%d {\ninterface eth0\nvirtual_router_id %d\n"
        "virtual_ipaddress {\n10.8.%d.1\n}\n%s\n}\n"
        % (at, at + 1, at, form) for at, form in enumerate(FORMS)))
    theirs = plain(of_keepalived(run_keepalived(str(path), "lb01")))
    done = subprocess.run([TWINBEAT, "import", path], text=True,
                          capture_output=True, timeout=30, check=False)
    assert done.stdout, done.stderr
    ours = plain(of_twinbeat(done.stdout))
    unlike = [(FORMS[int(name[1:])], ours.get(name), theirs.get(name))
              for name in sorted(ours.keys() | theirs.keys())
              if ours.get(name) != theirs.get(name)]
    assert unlike == []


MACROS = """
$MASTER=@lb01
@lb01 $P=140
@lb02 $P=90
$ONE= \\
vrrp_instance I${N} { \\
    interface eth0 \\
    virtual_router_id ${N} \\
    @lb01 priority 15${N} \\
    @lb02 priority 100 \\
    virtual_ipaddress { \\
        10.7.${N}.1 # the first \\
        ~SEQ(L, 2, 2, 6) 10.7.${N}.${L} \\
    } \\
}

$N=1
$ONE
$N=2
$ONE
vrrp_instance I3 {
    interface eth0
    virtual_router_id 3
    $MASTER state MASTER
    priority $P
    virtual_ipaddress {
        ~LST({A, B}, {1,2}, {3, 4}) ~SEQ(C, 5, 6) 10.${A}.${B}.${C}
    }
}
vrrp_instance I4 {
    interface eth0
    virtual_router_id 4
    virtual_ipaddress {
        ~SEQx(A, 0x0e, 0x11) ~LST(B, 7, 8) 2001:db8::${A}:${B}
        fe80::4
    }
}
"""


def test_macros_are_what_keepalived_makes_of_them(tmp_path):
    path = tmp_path / "macros.conf"
    path.write_text(MACROS)
    theirs = plain(of_keepalived(run_keepalived(str(path), "lb01")))
    done = subprocess.run([TWINBEAT, "import", path], text=True,
                          capture_output=True, timeout=30, check=False)
    assert plain(of_twinbeat(done.stdout)) == theirs, done.stdout
