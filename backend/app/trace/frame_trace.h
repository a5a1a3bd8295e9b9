// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "headless/shown_frame.h"
#include "net/outside.h"
#include "trace/picture_hash.h"
#include "trace/trace_writer.h"

namespace oriel::app {

/// `--trace FILE`: a line of JSON for each frame that a screen shows.
class FrameTrace {
public:
    /// Throws StartupError where the file can't be made.
    explicit FrameTrace(const std::string& file);

    /// `mode`: "virtio 1024x768 XR24", "text 80x25", "dark".
    void add(const headless::ShownFrame& frame, std::string mode);

    /// The process that writes, for the one outside a sandbox.
    [[nodiscard]] Outside::Child writer() const { return writer_->process(); }

private:
    PictureHash hash_;
    std::unique_ptr<TraceWriter> writer_;
};

}  // namespace oriel::app
