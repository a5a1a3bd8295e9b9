// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "buffer.h"
#include "core/mapping.h"
#include "core/memfd.h"
#include "server.h"

namespace oriel::test {
namespace {

constexpr uint32_t kBytesPerPixel = 4;
constexpr int32_t kStrideAlignment = 256;
constexpr uint32_t kOpaque = 0xff00'0000;

struct PoolMemory {
    Mapping mapping;
};

/// libwayland-cursor's images of a theme, which keep no rule of ours.
bool is_cursor_theme(int fd) {
    std::array<char, 64> name{};
    const std::string link = fmt::format("/proc/self/fd/{}", fd);
    const ssize_t length = ::readlink(link.c_str(), name.data(), name.size());
    return length > 0 && std::string_view{name.data(), static_cast<size_t>(length)}.starts_with(
                             "/memfd:wayland-cursor");
}

struct ShmLayout {
    size_t offset = 0;
    Size size;
    size_t stride = 0;
    uint32_t format = 0;
};

class ShmBuffer final : public Buffer {
public:
    ShmBuffer(Server& owner, std::shared_ptr<PoolMemory> memory, const ShmLayout& layout)
        : Buffer{owner}, memory_{std::move(memory)}, layout_{layout} {}

    [[nodiscard]] Size size() const override { return layout_.size; }

    [[nodiscard]] PictureRef read() const override {
        auto picture = std::make_shared<Picture>();
        picture->size = layout_.size;
        picture->pixels.resize(layout_.size.area());
        const uint32_t add = layout_.format == WL_SHM_FORMAT_XRGB8888 ? kOpaque : 0;
        for (uint32_t y = 0; y < layout_.size.height; ++y) {
            uint32_t* row = picture->pixels.data() + size_t{y} * layout_.size.width;
            std::memcpy(row, memory_->mapping.data() + layout_.offset + y * layout_.stride,
                        size_t{layout_.size.width} * kBytesPerPixel);
            std::for_each_n(row, layout_.size.width, [add](uint32_t& pixel) { pixel |= add; });
        }
        return picture;
    }

private:
    std::shared_ptr<PoolMemory> memory_;
    ShmLayout layout_;
};

class ShmPool final : public Object {
public:
    ShmPool(Server& owner, std::shared_ptr<PoolMemory> memory, UniqueFd fd, bool strict)
        : Object{owner}, memory_{std::move(memory)}, fd_{std::move(fd)}, strict_{strict} {}

    static const wl_interface* interface() { return &wl_shm_pool_interface; }
    static const void* requests() {
        static constexpr struct wl_shm_pool_interface kRequests = {
            .create_buffer = on<&ShmPool::create_buffer>,
            .destroy = destroy_resource,
            .resize = on<&ShmPool::resize>,
        };
        return &kRequests;
    }

private:
    void create_buffer(uint32_t id, int32_t offset, int32_t width, int32_t height, int32_t stride,
                       uint32_t format) {
        const auto& formats = server().options.shm_formats;
        if (server().options.deny_buffers) {
            wl_resource_post_error(resource(), WL_SHM_ERROR_INVALID_FD, "buffers are denied");
            return;
        }
        if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
            server().protocol_error(resource(), WL_SHM_ERROR_INVALID_FORMAT,
                                    fmt::format("format {:#x} was not offered", format));
            return;
        }
        if (offset < 0 || width <= 0 || height <= 0 || stride < int64_t{width} * kBytesPerPixel ||
            int64_t{offset} + int64_t{stride} * height >
                static_cast<int64_t>(memory_->mapping.size())) {
            server().protocol_error(
                resource(), WL_SHM_ERROR_INVALID_STRIDE,
                fmt::format("{}x{}, stride {} at {} doesn't fit into {} bytes", width, height,
                            stride, offset, memory_->mapping.size()));
            return;
        }
        if (strict_ && stride % kStrideAlignment != 0) {
            server().violation(resource(), fmt::format("stride {} isn't a multiple of {}", stride,
                                                       kStrideAlignment));
        }
        create<ShmBuffer>(
            server(), client(), 1, id, memory_,
            ShmLayout{.offset = static_cast<size_t>(offset),
                      .size = {static_cast<uint32_t>(width), static_cast<uint32_t>(height)},
                      .stride = server().options.kwin
                                    ? size_t{kBytesPerPixel} * static_cast<uint32_t>(width)
                                    : static_cast<size_t>(stride),
                      .format = format});
    }

    void resize(int32_t size) {
        if (size < static_cast<int64_t>(memory_->mapping.size())) {
            server().protocol_error(resource(), WL_SHM_ERROR_INVALID_FD, "a pool can't shrink");
            return;
        }
        auto mapping = Mapping::map(fd_.get(), 0, static_cast<size_t>(size), MapAccess::kRead);
        if (!mapping) {
            server().protocol_error(resource(), WL_SHM_ERROR_INVALID_FD, mapping.error().message());
            return;
        }
        memory_->mapping = std::move(*mapping);
    }

    std::shared_ptr<PoolMemory> memory_;
    UniqueFd fd_;
    bool strict_;
};

class Shm final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_shm_interface; }
    static const void* requests() {
        static constexpr struct wl_shm_interface kRequests = {.create_pool = on<&Shm::create_pool>};
        return &kRequests;
    }

private:
    void created() override {
        for (const uint32_t format : server().options.shm_formats) {
            wl_shm_send_format(resource(), format);
        }
    }

    void create_pool(uint32_t id, int32_t raw_fd, int32_t size) {
        UniqueFd fd{raw_fd};
        const bool theme = is_cursor_theme(fd.get());
        ++(theme ? server().state.themes_created : server().state.pools_created);
        struct stat info = {};
        if (size <= 0 || ::fstat(fd.get(), &info) != 0 || info.st_size < size) {
            server().protocol_error(
                resource(), WL_SHM_ERROR_INVALID_FD,
                fmt::format("pool of {} bytes over a file of {}", size, info.st_size));
            return;
        }
        const bool strict = server().options.strict_buffers && !theme;
        if (strict) {
            check_pool(fd.get(), static_cast<size_t>(size));
        }
        auto mapping = Mapping::map(fd.get(), 0, static_cast<size_t>(size), MapAccess::kRead);
        if (!mapping) {
            server().protocol_error(resource(), WL_SHM_ERROR_INVALID_FD, mapping.error().message());
            return;
        }
        create<ShmPool>(server(), client(), version(), id,
                        std::make_shared<PoolMemory>(PoolMemory{std::move(*mapping)}),
                        std::move(fd), strict);
    }

    void check_pool(int fd, size_t size) {
        const int seals = ::fcntl(fd, F_GET_SEALS);
        // A sealed size is what lets a compositor read without a SIGBUS handler.
        if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
            server().violation(resource(), "the pool's fd isn't sealed against shrinking");
        }
        if (size % page_size() != 0) {
            server().violation(resource(),
                               fmt::format("a pool of {} bytes isn't whole pages", size));
        }
    }
};

}  // namespace

void add_shm(Server& server) {
    server.add_global(&wl_shm_interface, server.options.wl_shm,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Shm>(server, client, version, id);
                      });
}

}  // namespace oriel::test
