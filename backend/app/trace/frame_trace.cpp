// SPDX-License-Identifier: MIT
#include "trace/frame_trace.h"

#include <utility>

#include "trace/traced_frame.h"

namespace oriel::app {
namespace {

std::unique_ptr<TraceWriter> open_writer(const std::string& file) {
    auto writer = TraceWriter::open(file);
    if (!writer) {
        throw StartupError{HostError{writer.error().code, "--trace: " + writer.error().context}};
    }
    return std::move(*writer);
}

/// From the framebuffer's coordinates to the screen's.
std::vector<Rect> screen_rects(const Region& damage, const Rect& source) {
    std::vector<Rect> rects;
    damage.for_each([&](const Rect& rect) {
        rects.push_back({rect.x - source.x, rect.y - source.y, rect.width, rect.height});
    });
    return rects;
}

}  // namespace

FrameTrace::FrameTrace(const std::string& file) : writer_{open_writer(file)} {}

void FrameTrace::add(const headless::ShownFrame& frame, std::string mode) {
    TracedFrame traced{.number = frame.number,
                       .screen = frame.scanout,
                       .time_ns = static_cast<uint64_t>(frame.time.count()),
                       .mode = std::move(mode)};
    if (frame.picture != nullptr) {
        traced.size = frame.picture->source.size();
        traced.damage = screen_rects(frame.damage, frame.picture->source);
        traced.hash = hash_.of(*frame.picture);
    }
    writer_->write(line_of(traced));
}

}  // namespace oriel::app
