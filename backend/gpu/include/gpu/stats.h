// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "gpu/protocol.h"

namespace oriel::gpu {

/// The specification's name without its prefix, e.g. "SET_SCANOUT", "ERR_UNSPEC".
[[nodiscard]] const char* to_string(wire::Type type);

struct TypeCount {
    wire::Type type{};
    uint64_t count = 0;
};

/// What `oriel ctl stats` shows of the graphics card; counters since the start of the process (a
/// reset of the device doesn't clear them).
struct Stats {
    std::array<TypeCount, 15> commands{{{wire::Type::kGetDisplayInfo},
                                        {wire::Type::kGetEdid},
                                        {wire::Type::kResourceCreate2d},
                                        {wire::Type::kResourceUnref},
                                        {wire::Type::kSetScanout},
                                        {wire::Type::kResourceFlush},
                                        {wire::Type::kTransferToHost2d},
                                        {wire::Type::kResourceAttachBacking},
                                        {wire::Type::kResourceDetachBacking},
                                        {wire::Type::kResourceCreateBlob},
                                        {wire::Type::kSetScanoutBlob},
                                        {wire::Type::kGetCapsetInfo},
                                        {wire::Type::kGetCapset},
                                        {wire::Type::kUpdateCursor},
                                        {wire::Type::kMoveCursor}}};
    uint64_t unknown_commands = 0;
    std::array<TypeCount, 6> errors{{{wire::Type::kErrUnspec},
                                     {wire::Type::kErrOutOfMemory},
                                     {wire::Type::kErrInvalidScanoutId},
                                     {wire::Type::kErrInvalidResourceId},
                                     {wire::Type::kErrInvalidContextId},
                                     {wire::Type::kErrInvalidParameter}}};
    /// Flushes that changed no pixel that is shown: answered at once, no presenter involved.
    uint64_t flushes_without_damage = 0;
    /// Flushes that were held back and then went to the presenter together with a later one.
    uint64_t flushes_merged = 0;
    /// Bytes that transfers looked at; ScanoutStats::bytes_copied counts what was copied.
    uint64_t transferred_bytes = 0;
    /// Cursor commands, and what was left of them for the presenter.
    uint64_t cursor_updates = 0;

    // As of now:
    uint64_t flushes_waiting = 0;  ///< their answer is held until the presenter is done
    uint64_t updates_held = 0;     ///< transfers and flushes held back until a frame is shown
    uint64_t resources = 0;        ///< of both kinds
    uint64_t host_bytes = 0;
    uint64_t kept_bytes = 0;  ///< of pictures that only presenters still have
    uint64_t blobs = 0;
    uint64_t blob_bytes = 0;  ///< in guest memory
    uint64_t backing_entries = 0;

    void count_command(uint32_t type);
    void count_error(wire::Type error);
    [[nodiscard]] uint64_t command(wire::Type type) const;
    [[nodiscard]] uint64_t error(wire::Type error) const;
};

}  // namespace oriel::gpu
