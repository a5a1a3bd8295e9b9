// SPDX-License-Identifier: MIT
#include "ocr/ocr_process.h"

#include <fcntl.h>

#include <cstdlib>
#include <utility>

#include "core/read_up_to.h"
#include "core/unique_fd.h"
#include "match/png.h"

namespace oriel::app {
namespace {

namespace fs = std::filesystem;

match::Picture magnified(const match::PictureView& picture, uint32_t times) {
    match::Picture large{{picture.size.width * times, picture.size.height * times}, {}};
    large.pixels.reserve(large.size.area());
    for (uint32_t y = 0; y < large.size.height; ++y) {
        const uint32_t* row = picture.row(y / times);
        for (uint32_t x = 0; x < large.size.width; ++x) {
            large.pixels.push_back(row[x / times] & 0x00ffffff);
        }
    }
    return large;
}

Result<fs::path> make_folder() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "oriel-ocr-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        return system_error("create {}", pattern);
    }
    return fs::path{pattern};
}

}  // namespace

OcrProcess::OcrProcess(EventLoop& loop, OcrReceiver& receiver, std::string program)
    : loop_{loop},
      receiver_{receiver},
      program_{std::move(program)},
      patience_{loop, [this] {
                    late_ = true;
                    child_->terminate(Nanoseconds{0});
                }} {}

OcrProcess::~OcrProcess() {
    child_.reset();
    clean_up();
}

Result<void> OcrProcess::start(const match::PictureView& picture) {
    auto folder = make_folder();
    if (!folder) {
        return tl::unexpected(folder.error());
    }
    folder_ = std::move(*folder);
    late_ = false;
    times_ = picture.size.area() <= kMaxMagnified ? 3 : 1;
    const std::string image = folder_ / "picture.png";
    if (auto written =
            match::write_png(image, magnified(picture, times_).view(), match::PngEffort::kFast);
        !written) {
        clean_up();
        return written;
    }
    // "tsv" and "quiet" are tesseract's own configurations of these names; 6: lines of one block.
    auto child = ChildProcess::start(
        loop_, {program_, image, folder_ / "text", "--psm", "6", "tsv", "quiet"},
        [this](const ExitStatus& status) { ended(status); });
    if (!child) {
        clean_up();
        return host_error("no text can be read from pictures (package tesseract-ocr): {}",
                          child.error().message());
    }
    child_ = std::move(*child);
    patience_.arm_after(kPatience);
    return {};
}

void OcrProcess::ended(const ExitStatus& status) {
    patience_.disarm();
    auto text = result(status);
    clean_up();
    child_.reset();
    receiver_.text_read(std::move(text));
}

Result<OcrText> OcrProcess::result(const ExitStatus& status) const {
    if (late_) {
        return host_error("{} took more than {} s and was killed", program_,
                          kPatience.count() / 1'000'000'000);
    }
    if (!status.success()) {
        return host_error("{} ended {}", program_, to_string(status));
    }
    const std::string file = folder_ / "text.tsv";
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string table(kMaxTable, '\0');
    const ssize_t length = fd ? read_up_to(fd.get(), table.data(), table.size()) : -1;
    if (length < 0) {
        return system_error("read {}", file);
    }
    table.resize(static_cast<size_t>(length));
    return parse_ocr_table(table, times_);
}

void OcrProcess::clean_up() {
    if (!folder_.empty()) {
        std::error_code ignored;
        fs::remove_all(std::exchange(folder_, {}), ignored);
    }
}

}  // namespace oriel::app
