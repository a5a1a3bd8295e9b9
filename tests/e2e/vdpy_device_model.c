// SPDX-License-Identifier: MIT
//
// A device model as far as a display knows one, in C, written against oriel-vdpy.h: what it is told
// on standard input it does as ACRN's virtio-gpu would, in bottom halves on the display thread.
// Each line has an answer on descriptor 3; standard output stays empty.
//
//   start [OPTIONS]                       vdpy_parse_cmd_option(), gfx_ui_init(), vdpy_init()
//   mode SCREEN | edid SCREEN FILE        what the guest may ask for
//   memory SCREEN FILE W H STRIDE FORMAT  a picture in memory: vdpy_surface_set(), _update()
//   draw SCREEN FILE                      other pixels there: vdpy_surface_update()
//   again SCREEN COUNT                    so many updates with nothing new
//   blob SCREEN FILE W H STRIDE [udmabuf] a picture in a memfd, in a dma-buf's place, or in a
//   dma-buf cursor SCREEN FILE W H HOT_X HOT_Y | move SCREEN X Y dark SCREEN vdpy_surface_set(NULL)
//   end                                   vdpy_deinit(), gfx_ui_deinit()
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "oriel-vdpy.h"

enum { SCREENS = 16, WORDS = 8, DRM_FORMAT_XRGB8888 = 0x34325258 };

struct picture {
    struct surface surface;
    void* pixels;  // malloc()
    int memfd;     // 0: none
};

struct task {
    struct vdpy_display_bh half;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool is_done;
    int words;
    char* word[WORDS];
    double ms;
};

static struct picture pictures[SCREENS];
static int handle;
static FILE* answers;

static void fail(const char* what) {
    perror(what);
    exit(1);
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uint32_t number(const struct task* task, int word) {
    if (word >= task->words) {
        fprintf(stderr, "%s: a word is missing\n", task->word[0]);
        exit(2);
    }
    return (uint32_t)strtoul(task->word[word], NULL, 0);
}

static void* read_file(const char* path, size_t* size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) {
        fail(path);
    }
    *size = (size_t)status.st_size;
    char* const bytes = malloc(*size);
    for (size_t at = 0; at < *size;) {
        const ssize_t got = read(file, bytes + at, *size - at);
        if (got <= 0) {
            fail(path);
        }
        at += (size_t)got;
    }
    close(file);
    return bytes;
}

static void forget(struct picture* picture) {
    free(picture->pixels);
    if (picture->memfd > 0) {
        close(picture->memfd);
    }
    memset(picture, 0, sizeof *picture);
}

static void show_memory(int screen, const struct task* task) {
    struct picture* const picture = &pictures[screen];
    struct picture new = {0};
    size_t size;
    new.pixels = read_file(task->word[2], &size);
    new.surface.surf_type = SURFACE_PIXMAN;
    new.surface.width = number(task, 3);
    new.surface.height = number(task, 4);
    new.surface.stride = number(task, 5);
    const uint32_t format = number(task, 6);
    memcpy(&new.surface.surf_format, &format, sizeof format);
    new.surface.bpp = 32;
    new.surface.pixel = new.pixels;
    vdpy_surface_set(handle, screen, &new.surface);
    vdpy_surface_update(handle, screen, &new.surface);
    forget(picture);
    *picture = new;
}

/// A dma-buf of the file's pages, as ACRN makes one of a guest's; the file is closed.
static int udmabuf_of(int file, size_t size) {
    const int maker = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
    struct udmabuf_create create = {.memfd = (uint32_t)file, .flags = UDMABUF_FLAGS_CLOEXEC};
    create.size = (size + 4095) / 4096 * 4096;
    if (ftruncate(file, (off_t)create.size) != 0 || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
        fail("the seals of a memfd");
    }
    const int made = ioctl(maker, UDMABUF_CREATE, &create);
    if (made < 0) {
        fail("a udmabuf");
    }
    close(maker);
    close(file);
    return made;
}

static void show_blob(int screen, const struct task* task) {
    struct picture* const picture = &pictures[screen];
    struct picture new = {0};
    size_t size;
    void* const bytes = read_file(task->word[2], &size);
    new.memfd = memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (new.memfd < 0 || write(new.memfd, bytes, size) != (ssize_t)size) {
        fail("a memfd");
    }
    free(bytes);
    if (task->words > 6 && strcmp(task->word[6], "udmabuf") == 0) {
        new.memfd = udmabuf_of(new.memfd, size);
    }
    new.surface.surf_type = SURFACE_DMABUF;
    new.surface.width = number(task, 3);
    new.surface.height = number(task, 4);
    new.surface.stride = number(task, 5);
    new.surface.dma_info.dmabuf_fd = new.memfd;
    new.surface.dma_info.surf_fourcc = DRM_FORMAT_XRGB8888;
    vdpy_surface_set(handle, screen, &new.surface);
    // As ACRN does it: of the surface only these two are filled in.
    struct surface update;
    memset(&update, 0xa5, sizeof update);
    update.surf_type = SURFACE_DMABUF;
    update.dma_info.dmabuf_fd = new.memfd;
    vdpy_surface_update(handle, screen, &update);
    forget(picture);  // its descriptor is closed while the compositor may still read
    new.surface = update;
    *picture = new;
}

static void define_cursor(int screen, const struct task* task) {
    size_t size;
    struct cursor cursor = {.surf_type = SURFACE_PIXMAN, .surf_format = PIXMAN_a8r8g8b8};
    cursor.data = read_file(task->word[2], &size);
    cursor.width = number(task, 3);
    cursor.height = number(task, 4);
    cursor.hot_x = number(task, 5);
    cursor.hot_y = number(task, 6);
    vdpy_cursor_define(handle, screen, &cursor);
    free(cursor.data);
}

static void run(struct task* task) {
    const char* const what = task->word[0];
    const int screen = (int)number(task, 1) % SCREENS;
    struct picture* const picture = &pictures[screen];
    if (strcmp(what, "memory") == 0) {
        show_memory(screen, task);
    } else if (strcmp(what, "blob") == 0) {
        show_blob(screen, task);
    } else if (strcmp(what, "draw") == 0) {
        size_t size;
        void* const bytes = read_file(task->word[2], &size);
        memcpy(picture->pixels, bytes, size);
        free(bytes);
        vdpy_surface_update(handle, screen, &picture->surface);
    } else if (strcmp(what, "again") == 0) {
        for (uint32_t left = number(task, 2); left > 0; --left) {
            vdpy_surface_update(handle, screen, &picture->surface);
        }
    } else if (strcmp(what, "cursor") == 0) {
        define_cursor(screen, task);
    } else if (strcmp(what, "move") == 0) {
        vdpy_cursor_move(handle, screen, number(task, 2), number(task, 3));
    } else if (strcmp(what, "dark") == 0) {
        vdpy_surface_set(handle, screen, NULL);
        forget(picture);
    } else {
        fprintf(stderr, "what is %s?\n", what);
        exit(2);
    }
}

static void run_in_bottom_half(void* data) {
    struct task* const task = data;
    const double began = now_ms();
    run(task);
    pthread_mutex_lock(&task->mutex);
    task->ms = now_ms() - began;
    task->is_done = true;
    pthread_cond_signal(&task->done);
    pthread_mutex_unlock(&task->mutex);
}

/// Submits it and waits until it has run.
static void submit(struct task* task) {
    task->half.task_cb = run_in_bottom_half;
    task->half.data = task;
    pthread_mutex_init(&task->mutex, NULL);
    pthread_cond_init(&task->done, NULL);
    if (!vdpy_submit_bh(handle, &task->half)) {
        fprintf(answers, "refused\n");
        return;
    }
    pthread_mutex_lock(&task->mutex);
    while (!task->is_done) {
        pthread_cond_wait(&task->done, &task->mutex);
    }
    pthread_mutex_unlock(&task->mutex);
    fprintf(answers, "done in %.2f ms\n", task->ms);
}

static void start(const char* options) {
    int screens = -1;
    if (vdpy_parse_cmd_option(options) != 0) {
        fprintf(answers, "bad options\n");
    } else if (gfx_ui_init() != 0) {
        fprintf(answers, "no display\n");
    } else {
        handle = vdpy_init(&screens);
        fprintf(answers, "handle %d, screens %d\n", handle, screens);
    }
}

static void say_mode(int screen) {
    struct display_info info;
    vdpy_get_display_info(handle, screen, &info);
    fprintf(answers, "%ux%u+%d+%d\n", info.width, info.height, info.xoff, info.yoff);
}

static void write_edid(int screen, const char* path) {
    uint8_t edid[256];
    vdpy_get_edid(handle, screen, edid, sizeof edid);
    FILE* const file = fopen(path, "wb");
    if (file == NULL || fwrite(edid, sizeof edid, 1, file) != 1 || fclose(file) != 0) {
        fail(path);
    }
    fprintf(answers, "written\n");
}

int main(void) {
    char line[1024];
    answers = fdopen(3, "w");
    if (answers == NULL) {
        fail("descriptor 3, for answers");
    }
    setlinebuf(answers);
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct task task = {0};
        line[strcspn(line, "\n")] = '\0';
        for (char* word = strtok(line, " "); word != NULL && task.words < WORDS;
             word = strtok(NULL, " ")) {
            task.word[task.words++] = word;
        }
        if (task.words == 0) {
            continue;
        }
        if (strcmp(task.word[0], "start") == 0) {
            start(task.word[1] == NULL ? "" : task.word[1]);
        } else if (strcmp(task.word[0], "mode") == 0) {
            say_mode((int)number(&task, 1));
        } else if (strcmp(task.word[0], "edid") == 0) {
            write_edid((int)number(&task, 1), task.word[2]);
        } else if (strcmp(task.word[0], "end") == 0) {
            const int closed = vdpy_deinit(handle);
            gfx_ui_deinit();
            fprintf(answers, "ended %d\n", closed);
        } else {
            submit(&task);
        }
    }
    return 0;
}
