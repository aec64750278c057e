// SPDX-License-Identifier: GPL-2.0
/* Which addresses of TCP are a service's; see rules.h. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* Address and port of an address of TCP; false for others. */
static bool take_apart(const struct sockaddr *addr, socklen_t len,
		       struct in6_addr *host, in_port_t *port)
{
	const struct sockaddr_in6 *six = (const void *)addr;
	const struct sockaddr_in *four = (const void *)addr;

	if (len >= sizeof(*six) && addr->sa_family == AF_INET6) {
		*host = six->sin6_addr;
		*port = six->sin6_port;
		return true;
	}
	if (len >= sizeof(*four) && addr->sa_family == AF_INET) {
		*host = (struct in6_addr){ { { 0 } } };
		host->s6_addr[10] = 0xff;
		host->s6_addr[11] = 0xff;
		memcpy(&host->s6_addr[12], &four->sin_addr, 4);
		*port = four->sin_port;
		return true;
	}
	return false;
}

static bool unspecified(const struct in6_addr *a)
{
	static const unsigned char v4[16] = { [10] = 0xff, [11] = 0xff };

	return IN6_IS_ADDR_UNSPECIFIED(a) || !memcmp(a, v4, sizeof(v4));
}

static bool same(const struct rule *a, const struct rule *b)
{
	return a->listen == b->listen && a->any == b->any && a->port == b->port &&
	       (a->any || !memcmp(&a->addr, &b->addr, sizeof(a->addr)));
}

static bool append(struct rules *r, const struct rule *new, const char **why)
{
	unsigned int i;

	for (i = 0; i < r->count; i++) {
		if (!same(&r->rule[i], new))
			continue;
		*why = "is given twice";
		return r->rule[i].service == new->service;
	}
	*why = "is one too many";
	if (r->count == RULES_MAX)
		return false;
	r->rule[r->count++] = *new;
	return true;
}

static bool append_found(struct rules *r, struct rule *new,
			 const struct addrinfo *found, const char **why)
{
	for (; found; found = found->ai_next) {
		if (!take_apart(found->ai_addr, found->ai_addrlen, &new->addr, &new->port))
			continue;
		new->any = unspecified(&new->addr);
		if (!new->listen && new->any) {
			*why = "is no address to connect to";
			return false;
		}
		if (!append(r, new, why))
			return false;
	}
	return true;
}

bool rules_add(struct rules *r, bool listen, uint32_t service, const char *text,
	       const char **why)
{
	const struct addrinfo want = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | (listen ? AI_NUMERICHOST : 0),
	};
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	struct rule new = { .listen = listen, .service = service };
	struct addrinfo *found;
	char host[NI_MAXHOST];
	char *end;
	bool ok;

	*why = "must end with a port, a number from 1 to 65535";
	if (strtoul(port, &end, 10) - 1 > 65534 || *end || *port < '0' || *port > '9')
		return false;
	snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - text) : 0, text);
	if (*host == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = 0;
		memmove(host, host + 1, strlen(host));
	}
	*why = "must name a host";
	if (!*host && !listen)
		return false;
	if (getaddrinfo(*host ? host : "0.0.0.0", port, &want, &found)) {
		*why = listen ? "must have a numeric address" : "is an unknown host";
		return false;
	}
	ok = append_found(r, &new, found, why);
	freeaddrinfo(found);
	return ok;
}

void rules_write(const struct rules *r, char *text)
{
	const struct rule *u;
	char host[INET6_ADDRSTRLEN];
	unsigned int i;

	*text = 0;
	for (i = 0; i < r->count; i++) {
		u = &r->rule[i];
		inet_ntop(AF_INET6, &u->addr, host, sizeof(host));
		text += sprintf(text, "%s%s %" PRIu32 " %s %u", i ? "," : "",
				u->listen ? "listen" : "connect", u->service, host,
				ntohs(u->port));
	}
}

static bool read_one(struct rule *u, const char *text)
{
	char verb[8], host[INET6_ADDRSTRLEN];
	unsigned int port;
	int end = 0;

	if (sscanf(text, "%7[a-z] %" SCNu32 " %45[0-9a-f:.] %u%n", verb, &u->service,
		   host, &port, &end) != 4 || (text[end] && text[end] != ','))
		return false;
	u->listen = !strcmp(verb, "listen");
	u->port = htons((in_port_t)port);
	if ((!u->listen && strcmp(verb, "connect")) || !u->service || !port ||
	    port > 65535 || inet_pton(AF_INET6, host, &u->addr) != 1)
		return false;
	u->any = unspecified(&u->addr);
	return true;
}

bool rules_read(struct rules *r, const char *text)
{
	for (r->count = 0; r->count < RULES_MAX; text++) {
		if (!read_one(&r->rule[r->count++], text))
			return false;
		text = strchr(text, ',');
		if (!text)
			return true;
	}
	return false;
}

/*
 * A program that listens at all addresses, or at one, means the same port of this machine:
 * it must not be heard beside the order, by nobody.
 */
const struct rule *rules_find(const struct rules *r, bool listen,
			      const struct sockaddr *addr, socklen_t len)
{
	const struct rule *u;
	struct in6_addr host;
	in_port_t port;
	unsigned int i;

	if (!take_apart(addr, len, &host, &port))
		return NULL;
	for (i = 0; i < r->count; i++) {
		u = &r->rule[i];
		if (u->listen != listen || u->port != port)
			continue;
		if (u->any || (listen && unspecified(&host)) ||
		    !memcmp(&u->addr, &host, sizeof(host)))
			return u;
	}
	return NULL;
}

const struct rule *rules_service(const struct rules *r, bool listen, uint32_t service)
{
	unsigned int i;

	for (i = 0; i < r->count; i++)
		if (r->rule[i].listen == listen && r->rule[i].service == service)
			return &r->rule[i];
	return NULL;
}
