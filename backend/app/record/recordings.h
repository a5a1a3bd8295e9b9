// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "card/card.h"
#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "record/recording.h"
#include "scanout/scanout_id.h"

namespace oriel::app {

/// The recordings of a VM's screens, at most one each at a time. The last one of a screen is
/// remembered until the next one begins, so that its end can be asked for.
class Recordings final : private card::FrameWatcher {
public:
    /// Both are lent and must outlive this.
    Recordings(EventLoop& loop, card::Card& card, std::string program = recorder_program());
    Recordings(const Recordings&) = delete;
    Recordings& operator=(const Recordings&) = delete;
    ~Recordings();

    /// `output`: an open file, the end of a pipe or a folder, as the choice has it. The error is a
    /// line for the user.
    [[nodiscard]] Result<void> start(ScanoutId scanout, Recording::Request request,
                                     const UniqueFd& output);
    [[nodiscard]] Result<void> stop(ScanoutId scanout);
    /// Recording::report(); null where there was none.
    [[nodiscard]] nlohmann::json report(ScanoutId scanout) const;
    /// Those of all screens.
    [[nodiscard]] nlohmann::json report() const;
    /// For the end of this process: waits until all files are finished, see ~Recording.
    void finish();

private:
    void frame_flushed(ScanoutId scanout, const Region& damage) override;
    void cursor_changed(ScanoutId scanout) override;
    void screen_went_dark(ScanoutId scanout) override;

    EventLoop& loop_;
    card::Card& card_;
    const std::string program_;
    std::array<std::unique_ptr<Recording>, kMaxScanouts> recordings_;
    /// Those that have ended by themselves need no frames.
    DeferredCall unwatch_;
};

}  // namespace oriel::app
