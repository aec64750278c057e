/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Talking to the kernel: the family "samr" of generic netlink, and sock_diag.
 *
 * All calls end the program when the kernel refuses, with what it said.
 */
#ifndef SAMRCTL_NL_H
#define SAMRCTL_NL_H

#include <stdbool.h>
#include <stdint.h>
#include "../netlink/netlink.h"
#include "args.h"

/** nl_netns - work in the network namespace of this name from here on */
void nl_netns(const char *name);

/** nl_loaded - is there a module to talk to? */
bool nl_loaded(void);

/** nl_close - the socket; the next call opens another one */
void nl_close(void);

/**
 * nl_do - send a request
 * @v: its command, and the names of its keys
 * @args: what was said for them
 * @cb: takes the answer, or NULL when there is none
 * @data: for @cb
 */
void nl_do(const struct verb *v, const struct arg *args, nl_message *cb,
	   void *data);

/**
 * nl_try - the same, but one errno does not end the program
 *
 * Return: 0, or the errno @tolerated.
 */
int nl_try(const struct verb *v, const struct arg *args, nl_message *cb,
	   void *data, int tolerated);

/**
 * struct nl_answer - all messages of a dump
 * @bytes: they
 * @len: of them
 */
struct nl_answer {
	char *bytes;
	size_t len;
};

/**
 * nl_fetch - ask for all objects; a dump that a change breaks is repeated
 *
 * Nothing should be printed before it returns: it may not.
 */
void nl_fetch(const struct verb *v, const struct arg *args,
	      struct nl_answer *answer);

/** nl_fetch_try - the same, but one errno is returned: @tolerated */
int nl_fetch_try(const struct verb *v, const struct arg *args,
		 struct nl_answer *answer, int tolerated);

/** nl_keep - for nl_do(), with a struct nl_answer as @data: keep the message */
void nl_keep(const struct nlmsghdr *nlh, void *data);

/** nl_walk - hand the messages of @answer to @cb */
void nl_walk(const struct nl_answer *answer, nl_message *cb, void *data);

/** nl_free - them */
void nl_free(struct nl_answer *answer);

/** nl_each - hand the messages of @answer to @cb and free them */
void nl_each(struct nl_answer *answer, nl_message *cb, void *data);

/** nl_run - what a verb without struct verb.run does */
int nl_run(const struct verb *v, const struct arg *args);

/**
 * nl_listen - hear events until the program ends
 * @cb: takes them
 * @lost: called when some were lost
 */
void nl_listen(nl_message *cb, void (*lost)(void)) __attribute__((noreturn));

/**
 * nl_subscribe - hear events, and do nothing else with this process's socket
 *
 * Return: its descriptor, readable when there are some.
 */
int nl_subscribe(void);

/** nl_diag - dump the sockets of AF_SAMR; @req as in linux/samr_diag.h */
void nl_diag(const void *req, size_t len, struct nl_answer *answer);

#endif /* SAMRCTL_NL_H */
