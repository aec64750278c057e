/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Talking to the kernel by netlink, for samrctl and samrd: connections, what the
 * kernel says of a bad request, and attributes. Ends no program, prints nothing.
 */
#ifndef SAMR_NETLINK_COMMON_H
#define SAMR_NETLINK_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

/* The highest attribute of any set, and room for it. */
#define ATTRS_MAX	48

/**
 * nl_message - called for each message that answers
 * @nlh: the message
 * @data: of the caller
 */
typedef void nl_message(const struct nlmsghdr *nlh, void *data);

/**
 * struct nl_conn - a connection; zero before nl_conn_open()
 * @sock: it; NULL: closed
 * @seq: of the last request
 * @family: number of "samr"; 0: not looked up
 * @events: number of its multicast group
 */
struct nl_conn {
	struct mnl_socket *sock;
	uint32_t seq;
	uint16_t family;
	uint32_t events;
};

/**
 * struct nl_trouble - why a request failed
 * @err: errno
 * @local: what could not be done, when it never reached the kernel; else NULL
 * @tb: the extended error's attributes
 * @request: what it was about
 */
struct nl_trouble {
	int err;
	const char *local;
	const struct nlattr *tb[ATTRS_MAX];
	const struct nlmsghdr *request;
};

/** nl_conn_open - on this netlink bus; 0 or an errno */
int nl_conn_open(struct nl_conn *c, int bus);

/** nl_conn_close - a closed one is fine */
void nl_conn_close(struct nl_conn *c);

/** nl_conn_find - look the family up; 0, ENOENT: samr.ko is not loaded, errno */
int nl_conn_find(struct nl_conn *c, struct nl_trouble *t);

/** nl_conn_listen - hear the events of the family; 0 or an errno */
int nl_conn_listen(struct nl_conn *c);

/**
 * nl_conn_talk - send @request and hand what answers to @cb, if any
 *
 * @t points into a buffer that the next call overwrites.
 *
 * Return: 0; an errno, with @t filled in; or EINTR when a dump is not
 * consistent.
 */
int nl_conn_talk(struct nl_conn *c, struct nlmsghdr *request, nl_message *cb,
		 void *data, struct nl_trouble *t);

/** nl_request - begin a request of generic netlink in @buffer */
struct nlmsghdr *nl_request(char *buffer, uint16_t type, uint16_t flags,
			    uint8_t cmd, uint8_t version);

/** nl_trouble_attr - the type of the attribute that is to blame, or 0 */
uint16_t nl_trouble_attr(const struct nl_trouble *t);

/** nl_trouble_text - what the kernel said, with the allowed range if it did */
void nl_trouble_text(const struct nl_trouble *t, char *text, size_t size);

/** nl_cmd - the command of a message */
uint8_t nl_cmd(const struct nlmsghdr *nlh);

/** nl_attrs - the attributes of a message, by their types */
void nl_attrs(const struct nlmsghdr *nlh, const struct nlattr **tb);

/** nl_nested - those of a nested attribute */
void nl_nested(const struct nlattr *nest, const struct nlattr **tb);

/* Values; 0 or "" when the attribute is not there or too short. */
uint32_t nl_u32(const struct nlattr *a);
uint64_t nl_u64(const struct nlattr *a);
const char *nl_str(const struct nlattr *a);

#endif /* SAMR_NETLINK_COMMON_H */
