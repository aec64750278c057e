// SPDX-License-Identifier: GPL-2.0
/*
 * The cluster of each network namespace.
 *
 * Invariant: what @cluster points to has a reference of its own and is alive;
 * it is taken out before it ends, under @config.
 */
#include <linux/rcupdate.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "pernet.h"
#include "shell.h"

/**
 * struct samr_pernet - samr's part of a namespace
 * @cluster: the head that the namespace is, or NULL
 * @config: held by whoever changes the configuration; protects @cluster
 */
struct samr_pernet {
	struct samr_cluster __rcu *cluster;
	struct mutex config;
};

static unsigned int pernet_id;

static struct samr_pernet *pernet_of(struct net *net)
{
	return net_generic(net, pernet_id);
}

static struct samr_cluster *current_of(struct samr_pernet *pn)
{
	return rcu_dereference_protected(pn->cluster,
					 lockdep_is_held(&pn->config));
}

void samr_config_lock(struct net *net)
{
	mutex_lock(&pernet_of(net)->config);
}

void samr_config_unlock(struct net *net)
{
	mutex_unlock(&pernet_of(net)->config);
}

int samr_cluster_create(struct net *net, const struct samr_cluster_params *p,
			struct netlink_ext_ack *extack)
{
	struct samr_pernet *pn = pernet_of(net);
	struct samr_cluster *c;

	lockdep_assert_held(&pn->config);
	if (current_of(pn)) {
		NL_SET_ERR_MSG(extack, "this namespace has a cluster already");
		return -EEXIST;
	}
	c = samr_cluster_new(net, &pn->config, p, NULL, extack);
	if (IS_ERR(c))
		return PTR_ERR(c);
	rcu_assign_pointer(pn->cluster, c);
	return 0;
}

int samr_cluster_destroy(struct net *net, struct netlink_ext_ack *extack)
{
	struct samr_pernet *pn = pernet_of(net);
	struct samr_cluster *c;

	lockdep_assert_held(&pn->config);
	c = current_of(pn);
	if (!c) {
		NL_SET_ERR_MSG(extack, "this namespace has no cluster");
		return -ENOENT;
	}
	if (c->face && c->face->busy && c->face->busy(c->priv)) {
		NL_SET_ERR_MSG(extack, "sockets are bound to its services");
		return -EBUSY;
	}
	RCU_INIT_POINTER(pn->cluster, NULL);
	samr_cluster_end(c);
	return 0;
}

struct samr_cluster *samr_cluster_get(struct net *net)
{
	struct samr_cluster *c;

	rcu_read_lock();
	c = rcu_dereference(pernet_of(net)->cluster);
	if (c && !samr_cluster_tryget(c))
		c = NULL;
	rcu_read_unlock();
	return c;
}

static int __net_init pernet_init(struct net *net)
{
	mutex_init(&pernet_of(net)->config);
	return 0;
}

/*
 * No socket is left in the namespace, but frames arrive and timers run. Comes
 * before the namespace's devices go.
 */
static void __net_exit pernet_exit(struct net *net)
{
	struct samr_pernet *pn = pernet_of(net);
	struct samr_cluster *c;

	mutex_lock(&pn->config);
	c = current_of(pn);
	if (c) {
		RCU_INIT_POINTER(pn->cluster, NULL);
		samr_cluster_end(c);
	}
	mutex_unlock(&pn->config);
}

static struct pernet_operations pernet_ops = {
	.init = pernet_init,
	.exit = pernet_exit,
	.id = &pernet_id,
	.size = sizeof(struct samr_pernet),
};

int samr_pernet_register(void)
{
	return register_pernet_device(&pernet_ops);
}

void samr_pernet_unregister(void)
{
	unregister_pernet_device(&pernet_ops);
}
