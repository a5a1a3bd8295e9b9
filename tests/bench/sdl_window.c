// SPDX-License-Identifier: MIT
//
// A window as ACRN's own device model has one, by the calls that it makes of SDL: of a picture of
// 1920x1080 all is uploaded and drawn at each update, and all is drawn once more each 33 ms.
//
//   full      60 updates a second
//   idle      none
//
// One line of JSON on standard output, as vdpy_load.c writes it.
//
// usage: sdl-window full|idle SECONDS
#define _GNU_SOURCE
#include <SDL.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, PIXELS = WIDTH * HEIGHT, WARM_UP = 30 };

static uint32_t* pixels;
static SDL_Renderer* renderer;
static SDL_Texture* texture;

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_until(double when) {
    const struct timespec then = {(time_t)when, (long)((when - (double)(time_t)when) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

static void draw_window(void) {
    SDL_RenderClear(renderer);
    SDL_RenderCopy(renderer, texture, NULL, NULL);
    SDL_RenderPresent(renderer);
}

static void fail(const char* what) {
    fprintf(stderr, "sdl-window: %s: %s\n", what, SDL_GetError());
    exit(1);
}

static void open_window(void) {
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        fail("SDL");
    }
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_ES);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 2);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 0);
    SDL_Window* const window =
        SDL_CreateWindow("peer", 0, 0, WIDTH, HEIGHT, SDL_WINDOW_OPENGL | SDL_WINDOW_SHOWN);
    if (window == NULL) {
        fail("a window");
    }
    renderer = SDL_CreateRenderer(window, -1, 0);
    if (renderer == NULL) {
        fail("a renderer");
    }
    texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING,
                                WIDTH, HEIGHT);
    if (texture == NULL) {
        fail("a texture");
    }
}

int main(int argc, char** argv) {
    const double wanted = argc == 3 ? atof(argv[2]) : 0;
    if (wanted <= 0) {
        fprintf(stderr, "usage: %s full|idle SECONDS\n", argv[0]);
        return 2;
    }
    const bool full = strcmp(argv[1], "full") == 0;
    pixels = calloc(PIXELS, sizeof *pixels);
    if (pixels == NULL) {
        fail("memory");
    }
    open_window();
    double next = seconds(CLOCK_MONOTONIC);
    double redraw = next;
    double began = 0;
    double cpu = 0;
    double drawing = 0;
    uint32_t updates = 0;
    for (uint32_t frame = 0; frame <= WARM_UP || seconds(CLOCK_MONOTONIC) - began < wanted;
         ++frame) {
        if (frame == WARM_UP) {
            began = seconds(CLOCK_MONOTONIC);
            cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
            drawing = updates = 0;
        }
        next += full ? 1.0 / 60 : 0.033;
        const double now = seconds(CLOCK_MONOTONIC);
        next = next < now ? now : next;
        sleep_until(next);
        if (full) {
            const double draws = seconds(CLOCK_THREAD_CPUTIME_ID);
            for (uint32_t i = 0; i < PIXELS; ++i) {
                pixels[i] = i * 0x010203u + frame;
            }
            drawing += seconds(CLOCK_THREAD_CPUTIME_ID) - draws;
            SDL_UpdateTexture(texture, NULL, pixels, WIDTH * 4);
            draw_window();
            ++updates;
        }
        if (seconds(CLOCK_MONOTONIC) >= redraw) {
            redraw = seconds(CLOCK_MONOTONIC) + 0.033;
            draw_window();
        }
    }
    const double wall = seconds(CLOCK_MONOTONIC) - began;
    const double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - drawing;
    printf(
        "{\"mode\": \"sdl %s\", \"updates\": %u, \"seconds\": %.3f, \"ms\": %.4f, \"percent\": "
        "%.3f}\n",
        argv[1], updates, wall, updates > 0 ? spent * 1e3 / updates : 0.0, spent * 100 / wall);
    // Its end is none of the figures.
    fflush(stdout);
    _Exit(0);
}
