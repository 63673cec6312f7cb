/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judges how adverts are signed beside a plain VRRP router (R16). */
#include "internal.h"

static bool has_key(const struct settings *settings,
		    const struct settings_hmac *hmac, unsigned count,
		    uint8_t id)
{
	for (unsigned k = 0; k < count; k++)
		if (settings->hmac_keys[hmac->first_key + k].id == id)
			return true;
	return false;
}

static void verify_keys(struct reader *reader, const config_setting_t *group,
			const struct settings_hmac *hmac)
{
	const struct settings *settings = reader->settings;

	if (hmac->key_count > HMAC_KEYS_EACH)
		reader_error(reader, group, "keys",
			     "%u keys; an instance has at most %u: two are "
			     "enough to change from one to the next",
			     hmac->key_count, HMAC_KEYS_EACH);
	for (unsigned k = 0; k < hmac->key_count; k++) {
		const struct settings_hmac_key *key =
			&settings->hmac_keys[hmac->first_key + k];

		if (key->id != 0 && has_key(settings, hmac, k, key->id))
			reader_error(reader, reader_at(reader, key), "id",
				     "%u is the id of another key of this "
				     "instance",
				     key->id);
	}
	if (hmac->active != 0 && reader_is_good(reader, group, "active") &&
	    !has_key(settings, hmac, hmac->key_count, hmac->active))
		reader_error(reader, group, "active",
			     "%u is the id of none of the keys", hmac->active);
}

void settings_verify_hmac(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];
		const config_setting_t *at = reader_at(reader, instance);
		const config_setting_t *group =
			reader_at(reader, &instance->hmac);

		if (!instance->hmac.configured || group == NULL)
			continue;
		if (!settings_has_plain_node(settings))
			reader_error(reader, at, "hmac",
				     "is for a plain VRRP router "
				     "(nodes[].kind); two twinbeat nodes sign "
				     "with key_file: leave it out");
		if (instance->auth_pass[0] != '\0')
			reader_error(reader, at, "hmac",
				     "is there, and auth_pass too: an advert "
				     "has one of them, as keepalived's");
		if (instance->hmac.mode == HMAC_RECEIVE_ONLY ||
		    instance->hmac.mode == HMAC_PERMISSIVE)
			reader_warn(reader, group, "mode",
				    "\"%s\": unsigned adverts are believed; "
				    "when both nodes sign, set \"enforce\"",
				    instance->hmac.mode == HMAC_PERMISSIVE
					    ? "permissive"
					    : "receive-only");
		if (reader_is_good(reader, group, "keys"))
			verify_keys(reader, group, &instance->hmac);
	}
}
