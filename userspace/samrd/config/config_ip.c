// SPDX-License-Identifier: GPL-2.0
/* IP addresses in text and bytes; see config_ip.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_ip.h"

#define V4_AT	12	/* where an IPv4 address lies in a mapped one */

static const uint8_t mapped[V4_AT] = { [10] = 0xff, [11] = 0xff };

bool ip_is_v4(const uint8_t ip[IP_LEN])
{
	return !memcmp(ip, mapped, sizeof(mapped));
}

bool ip_is_group(const uint8_t ip[IP_LEN])
{
	return ip_is_v4(ip) ? (ip[V4_AT] & 0xf0) == 0xe0 : ip[0] == 0xff;
}

bool ip_parse(const char *text, uint8_t ip[IP_LEN])
{
	memcpy(ip, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ip + V4_AT) == 1 ||
	       (inet_pton(AF_INET6, text, ip) == 1 && !ip_is_v4(ip));
}

static bool parse_port(const char *text, uint8_t *port)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoul(text, &end, 10);
	if (*end || !n || n > 65535)
		return false;
	port[0] = n >> 8;
	port[1] = n;
	return true;
}

size_t ip_parse_port(const char *text, uint8_t address[IP_PORT_LEN])
{
	bool bracket = *text == '[';
	char ip[IP_TEXT_MAX];
	const char *colon;
	size_t len;

	if (ip_parse(text, address))
		return IP_LEN;
	colon = strrchr(text, ':');
	if (!colon)
		return 0;
	len = colon - text;
	if (bracket && (len < 2 || text[len - 1] != ']'))
		return 0;
	if (len >= sizeof(ip))
		return 0;
	snprintf(ip, sizeof(ip), "%.*s", (int)(bracket ? len - 2 : len),
		 text + bracket);
	if (!ip_parse(ip, address) || ip_is_v4(address) == bracket ||
	    !parse_port(colon + 1, address + IP_LEN))
		return 0;
	return IP_PORT_LEN;
}

const char *ip_format(const void *address, size_t len, char text[IP_TEXT_MAX])
{
	const uint8_t *b = address;
	char ip[INET6_ADDRSTRLEN];
	bool v4 = ip_is_v4(b);

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? b + V4_AT : b, ip, sizeof(ip));
	if (len < IP_PORT_LEN)
		snprintf(text, IP_TEXT_MAX, "%s", ip);
	else
		snprintf(text, IP_TEXT_MAX, v4 ? "%s:%u" : "[%s]:%u", ip,
			 b[IP_LEN] << 8 | b[IP_LEN + 1]);
	return text;
}
