// SPDX-License-Identifier: GPL-2.0
/* The door of a replica, see door.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "door.h"
#include "say.h"

static void set(uint32_t service, int fd, int name, const void *value, socklen_t len)
{
	if (setsockopt(fd, SOL_SAMR, name, value, len))
		die(CANNOT, "service %u: %m", service);
}

void door_open(struct door *d, uint32_t service, enum samr_streams streams)
{
	const struct sockaddr_samr to = { .family = AF_SAMR, .service = service };
	const struct samr_join join = { .flags = SAMR_JOIN_STATE };
	const int on = 1, policy = (int)streams;

	d->listener = socket(AF_SAMR, SOCK_STREAM | SOCK_CLOEXEC, 0);
	d->fd = socket(AF_SAMR, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->listener < 0 || d->fd < 0 ||
	    bind(d->listener, (const struct sockaddr *)&to, sizeof(to)))
		die(CANNOT, "service %u: %m", service);
	set(service, d->listener, SAMR_LOCK_STEP, &on, sizeof(on));
	set(service, d->fd, SAMR_STATE_OF, &d->listener, sizeof(d->listener));
	set(service, d->fd, SAMR_STREAMS, &policy, sizeof(policy));
	set(service, d->fd, SAMR_JOIN, &join, sizeof(join));
}

int door_info(const struct door *d, struct samr_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(d->fd, SOL_SAMR, SAMR_INFO, info, &len) ? -errno : 0;
}

static bool is_nothing(int error)
{
	return error == EAGAIN || error == EINTR || error == ENOMEM || error == ENOBUFS;
}

int door_read(const struct door *d, struct door_event *e, void *bytes, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct samr_delivery))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = bytes, .iov_len = SAMR_MESSAGE_MAX };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(d->fd, &msg, flags);
	struct samr_delivery delivery;
	struct cmsghdr *c;

	if (len < 0)
		return is_nothing(errno) ? 0 : -errno;
	c = CMSG_FIRSTHDR(&msg);
	/* Its end: it has left. */
	if (!c || c->cmsg_level != SOL_SAMR || c->cmsg_type != SAMR_DELIVERY)
		return -ECONNABORTED;
	memcpy(&delivery, CMSG_DATA(c), sizeof(delivery));
	*e = (struct door_event){
		.type = delivery.type,
		.first = delivery.flags & SAMR_DELIVERY_FIRST,
		.last = delivery.flags & SAMR_DELIVERY_LAST,
		.place = delivery.gseq,
		.len = (size_t)len,
	};
	return 1;
}

int door_send(const struct door *d, uint64_t place, const void *bytes, size_t len,
	      uint32_t how)
{
	const struct samr_send send = { .flags = SAMR_SEND_STATE | how, .request = place };
	union {
		char bytes[CMSG_SPACE(sizeof(send))];
		struct cmsghdr align;
	} control = { .bytes = "" };
	struct iovec iov = { .iov_base = (void *)bytes, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_SEND;
	c->cmsg_len = CMSG_LEN(sizeof(send));
	memcpy(CMSG_DATA(c), &send, sizeof(send));
	if (sendmsg(d->fd, &msg, MSG_NOSIGNAL) >= 0)
		return 1;
	return is_nothing(errno) ? 0 : -errno;
}
