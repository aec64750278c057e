/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * sock_diag for AF_SAMR: which sockets there are.
 *
 * A dump request (SOCK_DIAG_BY_FAMILY, NLM_F_DUMP) carries a struct
 * samr_diag_req; each answer a struct samr_diag_msg, followed by attributes.
 */
#ifndef _UAPI_LINUX_SAMR_DIAG_H
#define _UAPI_LINUX_SAMR_DIAG_H

#include <linux/types.h>

/**
 * struct samr_diag_req - what is asked for
 * @family: AF_SAMR
 * @protocol: must be zero
 * @reserved: must be zero
 * @states: mask of (1 << state), see enum samr_member_state; zero for all
 * @service: sockets of this service only; zero for all
 */
struct samr_diag_req {
	__u8	family;
	__u8	protocol;
	__u16	reserved;
	__u32	states;
	__u32	service;
};

/**
 * struct samr_diag_msg - a socket
 * @family: AF_SAMR
 * @type: SOCK_SEQPACKET or SOCK_STREAM
 * @state: enum samr_member_state
 * @reserved: zero
 * @service: that it is bound to, or zero
 * @port: its number on this head, or zero
 * @inode: of the socket, as in /proc/PID/fd
 * @cookie: identifies it even if the inode's number is used again
 * @node: this head, or zero when unbound
 * @uid: user that made it, in the reader's user namespace
 * @queued: bytes delivered and not yet read; of a socket that listens, connections that
 *	wait for accept()
 * @unsettled: bytes sent and not yet delivered here; of a connection, not read by the
 *	client
 * @members: in the group's view in force for its reader
 * @view: that view's id
 * @gseq: position of the last delivery read
 */
struct samr_diag_msg {
	__u8	family;
	__u8	type;
	__u8	state;
	__u8	reserved;
	__u32	service;
	__u32	port;
	__u32	inode;
	__u32	cookie[2];
	__u64	node;
	__u32	uid;
	__u32	queued;
	__u32	unsettled;
	__u32	members;
	__u64	view;
	__u64	gseq;
};

/* Attributes of an answer. */
enum {
	SAMR_DIAG_UNSPEC,
	SAMR_DIAG_NAME,		/* string: name of the service, when it has one */
	SAMR_DIAG_MEMINFO,	/* array of __u32, as INET_DIAG_SKMEMINFO */
	SAMR_DIAG_SHUTDOWN,	/* u8: as in UNIX_DIAG_SHUTDOWN */
	SAMR_DIAG_PAD,

	__SAMR_DIAG_MAX
};

#define SAMR_DIAG_MAX (__SAMR_DIAG_MAX - 1)

#endif /* _UAPI_LINUX_SAMR_DIAG_H */
