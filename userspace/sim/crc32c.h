/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAMR_SIM_CRC32C_H
#define SAMR_SIM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** crc32c - of @len bytes, as the frames' trailer has it */
uint32_t crc32c(const void *data, size_t len);

/** crc32c_more - of what @before is that of (0: of nothing), and these behind it */
uint32_t crc32c_more(uint32_t before, const void *data, size_t len);

#endif /* SAMR_SIM_CRC32C_H */
