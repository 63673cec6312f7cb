# SPDX-License-Identifier: GPL-3.0-or-later
"""Two suites of the ClusterLabs world with their own fencing, on the nodes of a
lab: Linux-HA heartbeat, and corosync with Pacemaker.

Both fence through our fence agent, at the same Modbus power switch as twinbeat.
Each runs in a mount, IPC and UTS namespace inside the node, with a /run, /usr
and /etc of its own: nothing of the machine is changed, no service is started.
heartbeat comes from its package, which is unpacked and not installed.
"""
import glob
import os
import shutil
import subprocess

from pair import family, kill_all       # it sets the path
from lab import BUILD, PDU, VIP, run, wait_for

AGENT = "fence_twinbeat_modbus"
GLUE = "/usr/lib/stonith/plugins/external"
PACEMAKERD = "/usr/sbin/pacemakerd"
# /proc/sysrq-trigger is the machine's own, and a cluster manager that does not
# trust its node any more writes to it.
SETUP = """set -e
[ ! -e /proc/sysrq-trigger ] || mount --bind /dev/null /proc/sysrq-trigger
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
mkdir -p /run/lock /run/crm /run/resource-agents /run/over
mount -t tmpfs tmpfs /run/over
for dir in usr etc var; do
	mkdir /run/over/$dir /run/over/$dir.work
	mount -t overlay overlay -o "lowerdir={layer}/$dir,\
upperdir=/run/over/$dir,workdir=/run/over/$dir.work" /$dir
done
hostname {host}
printf '10.99.0.11 lb01\\n10.99.0.12 lb02\\n127.0.0.1 localhost\\n' >/etc/hosts
"""
HEARTBEAT = """mkdir -p /var/lib/heartbeat/cores/root /var/lib/heartbeat/api \\
	/var/lib/heartbeat/casual /var/lib/heartbeat/cores/hacluster \\
	/var/lib/heartbeat/cores/nobody /run/heartbeat/ccm /run/heartbeat/crm \\
	/run/heartbeat/dopd /run/heartbeat/rsctmp /var/lib/heartbeat/lrm
chown -R hacluster:haclient /run/heartbeat
cp {dir}/ha.cf {dir}/haresources /etc/ha.d
(umask 077; printf 'auth 1\\n1 sha1 twinbeat\\n' >/etc/ha.d/authkeys)
cp {dir}/relay /usr/lib/stonith/plugins/external
chmod 755 /usr/lib/stonith/plugins/external/relay
/usr/libexec/heartbeat/heartbeat
exec sleep infinity
"""
HA_CF = """logfile {dir}/heartbeat.log
keepalive 100ms
warntime 500ms
deadtime 1000ms
initdead 3000ms
baud 115200
serial {lab}/tty{number}
ucast eth0 {other}
auto_failback off
stonith_host lb01 external/relay lb02
stonith_host lb02 external/relay lb01
node lb01 lb02
"""
# a plug-in of cluster-glue's kind "external"
RELAY = """#!/bin/sh
case $1 in
gethosts) echo $hostlist ;;
off|reset) exec {build}/fence_twinbeat --driver=modbus -o off -a {pdu} \\
	-n ${{2#lb0}} --power-wait=0 --stonith-status-sleep=0 ;;
status) exec {build}/fence_twinbeat --driver=modbus -o monitor -a {pdu} ;;
getconfignames) echo hostlist ;;
getinfo-*) echo relay ;;
*) exit 1 ;;
esac
"""
PACEMAKER = """mkdir -p /var/lib/pacemaker/cib /var/lib/pacemaker/pengine \\
	/var/lib/pacemaker/blackbox /var/lib/pacemaker/cores /etc/corosync \\
	/var/log/pacemaker /var/log/corosync
cp {dir}/corosync.conf /etc/corosync
cp {dir}/cib.xml /var/lib/pacemaker/cib
chmod 600 /var/lib/pacemaker/cib/cib.xml
chown -R hacluster:haclient /var/lib/pacemaker /run/crm /var/log/pacemaker
chmod 0750 /var/lib/pacemaker/* /run/crm
ln -sf {build}/fence_twinbeat /usr/sbin/{agent}
corosync -f &
until corosync-cfgtool -s >/dev/null 2>&1; do sleep 0.1; done
export PCMK_logfile={dir}/pacemaker.log PCMK_ipc_type=socket
exec pacemakerd
"""
COROSYNC = """totem {
	version: 2
	cluster_name: twinbeat
	transport: udpu
	token: 1000
	crypto_cipher: none
	crypto_hash: none
}
nodelist {
	node {
		ring0_addr: 10.99.0.11
		name: lb01
		nodeid: 1
	}
	node {
		ring0_addr: 10.99.0.12
		name: lb02
		nodeid: 2
	}
}
quorum {
	provider: corosync_votequorum
	two_node: 1
	wait_for_all: 0
}
logging {
	to_logfile: no
	to_stderr: yes
	to_syslog: no
}
"""
CIB = """<cib crm_feature_set="3.0.14" validate-with="pacemaker-3.0" epoch="1"
 num_updates="0" admin_epoch="0"><configuration>
<crm_config><cluster_property_set id="options">
<nvpair id="o1" name="stonith-enabled" value="true"/>
<nvpair id="o2" name="stonith-action" value="off"/>
<nvpair id="o3" name="no-quorum-policy" value="ignore"/>
<nvpair id="o4" name="dc-deadtime" value="2s"/>
</cluster_property_set></crm_config><nodes/>
<resources>
<primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
<instance_attributes id="vip-o">
<nvpair id="vip-ip" name="ip" value="{vip}"/>
<nvpair id="vip-mask" name="cidr_netmask" value="32"/>
<nvpair id="vip-nic" name="nic" value="eth0"/></instance_attributes>
<operations><op id="vip-m" name="monitor" interval="10s"/></operations>
</primitive>
<primitive id="pdu" class="stonith" type="{agent}">
<instance_attributes id="pdu-o">
<nvpair id="pdu-ip" name="ip" value="{pdu}"/>
<nvpair id="pdu-map" name="pcmk_host_map" value="lb01:1;lb02:2"/>
<nvpair id="pdu-wait" name="power_wait" value="0"/>
<nvpair id="pdu-sleep" name="stonith_status_sleep" value="0"/>
</instance_attributes>
<operations><op id="pdu-m" name="monitor" interval="60s"/></operations>
</primitive></resources>
<constraints>
<rsc_location id="vip-at" rsc="vip" node="lb01" score="50"/></constraints>
<rsc_defaults><meta_attributes id="defaults">
<nvpair id="sticky" name="resource-stickiness" value="100"/>
</meta_attributes></rsc_defaults>
</configuration><status/></cib>
"""


def unpacked(build=BUILD, packages=("heartbeat", "libheartbeat2")):
    """A folder with packages of Debian's mirror, not installed; None when they
    cannot be had."""
    folder = os.path.abspath(os.path.join(build, "bench", packages[0]))
    if not glob.glob(folder + "/usr/libexec/" + packages[0]):
        os.makedirs(folder, exist_ok=True)
        if subprocess.run(["apt-get", "-qq", "download", *packages],
                          cwd=folder, check=False).returncode:
            return None
        for package in glob.glob(folder + "/*.deb"):
            run("dpkg-deb", "-x", package, folder)
    return folder


class Cluster:
    """What both have in common: a script that prepares its node, starts the
    daemons and stays."""
    script = ""

    def __init__(self, lab):
        self.lab, self.running = lab, {}

    @staticmethod
    def layer():
        """What lies over /usr, /etc and /var of the machine: the lowerdir of an
        overlay, up to the name of the directory."""
        return ""

    def files(self, node):
        raise NotImplementedError

    def start(self):
        for node in self.lab.nodes:
            self.start_one(node)

    def start_one(self, node):
        words = dict(dir=os.path.join(node.dir, self.name), host=node.name,
                     lab=self.lab.dir, number=node.index + 1, agent=AGENT,
                     build=os.path.abspath(BUILD), vip=VIP, pdu=PDU,
                     layer=self.layer(),
                     other=self.lab.nodes[1 - node.index].address)
        os.chmod(self.lab.dir, 0o755)
        os.makedirs(words["dir"], exist_ok=True)
        shutil.chown(words["dir"], "hacluster", "haclient")
        for name, text in self.files().items():
            with open(os.path.join(words["dir"], name), "w",
                      encoding="ascii") as f:
                f.write(text if name == "corosync.conf"
                        else text.format(**words))
        self.running[node.name] = node.spawn(
            "unshare", "-m", "-i", "-u", "--propagation", "private", "sh",
            "-c", (SETUP + self.script).format(**words),
            log=os.path.join(words["dir"], "out"))

    def tell(self, node, *words):
        """A command in the namespaces of the suite."""
        # the first is nsenter, which waits for the second
        inside = family(self.running[node.name].pid)[1]
        return subprocess.run(
            ["nsenter", "-t", str(inside), "-m", "-n", "-i", "-u", "-p",
             *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)

    def owner(self):
        return 0

    def pids(self, node):
        """All that runs on the node but the lab's own: its daemons leave the
        process that started them."""
        own = {node.shell.pid, node.init, *family(node.responder.pid)}
        found = run("ip", "netns", "pids", node.ns, check=False).stdout
        return [int(pid) for pid in found.split() if int(pid) not in own]

    def kill(self, *nodes):
        kill_all(pid for node in nodes for pid in self.pids(node))

    def stop(self):
        """At once on both: one alone would be fenced."""
        alive = [node for node in self.lab.nodes if node.is_powered()]
        self.kill(*alive)
        for started in self.running.values():
            started.wait(timeout=20)
        self.running = {}


class Heartbeat(Cluster):
    name, script = "heartbeat", HEARTBEAT

    @staticmethod
    def layer():
        return unpacked() + "/$dir:"

    @staticmethod
    def files():
        return {"ha.cf": HA_CF, "haresources":
                "lb01 IPaddr2::%s/32/eth0\n" % VIP, "relay": RELAY}

    def wait(self, seconds=60):
        first, second = self.lab.nodes
        wait_for("heartbeat owns", lambda: VIP in first.addresses() and VIP
                 not in second.addresses(), seconds, 0.1)

    def handover(self, owner):
        done = self.tell(owner, "/usr/share/heartbeat/hb_standby", "all")
        assert done.returncode == 0, done.stdout


class Pacemaker(Cluster):
    name, script = "pacemaker", PACEMAKER

    @staticmethod
    def files():
        return {"corosync.conf": COROSYNC, "cib.xml": CIB}

    def _is_settled(self):
        first, second = self.lab.nodes
        if VIP not in first.addresses() or VIP in second.addresses():
            return False
        seen = self.tell(second, "crm_mon", "-1", "--output-as=xml").stdout
        return seen.count('online="true"') == 2 and seen.count(
            'role="Started"') == 2

    def wait(self, seconds=90):
        wait_for("pacemaker owns, its fence device runs", self._is_settled,
                 seconds, 0.2)

    def handover(self, owner):
        other = self.lab.nodes[1 - owner.index]
        done = self.tell(owner, "crm_resource", "--resource", "vip", "--move",
                         "--node", other.name)
        assert done.returncode == 0, done.stdout
