// SPDX-License-Identifier: MIT
// The structs of oriel-vdpy.h lie as those of ACRN's vdisplay.h do (x86-64, as all of ACRN).
#include <doctest/doctest.h>
#include <sys/queue.h>

#include <cstddef>

#include "vdpy/include/oriel-vdpy.h"

#ifdef __x86_64__
namespace {

static_assert(sizeof(display_info) == 16);
static_assert(offsetof(display_info, yoff) == 4);
static_assert(offsetof(display_info, width) == 8);
static_assert(offsetof(display_info, height) == 12);

static_assert(sizeof(surface) == 56);
static_assert(offsetof(surface, surf_format) == 4);
static_assert(offsetof(surface, x) == 8);
static_assert(offsetof(surface, y) == 12);
static_assert(offsetof(surface, width) == 16);
static_assert(offsetof(surface, height) == 20);
static_assert(offsetof(surface, bpp) == 24);
static_assert(offsetof(surface, stride) == 28);
static_assert(offsetof(surface, pixel) == 32);
static_assert(offsetof(surface, dma_info.dmabuf_fd) == 40);
static_assert(offsetof(surface, dma_info.surf_fourcc) == 44);
static_assert(offsetof(surface, dma_info.dmabuf_offset) == 48);

static_assert(sizeof(cursor) == 40);
static_assert(offsetof(cursor, surf_format) == 4);
static_assert(offsetof(cursor, x) == 8);
static_assert(offsetof(cursor, y) == 12);
static_assert(offsetof(cursor, hot_x) == 16);
static_assert(offsetof(cursor, hot_y) == 20);
static_assert(offsetof(cursor, width) == 24);
static_assert(offsetof(cursor, height) == 28);
static_assert(offsetof(cursor, data) == 32);

static_assert(sizeof(vdpy_display_bh) == 40);
static_assert(offsetof(vdpy_display_bh, task_cb) == 16);
static_assert(offsetof(vdpy_display_bh, data) == 24);
static_assert(offsetof(vdpy_display_bh, bh_flag) == 32);

static_assert(SURFACE_PIXMAN == 1 && SURFACE_DMABUF == 2);
static_assert(ACRN_BH_PENDING == 1 && ACRN_BH_DONE == 2 && ACRN_BH_FREE == 4);

}  // namespace
#endif

namespace oriel::app::vdpy {

TEST_CASE("a bottom half's link is what the queues of <sys/queue.h> use") {
    struct Entry {
        TAILQ_ENTRY(Entry) link;
    };
    CHECK(sizeof(Entry) == sizeof(vdpy_display_bh{}.link));
    TAILQ_HEAD(Queue, vdpy_display_bh) queue;
    TAILQ_INIT(&queue);
    vdpy_display_bh half{};
    TAILQ_INSERT_TAIL(&queue, &half, link);
    CHECK(TAILQ_FIRST(&queue) == &half);
    TAILQ_REMOVE(&queue, &half, link);
    CHECK(TAILQ_EMPTY(&queue));
}

}  // namespace oriel::app::vdpy
