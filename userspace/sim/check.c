// SPDX-License-Identifier: GPL-2.0
/* What the checkers share, see check.h. */
#include <stdlib.h>

#include "check.h"
#include "sim.h"

u32 check_group(struct check *k, u32 id)
{
	u32 i;

	for (i = 0; i < k->groups; i++)
		if (k->group[i] == id)
			return i;
	if (k->groups == CHECK_GROUPS)
		sim_fail("more groups than the checkers can count");
	k->group[k->groups] = id;
	return k->groups++;
}

static void begin(struct check *k, struct ledger *l, struct members *ms)
{
	u32 id;

	memset(k, 0, sizeof(*k));
	k->cluster = l->cluster;
	k->ledger = l;
	k->members = ms;
	for (id = 0; id < NET_NODES; id++)
		k->stats[id] = &k->account[id];
	k->fresh = &k->account[NET_NODES];
}

void check_init_blind(struct check *k, struct ledger *l, struct members *ms)
{
	begin(k, l, ms);
	check_order_init_blind(k);
	check_flow_init_blind(k);
}

void check_init(struct check *k, struct ledger *l, struct members *ms)
{
	begin(k, l, ms);
	k->strict = true;
	check_order_init(k);
	check_flow_init(k);
	check_counts_init(k);
}

void check_free(struct check *k)
{
	check_flow_free(k);
	free(k->place);
	free(k->model);
}
