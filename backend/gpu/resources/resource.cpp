// SPDX-License-Identifier: MIT
#include "resources/resource.h"

#include "core/log.h"
#include "scanout/memory_buffer.h"

namespace oriel::gpu {
namespace {

uint64_t next_serial() {
    static uint64_t last = 0;
    return ++last;
}

}  // namespace

Resource::Resource(uint32_t id)
    : LedgerItem{HeldFor::kResources}, id_{id}, serial_{next_serial()} {}

uint64_t host_bytes_of(Size size) {
    return MemoryBuffer::stride_for(size.width) * size.height;
}

void report_no_memory(Size size, const HostError& error) {
    // One for all resources: guests make new ones as fast as they like.
    static LogLimiter limiter;
    if (limiter.admit(SystemClock{}.now())) {
        log_error("gpu", "no memory for a {}x{} resource: {}", size.width, size.height,
                  error.message());
    }
}

}  // namespace oriel::gpu
