// SPDX-License-Identifier: MIT
// The Wayland presenter on the compositor double, for the pacing cases.
#include <cstdint>
#include <utility>

#include "presenter_desk.h"
#include "support/paced_screens.h"

namespace oriel::test {
namespace {

constexpr Size kSize{320, 200};

class PacedWindows final : public PacedScreens {
public:
    explicit PacedWindows(const Options& options)
        : desk_{{.outputs = {{.refresh_mhz = options.refresh_mhz}}, .frames = Frames::kManual},
                presenter_options(kSize, wayland::PathChoice::kShm, options.screens)} {}

    [[nodiscard]] Display& display() override { return *desk_.presenter; }
    void settle() override { desk_.settle(); }
    void next_frame() override { desk_.next_frame(); }
    void advance(Nanoseconds time) override { desk_.advance(time); }
    [[nodiscard]] bool at_rest() override {
        desk_.settle();
        desk_.clock.advance(std::chrono::hours{1});
        return !desk_.loop.dispatch(Nanoseconds{0});
    }
    void on_frame_done(std::function<void()> call) override {
        desk_.events.on_frame_done = [call = std::move(call)](ScanoutId scanout) {
            if (scanout == 0) {
                call();
            }
        };
    }
    [[nodiscard]] size_t visibility_changes() const override {
        return desk_.events.visibility.size();
    }
    [[nodiscard]] std::optional<uint64_t> frames() override { return desk_.state().frames(); }
    [[nodiscard]] std::optional<Region> damage() override {
        return desk_.state().content()->last().damage;
    }
    [[nodiscard]] std::optional<bool> shows(const Framebuffer& framebuffer) override {
        const PictureRef shown = desk_.state().picture();
        const MemoryBuffer& wanted = framebuffer.memory()->latest();
        if (!shown || shown->size != framebuffer.size()) {
            return false;
        }
        for (uint32_t y = 0; y < shown->size.height; ++y) {
            const auto* row = reinterpret_cast<const uint32_t*>(wanted.row(y));
            for (uint32_t x = 0; x < shown->size.width; ++x) {
                if (shown->at(x, y) != (row[x] | 0xff00'0000U)) {
                    return false;
                }
            }
        }
        return true;
    }
    [[nodiscard]] std::optional<bool> black() override {
        return desk_.state().shown().at(160, 100) == 0xff00'0000U;
    }

private:
    PresenterDesk desk_;
};

}  // namespace

std::unique_ptr<PacedScreens> make_paced_screens(const PacedScreens::Options& options) {
    return std::make_unique<PacedWindows>(options);
}

}  // namespace oriel::test
