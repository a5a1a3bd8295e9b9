// SPDX-License-Identifier: MIT
//
// What a screen of 1920x1080 costs a device model that is linked with liboriel-vdpy: this thread
// draws as a guest would, the display thread shows it. In the compositor that WAYLAND_DISPLAY
// names.
//
//   full      all of the picture changes, 60 times a second
//   rect      64x64 px of it do
//   same      it is updated each 33 ms and nothing has changed, as ACRN's VGA says
//   idle      nothing is said
//   memcpy    one copy of the picture to shared memory, in an update's place
//   memcmp    one comparison of it with what is there, in an update's place
//
// One line of JSON on standard output. CPU time is the display thread's, whatever it does; with
// "idle" the whole process', and of memcpy and memcmp that of the call alone.
//
// usage: vdpy-load MODE SECONDS
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "oriel-vdpy.h"

enum {
    WIDTH = 1920,
    HEIGHT = 1080,
    RECT = 64,
    PIXELS = WIDTH * HEIGHT,
    BYTES = PIXELS * 4,
    WARM_UP = 30
};

static uint32_t* pixels;
static uint32_t* copy;
static int handle;
static const char* mode;
static double call_seconds;     // of memcpy() and memcmp()
static double display_seconds;  // that the display thread has spent

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static bool is_over;

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_until(double when) {
    const struct timespec then = {(time_t)when, (long)((when - (double)(time_t)when) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

static struct surface picture(void) {
    struct surface surface = {.surf_type = SURFACE_PIXMAN, .surf_format = PIXMAN_x8r8g8b8};
    surface.width = WIDTH;
    surface.height = HEIGHT;
    surface.bpp = 32;
    surface.stride = WIDTH * 4;
    surface.pixel = pixels;
    return surface;
}

static void draw(uint32_t frame) {
    if (strcmp(mode, "full") == 0 || strcmp(mode, "memcpy") == 0) {
        for (uint32_t i = 0; i < PIXELS; ++i) {
            pixels[i] = i * 0x010203u + frame;
        }
    } else if (strcmp(mode, "rect") == 0) {
        const uint32_t x = frame * RECT % (WIDTH - RECT);
        for (uint32_t y = 0; y < RECT; ++y) {
            for (uint32_t i = 0; i < RECT; ++i) {
                pixels[(y + frame % 900) * WIDTH + x + i] = frame * 0x010203u;
            }
        }
    }
}

static void show(void* unused) {
    (void)unused;
    struct surface surface = picture();
    const double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (strcmp(mode, "memcpy") == 0) {
        memcpy(copy, pixels, BYTES);
    } else if (strcmp(mode, "memcmp") == 0) {
        if (memcmp(copy, pixels, BYTES) != 0) {
            abort();
        }
    } else {
        vdpy_surface_update(handle, 0, &surface);
    }
    display_seconds = seconds(CLOCK_THREAD_CPUTIME_ID);
    call_seconds += display_seconds - began;
    pthread_mutex_lock(&mutex);
    is_over = true;
    pthread_cond_signal(&over);
    pthread_mutex_unlock(&mutex);
}

static void show_first(void* unused) {
    struct surface surface = picture();
    vdpy_surface_set(handle, 0, &surface);
    vdpy_surface_update(handle, 0, &surface);
    show(unused);
}

/// On the display thread; until it has been done.
static void run(void (*what)(void*)) {
    static struct vdpy_display_bh half;
    is_over = false;
    half.task_cb = what;
    if (!vdpy_submit_bh(handle, &half)) {
        fprintf(stderr, "vdpy-load: refused\n");
        exit(1);
    }
    pthread_mutex_lock(&mutex);
    while (!is_over) {
        pthread_cond_wait(&over, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

int main(int argc, char** argv) {
    const double wanted = argc == 3 ? atof(argv[2]) : 0;
    if (wanted <= 0) {
        fprintf(stderr, "usage: %s full|rect|same|idle|memcpy|memcmp SECONDS\n", argv[0]);
        return 2;
    }
    mode = argv[1];
    pixels = calloc(PIXELS, sizeof *pixels);
    // As a buffer for a compositor is.
    const int file = memfd_create("copy", MFD_CLOEXEC);
    copy = ftruncate(file, BYTES) == 0
               ? mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
               : MAP_FAILED;
    if (pixels == NULL || copy == MAP_FAILED) {
        fprintf(stderr, "vdpy-load: no memory\n");
        return 1;
    }
    // Pages that were never written to are all one.
    for (uint32_t i = 0; i < PIXELS; ++i) {
        pixels[i] = copy[i] = i;
    }
    int screens = 0;
    if (vdpy_parse_cmd_option("geometry=1920x1080+0+0") != 0 || gfx_ui_init() != 0 ||
        (handle = vdpy_init(&screens)) <= 0) {
        fprintf(stderr, "vdpy-load: no display\n");
        return 1;
    }
    run(show_first);
    const bool idle = strcmp(mode, "idle") == 0;
    const double period = strcmp(mode, "same") == 0 ? 0.033 : 1.0 / 60;
    double process = 0;
    double display = 0;
    double began = 0;
    double next = seconds(CLOCK_MONOTONIC);
    uint32_t updates = 0;
    for (uint32_t frame = 0; updates == 0 || seconds(CLOCK_MONOTONIC) - began < wanted; ++frame) {
        if (frame == WARM_UP) {
            if (idle) {
                sleep_until(seconds(CLOCK_MONOTONIC) + 1);
            }
            began = seconds(CLOCK_MONOTONIC);
            process = seconds(CLOCK_PROCESS_CPUTIME_ID);
            display = display_seconds;
            call_seconds = 0;
        }
        if (idle && frame >= WARM_UP) {
            sleep_until(began + wanted);
            updates = 1;
            continue;
        }
        next += period;
        const double late = seconds(CLOCK_MONOTONIC);
        next = next < late ? late : next;
        sleep_until(next);
        draw(frame);
        run(show);
        updates = frame >= WARM_UP ? updates + 1 : 0;
    }
    const double wall = seconds(CLOCK_MONOTONIC) - began;
    const double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
    const bool call = strcmp(mode, "memcpy") == 0 || strcmp(mode, "memcmp") == 0;
    printf(
        "{\"mode\": \"%s\", \"updates\": %u, \"seconds\": %.3f, \"ms\": %.4f, \"percent\": %.3f}\n",
        mode, updates, wall, (call ? call_seconds : display_seconds - display) * 1e3 / updates,
        spent * 100 / wall);
    vdpy_deinit(handle);
    gfx_ui_deinit();
    return 0;
}
