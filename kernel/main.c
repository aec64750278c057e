// SPDX-License-Identifier: GPL-2.0
/* The module: what it registers, in which order, and takes back. */
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/workqueue.h>

#include "netlink.h"
#include "pernet.h"
#include "service.h"
#include "shell.h"
#include "socket.h"

struct workqueue_struct *samr_wq;

static int __init register_transports(void)
{
	int err;

	err = samr_loop_register();
	if (err)
		return err;
	err = samr_eth_register();
	if (err)
		goto no_eth;
	err = samr_udp_register();
	if (err)
		goto no_udp;
	return 0;

no_udp:
	samr_eth_unregister();
no_eth:
	samr_loop_unregister();
	return err;
}

static void unregister_transports(void)
{
	samr_udp_unregister();
	samr_eth_unregister();
	samr_loop_unregister();
}

/* The other heads of each namespace hear of it at once, if they hear at all. */
static int machine_goes_down(struct notifier_block *nb, unsigned long event,
			     void *ptr)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net)
		samr_cluster_farewell(samr_cluster_get(net));
	up_read(&net_rwsem);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = machine_goes_down,
};

/* From what nobody can reach yet to what makes the rest reachable. */
static int __init samr_init(void)
{
	int err = -ENOMEM;

	samr_wq = alloc_workqueue("samr", WQ_UNBOUND, 0);
	if (!samr_wq)
		goto no_workqueue;
	err = register_transports();
	if (err)
		goto no_transports;
	samr_service_init();
	err = samr_pernet_register();
	if (err)
		goto no_pernet;
	err = samr_socket_init();
	if (err)
		goto no_socket;
	err = samr_diag_init();
	if (err)
		goto no_diag;
	err = samr_netlink_init();
	if (err)
		goto no_netlink;
	err = register_reboot_notifier(&reboot_notifier);
	if (err)
		goto no_notifier;
	return 0;

no_notifier:
	samr_netlink_exit();
no_netlink:
	samr_diag_exit();
no_diag:
	samr_socket_exit();
no_socket:
	samr_pernet_unregister();
no_pernet:
	unregister_transports();
no_transports:
	destroy_workqueue(samr_wq);
no_workqueue:
	return err;
}

/*
 * No socket is open, or the module would be in use. Namespaces may still be
 * heads, with frames and timers under way.
 */
static void __exit samr_exit(void)
{
	unregister_reboot_notifier(&reboot_notifier);
	samr_netlink_exit();
	samr_diag_exit();
	samr_socket_exit();
	samr_pernet_unregister();
	unregister_transports();
	samr_link_exit();
	/* Links and clusters are freed after a grace period, some by work. */
	rcu_barrier();
	destroy_workqueue(samr_wq);
	rcu_barrier();
}

module_init(samr_init);
module_exit(samr_exit);
#ifndef SAMR_VERSION
#define SAMR_VERSION	"0.1.0"
#endif

MODULE_VERSION(SAMR_VERSION);
MODULE_INFO(protocol, __stringify(SAMR_WIRE_VERSION));
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Symmetric active/active replication");
