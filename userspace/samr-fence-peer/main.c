// SPDX-License-Identifier: GPL-2.0
/*
 * samr-fence-peer: DRBD's handler fence-peer. DRBD has lost the other head, writes
 * nothing, and asks whether it may go on.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "ask.h"

#ifndef SAMR_VERSION
#define SAMR_VERSION	"unknown"
#endif

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: samr-fence-peer [--timeout SECONDS]\n\n"
		"DRBD's handler fence-peer, with DRBD_RESOURCE and DRBD_PEER (or\n"
		"DRBD_PEERS) in its environment. Ends with 7 once samrd has confirmed\n"
		"that the other head's power is off, 4 once its data are known to be\n"
		"outdated, and with 1 in all other cases. See samr-fence-peer(8).\n\n"
		"  -t, --timeout SECONDS  1 to %d, default %d\n"
		"  -V, --version          -h, --help\n", ASK_LIMIT_MAX_S,
		ASK_LIMIT_S);
	return status;
}

static void say(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* DRBD throws what a handler prints away, but an admin may run it by hand. */
static void say(int priority, const char *format, ...)
{
	char text[ASK_TEXT_MAX + 200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	syslog(priority, "%s", text);
	fprintf(stderr, "samr-fence-peer: %s\n", text);
}

/* A number of seconds; 0: it is none. */
static unsigned int seconds(const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	return *text < '0' || *text > '9' || *end || errno ||
	       n > ASK_LIMIT_MAX_S ? 0 : n;
}

/* The only other head; NULL when there is none, or there are several. */
static const char *peer_of(void)
{
	const char *peer = getenv("DRBD_PEER"), *peers = getenv("DRBD_PEERS");

	if (peer && *peer)
		return peer;
	return peers && *peers && !strpbrk(peers, " \t") ? peers : NULL;
}

static int fence(unsigned int limit)
{
	const char *resource = getenv("DRBD_RESOURCE"), *peer = peer_of();
	char text[ASK_TEXT_MAX];
	enum ask_fate fate;

	if (!resource || !*resource || !peer) {
		say(LOG_ERR, "needs DRBD_RESOURCE, and one name in DRBD_PEER or "
		    "DRBD_PEERS: is it run by DRBD, for a resource with two "
		    "hosts?");
		return ASK_UNKNOWN;
	}
	say(LOG_NOTICE, "%s: asks samrd for proof that %s is off, for %u s",
	    resource, peer, limit);
	fate = ask_samrd(resource, peer, limit * 1000, text);
	if (fate == ASK_UNKNOWN)
		say(LOG_ERR, "%s: %s: no proof: DRBD stands still until it is "
		    "connected to %s again, or drbdadm resume-io %s, which loses "
		    "data if %s still writes", resource, text, peer, resource,
		    peer);
	else
		say(LOG_NOTICE, "%s: %s: DRBD goes on (%d)", resource, text,
		    fate);
	return fate;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	unsigned int limit = ASK_LIMIT_S;
	int c;

	openlog("samr-fence-peer", LOG_PID, LOG_DAEMON);
	while ((c = getopt_long(argc, argv, "t:Vh", options, NULL)) != -1) {
		switch (c) {
		case 't':
			limit = seconds(optarg);
			if (limit)
				break;
			say(LOG_ERR, "timeout '%s' is none; allowed: 1 to %d "
			    "seconds", optarg, ASK_LIMIT_MAX_S);
			return ASK_UNKNOWN;
		case 'V':
			printf("samr-fence-peer %s\n", SAMR_VERSION);
			return 0;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, ASK_UNKNOWN);
		}
	}
	return argv[optind] ? usage(stderr, ASK_UNKNOWN) : fence(limit);
}
