// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/unique_fd.h"
#include "net/local_socket.h"
#include "support/compositor.h"
#include "support/temp_dir.h"
#include "vdpy/include/oriel-vdpy.h"

namespace oriel::test::vdpy {

constexpr Size kSize{320, 200};

/// A compositor that the environment names.
class Place {
public:
    explicit Place(const CompositorOptions& compositor = {}) : compositor_{compositor} {
        set_log_level(LogLevel::kError);
        const std::string socket = folder_.file("wayland-9");
        compositor_.listen(listen_local(socket).value());
        ::setenv("WAYLAND_DISPLAY", socket.c_str(), 1);
        ::setenv("XDG_RUNTIME_DIR", folder_.file("").c_str(), 1);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        ::unsetenv("WAYLAND_DISPLAY");
        ::unsetenv("XDG_RUNTIME_DIR");
    }

    void wait_for(const TestCompositor::Predicate& true_when, const std::string& sentence) {
        compositor_.wait_for(true_when, no_loop_, sentence);
    }
    /// The display thread and the compositor have nothing to say to each other any more.
    void settle() {
        for (int turn = 0; turn < 3; ++turn) {
            compositor_.ping();
            wait_for([](const State& s) { return s.last_pong == s.last_ping; }, "a pong");
        }
    }
    TestCompositor& compositor() { return compositor_; }
    [[nodiscard]] State state() const { return compositor_.state(); }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

private:
    TempDir folder_;
    TestCompositor compositor_;
    SystemClock clock_;
    EventLoop no_loop_{clock_};  ///< the client's is on its own thread
};

/// A device model with one screen, in such a place.
class Desk : public Place {
public:
    explicit Desk(const CompositorOptions& compositor = {}, const std::string& options = {})
        : Place{compositor} {
        REQUIRE(vdpy_parse_cmd_option(("geometry=320x200+0+0," + options).c_str()) == 0);
        REQUIRE(gfx_ui_init() == 0);
        int screens = 0;
        handle = vdpy_init(&screens);
        REQUIRE(handle > 0);
        CHECK(screens >= 1);
        wait_for([](const State& s) { return s.surface() != nullptr; }, "a window");
    }
    ~Desk() {
        if (handle != 0) {
            CHECK(vdpy_deinit(handle) == 0);
        }
        gfx_ui_deinit();
    }

    /// In a bottom half; until it has run. Returns how long it took.
    Nanoseconds run(std::function<void()> errand) {
        struct Errand {
            std::function<void()> run;
            std::mutex mutex;
            std::condition_variable over;
            bool is_over = false;
            Nanoseconds took{};
        } one{.run = std::move(errand)};
        // Its flags are looked at when its task has ended, too.
        vdpy_display_bh& half = halves_.emplace_back();
        half.data = &one;
        half.task_cb = [](void* data) {
            auto& self = *static_cast<Errand*>(data);
            const auto began = std::chrono::steady_clock::now();
            self.run();
            const std::lock_guard lock{self.mutex};
            self.took = std::chrono::steady_clock::now() - began;
            self.is_over = true;
            self.over.notify_one();
        };
        REQUIRE(vdpy_submit_bh(handle, &half));
        std::unique_lock lock{one.mutex};
        one.over.wait(lock, [&] { return one.is_over; });
        return one.took;
    }
    Nanoseconds set(uint32_t colour) {
        std::ranges::fill(pixels, colour);
        return run([this] {
            surface now = memory();
            vdpy_surface_set(handle, 0, &now);
            vdpy_surface_update(handle, 0, &now);
        });
    }
    Nanoseconds update() {
        return run([this] {
            surface now = memory();
            vdpy_surface_update(handle, 0, &now);
        });
    }
    surface memory() {
        surface given{};
        given.surf_type = SURFACE_PIXMAN;
        given.surf_format = PIXMAN_x8r8g8b8;
        given.width = kSize.width;
        given.height = kSize.height;
        given.stride = kSize.width * 4;
        given.pixel = pixels.data();
        return given;
    }
    /// `file` is in a dma-buf's place.
    static surface blob(int file) {
        surface given{};
        given.surf_type = SURFACE_DMABUF;
        given.width = kSize.width;
        given.height = kSize.height;
        given.stride = kSize.width * 4;
        given.dma_info = {file, DRM_FORMAT_XRGB8888, 0};
        return given;
    }

    std::vector<uint32_t> pixels = std::vector<uint32_t>(kSize.area());
    int handle = 0;  ///< 0: closed

private:
    std::deque<vdpy_display_bh> halves_;
};

inline UniqueFd memfd_of(uint32_t colour) {
    UniqueFd file{::memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    const std::vector<uint32_t> pixels(kSize.area(), colour);
    const size_t bytes = pixels.size() * 4;
    REQUIRE(::write(file.get(), pixels.data(), bytes) == static_cast<ssize_t>(bytes));
    return file;
}

/// In the newest window.
inline bool shows(const State& state, uint32_t colour) {
    const PictureRef picture =
        state.windows.empty() ? nullptr : state.picture(state.windows.size() - 1);
    return picture && picture->size.width > 5 && picture->at(5, 5) == colour;
}

}  // namespace oriel::test::vdpy
