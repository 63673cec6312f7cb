/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of nodes, their plugs included. */
#include "rows.h"
#include "settings.h"

static const char *const node_kinds[] = {"twinbeat", "vrrp", NULL};

static const struct setting_row plug_rows[] = {
	{"level", SETTING_INT, FIELD(settings_plug, level), .value = 1,
	 RANGE(1, LEVELS_MAX),
	 .says = "levels are tried in ascending order, all plugs of each",
	 MORE("Levels are tried in ascending order; the next one is tried when "
	      "one has failed. Within a level every plug must go off, so list "
	      "both plugs of a machine with two power supplies in one level. "
	      "If one plug does not go off, the level has failed. Plugs that "
	      "went off stay off, and the next level is tried. If no level is "
	      "left, nothing is taken over.")},
	{"device", SETTING_DEVICE, FIELD(settings_plug, device),
	 .required = true, .by_code = true, .says = "one of devices",
	 MORE("One of `devices`.")},
	/* what it may be, and whether it may be left out, the driver says */
	{"plug", SETTING_TEXT, FIELD(settings_plug, plug), .by_code = true,
	 .says = "an outlet of that device, a number or a name by its driver",
	 MANUAL(.head = "number or string, required",
		.more = "From 1. Plug {Ar n} is the wire address `base` + {Ar "
			"n} \\- 1. No plug can belong to both nodes. There is "
			"a warning if two plugs may be the same one: the same "
			"plug number at the same address, under two devices "
			"that differ only in user, unit or driver.")},
	END};

const struct setting_row settings_node_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_node, name), .required = true,
	 .says = "the host name is a good choice",
	 MORE("Both nodes need different ones. The host name is a good "
	      "choice.")},
	{"priority", SETTING_INT, FIELD(settings_node, priority), .value = 100,
	 PRIORITY, .says = "the higher one is preferred",
	 MORE("The node with the higher priority is preferred. It also goes "
	      "first if both nodes may fence each other. 255, the address "
	      "owner of VRRP, is refused: such an address is the node's own "
	      "and cannot move. {Xr keepalived 8} takes it away from the "
	      "machine when it stops.")},
	{"address", SETTING_HOST,
	 COUNTED(settings_node, addresses, address_count), .required = true,
	 .single = true,
	 .says = "the node's own addresses on the service networks",
	 MORE("The node's own address on the service network, as the other "
	      "node sees it in adverts. If instances are in several networks, "
	      "list one address for each; the first breaks ties. Adverts of an "
	      "instance are sent from the first of these addresses that is on "
	      "its interface. If there is none, they are sent from the "
	      "interface's first address that is not a virtual one; the other "
	      "node learns it over a two-way link. Host names are not accepted "
	      "and never looked up. Adverts of an IPv6 instance are sent from "
	      "a link-local address. If adverts are signed, it need not be "
	      "listed here.")},
	{"serial", SETTING_PATH, FIELD(settings_node, serial),
	 .may_differ = true, .not_core = true,
	 .says = "the port of the null-modem cable",
	 MANUAL(.head = "path",
		.more = "The serial port of the null-modem cable on this node. "
			"Required if `links.serial` is there.")},
	{"fence", SETTING_GROUP, COUNTED(settings_node, plugs, plug_count),
	 .rows = plug_rows, IN(DEVICES), .says = "how to cut its power",
	 MORE("How to cut this node's power. With `fence.required` at least "
	      "one plug per node is needed.")},
	{"kind", SETTING_CHOICE, FIELD(settings_node, kind),
	 .choices = node_kinds, .says = "vrrp: it is a plain VRRP router",
	 MORE("{Dq vrrp}: this node is a plain VRRP router, such as a "
	      "keepalived that is to be replaced. The other node then goes by "
	      "the rules of VRRP: what it hears no advert of for three "
	      "intervals it takes over (proof {Dq silence}), it gives way to a "
	      "higher priority, and nobody is fenced. Two owners are possible, "
	      "as between two keepalived; a FRR needs the sysctl "
	      "{Ic arp_ignore} = 1, since its backup answers ARP for the "
	      "address otherwise {Pq seen with 8.4.4}. `links`, `devices`, "
	      "`fence` and "
	      "`serial` may be left out, the start-up waits are not made, and "
	      "adverts are not signed {Pq but see Ic hmac}. As soon as a beat "
	      "of that node is heard it is known to run twinbeat: its silence "
	      "proves nothing any more, and the alert {Sy config-mismatch} "
	      "asks to leave `kind` out.")},
	END};
