/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question and its answer. Names and records are libresolv's to take apart;
 * what the answer is to is compared here, before anything else is read. */
#include "answer.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <string.h>

#define HEADER	  12
#define FLAG_QR	  0x80 /* in byte 2: an answer */
#define OPCODE	  0x78
#define RECURSION 0x01

static const struct {
	const char *name;
	uint16_t type;
} records[] = {{"A", ns_t_a},	  {"AAAA", ns_t_aaaa}, {"CNAME", ns_t_cname},
	       {"MX", ns_t_mx},	  {"NS", ns_t_ns},     {"PTR", ns_t_ptr},
	       {"SOA", ns_t_soa}, {"SRV", ns_t_srv},   {"TXT", ns_t_txt}};

uint16_t dns_record(const char *name)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		if (strcmp(records[i].name, name) == 0)
			return records[i].type;
	return 0;
}

static void put_word(uint8_t *at, unsigned word)
{
	at[0] = (uint8_t)(word >> 8);
	at[1] = (uint8_t)word;
}

int dns_ask(struct dns_question *question, uint16_t id, const char *name,
	    uint16_t record)
{
	uint8_t *packet = question->packet, *at;
	size_t size;

	memset(packet, 0, HEADER);
	put_word(packet, id);
	packet[2] = RECURSION;
	put_word(packet + 4, 1);
	if (ns_name_pton(name, packet + HEADER, NS_MAXCDNAME) < 0)
		return -1;
	for (at = packet + HEADER; *at != 0; at += *at + 1)
		continue;
	size = (size_t)(at + 1 - packet);
	put_word(packet + size, record);
	put_word(packet + size + 2, ns_c_in);
	question->size = size + 4;
	return 0;
}

/* The name comes back as it was, or with other capitals. */
static bool is_ours(const struct dns_question *question, const uint8_t *packet,
		    size_t size)
{
	const uint8_t *asked = question->packet;

	if (size < HEADER || memcmp(packet, asked, 2) != 0 ||
	    (packet[2] & FLAG_QR) == 0 || (packet[2] & OPCODE) != 0)
		return false;
	/* a server that could not read it need not repeat it */
	if (packet[4] == 0 && packet[5] == 0)
		return (packet[3] & 0xf) != 0;
	if (packet[4] != 0 || packet[5] != 1 || size < question->size)
		return false;
	for (size_t i = HEADER; i < question->size; i++)
		if (tolower(packet[i]) != tolower(asked[i]))
			return false;
	return true;
}

static enum dns_verdict look_for(const uint8_t *packet, size_t size,
				 const char *expect)
{
	char text[INET6_ADDRSTRLEN];
	ns_msg message;
	ns_rr record;

	if (ns_initparse(packet, (int)size, &message) < 0)
		return DNS_BROKEN;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		int family = AF_INET;

		if (ns_parserr(&message, ns_s_an, i, &record) < 0)
			return DNS_BROKEN;
		if (ns_rr_type(record) == ns_t_aaaa &&
		    ns_rr_rdlen(record) == NS_IN6ADDRSZ)
			family = AF_INET6;
		else if (ns_rr_type(record) != ns_t_a ||
			 ns_rr_rdlen(record) != NS_INADDRSZ)
			continue;
		inet_ntop(family, ns_rr_rdata(record), text, sizeof(text));
		if (strcmp(text, expect) == 0)
			return DNS_GOOD;
	}
	return DNS_OTHER;
}

enum dns_verdict dns_judge(const struct dns_question *question,
			   const uint8_t *packet, size_t size,
			   const char *expect, unsigned *rcode)
{
	ns_msg message;

	*rcode = 0;
	if (size > NS_MAXMSG || !is_ours(question, packet, size))
		return DNS_FOREIGN;
	*rcode = packet[3] & 0xf;
	if (expect[0] != '\0')
		return look_for(packet, size, expect);
	return ns_initparse(packet, (int)size, &message) < 0 ? DNS_BROKEN
							     : DNS_GOOD;
}
