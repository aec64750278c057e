/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clusters for tests, by plain generic netlink; and short forms of the calls of
 * the socket API.
 */
#ifndef LAB_H
#define LAB_H

#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <linux/samr.h>

#define NOBODY	65534

/* Services that lab_one() declares. */
enum {
	SVC = 1,	/* root's */
	SVC_B,
	SVC_C,
	SVC_NOBODY,	/* uid and gid NOBODY may bind it */
};

/** lab_add - this namespace is head @node, with services; its view is not formed */
void lab_add(unsigned int node);

/** lab_up - form the view, of the heads that were added with lab_node() */
void lab_up(void);

/** lab_one - this namespace is a cluster of one head, and runs */
void lab_one(void);

void lab_down(void);
void lab_node(unsigned int node);
void lab_link(const char *dev);
void lab_service(uint32_t id, uint32_t uid, uint32_t gid);

/* The same, but returning 0 or -errno. */
int lab_try_service_del(uint32_t id);
int lab_try_del(void);

/**
 * lab_heads - namespaces on one bridge, one cluster
 * @n: heads, 2 .. 16
 *
 * This process goes to the namespace of head 1. Ends when all have one view.
 */
void lab_heads(int n);

/* The id of the clusters to come. */
extern uint32_t lab_cluster;

/** lab_wire - the first half of it: the namespaces, their devices, the bridge */
void lab_wire(int n);

/** lab_form - the second half: the cluster, up to the view */
void lab_form(int n);

/**
 * lab_unwire - give the heads' namespaces up
 *
 * Each ends when no process is in it and none holds a socket of it. lab_wire() may
 * follow.
 */
void lab_unwire(int n);

/** lab_enter - this thread or process goes to the namespace of a head; 0: the bridge's */
void lab_enter(int head);

/* ---- sockets ---- */

int sock_new(void);
struct sockaddr_samr sock_addr(uint32_t service);
int sock_bound(uint32_t service);

/** sock_join - setsockopt(SAMR_JOIN) */
int sock_join(int fd);

/** sock_member - a bound socket that has joined, and was told so */
int sock_member(uint32_t service);

/** sock_member_with - likewise, with SO_RCVBUF (0: default) and SAMR_NOTIFY */
int sock_member_with(uint32_t service, int rcvbuf, uint32_t notify);

/** sock_joined - wait until it is joined */
void sock_joined(int fd);

struct samr_info sock_info(int fd);

/** sock_poll - events that it has, all that there are; the first within @ms */
short sock_poll(int fd, int ms);

/** sock_wait - wait for any of @events, 5 seconds at most; then sock_poll() */
short sock_wait(int fd, short events);

/**
 * struct got - what recvmsg() said
 * @len: its return value
 * @err: errno, when @len is -1
 * @flags: msg_flags
 * @has: there was a SAMR_DELIVERY
 * @d: it
 * @from: sender; its family is 0 when there was none
 */
struct got {
	ssize_t len;
	int err;
	int flags;
	int has;
	struct samr_delivery d;
	struct sockaddr_samr from;
};

struct got sock_recv(int fd, void *buf, size_t size, int flags);

/** sock_send_how - sendmsg() with SAMR_SEND */
ssize_t sock_send_how(int fd, const void *buf, size_t len,
		      const struct samr_send *how, int flags);

/** sock_client - a socket that is connected to a service */
int sock_client(uint32_t service);

/** sock_client_with - likewise, with SAMR_SESSION */
int sock_client_with(uint32_t service, uint32_t flags, uint32_t reply_max);

/** sock_reply - sendmsg() of a member with SAMR_REPLY */
ssize_t sock_reply(int fd, uint64_t session, uint64_t request, const void *buf,
		   size_t len);

/** sock_call - sendmsg() of a member with SAMR_CALL */
ssize_t sock_call(int fd, const struct samr_group_call *call, const void *buf,
		  size_t len, int flags);

/** sock_alarm - sendmsg() of a member with SAMR_ALARM, and no data */
ssize_t sock_alarm(int fd, const struct samr_group_alarm *alarm, int flags);

/** sock_fill - send messages of @len bytes until EAGAIN; how many were taken */
long sock_fill(int fd, size_t len);

#endif /* LAB_H */
