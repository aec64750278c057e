/* SPDX-License-Identifier: GPL-2.0 */
/* A file of what is sent, as tcpdump writes it: for Wireshark, and for tests of its dissector. */
#ifndef SAMR_SIM_CAPTURE_H
#define SAMR_SIM_CAPTURE_H

#include "core/plat.h"

/** capture_open - write frames to @path from now on; false: it cannot be written */
bool capture_open(const char *path);

/** capture_frame - @bytes of a frame that @from sends at @now; nothing without a file */
void capture_frame(u64 now, u32 from, u64 dest, const void *bytes, u32 len);

#endif /* SAMR_SIM_CAPTURE_H */
