/* SPDX-License-Identifier: MIT */
/* ACRN's virtio-gpu device (its own sources, compiled unchanged) with as much of a device model
 * around it as it asks for. One at a time. */
#ifndef ACRN_BOARD_H
#define ACRN_BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ACRN_BOARD_FRAMEBUFFER = 16 << 20 };

/* As acrn-dm starts with `-s 4,virtio-gpu,OPTIONS`. The memory is lent until acrn_board_close():
 * the guest's RAM from guest-physical address 0 on, and the VGA's framebuffer. 0; -1 where the
 * device can't be made. */
int acrn_board_open(const char* options, void* ram, size_t ram_bytes, void* framebuffer);
/* As acrn-dm ends. */
void acrn_board_close(void);

/* The guest's accesses to BAR 2. */
void acrn_board_write(uint64_t offset, int bytes, uint64_t value);
uint64_t acrn_board_read(uint64_t offset, int bytes);

#ifdef __cplusplus
}
#endif

#endif
