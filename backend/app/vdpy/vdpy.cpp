// SPDX-License-Identifier: MIT
// The C functions of oriel-vdpy.h.
#include <cstring>
#include <memory>
#include <mutex>

#include "core/log.h"
#include "vdpy/display_thread.h"
#include "vdpy/include/oriel-vdpy.h"
#include "vdpy/screen_edid.h"

namespace {

using oriel::app::vdpy::DisplayThread;
using oriel::app::vdpy::WindowWords;

constexpr const char* kArea = "vdpy";
constexpr oriel::Nanoseconds kPatience{200'000'000};

/// What the functions share. Never destroyed: the program may end while the display thread runs.
struct Library {
    std::mutex mutex;
    WindowWords words;
    /// Shared: a call on another thread may still use it while it is ended.
    std::shared_ptr<DisplayThread> thread;
    int handle = 0;  ///< the open one; 0: none
    int last_handle = 0;
};

Library& library() {
    static auto& one = *new Library;
    return one;
}

/// The display thread, if `handle` is open.
std::shared_ptr<DisplayThread> thread_of(int handle) {
    Library& shared = library();
    const std::lock_guard lock{shared.mutex};
    return handle > 0 && handle == shared.handle ? shared.thread : nullptr;
}

int32_t position(uint32_t value) {
    // Cursors leave screens to the left and above, too.
    return static_cast<int32_t>(value);
}

}  // namespace

int vdpy_parse_cmd_option(const char* opts) {
    if (opts == nullptr) {
        return 0;
    }
    auto words = oriel::app::vdpy::read_window_words(opts);
    if (!words) {
        oriel::log_error(kArea, "{}", words.error().message());
        return -1;
    }
    Library& shared = library();
    const std::lock_guard lock{shared.mutex};
    shared.words = std::move(*words);
    return 0;
}

int gfx_ui_init() {
    Library& shared = library();
    WindowWords words;
    {
        const std::lock_guard lock{shared.mutex};
        if (shared.thread) {
            return 0;
        }
        words = shared.words;
    }
    auto thread = DisplayThread::start(words);
    if (!thread) {
        oriel::log_error(kArea, "{}", thread.error().message());
        return -1;
    }
    const std::lock_guard lock{shared.mutex};
    shared.thread = std::move(*thread);
    return 0;
}

void gfx_ui_deinit() {
    Library& shared = library();
    std::shared_ptr<DisplayThread> thread;
    {
        const std::lock_guard lock{shared.mutex};
        if (shared.thread && shared.thread->is_current()) {
            return;  // it can't wait for its own end
        }
        thread = std::move(shared.thread);
        shared.thread.reset();
        shared.handle = 0;
    }
    if (thread) {
        thread->close();
    }
}

int vdpy_init(int* num_vscreens) {
    Library& shared = library();
    std::shared_ptr<DisplayThread> thread;
    int handle = 0;
    {
        const std::lock_guard lock{shared.mutex};
        if (shared.thread && shared.handle == 0) {
            thread = shared.thread;
            handle = shared.handle = ++shared.last_handle;
        }
    }
    if (num_vscreens != nullptr) {
        *num_vscreens = thread ? static_cast<int>(thread->screen_count()) : 0;
    }
    if (thread) {
        thread->wait_shown(kPatience);
        thread->open();
    }
    return handle;
}

int vdpy_deinit(int handle) {
    Library& shared = library();
    std::shared_ptr<DisplayThread> thread;
    {
        const std::lock_guard lock{shared.mutex};
        if (handle <= 0 || handle != shared.handle) {
            return -1;
        }
        shared.handle = 0;
        thread = shared.thread;
    }
    thread->close();
    return 0;
}

void vdpy_get_display_info(int handle, int scanout_id, display_info* info) {
    if (info == nullptr) {
        return;
    }
    *info = {};
    const auto thread = thread_of(handle);
    const auto screen = thread ? thread->screen(scanout_id) : std::nullopt;
    if (screen && screen->connected) {
        *info = {screen->position.x, screen->position.y, screen->preferred.width,
                 screen->preferred.height};
    }
}

void vdpy_get_edid(int handle, int scanout_id, uint8_t* edid, size_t size) {
    if (edid == nullptr) {
        return;
    }
    std::memset(edid, 0, size);
    const auto thread = thread_of(handle);
    if (const auto screen = thread ? thread->screen(scanout_id) : std::nullopt) {
        oriel::app::vdpy::write_edid(*screen, static_cast<oriel::ScanoutId>(scanout_id),
                                     {edid, size});
    }
}

void vdpy_surface_set(int handle, int scanout_id, surface* surf) {
    if (const auto thread = thread_of(handle)) {
        thread->set_surface(scanout_id, surf);
    }
}

void vdpy_surface_update(int handle, int scanout_id, surface* surf) {
    const auto thread = thread_of(handle);
    if (thread && surf != nullptr) {
        thread->update_surface(scanout_id, *surf);
    }
}

void vdpy_cursor_define(int handle, int scanout_id, cursor* cur) {
    const auto thread = thread_of(handle);
    if (thread && cur != nullptr) {
        thread->define_cursor(scanout_id, *cur);
    }
}

void vdpy_cursor_move(int handle, int scanout_id, uint32_t x, uint32_t y) {
    if (const auto thread = thread_of(handle)) {
        thread->move_cursor(scanout_id, {position(x), position(y)});
    }
}

bool vdpy_submit_bh(int handle, vdpy_display_bh* bh) {
    const auto thread = thread_of(handle);
    return thread && thread->submit(bh);
}
