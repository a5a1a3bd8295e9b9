// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"
#include "core/unique_fd.h"
#include "guest/guest_memory.h"

namespace oriel::guest {

/// Makes guest memory into something that a compositor can import. Udmabuf is the real one; tests
/// put their own in its place.
class DmabufExporter {
public:
    DmabufExporter() = default;
    DmabufExporter(const DmabufExporter&) = delete;
    DmabufExporter& operator=(const DmabufExporter&) = delete;
    virtual ~DmabufExporter() = default;

    /// One buffer in which the bytes of `spans` (not empty, their fds lent) follow each other from
    /// origin(first span) on. It stays valid, and shares the pages with the guest, whatever becomes
    /// of the spans. The error is one line that says what is missing, what happens instead, and how
    /// to get it.
    [[nodiscard]] virtual Result<UniqueFd> export_spans(std::span<const FileSpan> spans) = 0;

    /// Where the first byte is in the buffer that export_spans() makes, or would make, of spans of
    /// which this is the start of the first: always 0 for a real dma-buf. Asked before anything is
    /// exported.
    [[nodiscard]] virtual uint64_t origin(const FileSpan&) const { return 0; }
};

}  // namespace oriel::guest
