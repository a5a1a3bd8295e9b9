// SPDX-License-Identifier: MIT
// The headless presenter, for the pacing cases.
#include <utility>
#include <vector>

#include "core/event_loop.h"
#include "headless/presenter.h"
#include "support/paced_screens.h"

namespace oriel::test {
namespace {

class HeardEvents final : public DisplayEvents {
public:
    void screen_changed(ScanoutId) override {}
    void visibility_changed(ScanoutId) override { ++visibility; }
    void frame_done(ScanoutId scanout) override {
        if (scanout == 0 && on_frame_done) {
            on_frame_done();
        }
    }
    void close_requested(ScanoutId) override {}
    void display_lost(const std::string&) override {}

    std::function<void()> on_frame_done;
    size_t visibility = 0;
};

class PacedMonitors final : public PacedScreens {
public:
    explicit PacedMonitors(const Options& options)
        : period_{1'000'000'000'000 / options.refresh_mhz},
          presenter_{loop_,
                     std::vector<ScreenInfo>(options.screens,
                                             ScreenInfo{.refresh_mhz = options.refresh_mhz}),
                     &events_} {}

    [[nodiscard]] Display& display() override { return presenter_; }
    void settle() override {
        while (loop_.dispatch(Nanoseconds{0})) {
        }
    }
    void next_frame() override { advance(period_); }
    void advance(Nanoseconds time) override {
        clock_.advance(time);
        settle();
    }
    [[nodiscard]] bool at_rest() override {
        settle();
        clock_.advance(std::chrono::hours{1});
        return !loop_.dispatch(Nanoseconds{0});
    }
    void on_frame_done(std::function<void()> call) override {
        events_.on_frame_done = std::move(call);
    }
    [[nodiscard]] size_t visibility_changes() const override { return events_.visibility; }
    [[nodiscard]] std::optional<uint64_t> frames() override { return std::nullopt; }
    [[nodiscard]] std::optional<Region> damage() override { return std::nullopt; }
    [[nodiscard]] std::optional<bool> shows(const Framebuffer&) override { return std::nullopt; }
    [[nodiscard]] std::optional<bool> black() override { return std::nullopt; }

private:
    Nanoseconds period_;
    ManualClock clock_;
    EventLoop loop_{clock_};
    HeardEvents events_;
    headless::HeadlessPresenter presenter_;
};

}  // namespace

std::unique_ptr<PacedScreens> make_paced_screens(const PacedScreens::Options& options) {
    return std::make_unique<PacedMonitors>(options);
}

}  // namespace oriel::test
