// SPDX-License-Identifier: MIT
#include "recorder/png_writer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>

#include "match/png.h"
#include "recorder/write_all.h"

namespace oriel::app::recorder {
namespace {

constexpr const char* kList = "frames.ffconcat";

}  // namespace

Result<void> PngWriter::open_list() {
    list_.reset(::openat(folder_.file.get(), kList, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!list_) {
        return system_error("write {}/{}", folder_.name, kList);
    }
    constexpr std::string_view kHead = "ffconcat version 1.0\n";
    return write_all(list_.get(), std::as_bytes(std::span{kHead}), folder_.name);
}

Result<void> PngWriter::end_last(Nanoseconds at) {
    const std::string line =
        fmt::format("duration {:.6f}\n", std::chrono::duration<double>(at - last_).count());
    return write_all(list_.get(), std::as_bytes(std::span{line}), folder_.name);
}

Result<void> PngWriter::show(const match::PictureView& picture, Nanoseconds at) {
    if (auto told = list_ ? end_last(at) : open_list(); !told) {
        return told;
    }
    const std::string file = fmt::format("frame-{:06}.png", frames_ + 1);
    if (auto written =
            match::write_png(fmt::format("/proc/self/fd/{}/{}", folder_.file.get(), file), picture,
                             match::PngEffort::kFast);
        !written) {
        return tl::unexpected(
            HostError{written.error().code, fmt::format("write {}/{}", folder_.name, file)});
    }
    ++frames_;
    last_ = at;
    const std::string line = fmt::format("file {}\n", file);
    return write_all(list_.get(), std::as_bytes(std::span{line}), folder_.name);
}

Result<void> PngWriter::finish(Nanoseconds at) {
    return list_ ? end_last(at) : open_list();
}

}  // namespace oriel::app::recorder
