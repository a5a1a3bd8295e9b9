// SPDX-License-Identifier: MIT
//
// What liboriel-vdpy does inside somebody else's process, and to nonsense: asserted here, in C, on
// the compositor that WAYLAND_DISPLAY names. Says "good" on descriptor 3; else what was wrong.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "oriel-vdpy.h"

#define CHECK(true_here)                                                       \
    do {                                                                       \
        if (!(true_here)) {                                                    \
            dprintf(3, "%s:%d: not so: %s\n", __FILE__, __LINE__, #true_here); \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

enum { WIDTH = 64, HEIGHT = 48, SIGNALS = 32, DRM_FORMAT_XRGB8888 = 0x34325258 };

static uint32_t pixels[WIDTH * HEIGHT];

static struct surface memory(void) {
    struct surface surface = {.surf_type = SURFACE_PIXMAN, .surf_format = PIXMAN_x8r8g8b8};
    surface.width = WIDTH;
    surface.height = HEIGHT;
    surface.bpp = 32;
    surface.stride = WIDTH * 4;
    surface.pixel = pixels;
    return surface;
}

static struct surface dmabuf(int fd) {
    struct surface surface = {.surf_type = SURFACE_DMABUF};
    surface.width = WIDTH;
    surface.height = HEIGHT;
    surface.stride = WIDTH * 4;
    surface.dma_info.dmabuf_fd = fd;
    surface.dma_info.surf_fourcc = DRM_FORMAT_XRGB8888;
    return surface;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// --- a bottom half that is waited for ------------------------------------------------------------

struct errand {
    struct vdpy_display_bh half;
    void (*run)(int handle);
    int handle;
    pthread_mutex_t mutex;
    pthread_cond_t over;
    bool is_over;
};

static void run_errand(void* data) {
    struct errand* const errand = data;
    errand->run(errand->handle);
    pthread_mutex_lock(&errand->mutex);
    errand->is_over = true;
    pthread_cond_signal(&errand->over);
    pthread_mutex_unlock(&errand->mutex);
}

static void on_display_thread(int handle, void (*run)(int handle)) {
    static struct errand errand;
    memset(&errand, 0, sizeof errand);
    errand.half.task_cb = run_errand;
    errand.half.data = &errand;
    errand.run = run;
    errand.handle = handle;
    pthread_mutex_init(&errand.mutex, NULL);
    pthread_cond_init(&errand.over, NULL);
    CHECK(vdpy_submit_bh(handle, &errand.half));
    pthread_mutex_lock(&errand.mutex);
    while (!errand.is_over) {
        pthread_cond_wait(&errand.over, &errand.mutex);
    }
    pthread_mutex_unlock(&errand.mutex);
}

// --- calls that make no sense --------------------------------------------------------------------

/// Every function, with a handle that isn't open. Nothing happens, and nobody waits.
static void use_wrong_handle(int handle) {
    struct surface surface = memory();
    struct cursor cursor = {.width = 8, .height = 8, .data = pixels};
    struct display_info info = {1, 1, 1, 1};
    struct vdpy_display_bh half = {0};
    uint8_t edid[128];
    memset(edid, 0xaa, sizeof edid);
    vdpy_get_display_info(handle, 0, &info);
    CHECK(info.width == 0 && info.height == 0 && info.xoff == 0 && info.yoff == 0);
    vdpy_get_edid(handle, 0, edid, sizeof edid);
    for (size_t i = 0; i < sizeof edid; ++i) {
        CHECK(edid[i] == 0);
    }
    vdpy_surface_set(handle, 0, &surface);
    vdpy_surface_update(handle, 0, &surface);
    vdpy_cursor_define(handle, 0, &cursor);
    vdpy_cursor_move(handle, 0, 1, 1);
    CHECK(!vdpy_submit_bh(handle, &half));
    CHECK(vdpy_deinit(handle) == -1);
}

static void use_nulls(int handle) {
    vdpy_get_display_info(handle, 0, NULL);
    vdpy_get_edid(handle, 0, NULL, 128);
    vdpy_surface_update(handle, 0, NULL);
    vdpy_cursor_define(handle, 0, NULL);
    CHECK(!vdpy_submit_bh(handle, NULL));
    CHECK(vdpy_parse_cmd_option(NULL) == 0);
}

static void use_wrong_screens(int handle) {
    const int wrong[] = {-1, 2, 16, 1 << 30, -(1 << 30)};
    struct surface surface = memory();
    struct cursor cursor = {.width = 8, .height = 8, .data = pixels};
    struct display_info info;
    uint8_t edid[128];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        vdpy_get_display_info(handle, wrong[i], &info);
        CHECK(info.width == 0);
        vdpy_get_edid(handle, wrong[i], edid, sizeof edid);
        CHECK(edid[1] == 0);
        vdpy_surface_set(handle, wrong[i], &surface);
        vdpy_surface_set(handle, wrong[i], NULL);
        vdpy_surface_update(handle, wrong[i], &surface);
        vdpy_cursor_define(handle, wrong[i], &cursor);
        vdpy_cursor_move(handle, wrong[i], 1, 1);
    }
}

static void show_nonsense(int handle) {
    struct surface surface = memory();
    surface.pixel = NULL;
    vdpy_surface_set(handle, 0, &surface);
    vdpy_surface_update(handle, 0, &surface);
    surface = memory();
    surface.stride = 3;
    vdpy_surface_set(handle, 0, &surface);
    surface = memory();
    surface.width = surface.height = 0x7fffffff;
    vdpy_surface_set(handle, 0, &surface);
    for (uint32_t format = 0; format < 64; ++format) {
        const uint32_t wild = format * 0x04030201u;
        surface = memory();
        memcpy(&surface.surf_format, &wild, sizeof wild);
        vdpy_surface_set(handle, 0, &surface);
        vdpy_surface_update(handle, 0, &surface);
    }
    memset(&surface, 0xff, sizeof surface);
    vdpy_surface_set(handle, 0, &surface);
    vdpy_surface_update(handle, 0, &surface);
    struct cursor cursor = {.width = 0xffffffff, .height = 0xffffffff, .data = pixels};
    vdpy_cursor_define(handle, 0, &cursor);
    cursor.width = cursor.height = 16;
    cursor.data = NULL;
    vdpy_cursor_define(handle, 0, &cursor);
}

/// Descriptors that are no dma-bufs, and files that are too small or shrink while they are shown.
static void show_wrong_files(int handle) {
    int pipes[2];
    CHECK(pipe2(pipes, O_CLOEXEC) == 0);
    const int files[] = {-1,
                         1 << 20,
                         pipes[0],
                         open("/dev/null", O_RDWR | O_CLOEXEC),
                         open(".", O_RDONLY | O_CLOEXEC),
                         memfd_create("empty", MFD_CLOEXEC)};
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
        struct surface surface = dmabuf(files[i]);
        vdpy_surface_set(handle, 0, &surface);
        vdpy_surface_update(handle, 0, &surface);
        close(files[i]);
        vdpy_surface_update(handle, 0, &surface);
    }
    close(pipes[1]);
    const int file = memfd_create("shrinks", MFD_CLOEXEC);
    CHECK(ftruncate(file, WIDTH * HEIGHT * 4) == 0);
    struct surface surface = dmabuf(file);
    vdpy_surface_set(handle, 0, &surface);
    vdpy_surface_update(handle, 0, &surface);
    CHECK(ftruncate(file, 0) == 0);
    vdpy_surface_update(handle, 0, &surface);
    close(file);
}

static void show_memory(int handle) {
    struct surface surface = memory();
    pixels[0] ^= 0xffffffu;
    vdpy_surface_set(handle, 0, &surface);
    vdpy_surface_update(handle, 0, &surface);
}

// --- the process ---------------------------------------------------------------------------------

static sigjmp_buf back;
static volatile sig_atomic_t faults;

static void on_fault(int signal) {
    ++faults;
    (void)signal;
    siglongjmp(back, 1);
}

/// A SIGBUS of the program's own still comes to the program's own handler.
static void fault(void) {
    const int file = memfd_create("beyond", MFD_CLOEXEC);
    CHECK(ftruncate(file, 4096) == 0);
    volatile char* const page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    CHECK(page != MAP_FAILED && ftruncate(file, 0) == 0);
    faults = 0;
    if (sigsetjmp(back, 1) == 0) {
        (void)*page;
    }
    CHECK(faults == 1);
    munmap((void*)(uintptr_t)page, 4096);
    close(file);
}

static void handler_of(int number, struct sigaction* action) {
    memset(action, 0, sizeof *action);
    sigaction(number, NULL, action);
}

static int count_entries(const char* folder) {
    DIR* const all = opendir(folder);
    CHECK(all != NULL);
    int count = 0;
    while (readdir(all) != NULL) {
        ++count;
    }
    closedir(all);
    return count;
}

static void one_life(void) {
    int screens = -1;
    CHECK(gfx_ui_init() == 0);
    CHECK(gfx_ui_init() == 0);  // it is there
    const int handle = vdpy_init(&screens);
    CHECK(handle > 0 && screens == 2);
    CHECK(vdpy_init(&screens) == 0 && screens == 0);
    CHECK(vdpy_init(NULL) == 0);
    use_nulls(handle);
    use_wrong_screens(handle);
    on_display_thread(handle, use_nulls);
    on_display_thread(handle, use_wrong_screens);
    on_display_thread(handle, show_memory);
    on_display_thread(handle, show_nonsense);
    on_display_thread(handle, show_wrong_files);
    on_display_thread(handle, show_memory);
    // On a thread that isn't the display's they do nothing.
    show_memory(handle);
    use_wrong_handle(handle + 1);
    use_wrong_handle(0);
    use_wrong_handle(-1);
    CHECK(vdpy_deinit(handle) == 0);
    use_wrong_handle(handle);
    const int next = vdpy_init(&screens);
    CHECK(next > 0 && next != handle);
    on_display_thread(next, show_memory);
    gfx_ui_deinit();  // with the handle still open
    use_wrong_handle(next);
    gfx_ui_deinit();
}

static void cut_options(void) {
    const char* const whole =
        "geometry=640x480+10+20,path=auto,pace=frame,compositor=wait,"
        "output=WL-1,geometry=fullscreen:1";
    char part[128];
    int refused = 0;
    for (size_t length = 0; length <= strlen(whole); ++length) {
        memcpy(part, whole, length);
        part[length] = '\0';
        refused += vdpy_parse_cmd_option(part) != 0;
    }
    CHECK(refused > 20);
    char many[2048] = "";
    for (int i = 0; i < 64; ++i) {
        strcat(many, "geometry=64x48+0+0,");
    }
    CHECK(vdpy_parse_cmd_option(many) == -1);
}

int main(void) {
    struct sigaction mine = {.sa_handler = on_fault};
    struct sigaction before[SIGNALS];
    sigaction(SIGBUS, &mine, NULL);
    use_wrong_handle(1);  // before anything
    CHECK(vdpy_init(NULL) == 0);
    gfx_ui_deinit();
    for (int number = 1; number < SIGNALS; ++number) {
        handler_of(number, &before[number]);
    }
    sigset_t mask_before;
    sigset_t mask;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_before) == 0);
    cut_options();
    CHECK(vdpy_parse_cmd_option("geometry=64x48+0+0,geometry=64x48+64+0") == 0);
    one_life();
    fault();
    const int files = count_entries("/proc/self/fd");
    const double began = seconds();
    for (int life = 0; life < 3; ++life) {
        one_life();
    }
    CHECK(seconds() - began < 10);
    CHECK(count_entries("/proc/self/fd") == files);
    CHECK(count_entries("/proc/self/task") == 2 + 1);  // ".", "..", this thread
    for (int number = 1; number < SIGNALS; ++number) {
        struct sigaction now;
        handler_of(number, &now);
        CHECK(number == SIGBUS || now.sa_handler == before[number].sa_handler);
    }
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0);
    for (int number = 1; number < SIGNALS; ++number) {
        CHECK(sigismember(&mask, number) == sigismember(&mask_before, number));
    }
    fault();
    // No child was started.
    CHECK(waitpid(-1, NULL, WNOHANG) == -1);
    // The program may end while the display is shown.
    int screens = 0;
    CHECK(gfx_ui_init() == 0);
    const int handle = vdpy_init(&screens);
    on_display_thread(handle, show_memory);
    dprintf(3, "good\n");
    return 0;
}
