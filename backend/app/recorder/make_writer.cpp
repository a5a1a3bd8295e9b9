// SPDX-License-Identifier: MIT
#include <utility>

#include "recorder/ffmpeg_writer.h"
#include "recorder/frame_writer.h"
#include "recorder/png_writer.h"
#include "recorder/y4m_writer.h"

namespace oriel::app::recorder {

Result<std::unique_ptr<FrameWriter>> make_writer(const RecordChoice& choice, Size size,
                                                 RecordOutput output) {
    switch (choice.format) {
        case RecordFormat::kPngFolder:
            return std::make_unique<PngWriter>(std::move(output));
        case RecordFormat::kY4m:
            return std::make_unique<Y4mWriter>(size, choice.rate, std::move(output));
        case RecordFormat::kMp4:
        case RecordFormat::kMatroska:
        case RecordFormat::kWebm:
            break;
    }
    return FfmpegWriter::start(choice, size, std::move(output));
}

}  // namespace oriel::app::recorder
