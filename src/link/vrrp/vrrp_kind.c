/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VRRP as a kind of link: one way, with adverts instead of frames, so only its
 * opening and closing are alike. Joining a group, and leaving it by a close,
 * take the kernel's RTNL lock, which a bad driver may hold for seconds.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "vrrp.h"

static_assert(VRRP_FDS <= LINK_FDS, "its descriptors have room");
static_assert(sizeof(struct vrrp_place) <= LINK_PLACE_MAX, "and its place");
static_assert(sizeof(struct vrrp_opened) <=
		      sizeof(((struct link_opened *)0)->facts),
	      "and its facts");

static struct vrrp *of(struct link *link)
{
	return (struct vrrp *)link;
}

static void kind_describe(const struct link *link, struct link_place *place)
{
	struct vrrp_place mine;

	vrrp_describe((const struct vrrp *)link, &mine);
	memcpy(place->bytes, &mine, sizeof(mine));
}

static int kind_open(const struct link_place *place, struct link_opened *opened,
		     char *error, size_t error_size)
{
	struct vrrp_place mine;
	struct vrrp_options options = {.source_count = 0};
	struct vrrp_opened facts = {.index = 0};
	struct vrrp *vrrp = NULL;
	int result;

	memcpy(&mine, place->bytes, sizeof(mine));
	mine.interface[sizeof(mine.interface) - 1] = '\0';
	snprintf(options.interface, sizeof(options.interface), "%s",
		 mine.interface);
	options.source = mine.source;
	options.source_count = mine.source_count;
	memcpy(options.sources, mine.sources, sizeof(options.sources));
	options.expect = (struct vrrp_expect){.vrid = (uint8_t)mine.vrid,
					      .is_v6 = mine.is_v6 != 0,
					      .addresses = mine.vips,
					      .address_count = mine.vip_count};
	if (mine.vip_count <= VRRP_ADDRESSES_MAX &&
	    mine.source_count <= VRRP_SOURCES_MAX)
		vrrp = vrrp_new(&options);
	if (vrrp == NULL) {
		snprintf(error, error_size, "vrrp on %s: no memory",
			 options.interface);
		return -1;
	}
	result = vrrp_open(vrrp, error, error_size);
	opened->count = vrrp_give(vrrp, opened->fds, &facts);
	memcpy(opened->facts, &facts, sizeof(facts));
	vrrp_free(vrrp);
	return result;
}

static void kind_take(struct link *link, const struct link_opened *opened)
{
	struct vrrp_opened facts;

	memcpy(&facts, opened->facts, sizeof(facts));
	vrrp_take(of(link), opened->fds, &facts);
}

static unsigned kind_give(struct link *link, int fds[LINK_FDS])
{
	struct vrrp_opened facts;

	return vrrp_give(of(link), fds, &facts);
}

static int kind_fd(const struct link *link)
{
	return vrrp_fd((const struct vrrp *)link);
}

static void kind_discard(struct link *link)
{
	vrrp_discard(of(link));
}

static void kind_destroy(struct link *link)
{
	vrrp_free(of(link));
}

const struct link_kind link_vrrp = {
	.type = "vrrp",
	.describe = kind_describe,
	.open = kind_open,
	.take = kind_take,
	.give = kind_give,
	.fd = kind_fd,
	.discard = kind_discard,
	.destroy = kind_destroy,
};
