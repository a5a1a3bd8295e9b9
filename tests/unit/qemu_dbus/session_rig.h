// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>
#include <pixman.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "qemu_dbus/display_session.h"
#include "support/log_lines.h"
#include "support/qemu_double.h"
#include "support/recording_display.h"

namespace oriel::qemu_dbus {

using Call = test::RecordingDisplay::Call;
constexpr uint32_t kXrgb = PIXMAN_x8r8g8b8;

/// A screen that a user changes.
class Screens final : public Display {
public:
    explicit Screens(test::RecordingDisplay& display) : display_{display} {}
    void change(ScanoutId screen, const ScreenInfo& info) {
        display_.screen_info(screen) = info;
        if (listener_ != nullptr) {
            listener_->screen_changed(screen);
        }
    }
    void attach(ScanoutId screen, FramebufferRef picture, const Rect& source) override {
        display_.attach(screen, std::move(picture), source);
    }
    void flush(ScanoutId screen, const Region& damage, FlushDone done) override {
        display_.flush(screen, damage, std::move(done));
    }
    void detach(ScanoutId screen) override { display_.detach(screen); }
    void set_cursor(ScanoutId screen, std::shared_ptr<const CursorImage> image) override {
        display_.set_cursor(screen, std::move(image));
    }
    void move_cursor(ScanoutId screen, Point position) override {
        display_.move_cursor(screen, position);
    }
    [[nodiscard]] bool visible(ScanoutId) const override { return true; }
    [[nodiscard]] uint32_t scanout_count() const override { return display_.scanout_count(); }
    [[nodiscard]] ScreenInfo screen(ScanoutId screen) const override {
        return display_.screen(screen);
    }
    [[nodiscard]] const ScanoutStats& stats(ScanoutId screen) const override {
        return display_.stats(screen);
    }
    void listen(SourceListener* listener) override { listener_ = listener; }

private:
    test::RecordingDisplay& display_;
    SourceListener* listener_ = nullptr;
};

/// A session, and the QEMU that it is with.
struct Rig final : public SessionListener {
    test::LogLines log;
    SystemClock clock;
    EventLoop loop{clock};
    test::RecordingDisplay display{4};
    Screens screens{display};
    test::QemuDouble qemu;
    std::unique_ptr<DisplaySession> session;
    int attached = 0;
    int changes = 0;
    std::vector<std::string> ends;

    explicit Rig(uint32_t consoles = 1, const std::string& left_out = "")
        : qemu{consoles, left_out} {}

    void display_attached() override { ++attached; }
    void screens_changed() override { ++changes; }
    void display_detached(const std::string& reason) override { ends.push_back(reason); }

    void start(bool tell_mode = false, bool text_consoles = false) {
        SessionOptions options;
        options.text_consoles = text_consoles;
        options.address.kind = DisplayAddress::Kind::kSocket;
        options.address.socket = qemu.take_socket();
        options.tell_mode = tell_mode;
        session = make_session(loop, screens, *this, std::move(options));
    }
    /// Both sides run until it is true, or for so long.
    template <class Condition>
    [[nodiscard]] bool until(Condition condition, Nanoseconds time = Nanoseconds{1'000'000'000}) {
        const TimePoint end = clock.now() + time;
        while (!condition() && clock.now() < end) {
            qemu.turn();
            loop.dispatch(Nanoseconds{1'000'000});
        }
        return condition();
    }
    void run(Nanoseconds time) {
        const TimePoint end = clock.now() + time;
        static_cast<void>(until([&] { return clock.now() >= end; }));
    }
    void start_and_attach() {
        start();
        REQUIRE(until([&] { return attached == 1 && qemu.listens(0); }));
    }
};

}  // namespace oriel::qemu_dbus
