// SPDX-License-Identifier: MIT
#include "vfio_user/attachment.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "core/byte_reader.h"
#include "net/local_socket.h"
#include "net/message_channel.h"

namespace oriel::vfio_user {
namespace {

// Kinds of values.
constexpr uint32_t kKeptRange = 0x6d656d20;               // "mem "
constexpr uint32_t kKeptInterrupt = 0x69727120;           // "irq "
constexpr StateRecord::Key kKeptAttached{0x76666975, 0};  // "vfiu"

// The transport's words, behind those of the stream.
constexpr size_t kTakenInRow = MessageChannel::kKeptWords;
constexpr size_t kTakenAt = MessageChannel::kKeptWords + 1;
static_assert(kTakenAt < StateRecord::kTransportWords);

/// One number for each thing that an eventfd is assigned to.
uint64_t id_of(const IrqSet& request) {
    const uint64_t action = (request.flags & kIrqSetActionUnmask) != 0 ? 1 : 0;
    return uint64_t{request.index} << 40 | action << 32 | request.start;
}

std::string file_name(uint64_t device, uint64_t inode) {
    return fmt::format("{}mem-{:x}-{:x}", Attachment::kPrefix, device, inode);
}

bool is_connected_socket(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0 &&
           peer.ss_family == AF_UNIX;
}

bool same_file(int one, int other) {
    struct stat a = {};
    struct stat b = {};
    return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool is_file(int fd, uint64_t device, uint64_t inode) {
    struct stat status = {};
    return ::fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace

Attachment::Attachment(std::string name, DescriptorStore& store)
    : name_{std::move(name)}, store_{store} {}

std::string Attachment::own(const std::string& what) const {
    return fmt::format("{}{}-{}", kPrefix, name_, what);
}

std::string Attachment::region_name(const std::string& name, uint32_t region) {
    return fmt::format("{}{}-region{}", kPrefix, name, region);
}

std::string Attachment::interrupt_name(uint64_t id, uint32_t number) const {
    return own(fmt::format("irq{:x}-{}", id, number));
}

// --- what an earlier process has left ------------------------------------------------------------

Result<std::optional<Attachment::Left>> Attachment::take(const InheritedDescriptors& inherited,
                                                         const pci::Function& function,
                                                         int64_t now) {
    for (const std::string& name : inherited.names()) {
        if (name.starts_with(own(""))) {
            store_.adopt(name);
            stored_.push_back(name);
        }
    }
    if (stored_.empty()) {
        return std::nullopt;
    }
    auto left = read(inherited, function);
    if (left) {
        std::span<uint64_t> words = record_->words();
        const auto before = static_cast<int64_t>(words[kTakenAt]);
        words[kTakenInRow] = now - before < kInRow && now >= before ? words[kTakenInRow] + 1 : 1;
        words[kTakenAt] = static_cast<uint64_t>(now);
        if (words[kTakenInRow] > kMostInRow) {
            left = host_error("{} processes in a row ended while it was attached", kMostInRow);
        }
    }
    if (!left) {
        if (const int socket = inherited.find(own("vmm")); socket >= 0) {
            ::shutdown(socket, SHUT_RDWR);
        }
        forget_all();
        record_.reset();
        return tl::unexpected(left.error());
    }
    kept_ = true;
    return std::optional{std::move(*left)};
}

Result<Attachment::Left> Attachment::read(const InheritedDescriptors& inherited,
                                          const pci::Function& function) {
    Left left;
    left.socket = inherited.copy(own("vmm"));
    if (!left.socket || !is_connected_socket(left.socket.get())) {
        return host_error("its connection is not there");
    }
    if (!peer_is_trusted(left.socket.get())) {
        return host_error("its connection is another user's");
    }
    for (uint32_t i = 0; i < pci::kRegionCount; ++i) {
        // The guest has the other process' mapped.
        const int memory = function.region(static_cast<pci::RegionIndex>(i)).memory_fd;
        if (memory >= 0 && !same_file(memory, inherited.find(region_name(name_, i)))) {
            return host_error("its video memory is not there, or of another size");
        }
    }
    auto record = StateRecord::open(inherited.copy(own("record")));
    if (!record) {
        return tl::unexpected(record.error());
    }
    record_.emplace(std::move(*record));
    if (!record_->find(kKeptAttached)) {
        return host_error("it had only just come");
    }
    if (MessageChannel::torn(stream())) {
        return host_error("a message had come in part");
    }
    std::optional<HostError> wrong;
    record_->for_each(kKeptRange, [&](uint64_t, std::span<const std::byte> bytes) {
        const auto range = StateRecord::whole<Range>(bytes);
        UniqueFd file;
        if (range && range->has_file != 0) {
            const std::string name = file_name(range->device, range->inode);
            file = inherited.copy(name);
            if (!file || !is_file(file.get(), range->device, range->inode)) {
                wrong = HostError{0, "a file of its memory is not there"};
                return;
            }
            use_file(name, -1);
        }
        if (range) {
            left.ranges.emplace_back(*range, std::move(file));
        } else {
            wrong = HostError{0, "the record of its memory is damaged"};
        }
    });
    record_->for_each(kKeptInterrupt, [&](uint64_t id, std::span<const std::byte> bytes) {
        const auto interrupt = StateRecord::whole<Interrupt>(bytes);
        UniqueFd eventfd =
            interrupt ? inherited.copy(interrupt_name(id, interrupt->number)) : UniqueFd{};
        if (!eventfd || id_of(interrupt->request) != id) {
            wrong = HostError{0, "an eventfd of its interrupts is not there"};
            return;
        }
        left.interrupts.emplace_back(interrupt->request, std::move(eventfd));
        interrupts_[id] = {0, interrupt->number};
        last_number_ = std::max(last_number_, interrupt->number);
    });
    if (wrong) {
        return tl::unexpected(*wrong);
    }
    return left;
}

// --- what is kept --------------------------------------------------------------------------------

bool Attachment::begin(int socket, const pci::Function& function) {
    forget_all();
    if (!record_) {
        auto record = StateRecord::create();
        if (!record) {
            return false;
        }
        record_.emplace(std::move(*record));
    }
    record_->clear();
    const auto keep = [this](const std::string& name, int fd) {
        store_.store(name, fd);
        stored_.push_back(name);
    };
    keep(own("record"), record_->fd());
    keep(own("vmm"), socket);
    for (uint32_t i = 0; i < pci::kRegionCount; ++i) {
        const pci::Region region = function.region(static_cast<pci::RegionIndex>(i));
        if (region.memory_fd >= 0) {
            keep(region_name(name_, i), region.memory_fd);
        }
    }
    record_->put(kKeptAttached, {});
    kept_ = true;
    return true;
}

void Attachment::end() {
    if (std::exchange(kept_, false)) {
        record_->clear();
    }
    forget_all();
}

void Attachment::leave() {
    if (std::exchange(kept_, false)) {
        record_->words()[kTakenInRow] = 0;
    }
}

void Attachment::forget_all() {
    for (const std::string& name : std::exchange(stored_, {})) {
        store_.forget(name);
    }
    for (const auto& [name, uses] : std::exchange(files_, {})) {
        store_.forget(name);
    }
    interrupts_.clear();
}

/// One range more; `fd` -1: an earlier process has stored it.
void Attachment::use_file(const std::string& name, int fd) {
    if (const auto it = files_.find(name); it != files_.end()) {
        ++it->second;
        return;
    }
    files_[name] = 1;
    if (fd >= 0) {
        store_.store(name, fd);
    } else {
        store_.adopt(name);
    }
}

void Attachment::mapped(const Range& range, int fd) {
    Range kept = range;
    struct stat status = {};
    kept.has_file = fd >= 0 && ::fstat(fd, &status) == 0 ? 1 : 0;
    if (kept.has_file != 0) {
        kept.device = status.st_dev;
        kept.inode = status.st_ino;
        use_file(file_name(kept.device, kept.inode), fd);
    }
    record_->put({kKeptRange, range.address}, bytes_of(kept));
}

void Attachment::unmapped(uint64_t address, uint64_t size) {
    std::vector<uint64_t> gone;
    record_->for_each(kKeptRange, [&](uint64_t at, std::span<const std::byte> bytes) {
        const auto range = StateRecord::whole<Range>(bytes);
        if (at < address || !range || at - address > size || range->size > size - (at - address)) {
            return;
        }
        gone.push_back(at);
        if (const auto file = files_.find(file_name(range->device, range->inode));
            range->has_file != 0 && file != files_.end() && file->second > 0) {
            --file->second;
        }
    });
    for (const uint64_t at : gone) {
        record_->erase({kKeptRange, at});
    }
}

void Attachment::release_unused() {
    std::erase_if(files_, [this](const auto& file) {
        if (file.second == 0) {
            store_.forget(file.first);
        }
        return file.second == 0;
    });
}

void Attachment::interrupt_is(const IrqSet& request, int eventfd, uint64_t serial) {
    const uint64_t id = id_of(request);
    const auto known = interrupts_.find(id);
    if (known != interrupts_.end() && eventfd >= 0) {
        if (known->second.serial == serial) {
            return;
        }
        if (known->second.serial == 0) {
            known->second.serial = serial;  // taken over from an earlier process
            return;
        }
    }
    if (known != interrupts_.end()) {
        const std::string name = interrupt_name(id, known->second.number);
        record_->erase({kKeptInterrupt, id});
        store_.forget(name);
        std::erase(stored_, name);
        interrupts_.erase(known);
    }
    if (eventfd >= 0) {
        const uint32_t number = ++last_number_;
        store_.store(interrupt_name(id, number), eventfd);
        stored_.push_back(interrupt_name(id, number));
        interrupts_[id] = {serial, number};
        record_->put({kKeptInterrupt, id}, bytes_of(Interrupt{request, number}));
    }
}

}  // namespace oriel::vfio_user
