// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets of TCP become streams of a service when they are bound or connected to an
 * address that a rule names. From there on the kernel does all of it: only what
 * speaks of addresses and of TCP is replaced here.
 *
 * A descriptor is of a stream when the kernel says so, so that it does not matter how it
 * was copied, inherited or passed on. Of descriptors that are known here nothing
 * is kept but the family that the program gave them.
 */
#define _GNU_SOURCE
#include "preload.h"
#include "inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/samr.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Clients have no address of TCP: they are shown as one of 198.18.0.0/15, which RFC
 * 2544 keeps from all networks, made of their head and their number there. It is the same
 * at all replicas.
 */
#define CLIENT_NET	0xc6120000U
#define CLIENT_PORT_MIN	1024

/* What is known of a descriptor; only of those that were streams when it was noted. */
enum { UNKNOWN, SIX };
#define KNOWN_FDS	65536
static unsigned char known[KNOWN_FDS];

static void note(int fd, int what)
{
	if (fd >= 0 && fd < KNOWN_FDS)
		__atomic_store_n(&known[fd], (unsigned char)what, __ATOMIC_RELAXED);
}

static int noted(int fd)
{
	return fd >= 0 && fd < KNOWN_FDS ?
	       __atomic_load_n(&known[fd], __ATOMIC_RELAXED) : UNKNOWN;
}

static int option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value;

	return REAL(getsockopt)(fd, SOL_SOCKET, name, &value, &len) ? -1 : value;
}

static bool is_stream(int fd)
{
	int before = errno;
	bool yes = option(fd, SO_DOMAIN) == AF_SAMR;

	errno = before;
	return yes;
}

/* A connection that comes from a log, as long as it is open, is no stream. */
static bool is_replayed(int fd)
{
	struct connection *c = inputs_connection(fd);

	return c && c->replayed;
}

/* Sockets that only look as if they listened, see bind(); by their inodes. */
static ino_t deaf[RULES_MAX];
static unsigned int deaf_count;

static bool is_deaf(int fd)
{
	int before = errno;
	struct stat s;
	unsigned int i;
	bool yes = false;

	if (deaf_count && !fstat(fd, &s) && S_ISSOCK(s.st_mode))
		for (i = 0; i < deaf_count; i++)
			yes = yes || deaf[i] == s.st_ino;
	errno = before;
	return yes;
}

/* For whom this process listens, and by which descriptor. */
static struct {
	uint32_t service;
	int fd;
} bound[RULES_MAX];
static unsigned int bound_count;

/* --- addresses --- */

/* As getsockname() and its like give them: cut to @room, the whole length told. */
static void give_address(int fd, const struct in6_addr *host, in_port_t port,
			 struct sockaddr *addr, socklen_t *len, socklen_t room)
{
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6, .sin6_addr = *host, .sin6_port = port,
	};
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = port };
	bool is_six = noted(fd) == SIX;

	if (!addr || !len)
		return;
	memcpy(&four.sin_addr, &host->s6_addr[12], 4);
	*len = is_six ? sizeof(six) : sizeof(four);
	memcpy(addr, is_six ? (void *)&six : (void *)&four, room < *len ? room : *len);
}

static void give_client(int fd, const struct sockaddr_samr *of, struct sockaddr *addr,
			socklen_t *len, socklen_t room)
{
	uint32_t net = htonl(CLIENT_NET | ((of->node & 0xff) << 8) | (of->port >> 16 & 0xff));
	struct in6_addr host = { { { [10] = 0xff, [11] = 0xff } } };
	in_port_t port = htons((in_port_t)(CLIENT_PORT_MIN + of->port %
					   (65536 - CLIENT_PORT_MIN)));

	memcpy(&host.s6_addr[12], &net, 4);
	give_address(fd, &host, port, addr, len, room);
}

static void give_service(int fd, const struct rule *u, struct sockaddr *addr,
			 socklen_t *len, socklen_t room)
{
	static const struct in6_addr none = { { { [10] = 0xff, [11] = 0xff } } };
	bool is_six = noted(fd) == SIX;

	/* "Any" of the other family. */
	give_address(fd, !u->any ? &u->addr : is_six ? &in6addr_any : &none, u->port,
		     addr, len, room);
}

EXPORT int getsockname(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	socklen_t room = len ? *len : 0, n = sizeof(struct sockaddr_samr);
	struct sockaddr_samr a;
	const struct rule *u;

	if (is_replayed(fd) || replay_listens(fd))
		a.service = bound[0].service;
	else if (!is_stream(fd))
		return REAL(getsockname)(fd, addr, len);
	else if (REAL(getsockname)(fd, (struct sockaddr *)&a, &n))
		return -1;
	u = rules_service(preload_rules(), true, a.service);
	if (u)
		give_service(fd, u, addr, len, room);
	else
		give_client(fd, &a, addr, len, room);
	return 0;
}

EXPORT int getpeername(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	socklen_t room = len ? *len : 0, n = sizeof(struct sockaddr_samr);
	struct sockaddr_samr a;
	const struct rule *u;

	if (is_replayed(fd)) {
		give_client(fd, &inputs_connection(fd)->client, addr, len, room);
		return 0;
	}
	if (!is_stream(fd))
		return REAL(getpeername)(fd, addr, len);
	if (REAL(getpeername)(fd, (struct sockaddr *)&a, &n))
		return -1;
	/* A server's peer is a client, which has a number; a client's is the service. */
	u = a.port ? NULL : rules_service(preload_rules(), false, a.service);
	if (u)
		give_service(fd, u, addr, len, room);
	else
		give_client(fd, &a, addr, len, room);
	return 0;
}

/* --- what becomes a stream --- */

/* The epoll sets that a socket was put into before it became a stream. */
#define WATCHES	256
static struct watch {
	int epoll, fd;
	struct epoll_event event;
} watches[WATCHES];
static unsigned int watch_count;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;

static bool may_become_stream(int fd)
{
	int before = errno, domain = option(fd, SO_DOMAIN);
	bool yes = (domain == AF_INET || domain == AF_INET6) &&
		   option(fd, SO_TYPE) == SOCK_STREAM;

	errno = before;
	return yes;
}

static void watch_drop(int epoll, int fd)
{
	unsigned int i;

	for (i = 0; i < watch_count; i++)
		if (watches[i].fd == fd && (epoll < 0 || watches[i].epoll == epoll))
			watches[i--] = watches[--watch_count];
}

/* In lock-step one that is not armed again holds up all others. */
static void warn_one_shot(int fd)
{
	static int warned;

	if ((is_stream(fd) || is_replayed(fd)) &&
	    !__atomic_exchange_n(&warned, 1, __ATOMIC_RELAXED))
		fprintf(stderr, "samr-run: the program uses EPOLLONESHOT: it must arm a connection again before it waits for another one\n");
}

EXPORT int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	int ret = REAL(epoll_ctl)(epoll, op, fd, event);

	if (ret || !preload_rules()->count)
		return ret;
	if (op != EPOLL_CTL_DEL && event->events & EPOLLONESHOT)
		warn_one_shot(fd);
	pthread_mutex_lock(&watch_lock);
	watch_drop(epoll, fd);
	if (op != EPOLL_CTL_DEL && (may_become_stream(fd) || replay_listens(fd))) {
		/* The oldest ones have most likely been connected, or closed. */
		if (watch_count == WATCHES)
			memmove(&watches[0], &watches[1],
				--watch_count * sizeof(watches[0]));
		watches[watch_count++] = (struct watch){ epoll, fd, *event };
	}
	pthread_mutex_unlock(&watch_lock);
	return 0;
}

static void watch_again(int fd)
{
	unsigned int i;

	pthread_mutex_lock(&watch_lock);
	for (i = 0; i < watch_count; i++)
		if (watches[i].fd == fd)
			REAL(epoll_ctl)(watches[i].epoll, EPOLL_CTL_ADD, fd,
					&watches[i].event);
	watch_drop(-1, fd);
	pthread_mutex_unlock(&watch_lock);
}

/* @new takes the place of @fd, with its flags, and is closed. */
static int replace(int fd, int new, int what)
{
	int status = fcntl(fd, F_GETFL), descriptor = fcntl(fd, F_GETFD);

	if (status < 0 || descriptor < 0 || fcntl(new, F_SETFL, status & O_NONBLOCK) ||
	    dup3(new, fd, descriptor & FD_CLOEXEC ? O_CLOEXEC : 0) < 0) {
		int error = errno;

		close(new);
		errno = error;
		return -1;
	}
	close(new);
	note(fd, what);
	watch_again(fd);
	return 0;
}

static int new_stream(void)
{
	int fd = socket(AF_SAMR, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fprintf(stderr, "samr-run: no stream of AF_SAMR: %m\n");
	return fd;
}

static int family_note(int fd)
{
	return option(fd, SO_DOMAIN) == AF_INET6 ? SIX : UNKNOWN;
}

/* Timeouts that were set before. */
static void keep_timeouts(int old, int new)
{
	static const int names[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	struct timeval t;
	socklen_t len;
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = sizeof(t);
		if (!REAL(getsockopt)(old, SOL_SOCKET, names[i], &t, &len) &&
		    (t.tv_sec || t.tv_usec))
			REAL(setsockopt)(new, SOL_SOCKET, names[i], &t, len);
	}
}

static bool is_bound(int fd, uint32_t service)
{
	socklen_t len = sizeof(struct sockaddr_samr), peer_len = len;
	struct sockaddr_samr a, peer;

	if (replay_listens(fd))
		return true;
	/* One that was accepted has the name of the one that listens, and a peer. */
	return is_stream(fd) &&
	       REAL(getpeername)(fd, (struct sockaddr *)&peer, &peer_len) &&
	       !REAL(getsockname)(fd, (struct sockaddr *)&a, &len) &&
	       a.service == service;
}

/* The entry of a service: free, or of a socket that is open. */
static unsigned int bound_entry(uint32_t service)
{
	unsigned int i;

	for (i = 0; i < bound_count; i++)
		if (bound[i].service == service)
			break;
	return i;
}

/*
 * Many programs listen once for IPv4 and once for IPv6. A member of a service is one:
 * the second socket, which has to look as if it listened, is a pair of which nobody
 * uses the other end. That stays open as long as the process.
 */
static int bind_deaf(int fd)
{
	struct stat s;
	int pair[2];

	if (deaf_count == RULES_MAX) {
		errno = EADDRINUSE;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	if (fstat(pair[0], &s) || replace(fd, pair[0], family_note(fd))) {
		close(pair[1]);
		return -1;
	}
	deaf[deaf_count++] = s.st_ino;
	return 0;
}

/* The socket that samr-run has opened for this program. */
static int given_socket(uint32_t service)
{
	const char *text = getenv(SOCKET_VARIABLE);
	int fd = text ? atoi(text) : -1;

	if (is_bound(fd, service))
		return fd;
	fprintf(stderr, "samr-run: service %u: its socket is closed: the program closes what it inherits, or binds once more\n",
		service);
	errno = EADDRINUSE;
	return -1;
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct rule *u = rules_find(preload_rules(), true, addr, len);
	unsigned int i;
	int new;

	if (!u || !may_become_stream(fd))
		return REAL(bind)(fd, addr, len);
	i = bound_entry(u->service);
	if (i < bound_count && is_bound(bound[i].fd, u->service))
		return bind_deaf(fd);
	inputs_begin();
	new = replay_is_on() ? replay_listener() : given_socket(u->service);
	if (new < 0)
		return -1;
	keep_timeouts(fd, new);
	if (replace(fd, new, family_note(fd)))
		return -1;
	bound[i].service = u->service;
	bound[i].fd = fd;
	if (i == bound_count)
		bound_count++;
	return 0;
}

/* Who waits for it has the other end of a pipe; it is told once. */
static void tell_ready(void)
{
	static int told;
	const char *text = getenv(SOCKET_VARIABLE);
	const char *fd = text ? strchr(text, ' ') : NULL;
	int before = errno;

	if (!fd || __atomic_exchange_n(&told, 1, __ATOMIC_RELAXED))
		return;
	if (write(atoi(fd), "", 1) == 1)
		close(atoi(fd));
	errno = before;
}

static int backlog_wanted = SOMAXCONN;

void sockets_go_live(void)
{
	int fd = bound[0].fd, real = given_socket(bound[0].service);

	if (real < 0 || replace(fd, real, noted(fd)) || REAL(listen)(fd, backlog_wanted)) {
		fprintf(stderr, "samr-run: service %u: the program does not listen: %m\n",
			bound[0].service);
		_exit(CANNOT);
	}
	tell_ready();
}

EXPORT int listen(int fd, int backlog)
{
	int ret;

	if (is_deaf(fd))
		return 0;
	if (replay_listens(fd)) {
		backlog_wanted = backlog;
		return 0;
	}
	ret = REAL(listen)(fd, backlog);
	if (!ret && is_stream(fd))
		tell_ready();
	return ret;
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct rule *u = rules_find(preload_rules(), false, addr, len);
	struct sockaddr_samr to = { .family = AF_SAMR };
	int new;

	/* A second call asks what has become of the first. */
	if (u && is_stream(fd)) {
		to.service = u->service;
		return REAL(connect)(fd, (struct sockaddr *)&to, sizeof(to));
	}
	if (!u || !may_become_stream(fd))
		return REAL(connect)(fd, addr, len);
	new = new_stream();
	if (new < 0)
		return -1;
	keep_timeouts(fd, new);
	if (replace(fd, new, family_note(fd)))
		return -1;
	to.service = u->service;
	return REAL(connect)(fd, (struct sockaddr *)&to, sizeof(to));
}

static int accepted = -1;

static bool may_go_on(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case EINVAL:
	case EFAULT:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EPERM:
		return true;
	default:
		return false;
	}
}

/* What it has done since then, and what it holds, are no replica's. */
__attribute__((noreturn))
static void put_out(void)
{
	fprintf(stderr, "samr-run: put out of the service: %m\n");
	_exit(PUT_OUT);
}

static int accepted_one(int new, int fd, const struct sockaddr_samr *from,
			struct sockaddr *addr, socklen_t *len, socklen_t room)
{
	if (new < 0)
		return -1;
	note(new, noted(fd));
	give_client(new, from, addr, len, room);
	return new;
}

EXPORT int accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags)
{
	socklen_t room = len ? *len : 0, n = sizeof(struct sockaddr_samr);
	struct sockaddr_samr from;
	int new;

	if (is_deaf(fd)) {
		errno = EAGAIN;
		return -1;
	}
	if (replay_listens(fd)) {
		new = replay_accept(fd, &from, flags);
		if (new >= 0 || errno != ECHILD)
			return accepted_one(new, fd, &from, addr, len, room);
	}
	if (!is_stream(fd)) {
		new = REAL(accept4)(fd, addr, len, flags);
		note(new, UNKNOWN);
		return new;
	}
	if (!record_wait(fd))
		return -1;
	record_busy(true);
	new = REAL(accept4)(fd, (struct sockaddr *)&from, &n, flags);
	if (new >= 0)
		inputs_accepted(new, &from, false);
	record_busy(false);
	if (new < 0) {
		if (!may_go_on(errno))
			put_out();
		return -1;
	}
	__atomic_store_n(&accepted, new, __ATOMIC_RELAXED);
	return accepted_one(new, fd, &from, addr, len, room);
}

EXPORT int accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	return accept4(fd, addr, len, 0);
}

/* --- time and place --- */

/* What was read last: time, and place. They only grow. */
static struct {
	uint64_t time, place;
} last;
static pthread_once_t last_once = PTHREAD_ONCE_INIT;

static void last_begin(void)
{
	const char *text = getenv(TIME_VARIABLE);

	if (text)
		last.time = strtoull(text, NULL, 10);
}

static void grow(uint64_t *what, uint64_t to)
{
	if (to > __atomic_load_n(what, __ATOMIC_RELAXED))
		__atomic_store_n(what, to, __ATOMIC_RELAXED);
}

/* By the socket that listens, and when that is closed by the connection accepted last. */
static void look(void)
{
	int before = errno, fd = bound_count ? bound[0].fd : -1;
	socklen_t len = sizeof(struct samr_info);
	uint64_t time, place;
	struct samr_info info;

	pthread_once(&last_once, last_begin);
	if (replay_last(&time, &place)) {
		grow(&last.time, time);
		grow(&last.place, place);
	}
	if (fd < 0 || replay_is_on())
		return;
	/* No other socket knows that level. */
	if (!REAL(getsockopt)(fd, SOL_SAMR, SAMR_INFO, &info, &len) ||
	    !REAL(getsockopt)(__atomic_load_n(&accepted, __ATOMIC_RELAXED), SOL_SAMR,
			      SAMR_INFO, &info, &len)) {
		grow(&last.time, info.time);
		grow(&last.place, info.gseq);
	}
	errno = before;
}

bool preload_time(uint64_t *ns)
{
	look();
	*ns = __atomic_load_n(&last.time, __ATOMIC_RELAXED);
	return *ns;
}

uint64_t preload_place(void)
{
	look();
	return __atomic_load_n(&last.place, __ATOMIC_RELAXED);
}

void preload_now(uint64_t *ns, uint64_t *place)
{
	look();
	*ns = __atomic_load_n(&last.time, __ATOMIC_RELAXED);
	*place = __atomic_load_n(&last.place, __ATOMIC_RELAXED);
}

/* --- options --- */

/* What stands for a stream of TCP. */
static bool looks_like_tcp(int fd)
{
	return is_stream(fd) || is_deaf(fd) || is_replayed(fd) || replay_listens(fd);
}

/* What TCP and IP have and a stream does not: to have set it does no harm. */
static bool only_of_tcp(int level, int name)
{
	switch (level) {
	case IPPROTO_TCP:
		return name != TCP_ULP && name != TCP_MD5SIG && name != TCP_REPAIR;
	case IPPROTO_IP:
	case IPPROTO_IPV6:
		return true;
	case SOL_SOCKET:
		return name == SO_REUSEADDR || name == SO_REUSEPORT ||
		       name == SO_KEEPALIVE || name == SO_INCOMING_CPU ||
		       name == SO_BUSY_POLL || name == SO_ZEROCOPY;
	}
	return false;
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (only_of_tcp(level, name) && looks_like_tcp(fd))
		return 0;
	return REAL(setsockopt)(fd, level, name, value, len);
}

EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
	int as_tcp;

	if (!looks_like_tcp(fd))
		return REAL(getsockopt)(fd, level, name, value, len);
	if (level == SOL_SOCKET && name == SO_DOMAIN)
		as_tcp = noted(fd) == SIX ? AF_INET6 : AF_INET;
	else if (level == SOL_SOCKET && name == SO_PROTOCOL)
		as_tcp = IPPROTO_TCP;
	else if (level == SOL_SOCKET && name == SO_ACCEPTCONN && (is_deaf(fd) || replay_listens(fd)))
		as_tcp = 1;
	else if (level == IPPROTO_TCP && name == TCP_NODELAY)
		as_tcp = 1;
	else
		return REAL(getsockopt)(fd, level, name, value, len);
	if (!len || *len > INT32_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (*len > sizeof(as_tcp))
		*len = sizeof(as_tcp);
	memcpy(value, &as_tcp, *len);
	return 0;
}
