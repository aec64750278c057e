/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where connections come in: each that is accepted becomes a pair. Towards a server the
 * gate also sees whether that is there, as a server that dies must not look to clients
 * of the service as one that has ended their connections.
 */
#ifndef SAMR_PROXY_GATE_H
#define SAMR_PROXY_GATE_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/socket.h>

/**
 * struct gate_address - one end, of TCP or of a service
 * @addr, @len: for the kernel
 * @name: for people
 */
struct gate_address {
	struct sockaddr_storage addr;
	socklen_t len;
	char name[1100];
};

/**
 * struct gate_config - what a gate does
 * @near: where it listens; one of AF_SAMR makes this process a member of the service
 * @far: where each connection goes on to
 * @connections: at most so many at a time
 * @verbose: a line for each
 */
struct gate_config {
	struct gate_address near, far;
	unsigned int connections;
	bool verbose;
};

/**
 * gate_open - listen, and tell systemd; ends the process where that cannot be
 *
 * Towards a server it waits, with the events of @base, until the server takes connections.
 */
void gate_open(struct event_base *base, const struct gate_config *c);

/** gate_close - reset all connections */
void gate_close(void);

/** die - print "samr-proxy: ..." and exit with @status */
void die(int status, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif /* SAMR_PROXY_GATE_H */
