// SPDX-License-Identifier: GPL-2.0
/*
 * samr-proxy: TCP on one side, streams of a replicated service on the other, for
 * programs that know nothing of AF_SAMR. Options, and what is listened on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <linux/samr.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "gate.h"

#define CONNECTIONS	1000	/* what a group has of streams with small windows */
#define CONNECTIONS_MAX	100000

enum { USAGE = 2, REFUSED = 3 };

static const char help[] =
"usage: samr-proxy [OPTIONS] --listen [ADDRESS:]PORT --service ID\n"
"           takes TCP connections and makes each a connection to the service,\n"
"           which outlives heads\n"
"       samr-proxy [OPTIONS] --service ID --connect HOST:PORT\n"
"           is a member of the service: makes each of its clients' connections\n"
"           a TCP connection to a server on this machine, as the other heads do\n"
"\n"
"  -l, --listen [ADDRESS:]PORT  of all addresses, unless one is given; an IPv6\n"
"                               address in brackets: [::1]:11211\n"
"  -s, --service ID             id of the replicated service, 1 to 4294967295\n"
"  -c, --connect HOST:PORT      the server\n"
"  -n, --connections N          at most so many at a time (1000); more wait\n"
"  -v, --verbose                a line for each connection\n"
"  -V, --version  -h, --help\n"
"\n"
"Exit status: 0 after SIGINT or SIGTERM; 1 out of memory, or the like; 2 wrong usage;\n"
"3 it may not listen, has been put out of the service, or its server is gone.\n";

static const struct option options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "service", required_argument, NULL, 's' },
	{ "connect", required_argument, NULL, 'c' },
	{ "connections", required_argument, NULL, 'n' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

void die(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "samr-proxy: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static unsigned long number(const char *option, const char *text, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !n || n > max)
		die(USAGE, "--%s %s: must be a number from 1 to %lu", option, text, max);
	return n;
}

static void address_of_service(struct gate_address *a, unsigned long id)
{
	struct sockaddr_samr *to = (struct sockaddr_samr *)&a->addr;

	to->family = AF_SAMR;
	to->service = (unsigned int)id;
	a->len = sizeof(*to);
	snprintf(a->name, sizeof(a->name), "service %lu", id);
}

/* "PORT", "HOST:PORT", "[ADDRESS]:PORT"; no host: all addresses of this machine. */
static void address_of_tcp(struct gate_address *a, const char *option,
			   const char *text, bool passive)
{
	const struct addrinfo want = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = (passive ? AI_PASSIVE : 0) | AI_NUMERICSERV,
	};
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	char host[NI_MAXHOST] = "";
	struct addrinfo *found;
	int error;

	if (colon && colon > text) {
		size_t len = (size_t)(colon - text);

		if (*text == '[' && colon[-1] == ']') {
			text++;
			len -= 2;
		}
		if (len >= sizeof(host))
			die(USAGE, "--%s %s: too long", option, text);
		memcpy(host, text, len);
	}
	number(option, port, 65535);
	if (!*host && !passive)
		die(USAGE, "--%s %s: must be HOST:PORT", option, text);
	/* Of all addresses: by IPv6 and, as Linux does, by IPv4. */
	error = getaddrinfo(*host ? host : passive ? "::" : NULL, port, &want, &found);
	if (error && !*host)
		error = getaddrinfo("0.0.0.0", port, &want, &found);
	if (error)
		die(USAGE, "--%s: %s: %s", option, host, gai_strerror(error));
	memcpy(&a->addr, found->ai_addr, found->ai_addrlen);
	a->len = found->ai_addrlen;
	freeaddrinfo(found);
	snprintf(a->name, sizeof(a->name), "%s port %s", *host ? host : "any address",
		 port);
}

/* Two descriptors for each connection, and a few. */
static void allow_descriptors(unsigned int connections)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	if (r.rlim_cur < 2 * (rlim_t)connections + 32) {
		r.rlim_cur = 2 * (rlim_t)connections + 32;
		if (r.rlim_cur > r.rlim_max)
			r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(arg);
}

int main(int argc, char **argv)
{
	const char *listen_on = NULL, *connect_to = NULL;
	struct gate_config c = { .connections = CONNECTIONS };
	struct event *sigint, *sigterm;
	struct event_base *base;
	unsigned long service = 0;
	int o;

	while ((o = getopt_long(argc, argv, "l:s:c:n:vVh", options, NULL)) != -1) {
		switch (o) {
		case 'l':
			listen_on = optarg;
			break;
		case 's':
			service = number("service", optarg, 0xffffffffUL);
			break;
		case 'c':
			connect_to = optarg;
			break;
		case 'n':
			c.connections = (unsigned int)number("connections", optarg,
							     CONNECTIONS_MAX);
			break;
		case 'v':
			c.verbose = true;
			break;
		case 'V':
			puts("samr-proxy " SAMR_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs("samr-proxy: see samr-proxy --help\n", stderr);
			return USAGE;
		}
	}
	if (optind < argc)
		die(USAGE, "%s: what is that? See samr-proxy --help", argv[optind]);
	if (!service)
		die(USAGE, "--service is missing: the id of the replicated service");
	if (!listen_on == !connect_to)
		die(USAGE, "either --listen, for clients, or --connect, for a server, "
		    "must be given, and not both");
	if (listen_on) {
		address_of_tcp(&c.near, "listen", listen_on, true);
		address_of_service(&c.far, service);
	} else {
		address_of_service(&c.near, service);
		address_of_tcp(&c.far, "connect", connect_to, false);
	}
	signal(SIGPIPE, SIG_IGN);
	allow_descriptors(c.connections);
	setvbuf(stdout, NULL, _IOLBF, 0);
	base = event_base_new();
	sigint = base ? evsignal_new(base, SIGINT, on_signal, base) : NULL;
	sigterm = sigint ? evsignal_new(base, SIGTERM, on_signal, base) : NULL;
	if (!sigterm || event_add(sigint, NULL) || event_add(sigterm, NULL))
		die(EXIT_FAILURE, "no memory");
	gate_open(base, &c);
	event_base_dispatch(base);
	sd_notify(0, "STOPPING=1");
	gate_close();
	event_free(sigint);
	event_free(sigterm);
	event_base_free(base);
	return 0;
}
