# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of strange, broken and forged adverts, and what is made of each.

A kind is one row of KINDS: its name; for which adverts it exists ("2": version
2, "3": version 3 over IPv4, "6": version 3 over IPv6); what it changes in a good
advert; what twinbeat makes of it: "ok", the name of a drop in status, or None
(it is not even looked at, since it is no advert of that router); what keepalived
2.2.7 makes of it, measured: "takes" (it stands by for whoever sends that),
"drops" (it takes over beside them) or "flaps" (both in turn).
"""
from collections import namedtuple

Kind = namedtuple("Kind", "name of change twinbeat keepalived")

OTHER = {"2": "10.98.9.9", "3": "10.98.9.9", "6": "2001:db8:9::9"}


def another_list(advert, of):
    return advert.but(addresses=advert.addresses[:-1] + [OTHER[of]])


def one_more(advert, of):
    return advert.but(addresses=advert.addresses + [OTHER[of]])


def carp(advert, _):
    """36 bytes, version 2, where VRRP has the priority: 0 on a master."""
    return advert.but(version=2, priority=0, addresses=[], count=7,
                      interval_ms=1000, tail=bytes(20))


def other_version(advert, _):
    return advert.but(version=5 - advert.version, interval_ms=1000)


def with_fields(**fields):
    return lambda advert, of: advert.but(**fields)


KINDS = [
    Kind("hop limit 254", "236", with_fields(ttl=254), "ttl", "drops"),
    Kind("the other version", "23", other_version, "version", "drops"),
    Kind("version 15", "36", with_fields(version=15), "version", "drops"),
    Kind("type 2", "236", with_fields(type=2), "type", "drops"),
    Kind("half a header", "236", with_fields(cut=4), "short", "drops"),
    Kind("more addresses counted than sent", "236", with_fields(count=9),
         "short", "drops"),
    Kind("wrong checksum", "236", with_fields(sum_mode="bad"), "checksum",
         "drops"),
    Kind("checksum without pseudo header", "3",
         with_fields(sum_mode="message"), "ok", "drops"),
    Kind("wrong checksum of the IP header", "23", with_fields(header_sum=1),
         "checksum", "drops"),
    Kind("a fragment", "23", with_fields(fragment=0x2000), "short", "drops"),
    Kind("IP options", "23", with_fields(options=bytes([1, 1, 1, 0])), "ok",
         "takes"),
    Kind("interval 0", "2", with_fields(interval_ms=0), "interval", "drops"),
    # erratum 8301: learned, it would make a timer of zero
    Kind("interval 0", "36", with_fields(interval_ms=0), "interval", "flaps"),
    Kind("another interval", "2", with_fields(interval_ms=2000), "interval",
         "drops"),
    Kind("another interval", "36", with_fields(interval_ms=250), "ok",
         "takes"),
    Kind("no address", "236", with_fields(addresses=[]), "count-zero",
         "drops"),
    Kind("another address", "2", another_list, "addresses", "drops"),
    Kind("another address", "36", another_list, "ok", "drops"),
    Kind("one address more", "2", one_more, "addresses", "drops"),
    Kind("one address more", "36", one_more, "ok", "drops"),
    # RFC 3768 7.1: an address owner is believed
    Kind("a list of priority 255", "2", lambda advert, of:
         another_list(advert, of).but(priority=255), "ok", "drops"),
    Kind("a password where none is", "2",
         with_fields(auth_type=1, auth_data=b"1111\0\0\0\0"), "auth",
         "drops"),
    Kind("authentication type 2", "2", with_fields(auth_type=2), "auth",
         "drops"),
    Kind("reserved bits", "36", with_fields(reserved=15), "ok", "takes"),
    Kind("padding of Ethernet", "236", with_fields(padding=bytes(18)), "ok",
         "takes"),
    Kind("8 bytes behind it", "236", with_fields(tail=b"\xa5" * 8), "ok",
         "drops"),
    Kind("a signature that nobody asked for", "236",
         with_fields(tail=b"\1\1\0\0" + bytes(range(24))), "ok", "drops"),
    Kind("to one machine", "23", with_fields(destination="10.98.0.11"),
         "destination", "drops"),
    Kind("to one machine", "6", with_fields(destination="fe80::98:11"),
         "destination", "drops"),
    Kind("CARP", "23", carp, "carp", "drops"),
    # RFC 9568 5.1.2.1
    Kind("not from a link-local address", "6",
         with_fields(source="2001:db8::12"), "source", "takes"),
    # RFC 9568 5.2.9, erratum 8300
    Kind("the first address is not link-local", "6", lambda advert, of:
         advert.but(addresses=advert.addresses[::-1]), "first-address",
         "takes"),
    Kind("from this very node", "23", with_fields(source="10.98.0.11"), None,
         "drops"),
]
