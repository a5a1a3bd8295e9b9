// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/frame_writer.h"

namespace oriel::app::recorder {

/// A folder with a PNG file for each picture, at the size that it has, exactly, and
/// frames.ffconcat, which says how long each was shown, and which ffmpeg plays.
class PngWriter final : public FrameWriter {
public:
    explicit PngWriter(RecordOutput folder) : folder_{std::move(folder)} {}

    [[nodiscard]] Result<void> show(const match::PictureView& picture, Nanoseconds at) override;
    [[nodiscard]] Result<void> finish(Nanoseconds at) override;

private:
    [[nodiscard]] Result<void> open_list();
    /// Says how long the last picture was shown.
    [[nodiscard]] Result<void> end_last(Nanoseconds at);

    RecordOutput folder_;
    UniqueFd list_;
    Nanoseconds last_{};
};

}  // namespace oriel::app::recorder
