// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/ledger.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::guest {

enum class Access : uint8_t { kRead, kWrite };

/// Whether the VMM has a file mapped so that what the guest writes gets into it.
enum class Sharing : uint8_t {
    kUnknown,  ///< nobody tells, and as far as it was looked at nothing was ever written to it
    kPrivate,
    kShared,
};

constexpr size_t kMaxRanges = 65535;
constexpr size_t kMaxFiles = 64;

/// A piece of guest memory as this process sees it. The guest may change it at any time.
using HostSpan = std::span<std::byte>;

/// A run of guest memory as a piece of the file that the VMM has it in.
struct FileSpan {
    int fd = -1;  ///< lent
    uint64_t offset = 0;
    uint64_t length = 0;
    friend bool operator==(const FileSpan&, const FileSpan&) = default;
};

class DirtyLog;

/// Adds a span to the end of `spans`, joined with the last one where the two are adjacent.
void append_joined(std::vector<FileSpan>& spans, const FileSpan& span);

/// Where guest-physical addresses are in this process: the VMM's RAM files, each mapped once, and a
/// table from addresses to offsets in them.
///
/// The table changes at run time (firmware shadowing splits RAM and joins it again); epoch() tells.
/// Spans stay readable until the epoch changes.
class GuestMemory final : public LedgerItem {
public:
    GuestMemory();
    GuestMemory(const GuestMemory&) = delete;
    GuestMemory& operator=(const GuestMemory&) = delete;
    ~GuestMemory() override;

    /// Adds [address, address + size) which lies at `offset` of `fd`. An invalid fd is fine: such a
    /// range exists but is not accessible (ROM, device memory, anonymous RAM). Fails, and changes
    /// nothing, when the range overflows, overlaps a live one, is not page-aligned, or is not all
    /// in the file.
    [[nodiscard]] Result<void> map(uint64_t address, uint64_t size, UniqueFd fd, uint64_t offset,
                                   bool writable);
    /// Removes every range inside [address, address + size). False when none was.
    bool unmap(uint64_t address, uint64_t size);
    /// Unmaps files that no range uses any more. They are kept until this is called, because
    /// firmware takes all RAM away and gives it back within a millisecond, many times.
    void release_unused();
    /// The VMM is gone, and with it its log.
    void clear();
    /// The VMM's process; 0: not known.
    void set_owner(pid_t owner) { owner_ = owner; }

    /// [address, address + length) if it is contiguous here and accessible that way, else empty.
    [[nodiscard]] HostSpan find(uint64_t address, uint64_t length, Access access) const;
    /// Whether all of [address, address + length) is accessible that way.
    [[nodiscard]] bool accessible(uint64_t address, uint64_t length, Access access) const;
    /// Copies out of, or into, guest memory. False, and nothing (of guest memory) changed, if any
    /// byte is not accessible.
    [[nodiscard]] bool read(uint64_t address, std::span<std::byte> bytes) const;
    [[nodiscard]] bool write(uint64_t address, std::span<const std::byte> bytes) const;
    /// What write() writes, and who says so by written(), is marked there from now on (lent);
    /// null: nowhere.
    void log_writes(const DirtyLog* log) { log_ = log; }
    void written(uint64_t address, uint64_t length) const;
    /// The address is in a range that was mapped without a file.
    [[nodiscard]] bool without_file(uint64_t address) const;
    /// About the file behind that address. Takes about a millisecond.
    [[nodiscard]] Sharing sharing(uint64_t address) const;

    /// Appends the pieces of [address, address + length) to `pieces`, joined where they are
    /// contiguous here. False, and nothing appended, if any byte is not accessible that way.
    [[nodiscard]] bool translate(uint64_t address, uint64_t length, Access access,
                                 std::vector<HostSpan>& pieces) const;

    /// Appends where the pieces of [address, address + length) are in the VMM's files to `spans`,
    /// joined where they are adjacent. The fds stay open until the epoch changes. False, and
    /// nothing appended, if any byte is not accessible that way.
    [[nodiscard]] bool locate(uint64_t address, uint64_t length, Access access,
                              std::vector<FileSpan>& spans) const;

    /// Changes with every map(), unmap() and clear(): cached translations are void.
    [[nodiscard]] uint64_t epoch() const { return epoch_; }

    /// A RAM file shrank under us (see SigbusGuard): its contents are lost, the guest is not to be
    /// believed until it is reset.
    [[nodiscard]] bool damaged() const;

    /// What is mapped of the VMM's memory, and its files.
    [[nodiscard]] Held held() const override;
    [[nodiscard]] size_t range_count() const { return ranges_.size(); }
    [[nodiscard]] size_t file_count() const { return files_.size(); }

private:
    struct File;
    struct Range {
        uint64_t address = 0;
        uint64_t size = 0;
        File* file = nullptr;  // in files_; null: not accessible
        uint64_t offset = 0;   // in the file
        bool writable = false;
    };
    [[nodiscard]] const Range* range_at(uint64_t address) const;
    [[nodiscard]] Result<File*> file_for(UniqueFd fd, uint64_t end, bool writable);
    /// Calls `visit(file, offset, length)` for each piece, in order; false at the first
    /// inaccessible byte.
    template <class Visit>
    bool walk_files(uint64_t address, uint64_t length, Access access, Visit&& visit) const;
    /// The same with `visit(HostSpan)`.
    template <class Visit>
    bool walk(uint64_t address, uint64_t length, Access access, Visit&& visit) const;

    std::vector<Range> ranges_;  // sorted by address, never overlapping
    std::vector<std::unique_ptr<File>> files_;
    uint64_t epoch_ = 1;
    pid_t owner_ = 0;
    const DirtyLog* log_ = nullptr;
};

}  // namespace oriel::guest
