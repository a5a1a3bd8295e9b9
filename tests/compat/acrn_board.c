/* SPDX-License-Identifier: MIT */
/* acrn_board.h, by ACRN's headers. What its device does for a VM and a guest is done; interrupts go
 * nowhere, as the guest looks at its rings. */
#include "acrn_board.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "dm.h"
#include "inout.h"
#include "iothread.h"
#include "log.h"
#include "mem.h"
#include "pci_core.h"
#include "timer.h"
#include "vdisplay.h"
#include "virtio.h"
#include "vmmapi.h"

extern struct pci_vdev_ops pci_ops_virtio_gpu;

static struct vmctx machine;
static struct pci_vdev device;
static char* memory;
static size_t memory_bytes;

int acrn_board_open(const char* options, void* ram, size_t ram_bytes, void* framebuffer) {
    char opts[256];
    snprintf(opts, sizeof opts, "%s", options);
    memory = ram;
    memory_bytes = ram_bytes;
    machine.fb_base = framebuffer;
    memset(&device, 0, sizeof device);
    device.vmctx = &machine;
    device.dev_ops = &pci_ops_virtio_gpu;
    pthread_mutex_init(&device.lintr.lock, NULL);
    vdpy_parse_cmd_option(opts);
    if (gfx_ui_init() != 0) {
        return -1;
    }
    return pci_ops_virtio_gpu.vdev_init(&machine, &device, opts);
}

void acrn_board_close(void) {
    pci_ops_virtio_gpu.vdev_deinit(&machine, &device, NULL);
    gfx_ui_deinit();
}

void acrn_board_write(uint64_t offset, int bytes, uint64_t value) {
    pci_ops_virtio_gpu.vdev_barwrite(&machine, 0, &device, 2, offset, bytes, value);
}

uint64_t acrn_board_read(uint64_t offset, int bytes) {
    return pci_ops_virtio_gpu.vdev_barread(&machine, 0, &device, 2, offset, bytes);
}

/* --- the device model ---------------------------------------------------------------------- */

void* paddr_guest2host(struct vmctx* ctx, uintptr_t address, size_t bytes) {
    return address <= memory_bytes && bytes <= memory_bytes - address ? memory + address : NULL;
}

void output_log(uint8_t level, const char* format, ...) {
    if (level > LOG_WARNING) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

bool vm_allow_dmabuf(struct vmctx* ctx) {
    return false;
}

bool vm_find_memfd_region(struct vmctx* ctx, vm_paddr_t address, struct vm_mem_region* region) {
    return false;
}

int vm_map_memseg_vma(struct vmctx* ctx, size_t bytes, vm_paddr_t address, uint64_t vma, int prot) {
    return 0;
}

int vm_ioeventfd(struct vmctx* ctx, struct acrn_ioeventfd* args) {
    return -1;
}

int pci_emul_alloc_bar(struct pci_vdev* dev, int index, enum pcibar_type type, uint64_t bytes) {
    dev->bar[index].type = type;
    dev->bar[index].size = bytes;
    return 0;
}

int pci_emul_add_capability(struct pci_vdev* dev, u_char* data, int bytes) {
    return 0;
}

int pci_emul_find_capability(struct pci_vdev* dev, uint8_t id, int* offset) {
    return -1;
}

int pci_emul_add_msicap(struct pci_vdev* dev, int count) {
    return 0;
}

int pci_emul_add_msixcap(struct pci_vdev* dev, int count, int bar) {
    return 0;
}

uint64_t pci_emul_msix_tread(struct pci_vdev* dev, uint64_t offset, int bytes) {
    return 0;
}

int pci_emul_msix_twrite(struct pci_vdev* dev, uint64_t offset, int bytes, uint64_t value) {
    return 0;
}

void pci_generate_msi(struct pci_vdev* dev, int index) {}
void pci_generate_msix(struct pci_vdev* dev, int index) {}
void pci_lintr_assert(struct pci_vdev* dev) {}
void pci_lintr_deassert(struct pci_vdev* dev) {}
void pci_lintr_request(struct pci_vdev* dev) {}

int pci_msix_enabled(struct pci_vdev* dev) {
    return 0;
}

int pci_msix_pba_bar(struct pci_vdev* dev) {
    return -1;
}

int pci_msix_table_bar(struct pci_vdev* dev) {
    return -1;
}

int virtio_uses_msix(void) {
    return 1;
}

int register_inout(struct inout_port* port) {
    return 0;
}

int unregister_inout(struct inout_port* port) {
    return 0;
}

int register_mem_fallback(struct mem_range* range) {
    return 0;
}

int unregister_mem_fallback(struct mem_range* range) {
    return 0;
}

int iothread_add(struct iothread_ctx* context, int fd, struct iothread_mevent* event) {
    return -1;
}

int iothread_del(struct iothread_ctx* context, int fd) {
    return -1;
}

int32_t acrn_timer_init(struct acrn_timer* timer, void (*run)(void*, uint64_t), void* data) {
    return -1;
}

void acrn_timer_deinit(struct acrn_timer* timer) {}

int32_t acrn_timer_settime(struct acrn_timer* timer, const struct itimerspec* value) {
    return -1;
}
