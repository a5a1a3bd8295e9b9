// SPDX-License-Identifier: MIT
// Commands with long lists of backing entries, a piece at a time.
#include <utility>
#include <variant>

#include "executor.h"

namespace oriel::gpu {
namespace {

using wire::Type;

/// Fewer are carried out at once: a fraction of a millisecond.
constexpr size_t kFew = 4096;

}  // namespace

std::optional<Executor::BackingProgress> Executor::begin_backing(Request& request) {
    if (!request.command || !offered(request.header.type)) {
        return std::nullopt;
    }
    const auto begin = [&](std::vector<command::BackingEntry>& entries) {
        std::optional<BackingProgress> progress;
        if (entries.size() > kFew) {
            Backing backing = take_backing(entries);
            progress.emplace(BackingProgress{std::move(*request.command), std::move(backing)});
        }
        return progress;
    };
    if (auto* attach = std::get_if<command::AttachBacking>(&*request.command)) {
        return begin(attach->entries);
    }
    if (auto* create = std::get_if<command::ResourceCreateBlob>(&*request.command)) {
        return begin(create->entries);
    }
    return std::nullopt;
}

std::optional<Type> Executor::carry_on(BackingProgress& progress, TimePoint until) {
    const auto* blob = std::get_if<command::ResourceCreateBlob>(&progress.command);
    const auto* attach = std::get_if<command::AttachBacking>(&progress.command);
    const bool for_blob = blob != nullptr || is_blob(attach->resource);
    while (!progress.backing.prepare_some(memory_, for_blob)) {
        if (clock_.now() >= until) {
            return std::nullopt;
        }
    }
    const Type type =
        blob != nullptr
            ? resources_.create_blob(blob->resource, blob->size, std::move(progress.backing))
            : resources_.attach(attach->resource, std::move(progress.backing));
    if (type < Type::kErrUnspec) {
        keeper_.carried_out(progress.command, resources_);
    }
    return type;
}

Backing Executor::take_backing(std::vector<command::BackingEntry>& entries) {
    private_memory_.backed(entries);
    return resources_.make_backing(std::move(entries));
}

bool Executor::is_blob(uint32_t id) {
    Resource* resource = resources_.find(id);
    return resource != nullptr && resource->as_blob() != nullptr;
}

}  // namespace oriel::gpu
