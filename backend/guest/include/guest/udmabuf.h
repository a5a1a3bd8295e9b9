// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/ledger.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "guest/dmabuf_exporter.h"
#include "guest/guest_memory.h"

namespace oriel::guest {

/// Guest memory as a dma-buf, by the kernel's /dev/udmabuf (linux/udmabuf.h): no copy, the same
/// pages.
///
/// What stands in the way is looked for before the kernel is asked, because the kernel says EINVAL
/// to most of it: no device, no permission, memory that isn't a memfd, or one without
/// F_SEAL_SHRINK or with F_SEAL_WRITE, more pieces than list_limit, more bytes than size_limit_mb,
/// huge pages. The device is opened by the first export that gets that far, and kept; while it
/// can't be opened, each export tries again.
class Udmabuf final : public DmabufExporter, public LedgerItem {
public:
    struct Options {
        std::string device = "/dev/udmabuf";
        /// Where list_limit and size_limit_mb are.
        std::string parameters = "/sys/module/udmabuf/parameters";
        /// For tests: what to call instead of ioctl(). Empty: ioctl().
        std::function<int(int fd, unsigned long request, void* argument)> ioctl;
    };

    Udmabuf() : Udmabuf{Options{}} {}
    explicit Udmabuf(Options options);

    [[nodiscard]] Result<UniqueFd> export_spans(std::span<const FileSpan> spans) override;
    /// The device. What it has exported belongs to whoever has it.
    [[nodiscard]] Held held() const override {
        return {heap_bytes_of(request_.capacity()), device_ ? 1U : 0U};
    }

private:
    [[nodiscard]] Result<void> check_limits(size_t runs, uint64_t bytes) const;
    [[nodiscard]] Result<void> open_device();
    [[nodiscard]] uint64_t parameter(const char* name, uint64_t otherwise) const;
    [[nodiscard]] Result<UniqueFd> create(std::span<const FileSpan> runs);
    /// The dma-buf's fd, or -1 with errno set.
    [[nodiscard]] int create_one(const FileSpan& run) const;
    [[nodiscard]] int create_list(std::span<const FileSpan> runs);

    Options options_;
    UniqueFd device_;
    std::vector<std::byte> request_;  // kept for its capacity
};

}  // namespace oriel::guest
