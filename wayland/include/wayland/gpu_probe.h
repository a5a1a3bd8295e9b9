// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/outside.h"

namespace oriel::wayland {

/// Whether there is a DRM render node that this process may use. Without one there is no GPU, and
/// no need to load a GL driver to find out. `directory` is /dev/dri.
[[nodiscard]] bool has_render_node(const char* directory = "/dev/dri");

/// Who waits for a GpuProbe.
class GpuProbeListener {
public:
    GpuProbeListener() = default;
    GpuProbeListener(const GpuProbeListener&) = delete;
    GpuProbeListener& operator=(const GpuProbeListener&) = delete;

    /// GL_RENDERER, or why there is none. Once, on the loop. May destroy the probe.
    virtual void gpu_probed(const Result<std::string>& renderer) = 0;

protected:
    ~GpuProbeListener() = default;
};

/// Finds out what EGL draws with, in a process of its own: a driver takes 100 MB, some hundred
/// milliseconds, and now and then its process with it. In a sandbox it is the process outside that
/// forks.
class GpuProbe final : private OutsideListener {
public:
    /// Forks. `loop` and `listener` are lent and must outlive the probe. To be made while this
    /// process has one thread.
    GpuProbe(EventLoop& loop, GpuProbeListener& listener);
    GpuProbe(const GpuProbe&) = delete;
    GpuProbe& operator=(const GpuProbe&) = delete;
    ~GpuProbe();

private:
    [[nodiscard]] Result<void> start();
    void ended();
    void outside_answered(Result<std::string> text, UniqueFd fd) override;

    EventLoop& loop_;
    GpuProbeListener& listener_;
    /// What there was to say without a child.
    Result<std::string> answer_;
    DeferredCall tell_;
    OutsideErrand errand_{static_cast<OutsideListener&>(*this)};
    pid_t child_ = -1;
    UniqueFd pipe_;
    UniqueFd pidfd_;
    Timer timeout_;
    FdWatch watch_;
};

}  // namespace oriel::wayland
