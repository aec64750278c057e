// SPDX-License-Identifier: GPL-2.0
/* Bytes that count up, see ramp.h. */
#include "ramp.h"

#define ROUND	256

/* Two rounds: so many bytes from any number on. */
static u8 ramp[2 * ROUND];

static const u8 *from(u8 first)
{
	u32 i;

	if (!ramp[1])
		for (i = 0; i < sizeof(ramp); i++)
			ramp[i] = (u8)i;
	return ramp + first;
}

void ramp_fill(u8 *to, u32 len, u8 first)
{
	u32 part;

	for (; len; len -= part, to += part) {
		part = min(len, (u32)ROUND);
		memcpy(to, from(first), part);
	}
}

bool ramp_is(const u8 *bytes, u32 len, u8 first)
{
	u32 part;

	for (; len; len -= part, bytes += part) {
		part = min(len, (u32)ROUND);
		if (memcmp(bytes, from(first), part))
			return false;
	}
	return true;
}
