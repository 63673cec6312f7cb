#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# crm_verify of Pacemaker 2.1.5 (pacemaker-cli-utils 2.1.5-1+deb12u1, Debian 12) on the
#   configuration of a pair with one fence device and a fencing level of lb02; in turn a
#   wrong word each: the level's device, the node of pcmk_host_map, its form; and a
#   constraint on a resource that is not there.
# Guess: what is named and is not there is an error, with -VV at least a warning.
# Seen: so of the constraint alone. A level whose device does not exist, a level of a node
#   that does not exist, and a map that fits no node or is no map at all are good: exit 0
#   and not a word.
# Why it matters here: who grows into Pacemaker finds it out when a node ought to be
#   cut and nobody can. README (Growing into Pacemaker) says how to ask the cluster itself.
#   "twinbeat check" refuses a plug of a device that is not there (src/settings).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in pacemaker-cli-utils pacemaker-common libcib27 libcrmcommon34 \
	libcrmservice28 liblrmd28 libpacemaker1 libpe-rules26 libpe-status28 \
	libstonithd26; do
	apt-get -qq download "$package=2.1.5-1+deb12u1"
done
apt-get -qq download libqb100=2.0.6-2
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >inside.sh <<'IN'
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
for lib in root/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$PWD/$lib"; done
export PCMK_schema_directory="$PWD/root/usr/share/pacemaker"
# what, the level's node and device, the map, the resource of a constraint
try() {
	cat >cib.xml <<CIB
<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.0" epoch="1" num_updates="0"
 admin_epoch="0" have-quorum="1"><configuration>
<crm_config><cluster_property_set id="options">
<nvpair id="o1" name="stonith-enabled" value="true"/>
</cluster_property_set></crm_config>
<nodes><node id="1" uname="lb01"/><node id="2" uname="lb02"/></nodes>
<resources><primitive id="pdu" class="stonith" type="fence_apc_snmp">
<instance_attributes id="a"><nvpair id="a1" name="pcmk_host_map" value="$4"/>
<nvpair id="a2" name="ip" value="203.0.113.20"/></instance_attributes>
</primitive></resources>
<constraints><rsc_location id="l" rsc="$5" node="lb01" score="-INFINITY"/></constraints>
<fencing-topology><fencing-level id="f" index="1" target="$2" devices="$3"/>
</fencing-topology></configuration><status>
<node_state id="1" uname="lb01" in_ccm="true" crmd="online" join="member"
 expected="member"/>
<node_state id="2" uname="lb02" in_ccm="true" crmd="online" join="member"
 expected="member"/></status></cib>
CIB
	result=0
	root/usr/sbin/crm_verify -VV -x cib.xml >told 2>&1 || result=$?
	echo "$1: exit $result, $(wc -l <told) lines"
}
try 'all right' lb02 pdu 'lb01:1;lb02:2' pdu
try 'constraint on pdw' lb02 pdu 'lb01:1;lb02:2' pdw
try 'level of device pdw' lb02 pdw 'lb01:1;lb02:2' pdu
try 'level of node lb2' lb2 pdu 'lb01:1;lb02:2' pdu
try 'map of lb1 and lb2' lb02 pdu 'lb1:1;lb2:2' pdu
try 'map that is none' lb02 pdu 'see the label' pdu
IN
timeout 60 unshare -n -m --propagation private sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
all right: exit 0, 0 lines
constraint on pdw: exit 78, 3 lines
level of device pdw: exit 0, 0 lines
level of node lb2: exit 0, 0 lines
map of lb1 and lb2: exit 0, 0 lines
map that is none: exit 0, 0 lines
SEEN
diff wanted out
