// SPDX-License-Identifier: LGPL-2.1-or-later
/* What samr's errors mean, and what to do about them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <samr/samr.h>

static const struct {
	int err;
	const char *text;
} texts[] = {
	{ EACCES,
	  "no permission for this service: needs CAP_NET_BIND_SERVICE, or the user or group that the admin gave it" },
	{ EADDRNOTAVAIL,
	  "this head has no such service: samrctl group add id ID name NAME" },
	{ EAFNOSUPPORT,
	  "this kernel has no AF_SAMR sockets: load the module with 'modprobe samr'" },
	{ EAGAIN,
	  "would have to wait: nothing to read, or the group is full of messages that a member has not read" },
	{ EALREADY, "this member is joining or leaving already" },
	{ EBADMSG,
	  "the kernel module and this library do not understand each other: install the same version of both" },
	{ EBUSY, "somebody else has this lock" },
	{ ECONNABORTED,
	  "this member was put out of its group: by the admin of this head, by samrd as it read nothing for too long, or as it replied otherwise than most ('samrctl group show'); the membership is over: open a new one and join again" },
	{ ECANCELED,
	  "the session is gone, and this request was not executed: connect anew and send it again" },
	{ ECONNREFUSED,
	  "the service has no members: start it on a head first" },
	{ ECONNRESET,
	  "the session is gone: it was away for longer than its expiry, or all members of the service went: connect anew" },
	{ EDEADLK, "this member has this lock already, or waits for it" },
	{ EHOSTUNREACH,
	  "this head cannot order anything now: it is cut off from the others, or waits until one of them is known to be dead ('samrctl status')" },
	{ EINPROGRESS,
	  "joining: the first view will be received when the join has its place in the order" },
	{ EINVAL,
	  "a parameter is out of its range, or this call is not possible in the member's present state" },
	{ EISCONN, "this member has joined its group before" },
	{ EMSGSIZE, "the message is longer than 1 MiB (SAMR_MESSAGE_MAX), or a reply longer than its client takes" },
	{ ENETDOWN,
	  "no cluster is configured in this network namespace, or it was removed: samrctl cluster add name NAME id ID node ID" },
	{ ENETRESET,
	  "this head was put out of the cluster's view, or left it, and so the membership is over: open a new one and join again" },
	{ ENOBUFS, "the kernel has no room for more members or messages" },
	{ ENODATA,
	  "all members that had the service's state are gone, and so the membership is over: open a new one and join again; the first to join begins with the state that it has" },
	{ ENOMEM, "no memory" },
	{ ENOSPC,
	  "the group has too many locks, or members that wait for them ('samrctl lock show'), or the service too many sessions" },
	{ ENOTCONN,
	  "not a member of the group: join first, or wait until this head has a view ('samrctl cluster show')" },
	{ ENOTRECOVERABLE,
	  "this service is stopped here, since its members replied differently ('samrctl group show'); or this head's order was halted, since it found itself in an impossible state: see the kernel log" },
	{ EOWNERDEAD,
	  "the lock is held, but the owner before died with it: look at the value that it left" },
	{ EPERM, "this member has not got this lock" },
	{ EPIPE, "this member has left its group" },
	{ EREMOTEIO,
	  "the session is gone, and the outcome of this request unknown: it was executed once, or not at all; look at the service before sending it again" },
	{ ESHUTDOWN, "this member has left its group and cannot join again: open a new one" },
	{ ESTALE,
	  "nobody waits for this state from this member: it was given, or those who asked for it are gone or were given another one" },
	{ ETIMEDOUT, "the time limit has passed" },
};

const char *samr_strerror(int err)
{
	const char *text;
	size_t i;

	err = abs(err);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].err == err)
			return texts[i].text;
	text = strerrordesc_np(err);
	return text ? text : "unknown error";
}
