#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Pacemaker 2.1.5 (2.1.5-1+deb12u1, Debian 12), whose own feature set is 3.16.1,
#   and a valid configuration (CIB) that says crm_feature_set="3.16.2", as if a
#   newer Pacemaker had written it; its tools on the file itself (CIB_file).
# Guess: it is refused when it is loaded, with a word about its version.
# Seen: it is loaded, shown and found valid by crm_verify, without a warning; each
#   update of it is rejected then: "Protocol not supported", exit 76, and not a word
#   about the feature set. The same file with 3.16.1 takes the same update.
# Why it matters here: a test or comparison beside Pacemaker writes the oldest
#   feature set that will do into its CIB, never a newer one (tests/bench).
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
root=$1
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
ip link set lo up
for lib in "$root"/usr/lib/*-linux-gnu; do
	export LD_LIBRARY_PATH="$lib"
done
export PCMK_schema_directory="$root/usr/share/pacemaker"
for set in 3.16.1 3.16.2; do
	cat >cib.xml <<CIB
<cib crm_feature_set="$set" validate-with="pacemaker-3.0" epoch="1"
 num_updates="0" admin_epoch="0"><configuration>
<crm_config><cluster_property_set id="options">
<nvpair id="o1" name="stonith-enabled" value="false"/>
</cluster_property_set></crm_config><nodes/><resources/><constraints/>
</configuration><status/></cib>
CIB
	export CIB_file="$PWD/cib.xml"
	result=0
	"$root/usr/sbin/cibadmin" -Q >shown 2>told || result=$?
	echo "$set: query: exit $result, $(wc -l <told) warnings," \
		"$(grep -c "crm_feature_set=\"$set\"" shown) shown"
	result=0
	"$root/usr/sbin/crm_verify" -x cib.xml >told 2>&1 || result=$?
	echo "$set: crm_verify: exit $result, $(wc -l <told) warnings"
	result=0
	"$root/usr/sbin/cibadmin" -C -o constraints -X \
		'<rsc_location id="l" rsc-pattern="x" node="lb01" score="1"/>' \
		>told 2>&1 || result=$?
	echo "$set: update: exit $result, $(grep -c rsc_location cib.xml) written" \
		"$(cat told)"
done
IN
unshare -n -m -i --propagation private sh inside.sh "$dir/root" >out 2>&1 || true
cat out
for set in 3.16.1 3.16.2; do
	grep -qx "$set: query: exit 0, 0 warnings, 1 shown" out
	grep -qx "$set: crm_verify: exit 0, 0 warnings" out
done
grep -qx '3.16.1: update: exit 0, 1 written ' out
grep -qx '3.16.2: update: exit 76, 0 written Call failed: Protocol not supported' out
