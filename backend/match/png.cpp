// SPDX-License-Identifier: MIT
#include "match/png.h"

#include <fcntl.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cstdio>
#include <string>
#include <vector>

#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::match {
namespace {

using File = UniqueHandle<FILE, fclose>;

std::vector<std::byte> to_bgr(const PictureView& pixels) {
    std::vector<std::byte> packed(size_t{3} * pixels.size.area());
    std::byte* to = packed.data();
    for (uint32_t y = 0; y < pixels.size.height; ++y) {
        const std::byte* from = pixels.bytes.data() + size_t{y} * pixels.stride;
        for (uint32_t x = 0; x < pixels.size.width; ++x, from += 4) {
            *to++ = from[0];
            *to++ = from[1];
            *to++ = from[2];
        }
    }
    return packed;
}

Result<void> write_to(int fd, const std::string& path, const PictureView& pixels,
                      PngEffort effort) {
    const int own_fd = ::dup(fd);
    File file{own_fd < 0 ? nullptr : ::fdopen(own_fd, "wb")};
    if (!file) {
        auto error = system_error("write {}", path);
        UniqueFd{own_fd}.reset();
        return error;
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = pixels.size.width;
    image.height = pixels.size.height;
    image.format = PNG_FORMAT_BGR;
    image.flags = effort == PngEffort::kFast ? PNG_IMAGE_FLAG_FAST : 0;
    const std::vector<std::byte> packed = to_bgr(pixels);
    // libpng's simplified interface: no longjmp across C++ frames.
    errno = 0;
    if (png_image_write_to_stdio(&image, file.get(), 0, packed.data(), 0, nullptr) == 0) {
        return errno != 0 ? system_error("write {}", path)
                          : host_error("write {}: {}", path, image.message);
    }
    // fclose() reports what the last buffer met: a full disk often shows only here.
    if (::fclose(file.release()) != 0) {
        return system_error("write {}", path);
    }
    return {};
}

/// A file that disappears again unless it was renamed into place.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string path) : path_{std::move(path)} {}
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (fd_) {
            ::unlink(path_.c_str());
        }
    }

    [[nodiscard]] bool create() {
        fd_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        return fd_.valid();
    }
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] bool rename_to(const std::string& target) {
        if (::rename(path_.c_str(), target.c_str()) != 0) {
            return false;
        }
        fd_.reset();
        return true;
    }

private:
    std::string path_;
    UniqueFd fd_;
};

/// Opened here and not by libpng, whose message would not say why it can't; a pipe would never end.
Result<File> open_plain(const std::string& path) {
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status = {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return system_error("read {}", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return host_error("read {}: it is not a plain file", path);
    }
    File file{::fdopen(fd.get(), "rb")};
    if (!file) {
        return system_error("read {}", path);
    }
    (void)fd.release();
    return file;
}

}  // namespace

Result<void> write_png(const std::string& path, const PictureView& pixels, PngEffort effort) {
    assert(!pixels.size.empty());
    assert(pixels.bytes.size() >=
           size_t{pixels.stride} * (pixels.size.height - 1) + size_t{pixels.size.width} * 4);
    struct stat status = {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
        if (!fd) {
            return system_error("write {}", path);
        }
        return write_to(fd.get(), path, pixels, effort);
    }
    TemporaryFile temporary{fmt::format("{}.{}.tmp", path, ::getpid())};
    if (!temporary.create()) {
        return system_error("write {}", path);
    }
    if (auto written = write_to(temporary.fd(), path, pixels, effort); !written) {
        return written;
    }
    if (!temporary.rename_to(path)) {
        return system_error("write {}", path);
    }
    return {};
}

Result<Picture> read_png(const std::string& path) {
    auto file = open_plain(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    png_image source{};
    source.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_stdio(&source, file->get()) == 0) {
        return host_error("read {}: {}", path, source.message);
    }
    const auto refuse = [&](const std::string& why) {
        png_image_free(&source);
        return host_error("read {}: {}", path, why);
    };
    const Size size{source.width, source.height};
    if ((source.format & PNG_FORMAT_FLAG_LINEAR) != 0) {
        return refuse("it has 16 bits a channel, and screens have 8");
    }
    if (size.width > kMaxPictureSide || size.height > kMaxPictureSide ||
        size.area() > kMaxPicturePixels) {
        return refuse(
            fmt::format("{}x{} pixels are more than a picture may have", size.width, size.height));
    }
    // Bytes B, G, R, A are the words 0xAARRGGBB.
    source.format = PNG_FORMAT_BGRA;
    Picture picture{size, std::vector<uint32_t>(size.area())};
    if (png_image_finish_read(&source, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
        return host_error("read {}: {}", path, source.message);
    }
    for (size_t i = 0; i < picture.pixels.size(); ++i) {
        uint32_t& pixel = picture.pixels[i];
        if (pixel < 0xff000000) {
            return host_error("read {}: the pixel at {},{} is transparent, and a screen's never is",
                              path, i % size.width, i / size.width);
        }
        pixel &= 0x00ffffff;
    }
    return picture;
}

}  // namespace oriel::match
