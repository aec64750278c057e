/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_SAMR sockets: the struct, and what socket*.c, sockopt.c and diag.c share.
 */
#ifndef SAMR_SOCKET_H
#define SAMR_SOCKET_H

#include <linux/mutex.h>
#include <net/sock.h>
#include <uapi/linux/samr.h>
#include "client_stream.h"
#include "connection.h"
#include "local.h"

/* Default SO_SNDBUF and SO_RCVBUF, bytes: one largest message each. */
#define SAMR_SNDBUF		(1 << 20)
#define SAMR_RCVBUF		(1 << 20)
/* Of a stream: a few of its windows. */
#define SAMR_STREAM_SNDBUF	(1 << 16)

/**
 * struct samr_sock - an AF_SAMR socket
 * @sk: must be first
 * @cluster: set by bind(), with a reference until the socket is destroyed
 * @local: its side of the service; set once by bind(), read with
 *	samr_sk_local()
 * @client: its side as a client; set once by connect(), read with
 *	samr_sk_client(). A socket has one of these, or none
 * @listener: of a stream socket, instead of @local; set once by bind()
 * @door: of a listener, whose member @local is then; with a reference
 * @connection: of one that accept() gave
 * @side: its side of a stream: that of @connection, or of @client; set once, read with
 *	samr_sk_side()
 * @opts: SAMR_SESSION
 * @iolock: one reader at a time looks at a message, copies it, and passes it
 * @notify: mask of SAMR_NOTIFY
 * @safe: SAMR_SAFE
 * @refused: length of the last message refused with EAGAIN, 0 since one was
 *	taken: what poll() takes as the measure for being writable
 * @refused_kind: what that was, SAMR_KIND_DATA or SAMR_KIND_STATE
 * @call_refused: so was a SAMR_CALL or a SAMR_ALARM, and nobody has said since that there is room
 * @wanted: events that whoever looked last waits for, of a stream socket
 * @node: in the list of all sockets, for diag.c
 */
struct samr_sock {
	struct sock sk;
	struct samr_cluster *cluster;
	struct samr_local *local;
	struct samr_client *client;
	struct samr_listener *listener;
	struct samr_listener *door;
	struct samr_connection *connection;
	struct samr_side *side;
	struct samr_session_opts opts;
	struct mutex iolock;
	u32 notify;
	bool safe;
	u32 refused;
	u8 refused_kind;
	bool call_refused;
	__poll_t wanted;
	struct hlist_node node;
};

static inline struct samr_sock *samr_sk(const struct sock *sk)
{
	return (struct samr_sock *)sk;
}

/** samr_sk_local - the bound side, or NULL before bind() */
static inline struct samr_local *samr_sk_local(const struct sock *sk)
{
	return smp_load_acquire(&samr_sk(sk)->local);
}

/** samr_sk_client - the connected side, or NULL before connect() */
static inline struct samr_client *samr_sk_client(const struct sock *sk)
{
	return smp_load_acquire(&samr_sk(sk)->client);
}

/** samr_sk_listener - of a stream socket that was bound, or NULL */
static inline struct samr_listener *samr_sk_listener(const struct sock *sk)
{
	return smp_load_acquire(&samr_sk(sk)->listener);
}

/** samr_sk_side - of a stream socket that was accepted, or has called connect(), or NULL */
static inline struct samr_side *samr_sk_side(const struct sock *sk)
{
	return smp_load_acquire(&samr_sk(sk)->side);
}

/* What a member tells its socket, or a client. */
extern const struct samr_local_ops samr_socket_told;

/* socket.c, for all. */
int samr_socket_check_addr(const struct sockaddr_samr *a, int len);
int samr_socket_release(struct socket *sock);

/** samr_socket_new - @sock gets what is AF_SAMR's of a socket; 0, -ENOMEM */
int samr_socket_new(struct net *net, struct socket *sock, int kern);

/* socket_stream.c: the calls of stream sockets, and their end. */
extern const struct proto_ops samr_stream_ops;
void samr_stream_close(struct sock *sk);

/**
 * samr_stream_connect - a client, not connected, is to have a stream
 *
 * Return: 0, -ENOMEM.
 */
int samr_stream_connect(struct sock *sk, struct samr_client *cl);

/**
 * struct samr_socket_reader - what recvmsg() reads
 * @take: copy the next thing out, with the iolock held; -EAGAIN: there is none yet,
 *	0 at the end
 * @idle: there is none yet
 */
struct samr_socket_reader {
	int (*take)(struct sock *sk, struct msghdr *msg, size_t size,
		    int flags);
	bool (*idle)(const struct sock *sk);
};

/* socket_wait.c, for both. */
int samr_socket_recv(struct socket *sock, struct msghdr *msg, size_t size,
		     int flags, const struct samr_socket_reader *r);
int samr_socket_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
int samr_socket_compat_ioctl(struct socket *sock, unsigned int cmd,
			     unsigned long arg);

/**
 * samr_socket_wait - sleep until something is as it should be
 * @sk: not locked
 * @timeo: how long, jiffies; what is left of it afterwards
 * @look: -EAGAIN: not yet
 * @arg: for @look
 *
 * Return: what @look returned last; or why a signal ends the wait.
 */
int samr_socket_wait(struct sock *sk, long *timeo,
		     int (*look)(struct sock *sk, void *arg), void *arg);

/**
 * samr_socket_info - what the member, or the client, says of itself
 * @sk: the socket
 * @info: filled in
 *
 * Return: whether it is one or the other.
 */
bool samr_socket_info(const struct sock *sk, struct samr_local_info *info);

/** samr_socket_err - 0, or why its member, or the cluster, is dead (negative) */
int samr_socket_err(const struct sock *sk);

/**
 * struct samr_says - what control messages say to sendmsg()
 * @type: SAMR_SEND, SAMR_REPLY, SAMR_CALL or SAMR_ALARM; 0: none of them
 * @how: all zero without a SAMR_SEND
 * @reply: with a SAMR_REPLY
 * @call: with a SAMR_CALL
 * @alarm: with a SAMR_ALARM
 */
struct samr_says {
	int type;
	struct samr_send how;
	struct samr_reply reply;
	struct samr_group_call call;
	struct samr_group_alarm alarm;
};

/* socket_call.c */
/**
 * samr_socket_control - look at the control messages
 * @msg: with the data still to be read
 * @says: all zero; filled in
 *
 * Return: 0, -EINVAL.
 */
int samr_socket_control(struct msghdr *msg, struct samr_says *says);

/** samr_socket_call - sendmsg() with a SAMR_CALL: bytes taken, or an error */
int samr_socket_call(struct sock *sk, struct msghdr *msg, size_t len,
		     const struct samr_group_call *call);

/** samr_socket_alarm - sendmsg() with a SAMR_ALARM: 0, or an error */
int samr_socket_alarm(struct sock *sk, struct msghdr *msg, size_t len,
		      const struct samr_group_alarm *alarm);

/* socket_client.c: connect() of a new socket; then it has other calls. */
int samr_socket_connect(struct socket *sock, struct sockaddr *uaddr, int len,
			int flags);

/* Called by main.c, in this order, and undone in the reverse one. */
int samr_socket_init(void);
void samr_socket_exit(void);
int samr_diag_init(void);
void samr_diag_exit(void);

/* sockopt.c */
int samr_sockopt_set(struct socket *sock, int level, int name, sockptr_t val,
		     unsigned int len);
int samr_sockopt_get(struct socket *sock, int level, int name,
		     char __user *val, int __user *len);

/**
 * samr_socket_walk - call @fn for each socket of a namespace
 * @net: the namespace
 * @fn: returns nonzero to stop; must not sleep
 * @arg: for @fn
 *
 * Return: what @fn returned last, or 0.
 */
int samr_socket_walk(struct net *net, int (*fn)(struct sock *sk, void *arg),
		     void *arg);

#endif /* SAMR_SOCKET_H */
