/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_LIMITS_H
#define SETTINGS_LIMITS_H
/* How much of each thing the settings can hold. */

#define SETTINGS_FILE	       "/etc/twinbeat/twinbeat.conf"
#define SETTINGS_NAME_MAX      32
#define SETTINGS_PATH_MAX      128
#define SETTINGS_INTERFACE_MAX 16
#define NODES		       2
#define INSTANCES_MAX	       255
#define ADDRESSES_MAX	       4096 /* all instances together */
#define TRACK_MAX	       8
#define TRACK_PROCESSES_MAX    8
#define TRACK_WITNESSES_MAX    4
#define TRACK_FILES_MAX	       2
#define SCRIPTS_MAX	       128 /* all instances together */
#define SCRIPT_COMMAND_MAX     256
#define UDP_LINKS_MAX	       3
#define DEBOUNCE_MAX	       32
#define ROUTES_MAX	       128 /* all instances together */
#define RULES_MAX	       128
#define HMAC_KEYS_MAX	       64 /* all instances together */
#define HMAC_KEYS_EACH	       4  /* as VRRP_KEYS_MAX */
#define DEVICES_MAX	       8
#define PLUGS_MAX	       8 /* per node */
#define LEVELS_MAX	       9
#define DEFEND_WITHIN_MS       200 /* R5: as CORE_DEFEND_WITHIN_MS */
#define SETTINGS_PASSWORD_MAX  64
#define NODE_ADDRESSES_MAX     4
#define SETTINGS_COMMAND_MAX   256
#define SETTINGS_MAIL_MAX      96 /* an address of mail, a host name */
#define NOTIFY_MAX	       32
#define MAIL_TO_MAX	       8
#define SERVICES_MAX	       256  /* of the director */
#define LISTENS_MAX	       1024 /* of all services together */
#define SERVERS_MAX	       2048
#define CHECKS_MAX	       512
#define SERVICE_CHECKS_MAX     4    /* for one server; as SERVER_CHECKS_MAX */
#define SETTINGS_FILE_MAX      512  /* path of the file itself */
#define SETTINGS_FILES_MAX     16   /* it and all that it includes */
#define SETTINGS_LINE_MAX      1024 /* a finding, told as one line */

#endif
