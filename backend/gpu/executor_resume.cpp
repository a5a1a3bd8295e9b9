// SPDX-License-Identifier: MIT
// How a device goes on with what an earlier process has left: its commands are carried out again.
#include <span>
#include <variant>
#include <vector>

#include "executor.h"

namespace oriel::gpu {
namespace {

/// Flushes whose answers nobody wants.
class NobodyWaits final : public FlushHolder {
public:
    FlushDone hold() override { return {}; }
};

}  // namespace

/// A command that an earlier process has carried out. Its guest is not told, whatever comes of it.
void Executor::repeat(std::span<const std::byte> bytes, QueueKind queue) {
    Response response;
    NobodyWaits holder;
    Context context{response, holder};
    if (auto request = decode(bytes, queue, free_entries())) {
        static_cast<void>(execute(*request, context));
    }
}

void Executor::resume(const StateRecord& record) {
    std::vector<uint32_t> backed;
    record.for_each(StateKeeper::kResource, [this](uint64_t, std::span<const std::byte> bytes) {
        repeat(bytes, QueueKind::kControl);
    });
    record.for_each(StateKeeper::kBacking, [&](uint64_t id, std::span<const std::byte> bytes) {
        repeat(bytes, QueueKind::kControl);
        backed.push_back(static_cast<uint32_t>(id));
    });
    for (const uint32_t id : backed) {
        if (Resource2d* resource = find_2d(id); resource != nullptr && resource->backing()) {
            TransferProgress progress{
                .transfer = {.resource = id, .rect = Rect::of(resource->size()), .offset = 0}};
            static_cast<void>(carry_on(progress, TimePoint::max()));
        }
    }
    NobodyWaits holder;
    const auto show_all = [&](uint32_t id, const Rect& part) {
        if (resources_.find(id) != nullptr) {
            flush(id, Region{part}, holder);
        }
    };
    record.for_each(StateKeeper::kScanout, [&](uint64_t, std::span<const std::byte> bytes) {
        repeat(bytes, QueueKind::kControl);
        const auto request = decode(bytes, QueueKind::kControl, 0);
        if (!request || !request->command) {
            return;
        }
        if (const auto* set = std::get_if<command::SetScanout>(&*request->command)) {
            show_all(set->resource, set->source);
        } else if (const auto* blob = std::get_if<command::SetScanoutBlob>(&*request->command)) {
            show_all(blob->resource, blob->source);
        }
    });
    record.for_each(StateKeeper::kCursor, [this](uint64_t, std::span<const std::byte> bytes) {
        repeat(bytes, QueueKind::kCursor);
    });
}

}  // namespace oriel::gpu
