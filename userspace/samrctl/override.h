/* SPDX-License-Identifier: GPL-2.0 */
/* The verb "override" of "cluster", which samrd carries out. */
#ifndef SAMRCTL_OVERRIDE_H
#define SAMRCTL_OVERRIDE_H

#include "args.h"

extern const struct key override_keys[];	/* yes */

int override_run(const struct verb *v, const struct arg *args);

#endif /* SAMRCTL_OVERRIDE_H */
