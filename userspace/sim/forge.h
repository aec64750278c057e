/* SPDX-License-Identifier: GPL-2.0 */
/* Other values in the fields of a frame, for scenarios. */
#ifndef SAMR_SIM_FORGE_H
#define SAMR_SIM_FORGE_H

#include "net.h"

/**
 * forge_field - give a field another value
 * @frame: the frame; its trailer must be put again
 * @name: a field of its header, or of its first record
 * @value: it
 *
 * Return: false when the frame has no such field.
 */
bool forge_field(struct buffer *frame, const char *name, u64 value);

#endif /* SAMR_SIM_FORGE_H */
