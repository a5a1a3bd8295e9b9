// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "core/weak.h"
#include "net/helper_link.h"
#include "wayland/overlay.h"

namespace oriel::app {

/// Where the program that has the fonts is: beside this one, or where it is installed.
[[nodiscard]] std::string painter_program();

/// Paints texts in a process of its own, which is there only while texts are wanted: this one loads
/// no font library, and what such a library does can't hurt it. Where the program is missing, hangs
/// or finds no font, there is no text, and one line of the log says why.
class PainterProcess final : public wayland::TextPainter {
public:
    /// A painter that takes longer hangs. A font cache that must be built takes a while.
    static constexpr Nanoseconds kPatience{5'000'000'000};
    /// A painter that has had nothing to do for so long ends.
    static constexpr Nanoseconds kIdle{3'000'000'000};
    /// After a failure nothing is tried for so long.
    static constexpr Nanoseconds kPause{10'000'000'000};
    /// Texts that wait: each of 16 windows has two, and one more may be of a window that is gone.
    static constexpr size_t kMaxWaiting = 33;

    /// `loop` is lent and must outlive this.
    explicit PainterProcess(EventLoop& loop, std::string program = painter_program());
    PainterProcess(const PainterProcess&) = delete;
    PainterProcess& operator=(const PainterProcess&) = delete;
    ~PainterProcess();

    void paint(wayland::TextRequest request, Weak<wayland::TextReceiver> receiver) override;
    [[nodiscard]] bool running() const { return socket_.valid(); }

private:
    struct Job {
        wayland::TextRequest request;
        Weak<wayland::TextReceiver> receiver;
    };

    void next();
    [[nodiscard]] Result<void> start();
    [[nodiscard]] Result<void> send(const wayland::TextRequest& request);
    void readable();
    [[nodiscard]] Result<wayland::TextImage> receive();
    void time_is_up();
    void stop();
    void fail(const HostError& error);
    void answer(Result<wayland::TextImage> image);

    EventLoop& loop_;
    const std::string program_;
    std::deque<Job> jobs_;
    /// The first of jobs_ is with the painter.
    bool painting_ = false;
    /// Nothing is tried before.
    TimePoint pause_until_{};
    std::string said_;
    LogLimiter log_limiter_;
    UniqueFd socket_;
    FdWatch watch_;
    std::unique_ptr<HelperProcess> child_;
    /// That the painter answers, or has something to do.
    Timer timer_;
    DeferredCall next_;
};

}  // namespace oriel::app
