// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/display.h"
#include "vdpy/bottom_halves.h"
#include "vdpy/window_words.h"

namespace oriel::app::vdpy {

class DisplayLoop;

/// The thread of the windows, as other threads see it: what they ask of it, and what it has told
/// them last. Everything else (loop, card, presenter) lives on that thread, in DisplayLoop.
///
/// All public functions may be called on any thread, but for the last three.
class DisplayThread {
public:
    enum class Shown : uint8_t {
        kNotYet,
        kYes,  ///< a compositor has said how large its outputs are
        kNever
    };

    /// The error is one line for the user: there can be no windows.
    [[nodiscard]] static Result<std::unique_ptr<DisplayThread>> start(const WindowWords& words);
    DisplayThread(const DisplayThread&) = delete;
    DisplayThread& operator=(const DisplayThread&) = delete;
    /// Not on the display thread.
    ~DisplayThread();

    [[nodiscard]] bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }
    /// Waits until there are windows, or will be none, but no longer than `patience`.
    Shown wait_shown(Nanoseconds patience);

    [[nodiscard]] uint32_t screen_count() const { return screen_count_; }
    /// As it is now; nothing for a screen that isn't there.
    [[nodiscard]] std::optional<ScreenInfo> screen(int number);

    /// From now on bottom halves are taken.
    void open();
    /// Waits for the one that runs. Those that wait are forgotten, no more are taken, and the
    /// screens are dark when this returns. On the display thread itself it waits for nothing.
    void close();
    [[nodiscard]] bool submit(vdpy_display_bh* bottom_half);
    void move_cursor(int number, Point corner);
    /// A call that makes no sense; the thread says so in the log, once a second at most.
    void complain(const char* call);

    // From inside a bottom half.
    void set_surface(int number, const surface* given);
    void update_surface(int number, const surface& given);
    void define_cursor(int number, const cursor& given);

private:
    friend class DisplayLoop;

    explicit DisplayThread(const WindowWords& words, UniqueFd wake);
    void run(const WindowWords& words);
    void started(std::optional<HostError> error);
    void wake() const;
    [[nodiscard]] bool known(int number) const {
        return number >= 0 && static_cast<uint32_t>(number) < screen_count_;
    }

    const UniqueFd wake_;  ///< an eventfd
    const uint32_t screen_count_;
    BottomHalves bottom_halves_{wake_.get()};
    DisplayLoop* loop_ = nullptr;  ///< of the display thread, for that thread alone

    std::mutex mutex_;
    std::condition_variable changed_;
    // All below is guarded by mutex_.
    bool started_ = false;
    std::optional<HostError> start_error_;
    Shown shown_ = Shown::kNotYet;
    std::vector<ScreenInfo> screens_;
    std::array<std::optional<Point>, kMaxScreens> moved_;
    const char* complaint_ = nullptr;  ///< the last call that made no sense; not said yet
    bool closing_ = false;
    bool stopping_ = false;
    bool ended_ = false;  ///< nothing on that thread answers any more

    std::thread thread_;
};

}  // namespace oriel::app::vdpy
