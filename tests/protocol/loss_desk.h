// SPDX-License-Identifier: MIT
// A VM whose windows are kept over the loss of a compositor.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "card/card.h"
#include "card/paced_null_display.h"
#include "gpu/gpu_device.h"
#include "running_guest.h"
#include "serve/display_keeper.h"
#include "support/clipboard_double.h"
#include "support/compositor.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/log_lines.h"
#include "support/memfd_exporter.h"
#include "support/recording_input.h"
#include "support/temp_dir.h"
#include "wayland/presenter_desk.h"

namespace oriel::test {

/// A card with its GPU, a driver, and a DisplayKeeper whose compositor listens on a socket in a
/// folder of its own, so that it can end and another one can come.
class LossDesk final : public DisplayEvents, private app::DisplayOwner {
public:
    struct Options {
        CompositorOptions compositor;
        wayland::PresenterOptions presenter;
        bool wait = true;
        bool named = true;  ///< the compositor has a socket to connect to
    };
    explicit LossDesk(Options options);
    ~LossDesk() override;

    /// The compositor ends as after a kill -9.
    void lose();
    /// Another one listens there. Nothing of it is seen before the loop runs.
    void start(const CompositorOptions& options);
    /// The same, on a socket that was there all the time.
    void start_on(UniqueFd listening, const CompositorOptions& options);
    /// Time goes by, a millisecond a turn, until there are windows again; how much.
    Nanoseconds until_shown(Nanoseconds at_most = Nanoseconds{200'000'000});
    /// lose(), start() and until_shown(), which is at most 200 ms.
    void restart(const CompositorOptions& options);

    /// A refresh of the screen goes by.
    void frame();
    void pass(Nanoseconds time, Nanoseconds step = Nanoseconds{1'000'000});
    /// Runs the loop until it is at rest.
    void settle();
    [[nodiscard]] bool in_window() const;
    [[nodiscard]] TestCompositor& compositor() { return *compositor_; }
    [[nodiscard]] State state() const { return compositor_->state(); }
    [[nodiscard]] app::CompositorReport report() const { return keeper_->report(); }
    [[nodiscard]] app::DisplayKeeper& keeper() { return *keeper_; }
    [[nodiscard]] const std::string& socket() const { return socket_; }

    ManualClock clock;
    EventLoop loop{clock};
    RecordingInput input;
    ClipboardDouble clipboard;
    DirectGpuLink link{loop};
    MemfdExporter exporter;

private:
    // DisplayEvents, DisplayOwner:
    void display_ready() override { keeper_->display_ready(); }
    void display_lost(const std::string& reason) override { keeper_->display_lost(reason); }
    void close_requested(ScanoutId) override {}
    wayland::PresenterOptions presenter_options() override;
    void windows_ready() override { ++ready; }
    void windows_gone(const std::string& reason) override { gone.push_back(reason); }

    TempDir folder_;
    const std::string socket_ = folder_.file("wayland-9");
    wayland::PresenterOptions wanted_;
    std::unique_ptr<TestCompositor> compositor_;
    card::PacedNullDisplay stand_in_;

public:
    card::Card card{stand_in_, this};
    gpu::GpuDevice gpu{loop, card.add_source("virtio", 1), link.memory(), {.exporter = &exporter}};
    GpuDriver driver{link};
    size_t window = 0;
    int ready = 0;
    std::vector<std::string> gone;
    /// How often a presenter was made.
    uint64_t presenters = 0;

private:
    std::unique_ptr<app::DisplayKeeper> keeper_;
};

/// A socket that listens at `path`, in place of what is there.
[[nodiscard]] UniqueFd listening_socket(const std::string& path);

}  // namespace oriel::test
