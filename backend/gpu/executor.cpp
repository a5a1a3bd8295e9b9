// SPDX-License-Identifier: MIT
#include "executor.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>

namespace oriel::gpu {
namespace {

using wire::Type;

wire::Rect desktop_rect(const ScreenInfo& screen) {
    const auto coordinate = [](int32_t value) { return static_cast<uint32_t>(std::max(value, 0)); };
    const auto side = [](uint32_t value) { return std::min(value, kMaxResourceSide); };
    return {coordinate(screen.position.x), coordinate(screen.position.y),
            side(screen.preferred.width), side(screen.preferred.height)};
}

}  // namespace

std::span<const std::byte> Response::finish(Type type, const wire::Header& request) {
    wire::Header header{};
    header.type = static_cast<uint32_t>(type);
    if ((request.flags & wire::kFlagFence) != 0) {
        header.flags = wire::kFlagFence;
        header.fence_id = request.fence_id;
        header.ctx_id = request.ctx_id;
    }
    std::memcpy(bytes_.data(), &header, sizeof header);
    const bool is_error = type >= Type::kErrUnspec;
    const size_t size = is_error ? sizeof header : std::max(size_, sizeof header);
    return std::span{bytes_}.first(size);
}

Executor::Executor(EventLoop& loop, Display& display, const guest::GuestMemory& memory,
                   guest::DmabufExporter& exporter, const Limits& limits, std::string monitor_name)
    : display_{display},
      memory_{memory},
      limits_{limits},
      monitor_name_{std::move(monitor_name)},
      resources_{memory, exporter, limits},
      scanouts_{display},
      cursors_{loop, display} {}

Type Executor::execute(Command command, Response& response, const Hold& hold) {
    Context context{response, hold};
    return std::visit([&](auto& body) { return run(body, context); }, command);
}

void Executor::reset() {
    cursors_.reset();
    scanouts_.switch_all_off();
    resources_.clear();
}

edid::Blob Executor::edid(ScanoutId scanout) const {
    const ScreenInfo screen = display_.screen(scanout);
    return edid::build({.preferred = screen.preferred,
                        .refresh_mhz = screen.refresh_mhz,
                        .physical_mm = screen.physical_mm,
                        .name = monitor_name_,
                        .serial = scanout + 1});
}

Type Executor::run(command::GetDisplayInfo, Context& context) {
    wire::RespDisplayInfo info{};
    for (ScanoutId scanout = 0; scanout < scanouts_.count(); ++scanout) {
        const ScreenInfo screen = display_.screen(scanout);
        info.pmodes[scanout] = {desktop_rect(screen), screen.connected ? 1U : 0U, 0};
    }
    context.response.set(info);
    return Type::kOkDisplayInfo;
}

Type Executor::run(const command::GetEdid& get, Context& context) {
    if (get.scanout >= scanouts_.count()) {
        return Type::kErrInvalidScanoutId;
    }
    wire::RespEdid answer{};
    const edid::Blob blob = edid(get.scanout);
    answer.size = static_cast<uint32_t>(blob.size());
    std::copy(blob.begin(), blob.end(), answer.edid.begin());
    context.response.set(answer);
    return Type::kOkEdid;
}

Type Executor::run(const command::ResourceCreate2d& create, Context&) {
    return resources_.create(create);
}

Type Executor::run(const command::ResourceUnref& unref, Context&) {
    const Resource* resource = resources_.find(unref.resource);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    scanouts_.forget(*resource);
    resources_.destroy(unref.resource);
    return Type::kOkNodata;
}

Type Executor::run(const command::SetScanout& set, Context&) {
    if (set.scanout >= scanouts_.count()) {
        return Type::kErrInvalidScanoutId;
    }
    if (set.resource == 0) {
        scanouts_.switch_off(set.scanout);
        return Type::kOkNodata;
    }
    Resource2d* resource = find_2d(set.resource);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (set.source.empty() || !set.source.inside(resource->size())) {
        return Type::kErrInvalidParameter;
    }
    FramebufferRef framebuffer = resource->framebuffer();
    if (!framebuffer) {
        return Type::kErrOutOfMemory;
    }
    scanouts_.show(set.scanout, *resource, std::move(framebuffer), nullptr, set.source);
    return Type::kOkNodata;
}

Type Executor::run(const command::SetScanoutBlob& set, Context&) {
    if (set.scanout >= scanouts_.count()) {
        return Type::kErrInvalidScanoutId;
    }
    if (set.resource == 0) {
        scanouts_.switch_off(set.scanout);
        return Type::kOkNodata;
    }
    Resource* resource = resources_.find(set.resource);
    BlobResource* blob = resource != nullptr ? resource->as_blob() : nullptr;
    if (blob == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    auto picture = resources_.picture(
        *blob,
        {.format = set.format, .size = set.size, .offset = set.offset, .stride = set.stride});
    if (!picture) {
        return picture.error();
    }
    scanouts_.show(set.scanout, *blob, std::move(picture->framebuffer), std::move(picture->pixels),
                   set.source);
    return Type::kOkNodata;
}

Type Executor::run(const command::ResourceFlush& flush, Context& context) {
    Resource* resource = resources_.find(flush.resource);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (!resource->can_flush(flush.rect)) {
        return Type::kErrInvalidParameter;
    }
    if (scanouts_.flush(*resource, Region{flush.rect}, context.hold) == 0) {
        ++flushes_without_damage_;
    }
    return Type::kOkNodata;
}

void Executor::flush(uint32_t resource, const Region& part, const Hold& hold) {
    if (scanouts_.flush(*resources_.find(resource), part, hold) == 0) {
        ++flushes_without_damage_;
    }
}

Resource2d* Executor::find_2d(uint32_t id) {
    Resource* resource = resources_.find(id);
    return resource != nullptr ? resource->as_2d() : nullptr;
}

bool Executor::can_wait(const command::TransferToHost2d& transfer, bool pending) {
    const Resource2d* resource = find_2d(transfer.resource);
    return resource != nullptr && resource->backing() != nullptr &&
           transfer.rect.inside(resource->size()) &&
           transfer.offset == resource->natural_offset(transfer.rect) &&
           (pending ? scanouts_.frame_pending(*resource) : scanouts_.shows(*resource));
}

bool Executor::can_wait(const command::ResourceFlush& flush) {
    const Resource2d* resource = find_2d(flush.resource);
    return resource != nullptr && resource->can_flush(flush.rect);
}

Type Executor::transfer_rest(const command::TransferToHost2d& transfer, Region& copied) {
    Resource2d& resource = *find_2d(transfer.resource);
    Region rest{transfer.rect};
    rest.subtract(copied);
    Type type = Type::kOkNodata;
    rest.for_each([&](const Rect& rect) {
        if (type == Type::kOkNodata) {
            type = this->transfer(resource, rect, resource.natural_offset(rect));
        }
    });
    if (type == Type::kOkNodata) {
        copied.add(rest);
    }
    return type;
}

Type Executor::transfer(Resource& resource, const Rect& rect, uint64_t offset) {
    const Type type = resource.transfer(memory_, rect, offset);
    if (type == Type::kOkNodata && resource.as_2d() != nullptr) {
        transferred_bytes_ += rect.size().area() * MemoryBuffer::kBytesPerPixel;
    }
    return type;
}

Type Executor::run(const command::TransferToHost2d& transfer, Context&) {
    Resource* resource = resources_.find(transfer.resource);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    return this->transfer(*resource, transfer.rect, transfer.offset);
}

Type Executor::run(command::AttachBacking& attach, Context&) {
    return resources_.attach(std::move(attach));
}

Type Executor::run(const command::DetachBacking& detach, Context&) {
    return resources_.detach(detach.resource);
}

Type Executor::run(command::ResourceCreateBlob& create, Context&) {
    return resources_.create(std::move(create));
}

Type Executor::run(const command::GetCapsetInfo&, Context&) {
    return Type::kErrInvalidParameter;
}

Type Executor::run(const command::GetCapset&, Context&) {
    return Type::kErrInvalidParameter;
}

Type Executor::run(const command::UpdateCursor& update, Context&) {
    if (update.scanout >= scanouts_.count()) {
        return Type::kErrInvalidScanoutId;
    }
    Resource* resource = resources_.find(update.resource);
    if (update.resource != 0 && resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (resource != nullptr) {
        const auto size = resource->cursor_size();
        if (!size || size->width > limits_.cursor_side || size->height > limits_.cursor_side) {
            return Type::kErrInvalidParameter;
        }
    }
    return cursors_.update(update.scanout, resource, update.position, update.hotspot)
               ? Type::kOkNodata
               : Type::kErrInvalidParameter;
}

Type Executor::run(const command::MoveCursor& move, Context&) {
    if (move.scanout >= scanouts_.count()) {
        return Type::kErrInvalidScanoutId;
    }
    cursors_.move(move.scanout, move.position);
    return Type::kOkNodata;
}

}  // namespace oriel::gpu
