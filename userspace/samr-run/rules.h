/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which addresses of TCP are a service's: made from samr-run's options, given to the
 * program's process, and to those that it starts, in the environment.
 */
#ifndef SAMR_RUN_RULES_H
#define SAMR_RUN_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define RULES_MAX	32
#define RULES_TEXT_MAX	(RULES_MAX * 80)

/*
 * The variable that has them, and the one that seeds random numbers. Of a replica also:
 * descriptors of the socket to accept by and of a pipe that is told of listen(), and the time
 * that it begins with, ns.
 */
#define RULES_VARIABLE	"SAMR_RUN_RULES"
#define SEED_VARIABLE	"SAMR_RUN_SEED"
#define SOCKET_VARIABLE	"SAMR_RUN_SOCKET"
#define TIME_VARIABLE	"SAMR_RUN_TIME"

/**
 * struct rule - one
 * @listen: of bind(); otherwise of connect()
 * @service: what is meant
 * @any: @addr is of any host
 * @addr: of the host, unless @any
 * @port: of the service there
 */
struct rule {
	bool listen;
	bool any;
	uint32_t service;
	struct in6_addr addr;	/* IPv4 as ::ffff:a.b.c.d */
	in_port_t port;		/* as in a socket's address */
};

/**
 * struct rules - all of a process
 */
struct rules {
	struct rule rule[RULES_MAX];
	unsigned int count;
};

/**
 * rules_add - what an option says
 * @text: "PORT" or "ADDRESS:PORT" with @listen, otherwise "HOST:PORT", whose addresses
 *	become a rule each; IPv6 in brackets
 * @why: what is wrong with it
 *
 * Return: false with a reason.
 */
bool rules_add(struct rules *r, bool listen, uint32_t service, const char *text,
	       const char **why);

/** rules_write - as text, for rules_read(); @text has RULES_TEXT_MAX bytes */
void rules_write(const struct rules *r, char *text);

/** rules_read - false when @text is none */
bool rules_read(struct rules *r, const char *text);

/** rules_find - the rule that an address falls under, or NULL */
const struct rule *rules_find(const struct rules *r, bool listen,
			      const struct sockaddr *addr, socklen_t len);

/** rules_service - the first rule of a service */
const struct rule *rules_service(const struct rules *r, bool listen, uint32_t service);

#endif /* SAMR_RUN_RULES_H */
