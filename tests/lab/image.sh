#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# image.sh FOLDER DEBS: what the machines of `make lab` boot, in FOLDER:
#
#   root      what lies over this machine's own Debian: udev, ModemManager,
#             brltty and twinbeat, installed by dpkg with all of their scripts
#   modules   of Debian's kernel
#   vmlinux   the kernel itself, unpacked, which saves a minute of emulation
#   initrd    finds the root and gives it to systemd
#
# DEBS: the folder with the packages of `make deb`. Nothing is installed on this
# machine: dpkg runs in namespaces, on an overlay.
set -eu
out=$(realpath -m "$1") ours=$(realpath "$2")
here=$(dirname "$(realpath "$0")")
need="udev modemmanager brltty"

rm -rf "$out/root" "$out/work"
mkdir -p "$out/debs" "$out/root" "$out/work"
kernel=$(apt-cache depends linux-image-amd64 |
	sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
# shellcheck disable=SC2086
names=$(apt-get -s --no-install-recommends install $need |
	sed -n 's/^Inst \([^ ]*\).*/\1/p')
for name in $names $kernel; do
	ls "$out/debs/$name"_*.deb >/dev/null 2>&1 ||
		(cd "$out/debs" && apt-get -qq -o APT::Sandbox::User=root \
			download "$name")
done

version=${kernel#linux-image-}
if [ "$(cat "$out/version" 2>/dev/null)" != "$version" ]; then
	rm -rf "$out/kernel" "$out/modules" "$out/version"
	mkdir -p "$out/kernel" "$out/modules"
	dpkg-deb -x "$out/debs/$kernel"_*.deb "$out/kernel"
	depmod -b "$out/kernel" "$version"
	mv "$out/kernel/lib/modules/$version" "$out/modules/$version"
	python3 - "$out/kernel/boot/vmlinuz-$version" "$out/vmlinux" <<'END'
import lzma
import sys
with open(sys.argv[1], "rb") as f:
    image = f.read()
xz = lzma.LZMADecompressor()
with open(sys.argv[2], "wb") as f:
    f.write(xz.decompress(image[image.index(b"\xfd7zXZ\0"):]))
END
	rm -rf "$out/kernel"
	echo "$version" >"$out/version"
fi

packages=$(for name in $names; do ls "$out/debs/$name"_*.deb; done)
unshare --mount --pid --net --ipc --uts --fork --kill-child \
	--propagation private sh -eu -c '
	out=$1; shift
	mkdir -p "$out/merged"
	mount -t overlay overlay -o \
		"lowerdir=/,upperdir=$out/root,workdir=$out/work" "$out/merged"
	cd "$out/merged"
	mount -t proc proc proc
	mount -t tmpfs tmpfs run
	mount -t tmpfs tmpfs dev
	mount -t tmpfs tmpfs tmp
	for node in null zero full random urandom; do
		touch dev/$node
		mount --bind /dev/$node dev/$node
	done
	mkdir tmp/debs
	cp "$@" tmp/debs
	printf "#!/bin/sh\nexit 101\n" >usr/sbin/policy-rc.d
	chmod 755 usr/sbin/policy-rc.d
	export DEBIAN_FRONTEND=noninteractive
	chroot . sh -c "dpkg -i /tmp/debs/*.deb"
	chroot . systemctl enable twinbeat
' sh "$out" $packages "$ours"/twinbeat_*.deb >"$out/dpkg.log" 2>&1 || {
	tail -n 20 "$out/dpkg.log" >&2
	exit 1
}
rm -rf "$out/work" "$out/merged"

exec sh "$here/initrd.sh" "$out"
