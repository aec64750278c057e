// SPDX-License-Identifier: GPL-2.0
/*
 * What the suites of the shell (kernel/tests) call in samr.ko. Only built for
 * kernels with KUnit, and in a namespace of its own: nobody else may use it.
 */
#include <linux/export.h>

#include "compat.h"
#include "plat.h"
#include "shell.h"

EXPORT_SYMBOL_IF_KUNIT(samr_alloc);
EXPORT_SYMBOL_IF_KUNIT(samr_alloc_table);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_action);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_get);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_len);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_new);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_of_action);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_peek);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_put);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_put_blob);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_put_data);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_set_data);
EXPORT_SYMBOL_IF_KUNIT(samr_blob_slice);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_consumed);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_end);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_fence);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_fenced);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_info);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_members);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_new);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_node_add);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_node_del);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_put);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_room);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_start);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_stats);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_stop);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_submit);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_tryget);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_view);
EXPORT_SYMBOL_IF_KUNIT(samr_cluster_witness);
EXPORT_SYMBOL_IF_KUNIT(samr_free);
EXPORT_SYMBOL_IF_KUNIT(samr_free_table);
EXPORT_SYMBOL_IF_KUNIT(samr_keyed);
EXPORT_SYMBOL_IF_KUNIT(samr_link_add);
EXPORT_SYMBOL_IF_KUNIT(samr_link_address);
EXPORT_SYMBOL_IF_KUNIT(samr_link_del);
EXPORT_SYMBOL_IF_KUNIT(samr_link_info);
EXPORT_SYMBOL_IF_KUNIT(samr_link_narrow);
EXPORT_SYMBOL_IF_KUNIT(samr_link_peer_info);
EXPORT_SYMBOL_IF_KUNIT(samr_link_seal);
EXPORT_SYMBOL_IF_KUNIT(samr_msg_put);
EXPORT_SYMBOL_IF_KUNIT(samr_plat_compact);
EXPORT_SYMBOL_IF_KUNIT(samr_probe_doubt);
EXPORT_SYMBOL_IF_KUNIT(samr_ref_get);
EXPORT_SYMBOL_IF_KUNIT(samr_ref_put);
EXPORT_SYMBOL_IF_KUNIT(samr_ref_set);
EXPORT_SYMBOL_IF_KUNIT(samr_stats_read);
EXPORT_SYMBOL_IF_KUNIT(samr_transport_get);
EXPORT_SYMBOL_IF_KUNIT(samr_transport_put);
EXPORT_SYMBOL_IF_KUNIT(samr_wire_put_header);
