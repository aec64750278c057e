/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is to be done with which BMC, as lines KEY=VALUE say.
 *
 * They come on standard input alone: command lines and environments of
 * processes can be read by others.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAX		4096	/* bytes, all lines */
#define TEXT_MAX		256
#define USER_MAX		16	/* these two as IPMI 2.0 has it */
#define SECRET_MAX		20
#define DEADLINE_MIN_MS		500
#define DEADLINE_MAX_MS		600000
#define DEADLINE_MS		20000
#define POLL_MIN_MS		10
#define POLL_MAX_MS		10000
#define POLL_MS			100

enum action {
	ACTION_NONE,
	ACTION_OFF,
	ACTION_ON,
	ACTION_STATUS,
};

/**
 * struct request - one call of this program
 * @action: what to do
 * @address: of the BMC, with or without a port
 * @user: to log in with; may be empty
 * @password: may be empty
 * @k_g: key of the BMC
 * @k_g_len: bytes of @k_g; 0: none
 * @suite_3: cipher suite 3 is allowed where 17 is not to be had
 * @privilege: to ask for, IPMI_PRIVILEGE_LEVEL_*
 * @workarounds: for BMCs that do not follow the standard, a set of flags
 * @deadline_ms: after which there is an answer, whatever it is
 * @poll_ms: from one reading of the power status to the next
 */
struct request {
	enum action action;
	char address[TEXT_MAX];
	char user[USER_MAX + 1];
	char password[SECRET_MAX + 1];
	unsigned char k_g[SECRET_MAX];
	size_t k_g_len;
	bool suite_3;
	uint8_t privilege;
	unsigned int workarounds;
	unsigned int deadline_ms;
	unsigned int poll_ms;
};

/**
 * request_read - all that comes from a descriptor, up to its end
 * @r: filled in
 * @fd: to read from
 * @why: what is wrong, without secrets; TEXT_MAX bytes
 */
bool request_read(struct request *r, int fd, char *why);

#endif /* REQUEST_H */
