#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make deb: packages from what make built, into FOLDER, by default BUILD/deb.
# Usage, in the top folder: build.sh BUILD VERSION [FOLDER]. They are the same
# to the byte when the sources are: the time in them is SOURCE_DATE_EPOCH, by
# default that of the last commit.
#
# Six packages, so that a pair that only needs heartbeats and Modbus pulls in
# neither libcurl nor libfreeipmi nor libmicrohttpd nor libnetsnmp:
#   twinbeat               the daemon, its commands, the monitoring plugin
#   twinbeat-notifier      mail and webhooks (libcurl)
#   twinbeat-fence-agents  fence agents for Pacemaker; IPMI (libfreeipmi)
#   twinbeat-checker       checks of real servers of LVS (libcurl)
#   twinbeat-exporter      metrics and the page over HTTP (libmicrohttpd)
#   twinbeat-snmp          VRRPV3-MIB by snmpd (libnetsnmp)
set -eu
build=$1 version=$2
here=$(dirname "$0")
out=${3:-$build/deb}
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}"
export SOURCE_DATE_EPOCH
date=$(date -u -R -d "@$SOURCE_DATE_EPOCH")
arch=$(dpkg --print-architecture)
# who makes packages for others puts an address in that is read
maintainer="${DEBFULLNAME:-twinbeat developers} <${DEBEMAIL:-twinbeat@packages.invalid}>"
umask 022

rm -rf "$out"
mkdir -p "$out/all/debian"
make -s BUILD="$build" PREFIX=/usr DESTDIR="$(realpath "$out/all")" install \
	>/dev/null
# dpkg-shlibdeps wants one in its folder
printf 'Source: twinbeat\n\nPackage: twinbeat\nArchitecture: any\n' \
	>"$out/all/debian/control"

# into PACKAGE PATH...: moves what was installed
into()
{
	package=$1
	shift
	for path in "$@"; do
		for file in "$out/all/"$path; do
			target=$out/$package/${file#"$out/all/"}
			mkdir -p "$(dirname "$target")"
			mv "$file" "$target"
		done
	done
}
into twinbeat-notifier usr/libexec/twinbeat/twinbeat-notifier \
	usr/share/man/man8/twinbeat-notifier.8
into twinbeat-fence-agents usr/libexec/twinbeat/fence_twinbeat \
	'usr/libexec/twinbeat/twinbeat-fencer-*' 'usr/sbin/fence_twinbeat_*' \
	'usr/share/man/man8/fence_twinbeat*'
into twinbeat-checker 'usr/libexec/twinbeat/twinbeat-checker*'
into twinbeat-exporter usr/sbin/twinbeat-exporter \
	usr/lib/systemd/system/twinbeat-exporter.service \
	usr/share/man/man8/twinbeat-exporter.8
into twinbeat-snmp usr/sbin/twinbeat-snmp \
	usr/lib/systemd/system/twinbeat-snmp.service \
	usr/share/man/man8/twinbeat-snmp.8
mv "$out/all/debian" "$out/debian"
mv "$out/all" "$out/twinbeat"
# the licence stands once on a Debian system
rm -f "$out/twinbeat/usr/share/doc/twinbeat/LICENSE"

# the one program that is none of the compiler's
by_sh=twinbeat-give-files
# package NAME DEPENDS RECOMMENDS SHORT LONG
package()
{
	name=$1 root=$out/$1
	doc=$root/usr/share/doc/$name
	mkdir -p "$root/DEBIAN" "$doc"
	find "$root/usr" -type f -perm /111 ! -name "$by_sh" \
		-exec strip --strip-unneeded \
		--remove-section=.comment --remove-section=.note {} +
	[ ! -d "$root/usr/share/man" ] ||
		find "$root/usr/share/man" -type f -exec gzip -9n {} +
	# a link to a manual, or from sbin: as Debian wants it
	find "$root/usr" -type l | while read -r link; do
		to=$(readlink "$link")
		case $to in
		*.8) ln -sf "$to.gz" "$link.gz" && rm "$link" ;;
		/usr/*) ln -sf "../${to#/usr/}" "$link" ;;
		esac
	done
	[ ! -e "$doc/CHANGELOG.md" ] || gzip -9n "$doc/CHANGELOG.md"
	{
		printf 'twinbeat (%s) unstable; urgency=medium\n\n' "$version"
		printf '  * See /usr/share/doc/twinbeat/CHANGELOG.md.gz.\n\n'
		printf ' -- %s  %s\n' "$maintainer" "$date"
	} | gzip -9n >"$doc/changelog.gz"
	cp "$here/copyright" "$doc/copyright"
	chmod 0644 "$doc/copyright"
	if [ -e "$here/$name.lintian-overrides" ]; then
		mkdir -p "$root/usr/share/lintian/overrides"
		cp "$here/$name.lintian-overrides" \
			"$root/usr/share/lintian/overrides/$name"
		chmod 0644 "$root/usr/share/lintian/overrides/$name"
	fi
	programs=$(find "$root/usr" -type f -perm /111 ! -name "$by_sh")
	# packed relocations are no symbol, and so unknown to dpkg-shlibdeps
	# shellcheck disable=SC2086
	libraries=$(cd "$out" && dpkg-shlibdeps -O $(echo "$programs" |
		sed "s|^$out/||") 2>/dev/null | sed 's/^shlibs:Depends=//
			s/libc6 (>= [0-9.]*)/libc6 (>= 2.36)/')
	for script in postinst prerm postrm; do
		[ -e "$here/$name.$script" ] || continue
		cp "$here/$name.$script" "$root/DEBIAN/$script"
		chmod 0755 "$root/DEBIAN/$script"
	done
	[ ! -d "$root/etc" ] || (cd "$root" && find etc -type f |
		sed 's|^|/|') >"$root/DEBIAN/conffiles"
	(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) \
		>"$root/DEBIAN/md5sums"
	size=$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)
	{
		printf 'Package: %s\nSource: twinbeat\nVersion: %s\n' \
			"$name" "$version"
		printf 'Architecture: %s\nSection: net\nPriority: optional\n' \
			"$arch"
		printf 'Maintainer: %s\n' "$maintainer"
		printf 'Installed-Size: %s\nDepends: %s\n' "$size" \
			"$libraries${2:+, $2}"
		[ -z "$3" ] || printf 'Recommends: %s\n' "$3"
		printf 'Description: %s\n%s\n' "$4" "$5"
	} >"$root/DEBIAN/control"
	find "$root" -exec touch -h -d "$date" {} +
	dpkg-deb --root-owner-group -Zxz --build "$root" "$out" >/dev/null
}

package twinbeat "adduser" "twinbeat-notifier (= $version)" \
	"virtual IP on a pair of load balancers, never on both" \
" twinbeat keeps virtual IP addresses on one of two Linux load balancers. The
 nodes hear each other by VRRP and over a serial cable, and one takes the
 addresses over only with proof that the other has let go of them: its own
 word, or its power cut and read back as off."
package twinbeat-notifier "twinbeat (= $version)" "" \
	"virtual IP on a pair of load balancers: mail and webhooks" \
" Sends the alerts of twinbeat by mail and to webhooks. The daemon starts it
 when there is something to send."
package twinbeat-fence-agents "twinbeat (= $version)" "" \
	"virtual IP on a pair of load balancers: fence agents, IPMI" \
" Fence agents with the power switch drivers of twinbeat, for Pacemaker, and
 the part of twinbeat that fences by IPMI."
package twinbeat-checker "twinbeat (= $version)" "" \
	"virtual IP on a pair of load balancers: checks of real servers" \
" Asks the real servers of LVS services whether they work. The daemon starts it
 where the configuration has checks."
package twinbeat-exporter "twinbeat (= $version), adduser" "" \
	"virtual IP on a pair of load balancers: metrics over HTTP" \
" Serves the state of a twinbeat pair over HTTP: metrics for Prometheus, JSON,
 and a page that shows the pair as a picture."
package twinbeat-snmp "twinbeat (= $version), adduser" "snmpd" \
	"virtual IP on a pair of load balancers: VRRPV3-MIB over SNMP" \
" Shows the instances of a twinbeat pair to the snmpd of a node, as VRRPV3-MIB
 (RFC 6527), and sends its notifications."
rm -rf "$out/debian" "$out/twinbeat" "$out"/twinbeat-*/
ls "$out"/*.deb
