// SPDX-License-Identifier: MIT
#include "headless/png.h"

#include <fcntl.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cstdio>
#include <memory>

#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::headless {
namespace {

using File = UniqueHandle<FILE, fclose>;

std::vector<std::byte> to_bgr(const PixelView& pixels) {
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

Result<void> write_to(int fd, const std::string& path, const PixelView& pixels) {
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

}  // namespace

Result<void> write_png(const std::string& path, const PixelView& pixels) {
    assert(!pixels.size.empty());
    assert(pixels.bytes.size() >=
           size_t{pixels.stride} * (pixels.size.height - 1) + size_t{pixels.size.width} * 4);
    struct stat status = {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
        if (!fd) {
            return system_error("write {}", path);
        }
        return write_to(fd.get(), path, pixels);
    }
    TemporaryFile temporary{fmt::format("{}.{}.tmp", path, ::getpid())};
    if (!temporary.create()) {
        return system_error("write {}", path);
    }
    if (auto written = write_to(temporary.fd(), path, pixels); !written) {
        return written;
    }
    if (!temporary.rename_to(path)) {
        return system_error("write {}", path);
    }
    return {};
}

Result<Image> read_png(const std::string& path) {
    // Opened here and not by libpng, whose message would not say why it can't.
    const File file{::fopen(path.c_str(), "rbe")};
    if (!file) {
        return system_error("read {}", path);
    }
    png_image source{};
    source.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_stdio(&source, file.get()) == 0) {
        return host_error("read {}: {}", path, source.message);
    }
    source.format = PNG_FORMAT_BGR;
    const png_color black{0, 0, 0};
    std::vector<uint8_t> packed(size_t{source.width} * source.height * 3);
    if (png_image_finish_read(&source, &black, packed.data(), 0, nullptr) == 0) {
        return host_error("read {}: {}", path, source.message);
    }
    Image image{Size{source.width, source.height}, {}};
    image.pixels.reserve(image.size.area());
    for (size_t i = 0; i + 2 < packed.size(); i += 3) {
        image.pixels.push_back(static_cast<uint32_t>(packed[i + 2]) << 16 |
                               static_cast<uint32_t>(packed[i + 1]) << 8 | packed[i]);
    }
    return image;
}

}  // namespace oriel::headless
