// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "cli/options.h"
#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "net/outside.h"
#include "net/process_handle.h"
#include "sandbox/sandbox.h"
#include "trace/frame_trace.h"

namespace oriel::app {

/// What a process that serves this VM may still do once it does.
[[nodiscard]] sandbox::Rules sandbox_rules(const ServeOptions& options);

/// What the process outside may be asked for. `compositor`: its socket, if there are to be windows.
[[nodiscard]] Outside::Places outside_places(const ServeOptions& options,
                                             const std::optional<std::string>& compositor);

/// The sandbox of a process that serves a VM (`--sandbox`), with the process outside of it.
class ServeSandbox {
public:
    /// Starts the process outside: first of all, as that has a copy of what there is now. `loop`
    /// is lent and must outlive this. Throws StartupError.
    ServeSandbox(EventLoop& loop, const ServeOptions& options);

    /// When all that a start needs is there, and before the loop runs. `vmm` and `trace` (lent for
    /// the call) are what this process has started, or null. Throws StartupError where this fails;
    /// what the kernel or the build lacks is a line in the log.
    void enter(const ProcessHandle* vmm, const FrameTrace* trace);

private:
    EventLoop& loop_;
    const SandboxOption option_;
    sandbox::Rules rules_;
    Outside::Places places_;
    UniqueFd socket_;
    /// How long it took to start the process outside.
    Nanoseconds start_took_{};
    std::optional<Outside> outside_;
};

}  // namespace oriel::app
