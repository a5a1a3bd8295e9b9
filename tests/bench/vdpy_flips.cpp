// SPDX-License-Identifier: MIT
//
// What a flip between two dma-bufs costs the display thread of liboriel-vdpy, by size: as ACRN does
// it, vdpy_surface_set() and vdpy_surface_update() in one bottom half. The compositor is in this
// process, on a thread of its own, and looks at no pixel; memfds are in the dma-bufs' place, as in
// flip_cost.cpp.
//
// One line of JSON on stdout for each size.
//
// usage: vdpy-flips FLIPS PAUSE_MS
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/unique_fd.h"
#include "net/local_socket.h"
#include "oriel-vdpy.h"
#include "support/compositor.h"
#include "support/temp_dir.h"

using namespace oriel;
using namespace std::chrono_literals;

namespace {

constexpr std::array<Size, 4> kSizes{{{1280, 720}, {1920, 1080}, {3840, 2160}, {7680, 4320}}};
constexpr int kWarmUp = 20;

double thread_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

UniqueFd memory_of(Size size) {
    UniqueFd file{::memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (::ftruncate(file.get(), static_cast<off_t>(size.area() * 4)) != 0) {
        throw std::runtime_error{"no memory"};
    }
    return file;
}

/// A device model with a guest that flips.
class DeviceModel {
public:
    explicit DeviceModel(Size size) : size_{size}, files_{memory_of(size), memory_of(size)} {
        const std::string options = fmt::format("geometry={}x{}+0+0", size.width, size.height);
        if (vdpy_parse_cmd_option(options.c_str()) != 0 || gfx_ui_init() != 0 ||
            (handle_ = vdpy_init(nullptr)) <= 0) {
            throw std::runtime_error{"no display"};
        }
        half_.task_cb = [](void* self) { static_cast<DeviceModel*>(self)->run(); };
        half_.data = this;
    }
    DeviceModel(const DeviceModel&) = delete;
    DeviceModel& operator=(const DeviceModel&) = delete;
    ~DeviceModel() {
        vdpy_deinit(handle_);
        gfx_ui_deinit();
    }

    /// Returns the CPU time that the display thread had spent when it had been done.
    double flip() {
        is_over_ = false;
        if (!vdpy_submit_bh(handle_, &half_)) {
            throw std::runtime_error{"a bottom half is refused"};
        }
        std::unique_lock lock{mutex_};
        over_.wait(lock, [this] { return is_over_; });
        return cpu_;
    }

private:
    void run() {
        surface blob{};
        blob.surf_type = SURFACE_DMABUF;
        blob.width = size_.width;
        blob.height = size_.height;
        blob.stride = size_.width * 4;
        blob.dma_info = {files_.at(next_).get(), DRM_FORMAT_XRGB8888, 0};
        next_ = 1 - next_;
        vdpy_surface_set(handle_, 0, &blob);
        vdpy_surface_update(handle_, 0, &blob);
        const std::lock_guard lock{mutex_};
        cpu_ = thread_seconds();
        is_over_ = true;
        over_.notify_one();
    }

    const Size size_;
    std::array<UniqueFd, 2> files_;
    size_t next_ = 0;
    int handle_ = 0;
    vdpy_display_bh half_{};
    std::mutex mutex_;
    std::condition_variable over_;
    bool is_over_ = false;
    double cpu_ = 0;
};

void measure(Size size, int flips, std::chrono::milliseconds pause) {
    const test::TempDir folder;
    const std::string socket = folder.file("wayland");
    test::TestCompositor compositor{
        {.linux_dmabuf = 3, .strict_buffers = false, .look_at_pixels = false}};
    compositor.listen(listen_local(socket).value());
    ::setenv("WAYLAND_DISPLAY", socket.c_str(), 1);
    ::setenv("XDG_RUNTIME_DIR", folder.file("").c_str(), 1);
    {
        DeviceModel model{size};
        for (int i = 0; i < kWarmUp; ++i) {
            model.flip();
            std::this_thread::sleep_for(pause);
        }
        const double before = model.flip();
        const uint64_t frames = compositor.state().frames();
        double after = 0;
        for (int i = 0; i < flips; ++i) {
            std::this_thread::sleep_for(pause);
            after = model.flip();
        }
        const test::State state = compositor.state();
        std::printf(
            "{\"mode\": \"flips\", \"width\": %u, \"height\": %u, \"flips\": %d, "
            "\"frames\": %llu, \"imports\": %llu, \"us\": %.2f}\n",
            size.width, size.height, flips,
            static_cast<unsigned long long>(state.frames() - frames),
            static_cast<unsigned long long>(state.imports_asked), (after - before) * 1e6 / flips);
        std::fflush(stdout);
    }
    static_cast<void>(compositor.take_violations());
}

}  // namespace

int main(int argc, char** argv) {
    // The scripted compositor reports through doctest; a violation ends the bench.
    doctest::Context context;
    context.setAsDefaultForAssertsOutOfTestCases();
    const int flips = argc == 3 ? std::atoi(argv[1]) : 0;
    const int pause = argc == 3 ? std::atoi(argv[2]) : -1;
    if (flips <= 0 || pause < 0) {
        std::fprintf(stderr, "usage: %s FLIPS PAUSE_MS\n", argv[0]);
        return 2;
    }
    try {
        for (const Size size : kSizes) {
            measure(size, flips, std::chrono::milliseconds{pause});
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "vdpy-flips: %s\n", error.what());
        return 1;
    }
    return 0;
}
