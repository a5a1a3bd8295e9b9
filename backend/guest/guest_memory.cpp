// SPDX-License-Identifier: MIT
#include "guest/guest_memory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/mapping.h"
#include "core/memfd.h"
#include "core/sigbus_guard.h"
#include "guest/dirty_log.h"
#include "memory_file.h"

namespace oriel::guest {

/// A RAM file, mapped whole from offset 0 so that ranges come and go without a system call.
struct GuestMemory::File {
    dev_t device = 0;
    ino_t inode = 0;
    UniqueFd fd;
    Mapping mapping;
    bool writable = false;
    size_t ranges = 0;  // that use it
    SigbusGuard guard;  // below the mapping: gone before it
};

namespace {

bool add_overflows(uint64_t a, uint64_t b) {
    uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum);
}

struct WholeFile {
    Mapping mapping;
    bool writable = true;
};

/// Writable where the file is.
Result<WholeFile> map_whole(int fd, size_t length) {
    Result<Mapping> mapping = Mapping::map(fd, 0, length, MapAccess::kReadWrite);
    if (mapping) {
        return WholeFile{std::move(*mapping), true};
    }
    if (mapping.error().code != EACCES && mapping.error().code != EPERM) {
        return tl::unexpected(mapping.error());
    }
    mapping = Mapping::map(fd, 0, length, MapAccess::kRead);
    if (!mapping) {
        return tl::unexpected(mapping.error());
    }
    return WholeFile{std::move(*mapping), false};
}

}  // namespace

void append_joined(std::vector<FileSpan>& spans, const FileSpan& span) {
    if (!spans.empty()) {
        FileSpan& last = spans.back();
        if (last.fd == span.fd && last.offset + last.length == span.offset) {
            last.length += span.length;
            return;
        }
    }
    spans.push_back(span);
}

GuestMemory::GuestMemory() : LedgerItem{HeldFor::kGuestMemory} {}
GuestMemory::~GuestMemory() = default;

Held GuestMemory::held() const {
    Held sum;
    for (const auto& file : files_) {
        sum += {file->mapping.size(), 1};
    }
    return sum;
}

Result<void> GuestMemory::map(uint64_t address, uint64_t size, UniqueFd fd, uint64_t offset,
                              bool writable) {
    const uint64_t page = page_size();
    if (size == 0 || add_overflows(address, size) || add_overflows(offset, size) ||
        (address | size | offset) % page != 0) {
        return host_error("guest memory at {:#x}, {:#x} bytes: not whole pages", address, size);
    }
    if (ranges_.size() >= kMaxRanges) {
        return host_error("more than {} ranges of guest memory", kMaxRanges);
    }
    // The first range that ends behind the start of this one: the only one that can overlap.
    const auto next = std::upper_bound(
        ranges_.begin(), ranges_.end(), address,
        [](uint64_t a, const Range& range) { return a < range.address + range.size; });
    if (next != ranges_.end() && next->address < address + size) {
        return host_error("guest memory at {:#x}, {:#x} bytes: overlaps memory that is there",
                          address, size);
    }
    Range range{.address = address, .size = size, .offset = offset, .writable = writable};
    if (fd) {
        const Result<File*> file = file_for(std::move(fd), offset + size, writable);
        if (!file) {
            return tl::unexpected(file.error());
        }
        range.file = *file;
        range.writable = writable && range.file->writable;
        ++range.file->ranges;
    }
    ranges_.insert(next, range);
    ++epoch_;
    return {};
}

Result<GuestMemory::File*> GuestMemory::file_for(UniqueFd fd, uint64_t end, bool writable) {
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0) {
        return system_error("guest memory: fstat");
    }
    const Result<uint64_t> size = mappable_bytes(status);
    if (!size) {
        return tl::unexpected(size.error());
    }
    if (*size < end) {
        return host_error("guest memory: the file has {} bytes, {} are to be mapped", *size, end);
    }
    if (files_.size() >= kMaxFiles) {
        release_unused();
    }
    const auto known = std::find_if(files_.begin(), files_.end(), [&status](const auto& file) {
        return file->device == status.st_dev && file->inode == status.st_ino;
    });
    if (known != files_.end()) {
        const File& file = **known;
        if (!file.guard.damaged() && file.mapping.size() >= end && (file.writable || !writable)) {
            return known->get();
        }
    }
    const auto length = static_cast<size_t>(*size);
    if (known == files_.end() && files_.size() >= kMaxFiles) {
        return host_error("more than {} files of guest memory", kMaxFiles);
    }
    if (known != files_.end() && (*known)->ranges > 0 && length < (*known)->mapping.size()) {
        // Ranges that are in use reach behind the file's new end.
        return host_error("guest memory: the file shrank to {} bytes while it is in use", length);
    }
    Result<WholeFile> mapped = map_whole(fd.get(), length);
    if (!mapped) {
        return tl::unexpected(mapped.error());
    }
    if (known != files_.end() && (*known)->ranges > 0 && (*known)->writable && !mapped->writable) {
        // Ranges that are in use are written to.
        return host_error("guest memory: a file that is in use can only be read now");
    }
    SigbusGuard guard{mapped->mapping.bytes()};
    if (!guard.active()) {
        return host_error("guest memory: too many guarded mappings");
    }
    // A known file grows in place: the ranges that use it find the new mapping by themselves.
    File& file = known != files_.end() ? **known : *files_.emplace_back(std::make_unique<File>());
    file.device = status.st_dev;
    file.inode = status.st_ino;
    file.guard = SigbusGuard{};
    file.mapping = std::move(mapped->mapping);
    file.guard = std::move(guard);
    file.fd = std::move(fd);
    file.writable = mapped->writable;
    return &file;
}

bool GuestMemory::unmap(uint64_t address, uint64_t size) {
    if (add_overflows(address, size)) {
        return false;
    }
    const auto first =
        std::lower_bound(ranges_.begin(), ranges_.end(), address,
                         [](const Range& range, uint64_t a) { return range.address < a; });
    auto last = first;
    while (last != ranges_.end() && last->address + last->size <= address + size) {
        if (last->file != nullptr) {
            --last->file->ranges;
        }
        ++last;
    }
    if (first == last) {
        return false;
    }
    ranges_.erase(first, last);
    ++epoch_;
    return true;
}

void GuestMemory::release_unused() {
    std::erase_if(files_, [](const auto& file) { return file->ranges == 0; });
}

void GuestMemory::clear() {
    ranges_.clear();
    files_.clear();
    owner_ = 0;
    log_ = nullptr;
    ++epoch_;
}

const GuestMemory::Range* GuestMemory::range_at(uint64_t address) const {
    const auto next =
        std::upper_bound(ranges_.begin(), ranges_.end(), address,
                         [](uint64_t a, const Range& range) { return a < range.address; });
    if (next == ranges_.begin()) {
        return nullptr;
    }
    const Range& range = *(next - 1);
    return address - range.address < range.size ? &range : nullptr;
}

template <class Visit>
bool GuestMemory::walk_files(uint64_t address, uint64_t length, Access access,
                             Visit&& visit) const {
    if (add_overflows(address, length)) {
        return false;
    }
    const Range* range = length == 0 ? nullptr : range_at(address);
    const Range* const end = ranges_.data() + ranges_.size();
    while (length > 0) {
        if (range == nullptr || range == end || address < range->address ||
            range->file == nullptr || (access == Access::kWrite && !range->writable)) {
            return false;
        }
        const uint64_t within = address - range->address;
        const uint64_t here = std::min(length, range->size - within);
        visit(*range->file, range->offset + within, here);
        address += here;
        length -= here;
        ++range;
    }
    return true;
}

template <class Visit>
bool GuestMemory::walk(uint64_t address, uint64_t length, Access access, Visit&& visit) const {
    return walk_files(address, length, access,
                      [&visit](const File& file, uint64_t offset, uint64_t here) {
                          visit(HostSpan{file.mapping.data() + offset, static_cast<size_t>(here)});
                      });
}

bool GuestMemory::locate(uint64_t address, uint64_t length, Access access,
                         std::vector<FileSpan>& spans) const {
    std::vector<FileSpan> found;
    const bool all = walk_files(address, length, access,
                                [&found](const File& file, uint64_t offset, uint64_t here) {
                                    append_joined(found, {file.fd.get(), offset, here});
                                });
    if (all) {
        for (const FileSpan& span : found) {
            append_joined(spans, span);
        }
    }
    return all;
}

bool GuestMemory::translate(uint64_t address, uint64_t length, Access access,
                            std::vector<HostSpan>& pieces) const {
    const size_t before = pieces.size();
    const bool all = walk(address, length, access, [&pieces, before](HostSpan piece) {
        if (pieces.size() > before && pieces.back().data() + pieces.back().size() == piece.data()) {
            pieces.back() = {pieces.back().data(), pieces.back().size() + piece.size()};
        } else {
            pieces.push_back(piece);
        }
    });
    if (!all) {
        pieces.resize(before);
    }
    return all;
}

HostSpan GuestMemory::find(uint64_t address, uint64_t length, Access access) const {
    HostSpan found;
    bool contiguous = true;
    const bool all = walk(address, length, access, [&found, &contiguous](HostSpan piece) {
        if (found.empty()) {
            found = piece;
        } else if (found.data() + found.size() == piece.data()) {
            found = {found.data(), found.size() + piece.size()};
        } else {
            contiguous = false;
        }
    });
    return all && contiguous ? found : HostSpan{};
}

bool GuestMemory::accessible(uint64_t address, uint64_t length, Access access) const {
    return walk(address, length, access, [](HostSpan) {});
}

bool GuestMemory::read(uint64_t address, std::span<std::byte> bytes) const {
    if (!accessible(address, bytes.size(), Access::kRead)) {
        return false;
    }
    return walk(address, bytes.size(), Access::kRead, [&bytes](HostSpan piece) {
        std::memcpy(bytes.data(), piece.data(), piece.size());
        bytes = bytes.subspan(piece.size());
    });
}

bool GuestMemory::write(uint64_t address, std::span<const std::byte> bytes) const {
    if (!accessible(address, bytes.size(), Access::kWrite)) {
        return false;
    }
    const size_t length = bytes.size();
    const bool all = walk(address, length, Access::kWrite, [&bytes](HostSpan piece) {
        std::memcpy(piece.data(), bytes.data(), piece.size());
        bytes = bytes.subspan(piece.size());
    });
    written(address, length);
    return all;
}

void GuestMemory::written(uint64_t address, uint64_t length) const {
    if (log_ != nullptr) {
        log_->mark(address, length);
    }
}

bool GuestMemory::without_file(uint64_t address) const {
    const Range* range = range_at(address);
    return range != nullptr && range->file == nullptr;
}

Sharing GuestMemory::sharing(uint64_t address) const {
    const Range* range = range_at(address);
    struct stat status = {};
    if (range == nullptr || range->file == nullptr ||
        ::fstat(range->file->fd.get(), &status) != 0) {
        return Sharing::kUnknown;
    }
    const File& file = *range->file;
    if (owner_ > 0) {
        const bool self = owner_ == ::getpid();
        const Sharing sharing =
            sharing_in(maps_of(owner_), status, self ? file.mapping.bytes() : HostSpan{});
        if (sharing != Sharing::kUnknown) {
            return sharing;
        }
    }
    // What was written there is the guest's: nobody writes to the file behind private memory.
    return looks_empty(file.fd.get(), file.mapping.size(), range->offset + address - range->address)
               ? Sharing::kUnknown
               : Sharing::kShared;
}

bool GuestMemory::damaged() const {
    return std::any_of(files_.begin(), files_.end(),
                       [](const auto& file) { return file->ranges > 0 && file->guard.damaged(); });
}

}  // namespace oriel::guest
