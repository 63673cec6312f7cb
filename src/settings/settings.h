/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_H
#define SETTINGS_H
/*
 * The settings: one flat, pointer-free snapshot, loaded once. twinbeatd seals
 * it into a memfd and every program maps its own copy (R6: the fencer checks
 * each request against its own). The key is not in here: only the main
 * process has it. Times keep the unit of their key.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../wire/beat.h"
#include "../wire/ip.h"
#include "limits.h"
#include "secret.h"
#include "services.h"

enum settings_policy {
	POLICY_FENCE,
	POLICY_YIELD,
	POLICY_HOLD,
	POLICY_WAIT,
	POLICY_TAKEOVER,
	POLICY_ASK
};
enum settings_fence_action { FENCE_ACTION_OFF, FENCE_ACTION_REBOOT };
/* R16: KIND_VRRP is a plain VRRP router, which twinbeatd does not run on. */
enum settings_node_kind { KIND_TWINBEAT, KIND_VRRP };

struct settings_plug {
	uint8_t level;	/* 1..9 */
	uint8_t device; /* index */
	char plug[SETTINGS_NAME_MAX];
};

struct settings_node {
	char name[SETTINGS_NAME_MAX];
	uint8_t priority; /* 1..254 */
	uint8_t kind;	  /* enum settings_node_kind */
	struct ip addresses[NODE_ADDRESSES_MAX];
	uint8_t address_count;
	char serial[SETTINGS_PATH_MAX]; /* "" = no serial link */
	struct settings_plug plugs[PLUGS_MAX];
	uint8_t plug_count;
};

struct settings_address {
	struct ip ip;
	uint8_t prefix;			    /* 0..32, 0..128 */
	bool excluded;			    /* held, not advertised */
	char dev[SETTINGS_INTERFACE_MAX];   /* never "": the instance's */
	char label[SETTINGS_INTERFACE_MAX]; /* "" = none */
};

/* A check that is run: what it must exit with is 0. */
struct settings_script {
	char command[SCRIPT_COMMAND_MAX]; /* words.h splits it */
	char user[SETTINGS_NAME_MAX];	  /* "" = settings.user, or nobody */
	uint32_t interval_ms, timeout_ms;
	uint16_t fall, rise;
};

/* R3: how long a carrier must be lost, or back, until that counts. */
struct settings_debounce {
	char interface[SETTINGS_INTERFACE_MAX];
	uint32_t down_ms, up_ms;
};

enum settings_route_type {
	ROUTE_UNICAST,
	ROUTE_BLACKHOLE,
	ROUTE_UNREACHABLE,
	ROUTE_PROHIBIT
};

/* Moves with an instance; route.h reads the text. "" = none. */
struct settings_route {
	char to[52]; /* a network, or "default" */
	char via[48];
	char dev[SETTINGS_INTERFACE_MAX];
	char source[48];
	uint32_t table; /* 0: main */
	uint32_t metric;
	uint8_t type; /* enum settings_route_type */
};

struct settings_rule {
	char from[52], to[52];
	uint32_t table, priority;
};

/* Gratuitous ARP and unsolicited neighbour advertisements of an owner. */
struct settings_garp {
	bool configured;    /* an instance's own, in place of the pair's */
	uint32_t repeat;    /* after a claim; 0 counts as 1 */
	uint32_t delay_ms;  /* then so long until as many follow; 0: none do */
	uint32_t refresh_s; /* while it is held, this often; 0: never */
	uint32_t refresh_repeat; /* as many each time */
};

/* How adverts are signed beside a plain router (R16); the keys are no part of
 * the snapshot, only where they are read. */
enum settings_hmac_mode { HMAC_ENFORCE, HMAC_PERMISSIVE, HMAC_RECEIVE_ONLY };
enum settings_anti_replay { ANTI_REPLAY_TIME, ANTI_REPLAY_MONOTONIC };
struct settings_hmac_key {
	uint8_t id;
	char file[SETTINGS_PATH_MAX];
};
struct settings_hmac {
	bool configured;
	uint8_t active; /* the id that signs; 0: the first */
	uint8_t mode, anti_replay;
	uint16_t window_s; /* 0: by the interval, settings_hmac_window_s() */
	uint16_t first_key, key_count; /* in settings.hmac_keys */
};

struct settings_instance {
	char name[SETTINGS_NAME_MAX];
	char interface[SETTINGS_INTERFACE_MAX];
	uint8_t vrid, version;
	uint32_t advert_ms;
	bool sign; /* its adverts (R2) */
	struct settings_hmac hmac;
	bool unicast;
	uint8_t unicast_min_ttl; /* of the adverts that are heard */
	/* from where to where, by node index; all zero without unicast */
	struct ip unicast_addresses[NODES];
	/* from where multicast adverts leave, by node index; all zero: by
	 * nodes[].address */
	struct ip source_addresses[NODES];
	bool preempt;
	uint32_t preempt_delay_ms;
	uint8_t priority[NODES];	       /* by node index */
	char auth_pass[9];		       /* "" = none */
	char sync[SETTINGS_NAME_MAX];	       /* R21: its group; "" = none */
	uint16_t first_address, address_count; /* in settings.addresses */
	/* R3: what else makes a node fit for it */
	char track[TRACK_MAX][SETTINGS_INTERFACE_MAX];
	uint8_t track_count;
	struct ip witnesses[TRACK_WITNESSES_MAX];
	uint8_t witness_count;
	char processes[TRACK_PROCESSES_MAX][SETTINGS_NAME_MAX];
	uint8_t process_count;
	char track_files[TRACK_FILES_MAX][SETTINGS_PATH_MAX];
	uint8_t track_file_count;
	uint8_t first_script, script_count; /* in settings.scripts */
	struct settings_garp garp;	    /* see settings_garp_of() */
	/* in settings.routes, settings.rules */
	uint16_t first_route, route_count, first_rule, rule_count;
};

struct settings_link {
	bool configured;
	char type[8];		      /* of the kind of link: "serial" */
	char name[SETTINGS_NAME_MAX]; /* "serial", or the udp link's name */
	uint32_t baud;		      /* serial only */
	uint32_t interval_us, dead_ms;
	uint32_t debounce_ms; /* serial only: of DSR and DCD, R18 */
	char interface[SETTINGS_INTERFACE_MAX]; /* udp only, as the rest */
	uint16_t port;
	struct ip addresses[NODES];
};
/* Of all kinds; which is of which its type says (links.c). */
#define LINKS_MAX BEAT_LINKS_MAX

/* A key that is not ours to know, as a fence agent's options. */
struct setting_pair {
	char key[SETTINGS_NAME_MAX];
	char value[SETTINGS_PATH_MAX];
};

/* What a driver may keep of one device; agent's options take the most. */
#define DEVICE_PRIVATE_MAX 3072

struct settings_device {
	char name[SETTINGS_NAME_MAX];
	char driver[16];
	char host[64];	/* a literal address: a fence never waits for DNS */
	char place[80]; /* for a person: "192.0.2.20:502", "/dev/ttyUSB0" */
	uint32_t settle_ms, power_wait_ms;
	/* One question and its answer take no longer, by the driver's own
	 * time-outs; the fencer lowers it when less than that is left. */
	uint32_t answer_ms;
	/* The same for a power command; 0: as long as a question. */
	uint32_t command_ms;
	/* After a command its state may take this long to follow; 0: it has
	 * when settle_ms is over, or the command failed. */
	uint32_t switch_ms;
	/* Of its own settings: what is known of it holds while it stands. */
	uint32_t digest;
	/* A struct of the driver's own, of this size: see device.h. */
	uint32_t private_size;
	_Alignas(8) unsigned char private[DEVICE_PRIVATE_MAX];
};

struct settings_fence {
	bool required;
	uint8_t action;		    /* enum settings_fence_action */
	uint8_t on_disagreement;    /* FENCE, YIELD, HOLD, ASK */
	uint8_t on_failure;	    /* HOLD, TAKEOVER, ASK */
	uint8_t on_startup_silence; /* FENCE, WAIT, ASK */
	uint8_t on_no_answer;	    /* FENCE, HOLD */
	bool accept_split_brain, defend, disagree_probe;
	uint32_t delay_ms, tie_ms, disagree_ms, lone_link_ms, yield_ms;
	uint32_t off_ms, timeout_ms, monitor_s, max_per_window, window_s,
		ask_ms;
};

/* Who is told of which events; each of an entry's receivers is told. */
enum settings_notify_on {
	NOTIFY_MASTER = 1 << 0,
	NOTIFY_BACKUP = 1 << 1,
	NOTIFY_FAULT = 1 << 2,
	NOTIFY_ALERT = 1 << 3,	     /* raised and cleared */
	NOTIFY_FENCE = 1 << 4,	     /* started, failed, peer off, drill */
	NOTIFY_USUAL = (1 << 5) - 1, /* what on says by default */
	/* of LVS, told one by one: alerts tell them, too */
	NOTIFY_SERVER_UP = 1 << 5,
	NOTIFY_SERVER_DOWN = 1 << 6,
	NOTIFY_QUORUM_UP = 1 << 7,
	NOTIFY_QUORUM_DOWN = 1 << 8,
	NOTIFY_SERVERS = NOTIFY_SERVER_UP | NOTIFY_SERVER_DOWN,
	NOTIFY_QUORUMS = NOTIFY_QUORUM_UP | NOTIFY_QUORUM_DOWN
};
enum settings_arguments { ARGUMENTS_NONE, ARGUMENTS_KEEPALIVED };

struct settings_notify {
	uint32_t on; /* enum settings_notify_on, a bit each */
	char instance[SETTINGS_NAME_MAX]; /* only of this one; "" = of all */
	char service[SETTINGS_NAME_MAX];  /* the same, of LVS */
	char server[SETTINGS_NAME_MAX];
	char command[SETTINGS_COMMAND_MAX]; /* "" = none, as the rest */
	uint8_t arguments;		    /* enum settings_arguments */
	uint32_t timeout_ms;
	char fifo[SETTINGS_PATH_MAX];
	bool journal, mail;
	char webhook[SETTINGS_COMMAND_MAX];
	char key_file[SETTINGS_PATH_MAX]; /* signs what goes to the webhook */
	char ca_file[SETTINGS_PATH_MAX];
};

enum settings_tls { TLS_STARTTLS, TLS_WHOLE, TLS_NONE };

struct settings_mail {
	bool configured;
	char server[SETTINGS_MAIL_MAX];
	uint16_t port;			 /* 0: the usual one of tls */
	uint8_t tls;			 /* enum settings_tls */
	char ca_file[SETTINGS_PATH_MAX]; /* "" = the system's */
	char user[SETTINGS_PASSWORD_MAX];
	char password_file[SETTINGS_PATH_MAX];
	char from[SETTINGS_MAIL_MAX]; /* "" = twinbeat@NODE */
	char to[MAIL_TO_MAX][SETTINGS_MAIL_MAX];
	uint8_t to_count;
	uint32_t connect_ms, gather_ms, interval_s;
};

/* What must be equal on both nodes, digested in parts so that a mismatch can
 * be named (R15). */
enum settings_part {
	PART_NODES,
	PART_LINKS,
	PART_INSTANCES,
	PART_ADDRESSES,
	PART_DEVICES,
	PART_FENCE,
	PART_DIRECTOR,
	SETTINGS_PARTS
};
extern const char *const settings_part_names[SETTINGS_PARTS];

/* So long a beat of so many instances is on this link; 0: no time to speak of.
 */
uint32_t settings_frame_us(const struct settings_link *link,
			   unsigned instances);

/* A place in the text: which of files[], and its line. */
struct settings_place {
	uint32_t file : 8, line : 24;
};

/* Enough for all but the virtual addresses, which are thousands. */
#define SETTINGS_MARKS_MAX 3072

/* The value at offset, or the group that begins there, stands at place. */
struct settings_mark {
	uint32_t offset : 31, is_group : 1;
	struct settings_place place;
};

struct settings {
	uint32_t magic, size; /* checked by settings_map() */
	char files[SETTINGS_FILES_MAX][SETTINGS_FILE_MAX]; /* [0]: the file */
	struct settings_mark marks[SETTINGS_MARKS_MAX];
	uint16_t mark_count;
	char pair[SETTINGS_NAME_MAX];
	char key_file[SETTINGS_PATH_MAX];
	char user[SETTINGS_NAME_MAX];
	struct settings_notify notify[NOTIFY_MAX];
	uint8_t notify_count;
	struct settings_mail mail;
	struct settings_node nodes[NODES];
	uint8_t self; /* index of this node */
	struct settings_link links[LINKS_MAX];
	uint8_t link_counts[LINKS_MAX]; /* how many of a kind begin there */
	struct settings_instance instances[INSTANCES_MAX];
	uint16_t instance_count;
	struct settings_address addresses[ADDRESSES_MAX];
	uint16_t address_count;
	struct settings_script scripts[SCRIPTS_MAX];
	uint8_t script_count;
	struct settings_route routes[ROUTES_MAX];
	struct settings_rule rules[RULES_MAX];
	uint16_t route_count, rule_count;
	struct settings_hmac_key hmac_keys[HMAC_KEYS_MAX];
	uint16_t hmac_key_count;
	struct settings_debounce debounce[DEBOUNCE_MAX];
	uint8_t debounce_count;
	struct settings_device devices[DEVICES_MAX];
	uint8_t device_count;
	struct settings_fence fence;
	uint32_t startup_ms, unclean_startup_ms;
	uint32_t hurry_ms; /* links.hurry_ms, R18; 0: no hurry */
	uint32_t lease_s;
	struct settings_garp garp;
	bool realtime;
	bool take_push; /* R15: the other node's file is taken */
	struct {
		char device[SETTINGS_FILE_MAX]; /* "" = none */
		uint32_t timeout_s;
	} watchdog;	    /* R12c */
	uint32_t digest;    /* of all that must be equal */
	uint32_t file_at_s; /* changed then, UTC (R15); 0: not known */
	uint16_t part_digest[SETTINGS_PARTS];
	uint32_t fence_digest; /* plugs, devices: under it a plug is proven */
	struct settings_director director;
	uint16_t listen_count, server_count, check_count;
	/* Of all services, one list after the other. */
	struct settings_listen listens[LISTENS_MAX];
	struct settings_server servers[SERVERS_MAX];
	struct settings_check checks[CHECKS_MAX];
};

/* The configured links of a type, NULL: of all; after: the one before, NULL:
 * from the first on. NULL: no more. */
const struct settings_link *
settings_next_link(const struct settings *settings, const char *type,
		   const struct settings_link *after);
unsigned settings_count_links(const struct settings *settings,
			      const char *type);

static inline const struct settings_garp *
settings_garp_of(const struct settings *settings,
		 const struct settings_instance *instance)
{
	return instance->garp.configured ? &instance->garp : &settings->garp;
}

/* Collects what is wrong with a file, so that all of it is told at once. */
struct settings_report {
	unsigned errors, warnings;
	/* Called for each finding, in file order where known:
	 * "FILE:LINE: error|warning: key: what is wrong, what is allowed" */
	void (*tell)(void *arg, bool is_error, const char *line);
	void *arg;
	/*
	 * Set any_node to check a file on a machine that is neither node: then
	 * that is a warning, node 0 is taken for this one, self_unknown comes
	 * back set and check_environment looks at nothing. With --node it is
	 * an error all the same.
	 */
	bool any_node, self_unknown;
	/* Neither host name nor addresses tell yet, the only error: at boot
	 * both may come later, so trying again may cure it. */
	bool self_late;
};

/*
 * Reads path into *settings. node is --node or NULL (host name). Returns 0, or
 * -1 with every error told and *settings unusable. Also reads nothing but the
 * file and its includes: key and devices are not touched (check_environment).
 * Not for the main loop: it reads files.
 */
int settings_load(const char *path, const char *node, struct settings *settings,
		  struct settings_report *report);

/* The same for text that is already in memory; name stands for the file in
 * findings, its folder is where relative @include start. */
int settings_load_string(const char *text, const char *name, const char *node,
			 struct settings *settings,
			 struct settings_report *report);

/*
 * Tells each key that differs between two files, what may differ left out:
 * "KEY: VALUE here, VALUE there". Both must be without an error. How many, or
 * -1 with one sentence in error.
 */
int settings_compare(const char *path, const char *other,
		     struct settings_report *report, char *error,
		     size_t error_size);

/*
 * Looks at what the settings name on this machine: key, serial port, network
 * interfaces, notify programs. Opens no device. What a daemon would refuse is
 * an error, what it would wait for (a USB adapter, an interface) a warning. 0,
 * or -1 if there was an error; the numbers in report are added up.
 */
int settings_check_environment(const struct settings *settings,
			       struct settings_report *report);

/*
 * Asks what the devices' drivers can only find out by running programs (a
 * fence agent knows its own options); no device is spoken to. May take
 * seconds: for `twinbeat check` alone.
 */
void settings_interview_devices(const struct settings *settings,
				struct settings_report *report);

/*
 * Looks at a serial port without opening it. 0: fine; 1: it may come yet, -1:
 * it will not do; both with a sentence.
 */
int settings_look_at_port(const char *path, char *error, size_t error_size);

/*
 * May this script be run, and by whom? 0; 1: not now (it is missing, is no
 * program, has no such user, or none that can be looked up); -1: never, since
 * others may change it or a folder on its way; both with a sentence.
 */
int settings_look_at_script(const struct settings *settings,
			    const struct settings_script *script, char *error,
			    size_t error_size);
/*
 * Who runs it: its user, the daemon's, or nobody; NULL: there is no such one
 * (errno 0), or he cannot be looked up now (errno). May ask a name service.
 */
struct passwd;
const struct passwd *settings_script_user(const struct settings *settings,
					  const struct settings_script *script);

/*
 * What this machine has that the settings do not know of (host.c).
 * text says it; instance and key say where in the file it belongs.
 */
typedef void (*settings_host_tell)(void *arg, bool is_error, unsigned instance,
				   const char *key, const char *text);
/*
 * A VIP that is here already and not from us: a warning, since twinbeatd
 * removes it (R17.1); the machine's own address: an error (C04). One in no
 * network of its interface; other programs that move addresses; interfaces by
 * an alternative name.
 */
void settings_look_at_host(const struct settings *settings,
			   settings_host_tell tell, void *arg);
/* Of these only the VIPs that are here. */
void settings_look_at_vips(const struct settings *settings,
			   settings_host_tell tell, void *arg);
/* Alternative names become the kernel's own, each told; after the digest was
 * made, which is of the file's words. */
void settings_resolve_interfaces(struct settings *settings,
				 settings_host_tell tell, void *arg);

/*
 * R1: what is remembered of a plug is its own, whatever its place in a list: a
 * number made of the names of its device and of the plug there; never 0.
 */
uint32_t settings_plug_key(const struct settings *settings,
			   const struct settings_plug *plug);

/* Fills in digest, part_digest[] and fence_digest; load has done it. */
int settings_make_digests(struct settings *settings);

/*
 * Seals the snapshot into a memfd without close-on-exec being cleared; maps it
 * again read-only. map returns NULL unless magic, size and seals are right.
 */
int settings_seal(const struct settings *settings);
const struct settings *settings_map(int fd);
void settings_unmap(const struct settings *settings);

/*
 * What differs and cannot be changed while a daemon runs: tells each, and how
 * many there are.
 */
unsigned settings_check_change(const struct settings *old,
			       const struct settings *new,
			       struct settings_report *report);

/* How long a power command and its answer may take. */
static inline uint32_t settings_command_ms(const struct settings_device *device)
{
	return device->command_ms != 0 ? device->command_ms : device->answer_ms;
}

/* Writes the whole configuration in force as a file that reads back as the
 * same; a value that is its key's default is marked by a comment. */
void settings_print(const struct settings *settings, FILE *out);
/* Writes all keys that there are: a line each, with type, range, default. */
void settings_print_keys(FILE *out);

/* Where in the file a value of settings stands, for findings made later: a text
 * or an address. One that does not: its group. */
struct settings_place settings_where(const struct settings *settings,
				     const void *value);

/* Is it an address that moves, of whichever instance? */
static inline bool settings_is_virtual(const struct settings *settings,
				       const struct ip *ip)
{
	for (unsigned i = 0; i < settings->address_count; i++)
		if (ip_compare(&settings->addresses[i].ip, ip) == 0)
			return true;
	return false;
}

/* R3: has it scripts, processes, witnesses or files? The runner looks. */
static inline bool
settings_instance_has_checks(const struct settings_instance *instance)
{
	return instance->script_count > 0 || instance->process_count > 0 ||
	       instance->witness_count > 0 || instance->track_file_count > 0;
}

/* Its adverts' family: that of the first address, and so of all but excluded
 * ones. */
static inline bool
settings_instance_is_v6(const struct settings *settings,
			const struct settings_instance *instance)
{
	return instance->address_count > 0 &&
	       !ip_is_v4(&settings->addresses[instance->first_address].ip);
}

/* The first address of a node that is of the instance's family; NULL: none. */
const struct ip *
settings_unicast_address(const struct settings *settings,
			 const struct settings_instance *instance,
			 unsigned node);
/* Where a node's adverts of it come from by the settings; none: any address of
 * its that is on the interface (vrrp_source.h). */
const struct ip *settings_source_of(const struct settings_instance *instance,
				    unsigned node);
/* Its unicast addresses, if any, are what nodes[].address makes of them. */
bool settings_unicast_is_own(const struct settings *settings,
			     const struct settings_instance *instance);

/* How far a signed advert's time may be from ours: keepalived's default, where
 * the file says nothing. */
static inline uint32_t
settings_hmac_window_s(const struct settings_instance *instance)
{
	uint32_t three_s = (3 * instance->advert_ms + 999) / 1000;

	if (instance->hmac.window_s > 0)
		return instance->hmac.window_s;
	return three_s > 5 ? three_s : 5;
}

/* R16: one of the two nodes is a plain VRRP router. */
static inline bool settings_has_plain_node(const struct settings *settings)
{
	return settings->nodes[0].kind == KIND_VRRP ||
	       settings->nodes[1].kind == KIND_VRRP;
}

/*
 * A command's words as a shell has them: blanks part them, '...', "..." and \
 * hold them together. How many, or -1: too many, or a quote is left open.
 */
#define COMMAND_WORDS_MAX 16
int settings_split_command(const char *command, char room[SETTINGS_COMMAND_MAX],
			   char *words[COMMAND_WORDS_MAX + 1]);

/* Who is told by twinbeat-notifier, each with a queue of its own; all: the
 * notify programs, too. */
#define WEBHOOKS_MAX	  8
#define RECEIVERS_MAX	  (MAIL_TO_MAX + WEBHOOKS_MAX)
#define RECEIVERS_ALL_MAX (RECEIVERS_MAX + NOTIFY_MAX)
#define RECEIVER_NAME_MAX 128
struct settings_receiver {
	char name[RECEIVER_NAME_MAX]; /* "mail:ops@example.net"; its own */
	bool is_mail;
	unsigned index; /* in mail.to[], or in notify[] */
};
/* How many; the same order in every program. */
unsigned settings_receivers(const struct settings *settings,
			    struct settings_receiver list[RECEIVERS_MAX]);
/* The same, and behind them the programs, in the order of notify. */
unsigned
settings_all_receivers(const struct settings *settings,
		       struct settings_receiver list[RECEIVERS_ALL_MAX]);
/* What is told: on is one of enum settings_notify_on; "" = it is of none. */
struct settings_told {
	uint32_t on;
	const char *instance, *service, *server;
};
bool settings_receiver_wants(const struct settings *settings,
			     const struct settings_receiver *receiver,
			     const struct settings_told *told);
bool settings_notify_wants(const struct settings_notify *notify,
			   const struct settings_told *told);

/* With what director.check says where the check says nothing. */
struct settings_check_timing
settings_check_timing(const struct settings *settings,
		      const struct settings_check *check);
/* What send or expect are on the wire; the size, or -1: no hex digits. bytes
 * must hold CHECK_BYTES_MAX. */
#define CHECK_BYTES_MAX 192
int settings_check_bytes(const struct settings_check *check, const char *text,
			 char *bytes);
bool settings_check_is_same(const struct settings_check *a,
			    const struct settings_check *b);
/* Is it an address of a node itself? */
bool settings_is_node(const struct settings *settings, const struct ip *ip);
/* The virtual address of whose network it is the broadcast address; NULL: of
 * none. */
const struct settings_address *
settings_broadcast_of(const struct settings *settings, const struct ip *ip);
/* D1: only the owner of its instance has the table: a standby that is a real
 * server, too, would forward in a circle. */
bool settings_has_owner_table(const struct settings *settings,
			      const struct settings_service *service);
/* Is this server asked by way of the virtual address? */
bool settings_has_via(const struct settings *settings,
		      const struct settings_service *service, unsigned server);
/* By its mark, which is of nothing else. */
uint32_t settings_via_mark(const struct settings *settings, unsigned server);
/* An address of this node of the same family, to ask from; NULL: none. */
const struct ip *settings_own_address(const struct settings *settings,
				      bool is_v4);
/* enum settings_protocol */
uint8_t settings_protocol_of(const struct settings_service *service,
			     const struct settings_listen *listen);
/* Is one of its listeners of that protocol? */
bool settings_has_listener(const struct settings *settings,
			   const struct settings_service *service,
			   enum settings_protocol protocol);
/* enum settings_method. own: the method of a server or of the fallback. */
uint8_t settings_method_of(const struct settings_service *service, uint8_t own);
/* Does it, or one of its servers, forward in that way? */
bool settings_has_method(const struct settings *settings,
			 const struct settings_service *service,
			 enum settings_method method);
/* Check i of a server, by its place in settings: one of its own, else of the
 * service; NULL: it has no more. */
const struct settings_check *
settings_check_of(const struct settings *settings,
		  const struct settings_service *service, unsigned server,
		  unsigned i);
/* Of its two builds the one that the file needs. */
const char *settings_checker(const struct settings *settings);
/* "200", "200-299". */
bool settings_check_status(const char *text, unsigned *from, unsigned *to);

/* Index or -1. */
int settings_find_node(const struct settings *settings, const char *name);
int settings_find_device(const struct settings *settings, const char *name);
/* The device of that name, if a plug of it feeds node; else -1, and error says
 * by whom node is fed. */
int settings_find_feeder(const struct settings *settings, unsigned node,
			 const char *name, char *error, size_t error_size);
int settings_find_instance(const struct settings *settings, const char *name);
int settings_find_service(const struct settings *settings, const char *name);
/* Of a server, by its place in settings. */
int settings_service_of(const struct settings *settings, unsigned server);
#endif
