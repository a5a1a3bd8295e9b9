// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "guest/dmabuf_exporter.h"

namespace oriel::test {

/// Stands in for /dev/udmabuf on machines without one: "exports" the memfd that the guest's memory
/// is in, so whoever maps it sees the guest's pages, live, with layout().offset where the picture
/// is. Only for memory that is contiguous in its file (Pages::kContiguous); a test that uses it is
/// a memfd test, not a zero-copy test.
///
///     MemfdExporter exporter;
///     gpu::GpuDevice device{loop, display, memory, {.exporter = &exporter}};
class MemfdExporter final : public guest::DmabufExporter {
public:
    [[nodiscard]] Result<UniqueFd> export_spans(std::span<const guest::FileSpan> spans) override {
        ++calls_;
        last_.clear();
        for (const guest::FileSpan& span : spans) {
            guest::append_joined(last_, span);
        }
        if (refusal_) {
            return host_error("{}", *refusal_);
        }
        if (last_.size() != 1) {
            return host_error("a memfd can't stand in for memory in {} pieces", last_.size());
        }
        UniqueFd fd{::fcntl(last_.front().fd, F_DUPFD_CLOEXEC, 0)};
        if (!fd) {
            return system_error("dup");
        }
        ++exported_;
        return fd;
    }
    [[nodiscard]] uint64_t origin(const guest::FileSpan& first) const override {
        return first.offset;
    }

    /// From now on every export fails with this line.
    void refuse(std::string line) { refusal_ = std::move(line); }
    void allow() { refusal_.reset(); }

    [[nodiscard]] size_t calls() const { return calls_; }
    /// Exports that succeeded.
    [[nodiscard]] size_t exported() const { return exported_; }
    /// What the last export was asked for, joined where adjacent.
    [[nodiscard]] const std::vector<guest::FileSpan>& last() const { return last_; }

private:
    std::optional<std::string> refusal_;
    size_t calls_ = 0;
    size_t exported_ = 0;
    std::vector<guest::FileSpan> last_;
};

}  // namespace oriel::test
