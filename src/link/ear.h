/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_EAR_H
#define LINK_EAR_H
/*
 * R3: who is on the Ethernet of an interface besides us, and do our own adverts
 * leave it. A packet socket that lives only while a hearing test runs: it costs
 * a look at each frame, and, since it sees what goes out, a copy of each. Opens
 * without the RTNL lock; closing waits for the kernel, so that is the caller's
 * to do elsewhere. Asks by ARP and by neighbour discovery (ear_v6.c).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/ip.h"

#define EAR_MAC_SIZE 6

struct ear {
	int fd; /* -1 = closed */
	int index;
	uint8_t mac[EAR_MAC_SIZE];
	struct ip source_v6; /* a link-local one; none till one was needed */
};

enum ear_kind {
	EAR_ADVERT_OUT, /* one leaves this machine: vrid, priority, source */
	EAR_HOLDER,	/* ARP, neighbour discovery: who holds sender */
	EAR_OTHER,	/* any other frame of another station */
};

struct ear_frame {
	enum ear_kind kind;
	uint8_t vrid, priority;
	struct ip source;
	uint8_t mac[EAR_MAC_SIZE];
	struct ip sender;
};

/* 0, or -1 with a sentence. */
int ear_open(struct ear *ear, const char *interface, char *error,
	     size_t error_size);

/*
 * wide: every frame of others; else ARP, neighbour advertisements and our own
 * adverts only, so that a busy interface costs next to nothing once others were
 * heard.
 */
void ear_widen(const struct ear *ear, bool wide);

/* Reads some; 1 when there may be more, 0, or -1: the interface is lost. */
int ear_receive(const struct ear *ear,
		void (*take)(void *arg, const struct ear_frame *frame),
		void *arg);

/* Who has target? source 0: we have no address to speak from (RFC 5227). */
void ear_ask(const struct ear *ear, uint32_t source, uint32_t target);
/* The same of an IPv6 address; nobody is asked without an own one. */
void ear_ask_neighbour(struct ear *ear, const char *interface,
		       const struct ip *target);

/*
 * Whom there is to ask, each once: the gateways of the interface's routes, and
 * (IPv4) the stations whose cards the kernel knows, for where there is no
 * gateway. From the first lines of files that the kernel writes without the
 * RTNL lock. How many were found.
 */
unsigned ear_gateways(const char *interface, struct ip *gateways,
		      unsigned most);
unsigned ear_gateways_v6(const char *interface, struct ip *gateways,
			 unsigned most);
unsigned ear_neighbours(const char *interface, struct ip *neighbours,
			unsigned most);

/* Who has target? IPv4 from source, as ear_ask() has it. */
void ear_ask_any(struct ear *ear, const char *interface, uint32_t source,
		 const struct ip *target);

/* ---- between ear.c and ear_v6.c ---- */

/* A line of such a file: true, it names a station that is on the interface. */
typedef bool ear_line(const char *line, const char *interface,
		      struct ip *station);
unsigned ear_read_lines(const char *path, ear_line *read, const char *interface,
			struct ip *stations, unsigned most);
/* True: a neighbour advertisement; sender is set. */
bool ear_read_neighbour(const uint8_t *packet, size_t size,
			struct ear_frame *frame);
#endif
