// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "net/child_process.h"
#include "screen_wait/control_screens.h"
#include "screen_wait/serial_file.h"
#include "test_run/script.h"
#include "test_run/step_runner.h"

namespace oriel::app {

/// A test's virtual machine: a headless `oriel run` of its own, and QEMU. For the process of one
/// test, which has nothing else to do than to wait for it.
class TestVm final : public StepTarget {
public:
    static constexpr const char* kName = "vm";
    /// The VM has its display after so long, or something is wrong.
    static constexpr Nanoseconds kAttachPatience{60'000'000'000};

    /// How long a VM with a trace may take to end, so that all of its frames are in there.
    static constexpr Nanoseconds kEndPatience{5'000'000'000};

    /// Where a VM's files are, and what its process may do.
    struct Places {
        std::string folder;     ///< the test's own temporary one, and $XDG_RUNTIME_DIR
        std::string trace;      ///< a file; empty: there is no trace
        std::string sandbox{};  ///< a word of `--sandbox`; empty: as `oriel run` has it
    };

    /// Waits until the VM has its display. The error is a line for the user.
    [[nodiscard]] static Result<std::unique_ptr<TestVm>> start(const Script& script,
                                                               const Places& places);
    /// What still runs of the VM is killed; with a trace it is asked to end first.
    ~TestVm();

    /// The command line of the VM.
    [[nodiscard]] static std::vector<std::string> command_line(const Script& script,
                                                               const Places& places);

    // WatchedVm
    [[nodiscard]] TimePoint now() const override { return clock_.now(); }
    void pass(Nanoseconds time) override;
    [[nodiscard]] bool ended() const override { return status_.has_value(); }
    [[nodiscard]] Result<ScreenState> screen(ScanoutId scanout) override;
    using WatchedVm::picture;
    [[nodiscard]] Result<SeenPicture> picture(ScanoutId scanout, WithCursor cursor) override;
    [[nodiscard]] Result<ToldMonitor> monitor(ScanoutId scanout) override {
        return screens_.monitor(scanout);
    }
    [[nodiscard]] Result<std::string_view> serial() override;

    /// Records to that file.
    [[nodiscard]] Result<void> start_recording(const RecordScript& record, const std::string& file);
    /// Waits until the file is finished; the process of a VM that has ended finishes it, too. For
    /// people: what is in it.
    [[nodiscard]] Result<std::string> stop_recording(const RecordScript& record);

    /// How it has ended: "ended with status 1".
    [[nodiscard]] std::string end_text() const;
    /// A request to the VM's own oriel.
    [[nodiscard]] Result<void> ask(const nlohmann::json& request) override;
    /// A line of JSON to QEMU's monitor.
    [[nodiscard]] Result<std::string> qmp(const std::string& command) override;
    [[nodiscard]] Result<void> kill_vmm() override;
    /// Runs a program on the host to its end.
    [[nodiscard]] Result<void> run(const std::vector<std::string>& command,
                                   Nanoseconds patience) override;

private:
    TestVm(const Script& script, const Places& places);
    void end();
    [[nodiscard]] Result<void> wait_until_attached();
    [[nodiscard]] bool is_about_to_end() const;

    std::string folder_;
    bool has_serial_;
    bool has_trace_;
    ControlScreens screens_;
    SerialFile serial_;
    SystemClock clock_;
    EventLoop loop_{clock_};
    std::optional<ExitStatus> status_;
    std::unique_ptr<ChildProcess> oriel_;
};

}  // namespace oriel::app
