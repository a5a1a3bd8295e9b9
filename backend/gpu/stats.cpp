// SPDX-License-Identifier: MIT
#include "gpu/stats.h"

#include <algorithm>

namespace oriel::gpu {
namespace {

template <class Counts>
auto find(Counts& counts, uint32_t type) {
    return std::find_if(counts.begin(), counts.end(), [type](const TypeCount& entry) {
        return static_cast<uint32_t>(entry.type) == type;
    });
}

template <class Counts>
uint64_t count_of(const Counts& counts, wire::Type type) {
    const auto it = find(counts, static_cast<uint32_t>(type));
    return it == counts.end() ? 0 : it->count;
}

}  // namespace

const char* to_string(wire::Type type) {
    using wire::Type;
    switch (type) {
        case Type::kGetDisplayInfo:
            return "GET_DISPLAY_INFO";
        case Type::kResourceCreate2d:
            return "RESOURCE_CREATE_2D";
        case Type::kResourceUnref:
            return "RESOURCE_UNREF";
        case Type::kSetScanout:
            return "SET_SCANOUT";
        case Type::kResourceFlush:
            return "RESOURCE_FLUSH";
        case Type::kTransferToHost2d:
            return "TRANSFER_TO_HOST_2D";
        case Type::kResourceAttachBacking:
            return "RESOURCE_ATTACH_BACKING";
        case Type::kResourceDetachBacking:
            return "RESOURCE_DETACH_BACKING";
        case Type::kGetCapsetInfo:
            return "GET_CAPSET_INFO";
        case Type::kGetCapset:
            return "GET_CAPSET";
        case Type::kGetEdid:
            return "GET_EDID";
        case Type::kResourceCreateBlob:
            return "RESOURCE_CREATE_BLOB";
        case Type::kSetScanoutBlob:
            return "SET_SCANOUT_BLOB";
        case Type::kUpdateCursor:
            return "UPDATE_CURSOR";
        case Type::kMoveCursor:
            return "MOVE_CURSOR";
        case Type::kOkNodata:
            return "OK_NODATA";
        case Type::kOkDisplayInfo:
            return "OK_DISPLAY_INFO";
        case Type::kOkCapsetInfo:
            return "OK_CAPSET_INFO";
        case Type::kOkCapset:
            return "OK_CAPSET";
        case Type::kOkEdid:
            return "OK_EDID";
        case Type::kErrUnspec:
            return "ERR_UNSPEC";
        case Type::kErrOutOfMemory:
            return "ERR_OUT_OF_MEMORY";
        case Type::kErrInvalidScanoutId:
            return "ERR_INVALID_SCANOUT_ID";
        case Type::kErrInvalidResourceId:
            return "ERR_INVALID_RESOURCE_ID";
        case Type::kErrInvalidContextId:
            return "ERR_INVALID_CONTEXT_ID";
        case Type::kErrInvalidParameter:
            return "ERR_INVALID_PARAMETER";
    }
    return "unknown";
}

void Stats::count_command(uint32_t type) {
    const auto it = find(commands, type);
    ++(it == commands.end() ? unknown_commands : it->count);
}

void Stats::count_error(wire::Type error) {
    const auto it = find(errors, static_cast<uint32_t>(error));
    if (it != errors.end()) {
        ++it->count;
    }
}

uint64_t Stats::command(wire::Type type) const {
    return count_of(commands, type);
}

uint64_t Stats::error(wire::Type error) const {
    return count_of(errors, error);
}

}  // namespace oriel::gpu
