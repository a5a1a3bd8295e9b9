// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recorder/ffmpeg_process.h"
#include "recorder/fitted_picture.h"
#include "recorder/frame_writer.h"

namespace oriel::app::recorder {

/// What ffmpeg is to do with what FfmpegWriter sends: pack it into the open file `output`.
[[nodiscard]] std::vector<std::string> ffmpeg_arguments(const RecordChoice& choice, int output);

/// A video, packed by ffmpeg: pictures go there with their times.
class FfmpegWriter final : public FrameWriter {
public:
    [[nodiscard]] static Result<std::unique_ptr<FrameWriter>> start(const RecordChoice& choice,
                                                                    Size size, RecordOutput output);

    [[nodiscard]] Result<void> show(const match::PictureView& picture, Nanoseconds at) override;
    /// The last picture is sent once more: a video ends with its last picture's time.
    [[nodiscard]] Result<void> finish(Nanoseconds at) override;

private:
    explicit FfmpegWriter(Size size) : size_{size}, fitted_{size} {}
    [[nodiscard]] Result<void> send(const match::PictureView& picture, Nanoseconds at);

    Size size_;
    FittedPicture fitted_;
    FfmpegProcess ffmpeg_;
    std::optional<match::PictureView> last_;
    Nanoseconds last_time_{-1};
};

}  // namespace oriel::app::recorder
