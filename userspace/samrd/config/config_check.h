/* SPDX-License-Identifier: GPL-2.0 */
/* What values must agree on with each other, once each is right by itself. */
#ifndef SAMRD_CONFIG_CHECK_H
#define SAMRD_CONFIG_CHECK_H

#include "config_parse.h"

/**
 * config_check - tell @r of all that does not go together in @c
 * @r: the reader
 * @c: nodes and services in the order of the file; "auto" policy is decided, and
 *	the node that this machine is, is marked
 * @cfg: where lines are found
 * @host: name of this machine
 */
void config_check(struct config_reader *r, struct config *c, cfg_t *cfg,
		  const char *host);

/** config_where - 'node "alpha"', for messages; returns @text */
const char *config_where(enum config_section s, cfg_t *sec, char *text,
			 size_t size);

#endif /* SAMRD_CONFIG_CHECK_H */
