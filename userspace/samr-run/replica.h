/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program as a replica: its socket is opened, and its state comes, before it is started,
 * and as long as it runs its state is given to those that come later.
 */
#ifndef SAMR_RUN_REPLICA_H
#define SAMR_RUN_REPLICA_H

#include <linux/samr.h>
#include "start.h"

/**
 * struct replica - what is to be run
 * @start: the program; what concerns its socket is filled in
 * @service: that it accepts clients of
 * @port: of TCP, by which it knows that service
 * @save: command that writes its state; or NULL
 * @load: command that reads it, before the program is started; or NULL
 * @log: a log of all input may have so many bytes, and is the state; 0: there is none
 * @streams: what becomes of its connections when its state is given
 */
struct replica {
	struct start start;
	uint32_t service;
	unsigned int port;
	const char *save;
	const char *load;
	uint64_t log;
	enum samr_streams streams;
};

/** replica_run - until the program ends; Return: exit status */
int replica_run(struct replica *r);

#endif /* SAMR_RUN_REPLICA_H */
