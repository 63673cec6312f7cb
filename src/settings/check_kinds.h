/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_CHECK_KINDS_H
#define SETTINGS_CHECK_KINDS_H
/*
 * The kinds of checks, a row each, in the order of their numbers. A new one is
 * its row here and its file in src/checker with a struct check_kind check_WORD;
 * keys that it alone has are rows of settings_check_rows[].
 *
 * X(arg, NAME, WORD, LIKE, SAYS): TYPE_NAME; its word in the file; what it is
 * like; what twinbeat.conf(5) says that it does.
 */
#define CHECK_KINDS(X, arg)                                                    \
	X(arg, TCP, tcp, CHECK_OF_CLIENT | CHECK_BY_TCP,                       \
	  "the server must take a connection, which is closed by a reset; "    \
	  "where nothing is sent and expected, before its program is told "    \
	  "of it, so one that hangs is not noticed")                           \
	X(arg, HTTP, http, CHECK_OF_CLIENT,                                    \
	  "a page is asked for by HTTP/1.1, without proxy and redirections")   \
	X(arg, SMTP, smtp, CHECK_OF_CLIENT | CHECK_BY_TCP,                     \
	  "it must greet with 220 and answer HELO with 250")                   \
	X(arg, DNS, dns, CHECK_OF_CLIENT, "a name is asked for by UDP")        \
	X(arg, UDP, udp, CHECK_OF_CLIENT,                                      \
	  "a datagram must be answered by one that has the expected text")     \
	X(arg, PING, ping, CHECK_HAS_ADDRESS | CHECK_HAS_SOURCE,               \
	  "the machine must answer an ICMP echo")                              \
	X(arg, COMMAND, command,                                               \
	  CHECK_HAS_PORT | CHECK_HAS_ADDRESS | CHECK_IS_TOLD,                  \
	  "a program is run")                                                  \
	X(arg, FILE, file, 0, "a file on this node says how it is")

enum settings_check_like {
	/* It takes the key; a port that is not given is the server's. */
	CHECK_HAS_PORT = 1 << 0,
	CHECK_HAS_ADDRESS = 1 << 1,
	CHECK_HAS_SOURCE = 1 << 2,
	/* It asks as the clients of the service do: at a port, and by way of
	 * the virtual address where that is wanted. */
	CHECK_AS_CLIENT = 1 << 3,
	CHECK_BY_TCP = 1 << 4, /* whatever protocol the service has */
	/* It is told for which server it asks: never one question for two. */
	CHECK_IS_TOLD = 1 << 5,

	/* of type = "none" */
	CHECK_OF_NOTHING =
		CHECK_HAS_PORT | CHECK_HAS_ADDRESS | CHECK_HAS_SOURCE,
	CHECK_OF_CLIENT = CHECK_OF_NOTHING | CHECK_AS_CLIENT,
};

#define CHECK_TYPE(arg, name, word, like, says) TYPE_##name,
enum settings_check_type { CHECK_KINDS(CHECK_TYPE, ) TYPE_NONE };
#undef CHECK_TYPE

extern const char *const settings_check_type_names[]; /* ends with NULL */

/* Those that are like this, a bit (1 << TYPE_NAME) for each: a constant. */
#define CHECKS_LIKE(its)                                                       \
	((CHECK_OF_NOTHING & (its) ? 1u << TYPE_NONE : 0u)                     \
		 CHECK_KINDS(CHECK_BIT, its))
#define CHECK_BIT(its, name, word, like, says)                                 \
	| ((like) & (its) ? 1u << TYPE_##name : 0u)
#endif
