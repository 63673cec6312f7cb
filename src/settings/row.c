/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers where rows keep them, and defaults. */
#include <stdio.h>
#include <string.h>

#include "row.h"

uint32_t row_number(const void *at, size_t size)
{
	uint8_t byte = 0;
	uint16_t word = 0;
	uint32_t wide = 0;

	if (size == sizeof(byte))
		memcpy(&byte, at, sizeof(byte));
	else if (size == sizeof(word))
		memcpy(&word, at, sizeof(word));
	else if (size == sizeof(wide))
		memcpy(&wide, at, sizeof(wide));
	return byte + word + wide;
}

void row_store_number(void *at, size_t size, int64_t value)
{
	uint8_t byte = (uint8_t)value;
	uint16_t word = (uint16_t)value;
	uint32_t wide = (uint32_t)value;

	if (size == sizeof(byte))
		memcpy(at, &byte, sizeof(byte));
	else if (size == sizeof(word))
		memcpy(at, &word, sizeof(word));
	else if (size == sizeof(wide))
		memcpy(at, &wide, sizeof(wide));
}

const char *settings_ms_text(int64_t us, char text[MS_TEXT_MAX])
{
	size_t size;

	snprintf(text, MS_TEXT_MAX, "%lld.%03lld", (long long)us / 1000,
		 (long long)us % 1000);
	for (size = strlen(text); text[size - 1] == '0'; size--)
		text[size - 1] = '\0';
	if (text[size - 1] == '.')
		text[size - 1] = '\0';
	return text;
}

const char *row_default_text(const struct setting_row *row)
{
	return row->text != NULL ? row->text : "";
}

void rows_set_defaults(const struct setting_row *rows, void *base)
{
	for (const struct setting_row *row = rows; row->key != NULL; row++) {
		char *at = (char *)base + row->offset;

		if (row->type == SETTING_GROUP && row->most == 0 &&
		    !row->optional)
			rows_set_defaults(row->rows, at);
		else if (row->most == 0 && row_is_text(row) && row->size > 0)
			snprintf(at, row->size, "%s", row_default_text(row));
		else if (row->most == 0 && row->type <= SETTING_FLAGS)
			row_store_number(at, row->size, row->value);
	}
}
