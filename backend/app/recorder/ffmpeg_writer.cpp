// SPDX-License-Identifier: MIT
#include "recorder/ffmpeg_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "recorder/matroska_stream.h"

namespace oriel::app::recorder {
namespace {

/// Fast enough for what comes, and of a quality in which text stays readable.
std::vector<std::string> codec_arguments(RecordCodec codec) {
    switch (codec) {
        case RecordCodec::kVp9:
            return {"-c:v",    "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
                    "-row-mt", "1",          "-crf",      "20",       "-b:v",      "0"};
        case RecordCodec::kAv1:
            return {"-c:v", "libsvtav1", "-preset", "12", "-crf", "28"};
        case RecordCodec::kH264:
            break;
    }
    return {"-c:v", "libx264", "-preset", "veryfast", "-crf", "18"};
}

const char* muxer_of(RecordFormat format) {
    return format == RecordFormat::kMp4    ? "mp4"
           : format == RecordFormat::kWebm ? "webm"
                                           : "matroska";
}

/// Encoders of 4:2:0 take even sides only.
constexpr const char* kEvenAndBt709 =
    "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv:"
    "flags=accurate_rnd+full_chroma_int,format=yuv420p";

}  // namespace

std::vector<std::string> ffmpeg_arguments(const RecordChoice& choice, int output) {
    std::vector<std::string> all{"-hide_banner", "-nostdin", "-nostats", "-loglevel",
                                 "error",        "-f",       "matroska", "-i",
                                 "pipe:0",       "-an",      "-vf",      kEvenAndBt709};
    const auto add = [&all](const std::vector<std::string>& more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    add(codec_arguments(choice.codec));
    add({"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range",
         "tv"});
    if (choice.variable) {
        // SVT-AV1 takes a time base for a rate, and no rate above 240.
        add({"-fps_mode", "vfr", "-enc_time_base",
             choice.codec == RecordCodec::kAv1 ? "1:240" : "1:1000"});
    } else {
        add({"-fps_mode", "cfr", "-r", std::to_string(choice.rate)});
    }
    add({"-f", muxer_of(choice.format), "-y", fmt::format("/dev/fd/{}", output)});
    return all;
}

Result<std::unique_ptr<FrameWriter>> FfmpegWriter::start(const RecordChoice& choice, Size size,
                                                         RecordOutput output) {
    auto writer = std::unique_ptr<FfmpegWriter>{new FfmpegWriter{size}};
    auto started =
        writer->ffmpeg_.start(ffmpeg_arguments(choice, output.file.get()), output.file.get());
    if (started) {
        started = writer->ffmpeg_.write(matroska_head(size));
    }
    if (!started) {
        return tl::unexpected(started.error());
    }
    return writer;
}

Result<void> FfmpegWriter::send(const match::PictureView& picture, Nanoseconds at) {
    const size_t row = size_t{size_.width} * 4;
    last_time_ = std::max(at, last_time_ + std::chrono::microseconds{1});
    if (auto sent = ffmpeg_.write(matroska_frame_head(last_time_, row * size_.height)); !sent) {
        return sent;
    }
    for (uint32_t y = 0; y < size_.height; ++y) {
        if (auto sent = ffmpeg_.write(std::as_bytes(std::span{picture.row(y), size_.width}));
            !sent) {
            return sent;
        }
    }
    return {};
}

Result<void> FfmpegWriter::show(const match::PictureView& picture, Nanoseconds at) {
    last_ = fitted_.fit(picture);
    ++frames_;
    return send(*last_, at);
}

Result<void> FfmpegWriter::finish(Nanoseconds at) {
    if (last_) {
        if (auto sent = send(*last_, at); !sent) {
            return sent;
        }
    }
    return ffmpeg_.finish();
}

}  // namespace oriel::app::recorder
