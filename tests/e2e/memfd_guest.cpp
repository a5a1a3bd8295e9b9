// SPDX-License-Identifier: MIT
//
// The whole card and a Wayland window on it, and a guest with two blobs, in one process, on the
// compositor that WAYLAND_DISPLAY names. A memfd takes the dma-buf's place, for machines without
// /dev/udmabuf: a compositor whose EGL is llvmpipe (Mesa 24 or newer) imports one by leniency and
// reads the guest's pages, live. So this is a memfd test: it proves what we say to a real
// compositor and what that shows, not what a kernel makes of a dma-buf.
//
// Shows the known picture of screen 0 and says so; each line on standard input flips to the other
// buffer with the next screen's picture. Ends with standard input; says the statistics before.
//
// usage: memfd-guest WIDTH HEIGHT
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/event_loop.h"
#include "gpu/gpu_device.h"
#include "guest/picture.h"
#include "support/blob_screen.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "wayland/presenter.h"

using namespace oriel;

namespace {

wayland::PresenterOptions presenter_options(Size size) {
    wayland::PresenterOptions options;
    options.screens = {ScreenInfo{.preferred = size}};
    options.size_explicit = true;
    options.path = wayland::PathChoice::kDirect;
    options.decorations = wayland::DecorationsChoice::kNone;
    return options;
}

class Events final : public DisplayEvents {
public:
    void display_ready() override { ready = true; }
    void screen_changed(ScanoutId) override {}
    void visibility_changed(ScanoutId) override {}
    void close_requested(ScanoutId) override {}
    void display_lost(const std::string& reason) override {
        std::fprintf(stderr, "memfd-guest: %s\n", reason.c_str());
        std::exit(1);
    }

    bool ready = false;
};

void draw(test::BlobScreen& screen, uint32_t index) {
    for (uint32_t y = 0; y < screen.size().height; ++y) {
        for (uint32_t x = 0; x < screen.size().width; ++x) {
            // The fourth byte of such a format means nothing, so it isn't 0xff.
            screen.set(x, y,
                       guest::known_pixel(x, y, screen.size().width, screen.size().height, index) |
                           0x5a00'0000);
        }
    }
}

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void run(Size size) {
    const SystemClock clock;
    EventLoop loop{clock};
    Events events;
    const auto made = wayland::make_presenter(loop, events, presenter_options(size));
    Display& presenter = *made;
    while (!events.ready) {
        loop.dispatch(Nanoseconds::max());
    }
    test::DirectGpuLink link{loop};
    test::MemfdExporter exporter;
    gpu::GpuDevice device{loop, presenter, link.memory(), {.exporter = &exporter}};
    link.start(device);
    test::GpuDriver driver{link};
    const test::BlobScreen::Options contiguous{.pages = test::Pages::kContiguous};
    test::BlobFlipper flipper{driver, 0, size, 2, contiguous};

    uint32_t index = 0;
    const auto flip = [&] {
        draw(flipper.back(), index);
        const auto flush = flipper.post_flip();
        // In the compositor's time: the driver alone lets none pass.
        while (!driver.answered(flush)) {
            loop.dispatch(Nanoseconds{10'000'000});
        }
        static_cast<void>(driver.wait(flush));
        say("shown " + std::to_string(index++));
    };
    bool over = false;
    const auto watch = loop.watch(STDIN_FILENO, FdEvents::kRead, [&](FdEvents) {
        char byte = 0;
        if (::read(STDIN_FILENO, &byte, 1) != 1) {
            over = true;
        } else if (byte == '\n') {
            flip();
        }
    });
    flip();
    while (!over) {
        loop.dispatch(Nanoseconds{100'000'000});
    }
    const ScanoutStats& stats = presenter.stats(0);
    say(std::string{"path "} + stats.path + ", copied " + std::to_string(stats.bytes_copied) +
        ", committed " + std::to_string(stats.committed) + ", by timer " +
        std::to_string(stats.answered_by_timer) + ", exported " +
        std::to_string(exporter.exported()));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: memfd-guest WIDTH HEIGHT\n");
        return 2;
    }
    try {
        run({static_cast<uint32_t>(std::atoi(argv[1])), static_cast<uint32_t>(std::atoi(argv[2]))});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "memfd-guest: %s\n", error.what());
        return 1;
    }
    return 0;
}
