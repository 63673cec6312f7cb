#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# networkmanager.sh FOLDER: unpacks NetworkManager and the libraries that this
# machine lacks into FOLDER, for tests/netns/test_networkmanager.py. Installed,
# it would bring udev and, where somebody enables it, take over the network.
set -u
folder=$1
[ ! -x /usr/sbin/NetworkManager ] || exit 0
[ ! -x "$folder/usr/sbin/NetworkManager" ] || exit 0

say()
{
	echo "make deps: $*"
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt's own user writes here
needed()
{
	apt-get -s --no-install-recommends install network-manager 2>/dev/null |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p' | grep -vx udev
}

fetch()
{
	# shellcheck disable=SC2046 # names of packages
	(cd "$work" && rm -f ./*.deb &&
		apt-get -qq download $(needed) >/dev/null 2>&1 &&
		ls ./network-manager_*.deb >/dev/null 2>&1)
}

say "unpacks NetworkManager into $folder, to be tested beside. Nothing of it" \
	"is installed."
fetch || { apt-get -qq update && fetch; } || {
	say "it cannot be had: its test will be skipped"
	exit 0
}
for package in "$work"/*.deb; do
	dpkg-deb -x "$package" "$work/root" || exit 1
done
rm -rf "$folder" && mkdir -p "$(dirname "$folder")" &&
	mv "$work/root" "$folder"
