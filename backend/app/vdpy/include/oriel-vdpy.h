/* SPDX-License-Identifier: MIT */
/*
 * The display of ACRN's device model, as Oriel has it: the same entry points that its SDL window
 * has (devicemodel/include/vdisplay.h), so that the device model is linked with -loriel-vdpy in
 * that window's place and nothing else changes. See data/doc/acrn.md.
 *
 * Threads. One display thread runs between gfx_ui_init() and gfx_ui_deinit(). Bottom halves run on
 * it, one after the other, in the order in which they were submitted. vdpy_surface_set(),
 * vdpy_surface_update() and vdpy_cursor_define() are for bottom halves: on any other thread they do
 * nothing. All other functions may be called on any thread.
 *
 * Ownership. What a pointer leads to is read during the call and not kept, but for a bottom half
 * (until it has run) and for a memory surface's pixels: `pixel` of vdpy_surface_update() is read
 * during that call only. A dma-buf's descriptor stays the caller's: it is duplicated.
 *
 * Errors. A call that makes no sense (a handle that isn't open, no surface, a surface whose stride
 * does not fit) changes nothing, and the log says so at most once a second.
 */
#ifndef ORIEL_VDPY_H
#define ORIEL_VDPY_H

#include <pixman.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* vdpy_display_bh.bh_flag */
#define ACRN_BH_PENDING (1 << 0) /* submitted, and not begun yet */
#define ACRN_BH_DONE (1 << 1)    /* has run */
#define ACRN_BH_FREE (1 << 2)    /* free() it when it has run */

typedef void (*bh_task_func)(void* data);

/* A bottom half. The caller clears it once, and leaves the link and the flags alone from its
 * submission until it has run. */
struct vdpy_display_bh {
    struct { /* TAILQ_ENTRY(vdpy_display_bh) */
        struct vdpy_display_bh* tqe_next;
        struct vdpy_display_bh** tqe_prev;
    } link;
    bh_task_func task_cb;
    void* data;
    uint32_t bh_flag;
};

/* A screen: where it is in the guest's desktop, and the mode that the guest is to prefer; px. */
struct display_info {
    int xoff;
    int yoff;
    uint32_t width;
    uint32_t height;
};

enum surface_type {
    SURFACE_PIXMAN = 1, /* pixels in the caller's memory */
    SURFACE_DMABUF,
};

/* A picture. `bpp`, `x` and `y` aren't looked at: `pixel` and `dmabuf_offset` are where the picture
 * begins. */
struct surface {
    enum surface_type surf_type;
    pixman_format_code_t surf_format; /* with SURFACE_PIXMAN: 32 bits a pixel */
    uint32_t x;
    uint32_t y;
    uint32_t width;  /* px */
    uint32_t height; /* px */
    uint32_t bpp;
    uint32_t stride; /* bytes */
    void* pixel;     /* with SURFACE_PIXMAN */
    struct {
        int dmabuf_fd;
        uint32_t surf_fourcc; /* DRM_FORMAT_... */
        uint32_t dmabuf_offset;
    } dma_info; /* with SURFACE_DMABUF */
};

/* A cursor: width * height pixels, rows without padding, alpha premultiplied. */
struct cursor {
    enum surface_type surf_type;
    pixman_format_code_t surf_format; /* PIXMAN_a8r8g8b8 is what is there, whatever it says */
    uint32_t x;                       /* of the image's corner, px */
    uint32_t y;
    uint32_t hot_x;
    uint32_t hot_y;
    uint32_t width;
    uint32_t height;
    void* data;
};

/*
 * The part of a virtio-gpu device's options that is about its windows: words between commas, each
 *   geometry=WxH+X+Y         a screen of that mode
 *   geometry=fullscreen      a screen that fills an output, with that output's mode
 * and, of Oriel alone, for the screen before them (or for all, before the first one):
 *   output=NAME              the output where the screen belongs
 *   path=auto|shm            how pictures get to the compositor
 *   pace=frame|none          whether vdpy_surface_update() waits for the screen
 *   compositor=wait|need     whether gfx_ui_init() fails where there is no compositor
 *   input=PATH               sockets of virtio-input devices (vhost-user), PATH.kbd, PATH.ptr,
 *                            PATH.mouse, PATH.touch, with what is done in the windows
 *   qmp=PATH                 a monitor's socket, which is told the same (QMP, input-send-event)
 * Other words are other people's. 0; -1 for one that makes no sense, and one line on stderr.
 */
int vdpy_parse_cmd_option(const char* opts);

/* Starts the display thread. 0; -1 where there can be no windows: no XDG_RUNTIME_DIR, or no
 * compositor and compositor=need, or no socket can be where input=PATH wants some. */
int gfx_ui_init(void);
/* Ends the display thread and its windows. Bottom halves that have not begun never run. */
void gfx_ui_deinit(void);

/* Opens the display and says how many screens there are. A handle above 0; 0 where it is open
 * already, or there is no display thread. Waits 200 ms at most for the compositor to say how large
 * its outputs are. */
int vdpy_init(int* num_vscreens);
/* The windows go dark, and the handle is closed. 0; -1 if it was not open. */
int vdpy_deinit(int handle);

/* The mode of a screen now. All zero for a screen that is not there. */
void vdpy_get_display_info(int handle, int scanout_id, struct display_info* info);
/* The EDID of a screen now, `size` bytes: as many of its blocks as fit, and zeros. */
void vdpy_get_edid(int handle, int scanout_id, uint8_t* edid, size_t size);

/* From its next update on the screen shows that surface; NULL: the screen is dark at once. */
void vdpy_surface_set(int handle, int scanout_id, struct surface* surf);
/* Shows what has changed in the surface: found by comparison in a memory surface, all of a dma-buf.
 * Returns when the frame is on its way; of a dma-buf, when it is shown and the buffer shown before
 * may be drawn to again. After one period of the screen's refresh rate at the latest. */
void vdpy_surface_update(int handle, int scanout_id, struct surface* surf);

void vdpy_cursor_define(int handle, int scanout_id, struct cursor* cur);
/* Of the image's corner, px. */
void vdpy_cursor_move(int handle, int scanout_id, uint32_t x, uint32_t y);

/* Runs the bottom half on the display thread. False where it waits to run already, or can't. It may
 * submit itself or others when it runs. */
bool vdpy_submit_bh(int handle, struct vdpy_display_bh* bh);

#ifdef __cplusplus
}
#endif

#endif
