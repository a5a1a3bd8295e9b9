// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "run/vmm_process.h"

namespace oriel::app {

/// The VMM of `oriel run`, if this is one: VM and window end together, whoever ends first.
class StartedVmm final : private VmmListener {
public:
    /// `loop` is lent and must outlive this.
    explicit StartedVmm(EventLoop& loop) : loop_{loop} {}
    StartedVmm(const StartedVmm&) = delete;
    StartedVmm& operator=(const StartedVmm&) = delete;
    ~StartedVmm() = default;

    /// A program and its arguments; empty: this isn't `oriel run`. Throws StartupError.
    void start(const std::vector<std::string>& command);
    [[nodiscard]] bool running() const { return process_ && process_->running(); }
    /// The program that was started; null where none runs.
    [[nodiscard]] const ProcessHandle* program() const {
        return running() ? &process_->program() : nullptr;
    }
    /// It was asked to end.
    [[nodiscard]] bool ending() const { return ending_.has_value(); }

    // What has become of the display's connection, see VmmProcess. Nothing where none runs.
    void attached(pid_t holder, int connection = -1);
    void let_go();
    void detached();
    void disconnected();

    /// Asks the VMM to end. The loop ends once it has, with `exit_code`; at once where none runs.
    void end(int exit_code = 0);

private:
    void vmm_ended(const ExitStatus& status) override;

    EventLoop& loop_;
    std::string program_;
    std::unique_ptr<VmmProcess> process_;
    /// What the loop ends with once the VMM has ended, if it is being waited for.
    std::optional<int> ending_;
};

}  // namespace oriel::app
