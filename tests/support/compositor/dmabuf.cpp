// SPDX-License-Identifier: MIT
#include "dmabuf.h"

#include <drm_fourcc.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

#include "buffer.h"
#include "core/mapping.h"
#include "core/memfd.h"
#include "linux-dmabuf-v1-server-protocol.h"
#include "server.h"

namespace oriel::test {
namespace {

using Format = DmabufOptions::Format;

constexpr uint32_t kBytesPerPixel = 4;

/// Where a format of 4 bytes has its colours, in bits of a little-endian word.
struct Channels {
    uint32_t red;
    uint32_t green;
    uint32_t blue;
    std::optional<uint32_t> alpha;
};

Channels channels_of(uint32_t fourcc) {
    switch (fourcc) {
        case DRM_FORMAT_XRGB8888:
            return {16, 8, 0, {}};
        case DRM_FORMAT_ARGB8888:
            return {16, 8, 0, 24};
        case DRM_FORMAT_XBGR8888:
            return {0, 8, 16, {}};
        case DRM_FORMAT_ABGR8888:
            return {0, 8, 16, 24};
        case DRM_FORMAT_RGBX8888:
            return {24, 16, 8, {}};
        case DRM_FORMAT_RGBA8888:
            return {24, 16, 8, 0};
        case DRM_FORMAT_BGRX8888:
            return {8, 16, 24, {}};
        case DRM_FORMAT_BGRA8888:
            return {8, 16, 24, 0};
        default:
            throw std::runtime_error{"a format that the test compositor can't read"};
    }
}

bool is_offered(const DmabufOptions& options, uint32_t fourcc, uint64_t modifier) {
    const auto in = [&](const std::vector<Format>& formats) {
        return std::any_of(formats.begin(), formats.end(), [&](const Format& format) {
            return format.fourcc == fourcc && format.modifier == modifier;
        });
    };
    return in(options.formats) || (options.surface_formats && in(*options.surface_formats));
}

class DmabufBuffer final : public Buffer {
public:
    struct Layout {
        Size size;
        size_t offset = 0;
        size_t stride = 0;
        uint32_t fourcc = 0;
    };
    DmabufBuffer(Server& owner, Mapping mapping, const Layout& layout)
        : Buffer{owner}, mapping_{std::move(mapping)}, layout_{layout} {}

    [[nodiscard]] Size size() const override { return layout_.size; }
    [[nodiscard]] bool is_dmabuf() const override { return true; }

    [[nodiscard]] PictureRef read() const override {
        const Channels at = channels_of(layout_.fourcc);
        auto picture = std::make_shared<Picture>();
        picture->size = layout_.size;
        picture->pixels.resize(layout_.size.area());
        uint32_t* to = picture->pixels.data();
        for (uint32_t y = 0; y < layout_.size.height; ++y) {
            const std::byte* row = mapping_.data() + layout_.offset + y * layout_.stride;
            for (uint32_t x = 0; x < layout_.size.width; ++x) {
                uint32_t word = 0;
                std::memcpy(&word, row + size_t{x} * kBytesPerPixel, sizeof word);
                const uint32_t alpha = at.alpha ? word >> *at.alpha & 0xff : 0xff;
                *to++ = alpha << 24 | (word >> at.red & 0xff) << 16 |
                        (word >> at.green & 0xff) << 8 | (word >> at.blue & 0xff);
            }
        }
        return picture;
    }

private:
    void created() override {
        std::erase_if(server().dmabufs, [](const auto& entry) { return entry.second.expired(); });
        server().dmabufs.emplace(number(), weak_from_this());
    }

    Mapping mapping_;
    Layout layout_;
};

/// zwp_linux_buffer_params_v1
class Params final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_linux_buffer_params_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_linux_buffer_params_v1_interface kRequests = {
            .destroy = destroy_resource,
            .add = on<&Params::add>,
            .create = on<&Params::create>,
            .create_immed = on<&Params::create_immed>,
        };
        return &kRequests;
    }

    void answer() {
        using Imports = DmabufOptions::Imports;
        if (resource() == nullptr || !import_) {
            return;
        }
        const Imports how = server().options.dmabuf.imports;
        if (how == Imports::kUnanswered) {
            server().waiting_imports.push_back(weak_from_this());
            return;
        }
        auto buffer = how == Imports::kFailed ? std::nullopt : map();
        if (buffer) {
            const auto object =
                test::create<DmabufBuffer>(server(), client(), 1, 0, std::move(*buffer), *import_);
            zwp_linux_buffer_params_v1_send_created(resource(), object->resource());
        }
        if (!buffer || how == Imports::kCreatedThenFailed) {
            zwp_linux_buffer_params_v1_send_failed(resource());
        }
    }

private:
    void error(zwp_linux_buffer_params_v1_error code, const std::string& what) {
        server().protocol_error(resource(), code, what);
    }

    void add(int32_t raw_fd, uint32_t plane, uint32_t offset, uint32_t stride,
             uint32_t modifier_high, uint32_t modifier_low) {
        UniqueFd fd{raw_fd};
        if (plane > 3) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX, fmt::format("plane {}", plane));
            return;
        }
        ++planes_;
        if (plane != 0) {
            return;  // of these nobody here knows how to read anything
        }
        if (fd_) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET, "a second plane 0");
            return;
        }
        fd_ = std::move(fd);
        offset_ = offset;
        stride_ = stride;
        modifier_ = uint64_t{modifier_high} << 32 | modifier_low;
    }

    /// Takes what is asked for; false (and a protocol error) where it makes no sense.
    bool take(int32_t width, int32_t height, uint32_t format, uint32_t flags) {
        State& state = server().state;
        ++state.imports_asked;
        state.import_format = format;
        state.import_modifier = modifier_;
        state.import_planes = planes_;
        struct stat info = {};
        if (import_) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED, "used already");
        } else if (!fd_ || ::fstat(fd_.get(), &info) != 0) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE, "no plane");
        } else if (width <= 0 || height <= 0) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS,
                  fmt::format("{}x{}", width, height));
        } else if (!is_offered(server().options.dmabuf, format, modifier_)) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
                  fmt::format("{:#x} {:#x} was not offered", format, modifier_));
        } else if (stride_ < int64_t{width} * kBytesPerPixel ||
                   offset_ + int64_t{stride_} * height > info.st_size) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
                  fmt::format("{}x{}, stride {} at {} doesn't fit into {} bytes", width, height,
                              stride_, offset_, info.st_size));
        } else {
            // Not every compositor knows what they mean.
            if (flags != 0) {
                server().violation(resource(), fmt::format("flags {:#x}", flags));
            }
            import_ = DmabufBuffer::Layout{
                .size = {static_cast<uint32_t>(width), static_cast<uint32_t>(height)},
                .offset = offset_,
                .stride = stride_,
                .fourcc = format};
            return true;
        }
        return false;
    }

    std::optional<Mapping> map() {
        auto mapping =
            Mapping::map(fd_.get(), 0, import_->offset + import_->stride * import_->size.height,
                         MapAccess::kRead);
        return mapping ? std::optional{std::move(*mapping)} : std::nullopt;
    }

    void create(int32_t width, int32_t height, uint32_t format, uint32_t flags) {
        if (take(width, height, format, flags)) {
            answer();
        }
    }

    void create_immed(uint32_t id, int32_t width, int32_t height, uint32_t format, uint32_t flags) {
        ++server().state.imports_immediate;
        if (!take(width, height, format, flags)) {
            return;
        }
        auto buffer = map();
        if (!buffer || server().options.dmabuf.imports != DmabufOptions::Imports::kCreated) {
            error(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER, "can't be imported");
            return;
        }
        test::create<DmabufBuffer>(server(), client(), 1, id, std::move(*buffer), *import_);
    }

    UniqueFd fd_;
    uint32_t offset_ = 0;
    uint32_t stride_ = 0;
    uint64_t modifier_ = 0;
    uint32_t planes_ = 0;
    std::optional<DmabufBuffer::Layout> import_;
};

/// zwp_linux_dmabuf_feedback_v1
class DmabufFeedbackObject final : public Object {
public:
    DmabufFeedbackObject(Server& owner, bool of_surface) : Object{owner}, of_surface_{of_surface} {}
    static const wl_interface* interface() { return &zwp_linux_dmabuf_feedback_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_linux_dmabuf_feedback_v1_interface kRequests = {
            .destroy = destroy_resource};
        return &kRequests;
    }

    void send() {
        using Feedback = DmabufOptions::Feedback;
        const DmabufOptions& options = server().options.dmabuf;
        if (resource() == nullptr || options.feedback == Feedback::kNever) {
            return;
        }
        const bool scanout = of_surface_ && options.surface_formats;
        const auto& formats = scanout ? *options.surface_formats : options.formats;
        if (options.feedback != Feedback::kNoTable) {
            send_table(formats, options.feedback);
        }
        std::array<dev_t, 1> device{options.main_device};
        wl_array bytes{sizeof device, sizeof device, device.data()};
        zwp_linux_dmabuf_feedback_v1_send_main_device(resource(), &bytes);
        zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(resource(), &bytes);
        zwp_linux_dmabuf_feedback_v1_send_tranche_flags(
            resource(), scanout ? uint32_t{ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT} : 0);
        std::vector<uint16_t> indices;
        for (size_t i = 0; i < formats.size(); ++i) {
            indices.push_back(static_cast<uint16_t>(i));
        }
        if (options.feedback == Feedback::kIndexOutOfRange) {
            indices.push_back(static_cast<uint16_t>(formats.size()));
        }
        const size_t size = indices.size() * sizeof(uint16_t);
        wl_array list{size, size, indices.data()};
        zwp_linux_dmabuf_feedback_v1_send_tranche_formats(resource(), &list);
        zwp_linux_dmabuf_feedback_v1_send_tranche_done(resource());
        zwp_linux_dmabuf_feedback_v1_send_done(resource());
    }

private:
    struct Entry {
        uint32_t fourcc;
        uint32_t padding;
        uint64_t modifier;
    };

    void created() override {
        std::erase_if(server().dmabuf_feedbacks, [](const auto& other) { return other.expired(); });
        server().dmabuf_feedbacks.push_back(weak_from_this());
        send();
    }

    void send_table(const std::vector<Format>& formats, DmabufOptions::Feedback how) {
        std::vector<Entry> table;
        for (const Format& format : formats) {
            table.push_back({format.fourcc, 0, format.modifier});
        }
        const auto size = static_cast<uint32_t>(table.size() * sizeof(Entry));
        const UniqueFd fd =
            create_memfd("format-table", std::max<size_t>(size, 1), MemfdSeals::kNone).value();
        if (::pwrite(fd.get(), table.data(), size, 0) != static_cast<ssize_t>(size)) {
            throw std::runtime_error{"writing the format table failed"};
        }
        uint32_t said = size;
        if (how == DmabufOptions::Feedback::kTableTooSmall) {
            said = static_cast<uint32_t>(page_size() + sizeof(Entry));
        } else if (how == DmabufOptions::Feedback::kTableTooLarge) {
            said = UINT32_MAX;
        }
        zwp_linux_dmabuf_feedback_v1_send_format_table(resource(), fd.get(), said);
    }

    bool of_surface_;
};

class Dmabuf final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_linux_dmabuf_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_linux_dmabuf_v1_interface kRequests = {
            .destroy = destroy_resource,
            .create_params = on<&Dmabuf::create_params>,
            .get_default_feedback = on<&Dmabuf::get_default_feedback>,
            .get_surface_feedback = on<&Dmabuf::get_surface_feedback>,
        };
        return &kRequests;
    }

private:
    void created() override {
        if (version() >= ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
            return;
        }
        for (const Format& format : server().options.dmabuf.formats) {
            zwp_linux_dmabuf_v1_send_format(resource(), format.fourcc);
            if (version() >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION) {
                zwp_linux_dmabuf_v1_send_modifier(resource(), format.fourcc,
                                                  static_cast<uint32_t>(format.modifier >> 32),
                                                  static_cast<uint32_t>(format.modifier));
            }
        }
    }

    void create_params(uint32_t id) { test::create<Params>(server(), client(), version(), id); }
    void get_default_feedback(uint32_t id) {
        test::create<DmabufFeedbackObject>(server(), client(), version(), id, false);
    }
    void get_surface_feedback(uint32_t id, wl_resource*) {
        test::create<DmabufFeedbackObject>(server(), client(), version(), id, true);
    }
};

}  // namespace

void add_dmabuf(Server& server) {
    const auto newest = static_cast<uint32_t>(zwp_linux_dmabuf_v1_interface.version);
    server.add_global(&zwp_linux_dmabuf_v1_interface, std::min(server.options.linux_dmabuf, newest),
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Dmabuf>(server, client, version, id);
                      });
}

void send_dmabuf_feedback(Server& server) {
    for (const auto& weak : server.dmabuf_feedbacks) {
        if (const auto feedback = weak.lock()) {
            static_cast<DmabufFeedbackObject&>(*feedback).send();
        }
    }
}

void answer_imports(Server& server) {
    for (const auto& weak : std::exchange(server.waiting_imports, {})) {
        if (const auto params = weak.lock()) {
            static_cast<Params&>(*params).answer();
        }
    }
}

void release_again(Server& server, uint64_t buffer) {
    const auto it = server.dmabufs.find(buffer);
    const auto object = it == server.dmabufs.end() ? nullptr : it->second.lock();
    if (object == nullptr || object->resource() == nullptr) {
        throw std::runtime_error{fmt::format("there is no dma-buf {}", buffer)};
    }
    wl_buffer_send_release(object->resource());
}

}  // namespace oriel::test
