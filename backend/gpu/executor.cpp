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

/// Pixels of a transfer that is not cut, and of a piece of a larger one: 2 ms where a picture's
/// memory is written to for the first time.
constexpr uint64_t kTransferPiece = uint64_t{256} << 10;
/// Pixels of a resource whose transfers may be carried out later, all together.
constexpr uint64_t kMaxHeldPixels = uint64_t{16} << 20;

/// What has to be offered for a command.
uint64_t feature_of(uint32_t type) {
    switch (static_cast<Type>(type)) {
        case Type::kGetEdid:
            return wire::kFeatureEdid;
        case Type::kResourceCreateBlob:
        case Type::kSetScanoutBlob:
            return wire::kFeatureResourceBlob;
        default:
            return 0;
    }
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
                   guest::DmabufExporter& exporter, Options options)
    : clock_{loop.clock()},
      display_{display},
      memory_{memory},
      options_{std::move(options)},
      resources_{memory, exporter, options_.limits},
      scanouts_{display},
      cursors_{loop, display},
      edids_{display, options_.monitor_name},
      private_memory_{memory, clock_} {}

Type Executor::carry_out(std::optional<Request>& request, Response& response, FlushHolder& holder) {
    const wire::Header header = request ? request->header : wire::Header{};
    count(header);
    Context context{response, holder};
    const Type type = request ? execute(*request, context) : Type::kErrUnspec;
    if (type >= Type::kErrUnspec) {
        report(header, type);
    }
    return type;
}

bool Executor::offered(uint32_t type) const {
    return (feature_of(type) & ~options_.features) == 0;
}

Type Executor::execute(Request& request, Context& context) {
    if (!offered(request.header.type)) {
        return Type::kErrUnspec;  // as a command that doesn't exist
    }
    if (!request.command) {
        return request.command.error();
    }
    const Type type = std::visit([&](auto& body) { return run(body, context); }, *request.command);
    if (type < Type::kErrUnspec) {
        keeper_.carried_out(*request.command, resources_);
    }
    return type;
}

void Executor::report(const wire::Header& header, Type error) {
    stats_.count_error(error);
    if (!log_limiter_.admit(clock_.now())) {
        return;
    }
    log_warn("gpu", "the guest's command 0x{:x} ({}) gets {}", header.type,
             to_string(static_cast<Type>(header.type)), to_string(error));
    if (log_limiter_.suppressed() != 0) {
        log_warn("gpu", "{} lines like that were left out", log_limiter_.suppressed());
    }
}

Stats Executor::stats() const {
    Stats stats = stats_;
    stats.cursor_updates = cursors_.updates();
    stats.resources = resources_.count();
    stats.blobs = resources_.blob_count();
    stats.blob_bytes = resources_.blob_bytes();
    stats.host_bytes = resources_.host_bytes();
    stats.kept_bytes = resources_.kept_bytes();
    stats.backing_entries = resources_.backing_entries();
    return stats;
}

void Executor::reset() {
    edids_.driver_is_gone();
    cursors_.reset();
    scanouts_.switch_all_off();
    resources_.clear();
    keeper_.reset();
    private_memory_.reset();
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
    const edid::Blob& blob = edid(get.scanout);
    answer.size = static_cast<uint32_t>(blob.size());
    std::copy(blob.begin(), blob.end(), answer.edid.begin());
    context.response.set(answer);
    edids_.given(get.scanout);
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
    this->flush(flush.resource, Region{flush.rect}, context.holder);
    return Type::kOkNodata;
}

void Executor::flush(uint32_t resource, const Region& part, FlushHolder& holder) {
    if (scanouts_.flush(*resources_.find(resource), part, holder) == 0) {
        ++stats_.flushes_without_damage;
    }
}

Resource2d* Executor::find_2d(uint32_t id) {
    Resource* resource = resources_.find(id);
    return resource != nullptr ? resource->as_2d() : nullptr;
}

bool Executor::can_wait(const command::TransferToHost2d& transfer, bool pending) {
    const Resource2d* resource = find_2d(transfer.resource);
    return resource != nullptr && resource->backing() != nullptr &&
           resource->size().area() <= kMaxHeldPixels && transfer.rect.inside(resource->size()) &&
           transfer.offset == resource->natural_offset(transfer.rect) &&
           (pending ? scanouts_.frame_pending(*resource) : scanouts_.shows(*resource));
}

bool Executor::can_wait(const command::ResourceFlush& flush) {
    const Resource2d* resource = find_2d(flush.resource);
    return resource != nullptr && resource->can_flush(flush.rect);
}

Type Executor::transfer_rest(const command::TransferToHost2d& transfer, Region& copied) {
    Resource2d& resource = *find_2d(transfer.resource);
    Type type = check(resource, transfer);
    Region rest{transfer.rect};
    rest.subtract(copied);
    rest.for_each([&](const Rect& rect) {
        if (type == Type::kOkNodata) {
            type = transfer_available(resource, rect, resource.natural_offset(rect), rect);
        }
    });
    if (type == Type::kOkNodata) {
        copied.add(rest);
    }
    return type;
}

Type Executor::check(Resource2d& resource, const command::TransferToHost2d& transfer) {
    if (resource.backing() == nullptr) {
        return Type::kErrUnspec;
    }
    const bool beyond =
        !transfer.rect.empty() && transfer.offset >= resource.backing()->byte_size();
    return transfer.rect.inside(resource.size()) && !beyond ? Type::kOkNodata
                                                            : Type::kErrInvalidParameter;
}

std::optional<Type> Executor::carry_on(TransferProgress& progress, TimePoint until) {
    const command::TransferToHost2d& transfer = progress.transfer;
    Resource* any = resources_.find(transfer.resource);
    if (any == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    Resource2d* resource = any->as_2d();
    if (resource == nullptr) {
        return any->transfer(memory_, transfer.rect, transfer.offset, transfer.rect);
    }
    if (const Type type = check(*resource, transfer); type != Type::kOkNodata) {
        return type;
    }
    const Rect& whole = transfer.rect;
    const uint64_t stride = uint64_t{resource->size().width} * MemoryBuffer::kBytesPerPixel;
    const uint64_t piece = whole.size().area() <= kTransferPiece
                               ? whole.height
                               : std::max<uint64_t>(kTransferPiece / whole.width, 1);
    while (progress.rows_done < whole.height) {
        const uint32_t done = progress.rows_done;
        const auto rows = static_cast<uint32_t>(std::min<uint64_t>(piece, whole.height - done));
        const Type type =
            transfer_available(*resource, {whole.x, whole.y + done, whole.width, rows},
                               transfer.offset + done * stride, whole);
        if (type != Type::kOkNodata) {
            return type;
        }
        progress.rows_done += rows;
        if (progress.rows_done < whole.height && clock_.now() >= until) {
            return std::nullopt;
        }
    }
    return Type::kOkNodata;
}

/// What is there of backing that is shorter than the rectangle, as QEMU does it.
Type Executor::transfer_available(Resource2d& resource, const Rect& rect, uint64_t offset,
                                  const Rect& whole) {
    if (rect.empty()) {
        return Type::kOkNodata;
    }
    const uint64_t total = resource.backing()->byte_size();
    const uint64_t there = total > offset ? total - offset : 0;
    const uint64_t stride = uint64_t{resource.size().width} * MemoryBuffer::kBytesPerPixel;
    const uint64_t row = uint64_t{rect.width} * MemoryBuffer::kBytesPerPixel;
    const uint64_t rows =
        there < row ? 0 : std::min<uint64_t>((there - row) / stride + 1, rect.height);
    Type type = Type::kOkNodata;
    if (rows > 0) {
        const Rect complete{rect.x, rect.y, rect.width, static_cast<uint32_t>(rows)};
        type = transfer(resource, complete, offset, whole);
    }
    const uint64_t rest = there > rows * stride ? there - rows * stride : 0;
    const uint64_t pixels = std::min(rest, row) / MemoryBuffer::kBytesPerPixel;
    if (type == Type::kOkNodata && rows < rect.height && pixels > 0) {
        const Rect part{rect.x, rect.y + static_cast<uint32_t>(rows), static_cast<uint32_t>(pixels),
                        1};
        type = transfer(resource, part, offset + rows * stride, whole);
    }
    return type;
}

Type Executor::transfer(Resource2d& resource, const Rect& rect, uint64_t offset,
                        const Rect& whole) {
    const Type type = resource.transfer(memory_, rect, offset, whole);
    if (type == Type::kOkNodata) {
        stats_.transferred_bytes += rect.size().area() * MemoryBuffer::kBytesPerPixel;
    }
    return type;
}

Type Executor::run(const command::TransferToHost2d& transfer, Context&) {
    TransferProgress progress{.transfer = transfer};
    return *carry_on(progress, TimePoint::max());
}

Type Executor::run(command::AttachBacking& attach, Context&) {
    return resources_.attach(attach.resource, take_backing(attach.entries));
}

Type Executor::run(const command::DetachBacking& detach, Context&) {
    return resources_.detach(detach.resource);
}

Type Executor::run(command::ResourceCreateBlob& create, Context&) {
    return resources_.create_blob(create.resource, create.size, take_backing(create.entries));
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
        if (!size || size->width > options_.limits.cursor_side ||
            size->height > options_.limits.cursor_side) {
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
