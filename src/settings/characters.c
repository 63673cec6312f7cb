/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Characters that look like what they are not, or like nothing: a file that was
 * pasted from a web page or saved by a word processor. libconfig says "syntax
 * error" to them, and the line looks right.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

unsigned character_decode(const char *at, const char *end, uint32_t *code)
{
	const unsigned char *byte = (const unsigned char *)at;
	unsigned size = byte[0] < 0x80	  ? 1
			: byte[0] >= 0xf0 ? 4
			: byte[0] >= 0xe0 ? 3
			: byte[0] >= 0xc2 ? 2
					  : 0;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (size == 1) {
		*code = byte[0];
		return 1;
	}
	if (size == 0 || (size_t)(end - at) < size)
		goto invalid;
	*code = byte[0] & (0x7fu >> size);
	for (unsigned i = 1; i < size; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			goto invalid;
		*code = *code << 6 | (byte[i] & 0x3f);
	}
	/* longer than need be, half of a pair, or beyond the last one */
	if (*code < least[size] || (*code & 0xfffff800) == 0xd800 ||
	    *code > 0x10ffff)
		goto invalid;
	return size;
invalid:
	*code = CHARACTER_INVALID | byte[0];
	return 1;
}

struct range {
	uint32_t first, last;
	const char *name, *says;
};

#define SPACE	  "looks like a space and is none"
#define INVISIBLE "cannot be seen, but is there"
#define QUOTE	  "is none of the quotes that are meant: write \""
#define DASH	  "is no minus: write -"
#define SEMICOLON "is no semicolon: write ;"

/* The first that fits tells. */
static const struct range ranges[] = {
	{0x00a0, 0x00a0, "no-break space", SPACE},
	{0x00ad, 0x00ad, "soft hyphen", INVISIBLE},
	{0x0080, 0x009f, "control character", INVISIBLE},
	{0x00ab, 0x00ab, "left guillemet", QUOTE},
	{0x00bb, 0x00bb, "right guillemet", QUOTE},
	{0x00b4, 0x00b4, "acute accent", QUOTE},
	{0x0300, 0x036f, "combining mark", "hangs on the letter before it"},
	{0x037e, 0x037e, "Greek question mark", SEMICOLON},
	{0x061b, 0x061b, "Arabic semicolon", SEMICOLON},
	{0x061c, 0x061c, "Arabic letter mark", INVISIBLE},
	{0x1680, 0x1680, "Ogham space mark", SPACE},
	{0x180e, 0x180e, "Mongolian vowel separator", INVISIBLE},
	{0x2000, 0x200a, "wide or thin space", SPACE},
	{0x200b, 0x200b, "zero width space", INVISIBLE},
	{0x200c, 0x200d, "zero width joiner", INVISIBLE},
	{0x200e, 0x200f, "direction mark", INVISIBLE},
	{0x2010, 0x2015, "hyphen or dash", DASH},
	{0x2018, 0x2019, "single quotation mark", QUOTE},
	{0x201a, 0x201b, "single quotation mark", QUOTE},
	{0x201c, 0x201c, "left double quotation mark", QUOTE},
	{0x201d, 0x201d, "right double quotation mark", QUOTE},
	{0x201e, 0x201f, "low double quotation mark", QUOTE},
	{0x2028, 0x2028, "line separator", "ends no line here"},
	{0x2029, 0x2029, "paragraph separator", "ends no line here"},
	{0x202a, 0x202e, "direction mark", INVISIBLE},
	{0x202f, 0x202f, "narrow no-break space", SPACE},
	{0x2032, 0x2033, "prime", QUOTE},
	{0x2039, 0x203a, "single guillemet", QUOTE},
	{0x205f, 0x205f, "mathematical space", SPACE},
	{0x2060, 0x2064, "word joiner", INVISIBLE},
	{0x2066, 0x206f, "direction mark", INVISIBLE},
	{0x2212, 0x2212, "minus sign", DASH},
	{0x3000, 0x3000, "ideographic space", SPACE},
	{0x300c, 0x300f, "corner bracket", QUOTE},
	{0xfe00, 0xfe0f, "variation selector", INVISIBLE},
	{0xfeff, 0xfeff, "byte order mark",
	 "may stand at the beginning of a file only"},
	{0xff1b, 0xff1b, "full-width semicolon", SEMICOLON},
	{0xff02, 0xff02, "full-width quotation mark", QUOTE},
	{0xff0d, 0xff0d, "full-width hyphen", DASH},
	{0xfff9, 0xfffd, "replacement or control character",
	 "was something else before"},
	{0xe0000, 0xe01ef, "tag or variation selector", INVISIBLE},
};

struct alike {
	uint32_t code;
	char letter;
};

/* Letters of other alphabets that the eye takes for ours. */
static const struct alike alikes[] = {
	{0x0430, 'a'}, {0x0435, 'e'}, {0x043e, 'o'}, {0x0440, 'p'},
	{0x0441, 'c'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'},
	{0x0456, 'i'}, {0x0458, 'j'}, {0x04bb, 'h'}, {0x0501, 'd'},
	{0x051b, 'q'}, {0x051d, 'w'}, {0x0410, 'A'}, {0x0412, 'B'},
	{0x0415, 'E'}, {0x041a, 'K'}, {0x041c, 'M'}, {0x041d, 'H'},
	{0x041e, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'},
	{0x0425, 'X'}, {0x03bf, 'o'}, {0x03bd, 'v'}, {0x03b1, 'a'},
	{0x03b9, 'i'}, {0x03c1, 'p'}, {0x0391, 'A'}, {0x0392, 'B'},
	{0x0395, 'E'}, {0x0397, 'H'}, {0x0399, 'I'}, {0x039a, 'K'},
	{0x039c, 'M'}, {0x039d, 'N'}, {0x039f, 'O'}, {0x03a1, 'P'},
	{0x03a4, 'T'}, {0x03a7, 'X'}, {0x0131, 'i'}, {0x0585, 'o'},
	{0x017f, 's'}, {0x212a, 'K'}, {0x0261, 'g'}, {0x2113, 'l'}};

static const char *alphabet(uint32_t code)
{
	if (code >= 0x0370 && code <= 0x03ff)
		return "Greek";
	if (code >= 0x0400 && code <= 0x052f)
		return "Cyrillic";
	if (code >= 0x0530 && code <= 0x058f)
		return "Armenian";
	return NULL;
}

/* Full-width and mathematical forms of ASCII: which one is meant; else 0. */
static char plain_form(uint32_t code)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";

	if (code >= 0xff01 && code <= 0xff5e)
		return (char)(code - 0xff01 + '!');
	if (code >= 0x1d400 && code <= 0x1d6a3)
		return letters[(code - 0x1d400) % 52];
	if (code >= 0x1d7ce && code <= 0x1d7ff)
		return (char)('0' + (code - 0x1d7ce) % 10);
	return '\0';
}

/* What Windows-1252 means by a byte that is no UTF-8. */
static const char *windows_name(uint32_t byte)
{
	if (byte >= 0x91 && byte <= 0x94)
		return " (a quotation mark in Windows-1252)";
	if (byte == 0x96 || byte == 0x97)
		return " (a dash in Windows-1252)";
	return byte == 0xa0 ? " (a no-break space in Latin-1)" : "";
}

bool character_tell(uint32_t code, bool in_string, char *text, size_t size)
{
	char plain = plain_form(code);

	if (code & CHARACTER_INVALID) {
		snprintf(text, size,
			 "byte 0x%02x%s is no UTF-8; save the file as UTF-8",
			 code & 0xff, windows_name(code & 0xff));
		return true;
	}
	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last) {
			snprintf(text, size, "U+%04X (%s) %s", code,
				 ranges[i].name, ranges[i].says);
			return true;
		}
	for (unsigned i = 0; i < sizeof(alikes) / sizeof(alikes[0]); i++)
		if (alikes[i].code == code) {
			snprintf(text, size,
				 "U+%04X (%s letter) looks like %c and is "
				 "another one",
				 code,
				 alphabet(code) ? alphabet(code) : "foreign",
				 alikes[i].letter);
			return true;
		}
	if (plain) {
		snprintf(text, size, "U+%04X (another form of %c): write %c",
			 code, plain, plain);
		return true;
	}
	if (alphabet(code))
		snprintf(text, size, "U+%04X (%s letter) is none of ours", code,
			 alphabet(code));
	else
		snprintf(text, size,
			 "U+%04X may stand in strings and comments only", code);
	return !in_string;
}

bool character_is_plain(char c)
{
	return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r');
}
