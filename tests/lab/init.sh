#!/bin/busybox sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Process 1 of a machine of `make lab`, until systemd is: the host's own Debian,
# which cannot be written, what image.sh installed over it, and memory over
# both. What outlives the power is in /disk: the state and the settings.
# Words of the kernel line are variables: host, late.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /host /image /modules.all /memory /new
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do
	insmod "/modules/$module"
done </modules/order
nine() # TAG FOLDER OPTIONS
{
	mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$3" "$1" "$2"
}
nine host /host ro,cache=loose
nine image /image ro,cache=loose
mount -t tmpfs tmpfs /memory
mkdir /memory/upper /memory/work
mount -t overlay overlay -o \
	lowerdir=/image:/host,upperdir=/memory/upper,workdir=/memory/work /new
mkdir -p /new/disk /new/lib/modules /new/var/lib/twinbeat /new/etc/twinbeat
nine disk /new/disk rw,cache=none
mkdir -p /new/usr/lib/modules
nine modules /new/usr/lib/modules ro,cache=loose
mkdir -p /new/disk/state /new/disk/etc
mount -o bind /new/disk/state /new/var/lib/twinbeat
mount -o bind /new/disk/etc /new/etc/twinbeat
# as twinbeat-give-files does, for what the test has written
group=$(sed -n 's/^twinbeat:[^:]*:\([0-9]*\):.*/\1/p' /new/etc/group)
chown -R "0:$group" /new/disk/etc
chmod 2750 /new/disk/etc
chmod 0640 /new/disk/etc/*
# services of the host are not this machine's
for link in /new/etc/systemd/system/*.wants/*; do
	case ${link##*/} in
	twinbeat.service | ModemManager.service | brltty*) ;;
	*) rm -f "$link" ;;
	esac
done
# what an emulated machine, whose root begins anew with each boot, has no use
# for: half of the time of its start
for unit in systemd-udev-settle systemd-tmpfiles-setup-dev systemd-sysctl \
	systemd-tmpfiles-setup systemd-machine-id-commit systemd-update-utmp \
	systemd-journal-flush systemd-random-seed systemd-pstore apparmor \
	systemd-remount-fs systemd-binfmt systemd-networkd \
	systemd-networkd-wait-online \
	systemd-logind getty-static systemd-user-sessions kmod-static-nodes \
	modprobe@configfs modprobe@drm modprobe@efi_pstore modprobe@fuse \
	systemd-modules-load keyboard-setup console-setup ldconfig \
	systemd-hwdb-update systemd-journal-catalog-update systemd-sysusers \
	systemd-update-done systemd-firstboot systemd-boot-system-token; do
	ln -sf /dev/null "/new/etc/systemd/system/$unit.service"
done
for unit in dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
	sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
	getty.target systemd-networkd.socket; do
	ln -sf /dev/null "/new/etc/systemd/system/$unit"
done
mkdir -p /new/dev/pts
rm -rf /new/etc/rc[0-6S].d /new/etc/fstab
# a host that is a container is found out by it, and ModemManager not started
rm -f /new/.dockerenv
# without one it is a first boot, which enables every service there is
echo "$host" | md5sum | cut -c 1-32 >/new/etc/machine-id
folder=/new/etc/systemd/system
mkdir -p $folder/systemd-udev-trigger.service.d $folder/multi-user.target.wants
cat >$folder/systemd-udev-trigger.service.d/lab.conf <<END
[Service]
ExecStart=
ExecStart=udevadm trigger --action=add --subsystem-match=usb --subsystem-match=tty
END

# The test's hands: it runs /disk/command, and its answer is /disk/answer.
cat >/new/etc/lab-agent <<'END'
#!/bin/sh
while :; do
	if [ -e /disk/command ]; then
		sh /disk/command >/disk/answer.new 2>&1
		echo "exit $?" >>/disk/answer.new
		rm /disk/command
		mv /disk/answer.new /disk/answer
	fi
	sleep 0.5
done
END
cat >$folder/lab-agent.service <<END
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/sh /etc/lab-agent
END
ln -s ../lab-agent.service $folder/multi-user.target.wants

# the network; a machine whose name and addresses come late gets them from late
network()
{
	for card in 0 1; do
		echo "ip link set eth$card up"
		echo "ip addr add 10.99.$card.1${host#lb0}/24 dev eth$card"
	done
}
if [ -n "$late" ]; then
	echo localhost >/new/etc/hostname
	{
		# twinbeat must have given up once: it cannot tell who it is
		echo 'while [ "$(systemctl show -P NRestarts twinbeat)" = 0 ]'
		echo 'do sleep 1; done; sleep 3'
		network
		echo "hostname $host"
	} >/new/etc/lab-late
	cat >$folder/lab-late.service <<END
[Unit]
DefaultDependencies=no
[Service]
Type=exec
ExecStart=/bin/sh /etc/lab-late
END
	ln -s ../lab-late.service $folder/multi-user.target.wants
else
	echo "$host" >/new/etc/hostname
	network | sh
fi
# as README says: the second way of the rule, with the adapter's number
sed 's/^#\(ATTRS{serial}==\)"[^"]*"/\1"TWIN0001"/' \
	/new/usr/lib/udev/rules.d/60-twinbeat-serial.rules \
	>/new/etc/udev/rules.d/60-twinbeat-serial.rules
umount /proc /sys
mount -o move /dev /new/dev
exec switch_root /new /sbin/init
