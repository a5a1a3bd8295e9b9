// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "card/card.h"
#include "card/paced_null_display.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "serve/display_keeper.h"
#include "serve/input_sockets.h"
#include "serve/vm_input.h"
#include "vdpy/display_thread.h"
#include "vdpy/surfaces.h"

namespace oriel::app::vdpy {

/// What runs on the display thread: windows, kept over the compositor's restarts, the input devices
/// that are fed from them, and between two turns of their loop the bottom halves of the device
/// model.
///
/// A bottom half may wait for a frame (update_surface()): the loop goes on meanwhile, and other
/// bottom halves wait.
class DisplayLoop final : public DisplayEvents, private DisplayOwner {
public:
    /// `thread` is lent and must outlive this. Throws StartupError where there can be no windows.
    DisplayLoop(DisplayThread& thread, const WindowWords& words);
    ~DisplayLoop() override;

    /// Until the thread is to stop.
    void run();

    void set_surface(ScanoutId screen, const surface* given);
    void update_surface(ScanoutId screen, const surface& given);
    void define_cursor(ScanoutId screen, const cursor& given);

    // DisplayEvents
    void display_ready() override;
    void close_requested(ScanoutId screen) override;
    void display_lost(const std::string& reason) override;

private:
    [[nodiscard]] std::unique_ptr<VmInput> make_input();
    [[nodiscard]] DisplayKeeper::Options keeper_options() const;
    [[nodiscard]] wayland::PresenterOptions presenter_options() override;
    void windows_ready() override;
    void windows_gone(const std::string& reason) override;
    void turn(Nanoseconds max_wait);
    void take_requests();
    void publish();
    void complain(const char* call);

    DisplayThread& thread_;
    const WindowWords words_;
    const std::vector<ScreenInfo> configured_;
    DisplayThread::Shown shown_ = DisplayThread::Shown::kNotYet;
    SystemClock clock_;
    EventLoop loop_{clock_};
    /// Null where nobody is told what users do.
    const std::unique_ptr<VmInput> input_;
    card::PacedNullDisplay no_presenter_;
    card::Card card_;
    Surfaces surfaces_;
    FdWatch woken_;
    bool has_work_ = true;
    LogLimiter complaints_{1};
    LogLimiter closes_{1, Nanoseconds{3'600'000'000'000}};
    DisplayKeeper windows_;
    std::optional<InputSockets> input_sockets_;
};

}  // namespace oriel::app::vdpy
