/* SPDX-License-Identifier: GPL-2.0 */
/* State transfer between the members of a group. */
#ifndef SAMR_CORE_TRANSFER_H
#define SAMR_CORE_TRANSFER_H

#include "node.h"

/** samr_transfer_new - one with room for @count receivers; NULL without memory */
struct samr_transfer *samr_transfer_new(u32 count);

#endif /* SAMR_CORE_TRANSFER_H */
