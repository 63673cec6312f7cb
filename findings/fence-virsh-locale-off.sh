#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fence_virsh (fence-agents 4.12.1-1) and the virsh of libvirt 9.0.0-4+deb12u2 with
#   libvirt-l10n (both Debian 12) on a host whose shell is English or German; a shell
#   of this machine in place of ssh, libvirt's test driver with its machine "test".
# Guess: the agent asks in the C locale; or what it cannot read is an error.
# Seen: it reads "running" on the screen, and each word that it does not know is OFF:
#   of a machine that is "laufend" the status is OFF, exit 2, and "off" says "Already
#   OFF", exit 0, and sends nothing: a node that runs on is fenced, as one reads it.
# Why it matters here: nodes that are virtual machines. twinbeat starts an agent with
#   LC_ALL=C, which Debian's ssh hands on and Debian's sshd takes; elsewhere the plug
#   is never read as on, so it proves nothing, and the alert fence-miswired says that
#   it reads off while its node runs (R1).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in libvirt-clients libvirt0 libvirt-l10n; do
	apt-get -qq download "$package=9.0.0-4+deb12u2"
done
apt-get -qq download libyajl2=2.1.0-3+deb12u2 libssh-4=0.10.6-0+deb12u3 \
	locales=2.36-9+deb12u14 fence-agents=4.12.1-1 python3-pexpect=4.8.0-4 \
	python3-ptyprocess=0.7.0-5 python3-pycurl=7.45.2-3
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir locale bin
I18NPATH="$dir/root/usr/share/i18n" localedef -i de_DE -f UTF-8 \
	"$dir/locale/de_DE.UTF-8"
for lib in root/usr/lib/*-linux-gnu; do
	cat >bin/ssh <<SSH
#!/bin/sh
LD_LIBRARY_PATH="$dir/$lib" LOCPATH="$dir/locale" LC_ALL=\$HOST_LOCALE
VIRSH_DEFAULT_CONNECT_URI=test:///default PATH="$dir/root/usr/bin:\$PATH"
PS1='[EXPECT]# '
export LD_LIBRARY_PATH LOCPATH LC_ALL VIRSH_DEFAULT_CONNECT_URI PATH PS1
exec bash --noprofile --norc
SSH
done
chmod +x bin/ssh
: >key
cat >inside.sh <<'IN'
mount --bind root/usr/share/locale /usr/share/locale
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages:$PWD/root/usr/share/fence
for HOST_LOCALE in C.UTF-8 de_DE.UTF-8; do
	export HOST_LOCALE
	for action in status off; do
		# the test driver forgets what it was told when virsh ends
		[ "$HOST_LOCALE $action" != 'C.UTF-8 off' ] || continue
		result=0
		printf '%s\n' ip=host username=fence identity_file="$PWD/key" \
			ssh_path="$PWD/bin/ssh" plug=test action=$action \
			login_timeout=30 shell_timeout=30 |
			/usr/bin/python3 -W ignore root/usr/sbin/fence_virsh \
				>told 2>err || result=$?
		echo "$HOST_LOCALE: $action: exit $result:" $(cat told)
	done
done
echo 'virsh domstate test' | HOST_LOCALE=de_DE.UTF-8 bin/ssh 2>/dev/null |
	grep -o laufend
IN
timeout 200 unshare -nm --propagation private sh inside.sh >out 2>&1 || true
cat out
cat >wanted <<'SEEN'
C.UTF-8: status: exit 0: Status: ON
de_DE.UTF-8: status: exit 2: Status: OFF
de_DE.UTF-8: off: exit 0: Success: Already OFF
laufend
SEEN
diff wanted out
