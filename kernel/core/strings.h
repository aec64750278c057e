/* SPDX-License-Identifier: GPL-2.0 */
/* Names for people and for counters. */
#ifndef SAMR_CORE_STRINGS_H
#define SAMR_CORE_STRINGS_H

#include "wire.h"
#include "event.h"

/** samr_strings_drop - short name of a reason, such as "epoch" */
const char *samr_strings_drop(enum samr_drop d);

/** samr_strings_rec - name of a record type, such as "ORDER" */
const char *samr_strings_rec(u8 type);

/** samr_strings_kind - name of a message kind, such as "join" */
const char *samr_strings_kind(u8 kind);

#endif /* SAMR_CORE_STRINGS_H */
