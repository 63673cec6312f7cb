#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# initrd.sh FOLDER: the initial file system of the machines: busybox, init.sh and
# the modules that it needs. FOLDER: as image.sh left it.
set -eu
out=$(realpath "$1") version=$(cat "$1/version")
here=$(dirname "$(realpath "$0")")
initrd=$(mktemp -d)
trap 'rm -rf "$initrd"' EXIT
mkdir -p "$initrd/bin" "$initrd/lib" "$initrd/modules"
cp /bin/busybox "$initrd/bin/busybox"
cp "$here/init.sh" "$initrd/init"
chmod 755 "$initrd/init"
mkdir -p "$out/lib"
ln -sfn ../modules "$out/lib/modules"
for module in virtio_pci 9pnet_virtio 9p overlay virtio_net uhci_hcd ftdi_sio; do
	modprobe -d "$out" -S "$version" --show-depends "$module" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
	cp "$file" "$initrd/modules"
	basename "$file" >>"$initrd/modules/order"
done
(cd "$initrd" && find . | cpio -o -H newc --quiet) >"$out/initrd"
