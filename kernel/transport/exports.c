// SPDX-License-Identifier: GPL-2.0
/* What transports in modules of their own call in samr.ko. */
#include <linux/export.h>

#include "link.h"

EXPORT_SYMBOL_GPL(samr_link_change);
EXPORT_SYMBOL_GPL(samr_link_cluster_id);
EXPORT_SYMBOL_GPL(samr_link_device);
EXPORT_SYMBOL_GPL(samr_link_knows);
EXPORT_SYMBOL_GPL(samr_link_net);
EXPORT_SYMBOL_GPL(samr_link_no_memory);
EXPORT_SYMBOL_GPL(samr_link_options);
EXPORT_SYMBOL_GPL(samr_link_priv);
EXPORT_SYMBOL_GPL(samr_link_receive);
EXPORT_SYMBOL_GPL(samr_link_receive_end);
EXPORT_SYMBOL_GPL(samr_link_rename);
EXPORT_SYMBOL_GPL(samr_link_set_priv);
EXPORT_SYMBOL_GPL(samr_link_stranger);
EXPORT_SYMBOL_GPL(samr_link_unsent);
EXPORT_SYMBOL_GPL(samr_transport_register);
EXPORT_SYMBOL_GPL(samr_transport_unregister);
