// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "recorder/fitted_picture.h"
#include "recorder/frame_writer.h"
#include "recorder/yuv_planes.h"

namespace oriel::app::recorder {

/// A YUV4MPEG2 stream: so many frames a second, each of which is what the screen shows at its time.
/// What doesn't change is written again and again, and as time passes: the stream may be a pipe
/// that somebody watches.
class Y4mWriter final : public FrameWriter {
public:
    /// A picture that was taken before now is here after so long.
    static constexpr Nanoseconds kOnItsWay{50'000'000};

    Y4mWriter(Size size, uint32_t rate, RecordOutput output);

    [[nodiscard]] Result<void> show(const match::PictureView& picture, Nanoseconds at) override;
    [[nodiscard]] std::optional<Nanoseconds> due() const override;
    [[nodiscard]] Result<void> pass(Nanoseconds now) override;
    [[nodiscard]] Result<void> finish(Nanoseconds at) override;

private:
    [[nodiscard]] Nanoseconds time_of(uint64_t frame) const;
    /// The frames before that time, all with the picture that there is.
    [[nodiscard]] Result<void> write_until(Nanoseconds time);

    Size size_;
    uint32_t rate_;
    RecordOutput output_;
    FittedPicture fitted_;
    YuvPlanes planes_;
    uint64_t next_ = 0;  ///< frame
    bool begun_ = false;
    bool waits_ = false;  ///< the picture is in no frame yet
};

}  // namespace oriel::app::recorder
