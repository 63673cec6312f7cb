/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Classic BPF. A packet too short for a VRID makes the load of it fail, which
 * drops it.
 */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "../../wire/vrrp.h"
#include "vrrp_filter.h"

static int vrrp_filter_attach(int fd, struct sock_filter *code, size_t count)
{
	struct sock_fprog program = {.len = (unsigned short)count,
				     .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}
#define COUNT(code) (sizeof(code) / sizeof((code)[0]))

/* A word of the set: skipped where A is not its number; X is the bit. */
#define WORD(vrids, n)                                                         \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 2),                          \
		BPF_STMT(BPF_LD | BPF_IMM, (vrids)->bits[n]),                  \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 3 * (7 - (n)) + 1,     \
			 3 * (7 - (n)))

/*
 * Behind a head that has loaded the VRID, or has jumped to where the first of
 * these begins: it drops the packet.
 */
static int vrrp_filter_set(int fd, const struct sock_filter *head, size_t count,
			   const struct vrrp_vrids *vrids)
{
	const struct sock_filter tail[] = {
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 31),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_IMM, 1),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 5),
		WORD(vrids, 0),
		WORD(vrids, 1),
		WORD(vrids, 2),
		WORD(vrids, 3),
		WORD(vrids, 4),
		WORD(vrids, 5),
		WORD(vrids, 6),
		WORD(vrids, 7),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
	};
	struct sock_filter code[32 + COUNT(tail)];

	memcpy(code, head, count * sizeof(*head));
	memcpy(code + count, tail, sizeof(tail));
	return vrrp_filter_attach(fd, code, count + COUNT(tail));
}

/* Both kinds of socket see the IP header. */
static int vrrp_filter_v4(int fd, const struct vrrp_vrids *vrids)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 14),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x0fff, 10, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 7, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_PROTOCOL, 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 3, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
	};

	return vrrp_filter_set(fd, head, COUNT(head), vrids);
}

/* No extension header is looked behind: VRRP has none (RFC 9568 5.1.2). */
static int vrrp_filter_v6(int fd, const struct vrrp_vrids *vrids)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 11),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x0fff, 7, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 4, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_PROTOCOL, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40 + 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
	};

	return vrrp_filter_set(fd, head, COUNT(head), vrids);
}

/* A raw IPv6 socket begins behind the IP header. */
static int vrrp_filter_message(int fd, const struct vrrp_vrids *vrids)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
	};

	return vrrp_filter_set(fd, head, COUNT(head), vrids);
}

int vrrp_filter_packets(int fd, const struct vrrp_vrids *vrids, bool is_v6)
{
	return is_v6 ? vrrp_filter_v6(fd, vrids) : vrrp_filter_v4(fd, vrids);
}

int vrrp_filter_raw(int fd, const struct vrrp_vrids *vrids, bool is_v6)
{
	return is_v6 ? vrrp_filter_message(fd, vrids)
		     : vrrp_filter_v4(fd, vrids);
}

int vrrp_filter_all(int fd)
{
	struct sock_filter deaf[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

	return vrrp_filter_attach(fd, deaf, COUNT(deaf));
}
