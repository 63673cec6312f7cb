/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_DEVICE_H
#define SETTINGS_DEVICE_H
/*
 * The seam between the settings, which are read here, and the drivers, which
 * stand a floor above (drivers/) and are known here by this alone. A driver
 * says which keys its devices have and what they mean; who reads them, from a
 * file or from a fence agent's stdin, it does not know.
 *
 * Nothing in a struct driver speaks with a device: every program has all of
 * it. What does, drivers/driver.h has, and only who cuts power links it.
 */
#include <string.h>

#include "row.h"
#include "settings.h"

/* One element of a list, or one member of a group of any names. */
struct device_member {
	const char *name; /* NULL in a list */
	char text[1024];
	bool is_value;	  /* a text, a number, or true or false */
	const char *type; /* for a person: "a list ( )" */
};

/*
 * The keys that somebody gave for one device. What a row allows was judged
 * already; whoever reads on says here what does not go together.
 */
struct device_source {
	/* What was read before; the nodes may be empty. */
	const struct settings *settings;
	void *arg;
	/* A secret comes by another way than a file that is named here. */
	bool keeps_secrets;
	bool (*has)(void *arg, const char *key);
	/* No error was told about it. */
	bool (*is_good)(void *arg, const char *key);
	/* Is text the address of a host? False, and told of key why not. */
	bool (*parse_host)(void *arg, const char *key, const char *text,
			   struct ip *ip);
	/* The i-th of a list or group; false: there are no more. */
	bool (*member)(void *arg, const char *key, unsigned i,
		       struct device_member *member);
	/* i is -1 for the key itself. */
	void (*tell)(void *arg, bool is_error, const char *key, int i,
		     const char *text);
};

bool device_has(const struct device_source *source, const char *key);
bool device_is_good(const struct device_source *source, const char *key);
void device_error(const struct device_source *source, const char *key,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void device_warn(const struct device_source *source, const char *key,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same of the i-th member. */
void device_member_error(const struct device_source *source, const char *key,
			 unsigned i, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * Is host a literal address fit for one? Then host and place are filled in;
 * else it was told why not.
 */
bool device_take_host(const struct device_source *source,
		      struct settings_device *device, unsigned port);

/* Tells of each key that is there though its row says when it counts, and it
 * does not. what: the key and value it depends on. */
void device_refuse_when(const struct device_source *source,
			const struct setting_row *rows,
			const struct settings_device *device, const char *what);

/* Says what is wrong with one key of a device on this machine. */
struct device_finder {
	void *arg;
	void (*tell)(void *arg, bool is_error, const char *key,
		     const char *text);
};
void device_find(const struct device_finder *finder, bool is_error,
		 const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A text ends inside its field. */
#define SETTINGS_ENDS(text) (memchr((text), '\0', sizeof(text)) != NULL)

/* A bool that holds 0 or 1: to read any other is undefined. */
static inline bool settings_is_bool(const bool *flag)
{
	uint8_t byte;

	memcpy(&byte, flag, sizeof(byte));
	return byte <= 1;
}

/* As FIELD, COUNTED and WHEN of row.h, of fields in private[]. */
#define PRIVATE_AT(type, field)                                                \
	(offsetof(struct settings_device, private) +                           \
	 offsetof(struct type, field))
#define PRIVATE(type, field)                                                   \
	.offset = PRIVATE_AT(type, field),                                     \
	.size = sizeof(((struct type *)0)->field)
#define PRIVATE_LIST(type, field, count)                                       \
	.offset = PRIVATE_AT(type, field),                                     \
	.size = sizeof(((struct type *)0)->field[0]),                          \
	.most = sizeof(((struct type *)0)->field) /                            \
		sizeof(((struct type *)0)->field[0]),                          \
	.count_offset = PRIVATE_AT(type, count),                               \
	.count_size = sizeof(((struct type *)0)->count)
#define PRIVATE_WHEN(type, field, its)                                         \
	.when = 1u << (its), .when_offset = PRIVATE_AT(type, field)

/* Told of password_file or password_credential if it cannot be read. */
void device_look_at_password(const struct device_finder *finder,
			     const char *file, const char *credential,
			     size_t room);

/*
 * How a key is called as a parameter of fence_twinbeat_NAME, where the agents
 * of ClusterLabs have a word of their own for it, or where an agent wants
 * something else than a file does. A key that has none is a parameter of its
 * own name; a time in ms loses that, and is told in seconds.
 */
struct driver_parameter {
	const char *key;      /* as in the rows; NULL ends the list */
	const char *name;     /* NULL: as the key */
	const char *obsolete; /* its older name, or NULL */
	char letter;	      /* on the command line, or 0 */
	/* No parameter: it stands at its row's default and counts as given. */
	bool fixed;
	bool required;	  /* though the row does not say so */
	const char *text; /* the default; NULL: the row's */
	/* What it is when left out, in words, if other keys decide that. */
	const char *open;
	/* Of a number: which. Of a choice: at the same places, "" is not
	 * offered. */
	const char *const *choices;
	const char *about; /* NULL: what the row says */
};

struct driver_agent {
	const char *title, *about; /* of its metadata: a line, a paragraph */
	const struct driver_parameter *parameters;
	unsigned password_most; /* it logs in, with so many characters; or 0 */
	/* Between the parameters and settle(): what follows of them that in a
	 * file has a key of its own. NULL: nothing. */
	void (*fit)(struct settings_device *device, uint32_t power_timeout_ms);
};

struct driver {
	const char *name;  /* as it stands in driver = "..." */
	const char *label; /* in sentences: "IPMI" */
	/*
	 * The fencer that has it, for the sake of which library; NULL: every
	 * fencer. What is large in locked memory is in a program of its own:
	 * APART in driver.mk makes that program.
	 */
	const char *program, *library;

	/* Its keys beside name and driver, in struct settings_device, and how
	 * large its struct in private[] is. */
	const struct setting_row *rows;
	size_t private_size;
	/*
	 * After the keys were read: fills in what they leave open, place and
	 * the times of settings_device, and tells what does not go together.
	 */
	void (*settle)(const struct device_source *source,
		       struct settings_device *device);
	/*
	 * What plug = TEXT means (NULL: nothing was given): fills in plug. 0,
	 * or -1 with a sentence that follows "plug: ".
	 */
	int (*plug)(const struct settings_device *device, const char *text,
		    char plug[SETTINGS_NAME_MAX], char *error,
		    size_t error_size);
	/*
	 * Could this device and plug be asked? 0, or -1 with a sentence. The
	 * fencer asks before each use, since it trusts nobody's settings.
	 */
	int (*check)(const struct settings_device *device, const char *plug,
		     char *error, size_t error_size);
	/* Two entries, one piece of metal? Both are good and of this driver. */
	bool (*is_same)(const struct settings_device *a, const char *plug_a,
			const struct settings_device *b, const char *plug_b);
	/* May they be, though something differs that could keep them apart?
	 * NULL: never. */
	bool (*is_alike)(const struct settings_device *a, const char *plug_a,
			 const struct settings_device *b, const char *plug_b);
	/* A file of this machine that it opens, a port; NULL: none. */
	const char *(*port)(const struct settings_device *device);
	/* Has this machine what it names? Opens no device. NULL: it names
	 * nothing. */
	void (*look)(const struct settings_device *device,
		     const struct device_finder *finder);
	/* The same for `twinbeat check` alone: may run programs and take
	 * seconds. */
	void (*interview)(const struct settings *settings, unsigned device,
			  const struct device_finder *finder);

	/* As a fence agent; NULL: it is none, and NO_AGENT in driver.mk says
	 * so to make install. */
	const struct driver_agent *as_agent;
	/* A device has one plug only, so named: nobody needs to say which. */
	const char *only_plug;
	/* What of it has its power from the node that it cuts: "its BMC". It
	 * cannot say off when that power is lost. NULL: nothing. */
	const char *fed_by_node;
	/* Its key that says how long a change may take to show (switch_ms);
	 * NULL: it has none, settle_ms is all. */
	const char *switch_key;
	/* A read costs milliseconds: one more before a shot costs nothing. */
	bool reads_fast;
};

/*
 * Every driver that was built in, ends with NULL; the first is the one that is
 * meant when none is named. drivers/registry.c has it.
 */
extern const struct driver *const driver_registry[];

/* By settings_device.driver; NULL if this build does not have it. */
const struct driver *driver_find(const char *name);

/* The port that its driver opens on this machine, or NULL. */
const char *driver_port(const struct settings_device *device);

/* The row of a key (of "options.ip": options), or NULL. */
const struct setting_row *device_find_row(const struct driver *driver,
					  const char *key);

/* Is what the device, from a snapshot, keeps for its driver of the right size?
 * settings_map() has looked at its values. */
bool driver_knows(const struct driver *driver,
		  const struct settings_device *device);
#endif
