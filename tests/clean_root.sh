#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# clean_root.sh TAR DEB...: a Debian of this machine's release with nothing but
# apt, made by mmdebstrap from this machine's own apt sources, and in its cache
# what apt wants to install with the packages DEB: so that they can be installed
# later without a network. As root, in half a minute. Nothing is made anew where
# TAR was made of the same.
set -eu

# clean_root.sh shrink ROOT: apt's lists without what is neither installed nor in
# its cache. Each apt-get there would read 60,000 packages, for 3 s.
if [ "$1" = shrink ]; then
	root=$2
	{
		dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package}\n'
		for deb in "$root"/var/cache/apt/archives/*.deb; do
			dpkg-deb -f "$deb" Package
		done
	} >"$root.kept"
	for list in "$root"/var/lib/apt/lists/*_Packages; do
		[ -e "$list" ] || continue # packed: they stay as they are
		awk 'FNR == NR { kept[$1]; next }
			$1 == "Package:" && $2 in kept { printf "%s\n\n", $0 }' \
			"$root.kept" RS= FS='[ \n]' "$list" >"$root.list"
		mv "$root.list" "$list"
	done
	rm -f "$root.kept" "$root"/var/cache/apt/*pkgcache.bin
	exit 0
fi

tar=$1
shift
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2016 # apt's own words
sources=$(apt-get indextargets --format \
	'$(CODENAME) $(ORIGIN) $(REPO_URI) $(COMPONENT)' 'Identifier: Packages' |
	awk -v release="$release" '$2 ~ /^(Debian|Ubuntu)$/ &&
		index($1, release) == 1 { print "deb", $3, $1, $4 }' | sort -u)
[ -n "$sources" ] || {
	echo "clean_root.sh: apt has no lists of Debian $release: apt-get update" >&2
	exit 1
}
needs=$(for deb in "$@"; do
	dpkg-deb -f "$deb" Package Depends | sed 's/ (= [^)]*)//'
done)
key=$(printf '%s\n' "$sources" "$needs" | cat "$0" - | sha256sum)
if [ -e "$tar" ] && [ "$(cat "$tar.key" 2>/dev/null)" = "$key" ]; then
	exit 0
fi
rm -f "$tar" "$tar.key"
mkdir -p "$(dirname "$tar")"
debs=$(mktemp -d)
trap 'rm -rf "$debs" "$tar.new"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cp "$@" "$debs"
mkdir "$debs/work"
# what it works on is memory of a mount namespace, and ends with mmdebstrap
export debs TMPDIR="$debs/work" shrink="$0"
# shellcheck disable=SC2016 # for the shell of the hook
printf '%s\n' "$sources" | unshare --mount --propagation private sh -eu -c '
	mount -t tmpfs -o size=2g,mode=755 tmpfs "$TMPDIR"
	exec mmdebstrap --quiet --mode=root --variant=apt --format=tar \
		--skip=cleanup/apt --customize-hook="mkdir \$1/debs &&
			cp $debs/*.deb \$1/debs &&
			chroot \$1 sh -c \"apt-get -qq --yes --download-only \
				--no-install-recommends install /debs/*.deb\" &&
			rm -r \$1/debs && sh $shrink shrink \$1" \
		"$0" - -
' "$release" >"$tar.new"
mv "$tar.new" "$tar"
echo "$key" >"$tar.key"
