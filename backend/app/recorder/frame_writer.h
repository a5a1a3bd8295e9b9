// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/record_choice.h"
#include "core/clock.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "match/picture_view.h"

namespace oriel::app::recorder {

/// Where a recording goes.
struct RecordOutput {
    UniqueFd file;     ///< a file, the end of a pipe, or a folder
    std::string name;  ///< for messages
};

/// One form of a recording. Times are since its begin, and never smaller than the one before.
/// Errors are lines for people, and final.
class FrameWriter {
public:
    FrameWriter() = default;
    FrameWriter(const FrameWriter&) = delete;
    FrameWriter& operator=(const FrameWriter&) = delete;
    virtual ~FrameWriter() = default;

    /// The screen shows `picture` from `at` on. It is lent until the next call of this, or the end.
    [[nodiscard]] virtual Result<void> show(const match::PictureView& picture, Nanoseconds at) = 0;
    /// When pass() has something to write, if nothing else comes.
    [[nodiscard]] virtual std::optional<Nanoseconds> due() const { return std::nullopt; }
    /// Nothing has changed up to `now`.
    [[nodiscard]] virtual Result<void> pass(Nanoseconds) { return {}; }
    /// The recording ends at `at`: completes the file.
    [[nodiscard]] virtual Result<void> finish(Nanoseconds at) = 0;

    [[nodiscard]] uint64_t frames() const { return frames_; }
    [[nodiscard]] uint64_t left_out() const { return left_out_; }

protected:
    uint64_t frames_ = 0;    ///< written
    uint64_t left_out_ = 0;  ///< see RecorderReply
};

/// `size`: of a video.
[[nodiscard]] Result<std::unique_ptr<FrameWriter>> make_writer(const RecordChoice& choice,
                                                               Size size, RecordOutput output);

}  // namespace oriel::app::recorder
