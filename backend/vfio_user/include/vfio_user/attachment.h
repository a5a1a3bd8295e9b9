// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/state_record.h"
#include "core/unique_fd.h"
#include "net/descriptor_store.h"
#include "pci/function.h"
#include "vfio_user/protocol.h"

namespace oriel::vfio_user {

/// What a VMM has attached, kept beyond this process' end: its connection, the guest's memory, the
/// interrupts' eventfds and the function's own memory as stored descriptors, and in a record what
/// they are for. The process that comes next goes on with all of it, or with nothing: whatever is
/// missing, or not what the record says, ends the connection.
class Attachment {
public:
    /// So often in a row, within kInRow of one another, a VM is taken over; then it is let go: what
    /// its guest says ends each process.
    static constexpr uint64_t kMostInRow = 5;
    static constexpr int64_t kInRow = 60'000'000'000;

    /// `name` is of the socket among those of this process; `store` is lent and must outlive this.
    Attachment(std::string name, DescriptorStore& store);
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

    /// The prefix of all names in the store.
    static constexpr const char* kPrefix = "oriel-";
    /// Under which the file behind a region is stored.
    [[nodiscard]] static std::string region_name(const std::string& name, uint32_t region);

    struct Range {
        uint64_t address = 0;
        uint64_t size = 0;
        uint64_t offset = 0;
        uint64_t device = 0;  ///< st_dev and st_ino of the file
        uint64_t inode = 0;
        uint32_t writable = 0;
        uint32_t has_file = 0;
    };
    struct Interrupt {
        IrqSet request;
        uint32_t number = 0;  ///< in the name of its eventfd
    };
    /// What an earlier process has left.
    struct Left {
        UniqueFd socket;
        std::vector<std::pair<Range, UniqueFd>> ranges;
        std::vector<std::pair<IrqSet, UniqueFd>> interrupts;
    };
    /// Takes it, all checked; nothing: there was no VM. `now` is a clock of the machine's. After an
    /// error nothing is kept, and the VMM sees the end of its connection.
    [[nodiscard]] Result<std::optional<Left>> take(const InheritedDescriptors& inherited,
                                                   const pci::Function& function, int64_t now);

    /// A VMM has attached on `socket`; what an earlier one had goes. False: nothing can be kept.
    [[nodiscard]] bool begin(int socket, const pci::Function& function);
    /// It is gone: so is all that is kept.
    void end();
    /// This process ends because it was asked to, and the VMM does not: all stays as it is.
    void leave();
    [[nodiscard]] bool kept() const { return kept_; }

    // Only while kept():
    [[nodiscard]] StateRecord& record() { return *record_; }
    /// For MessageChannel::keep().
    [[nodiscard]] std::span<uint64_t> stream() { return record_->words().first(2); }
    /// `fd` is the file's, lent, or -1.
    void mapped(const Range& range, int fd);
    void unmapped(uint64_t address, uint64_t size);
    /// Files that no range uses any more.
    void release_unused();
    /// `eventfd` is lent; -1: none. Nothing happens if `serial` is the one of the last call for
    /// this request.
    void interrupt_is(const IrqSet& request, int eventfd, uint64_t serial);

private:
    struct KnownInterrupt {
        uint64_t serial = 0;
        uint32_t number = 0;
    };
    [[nodiscard]] std::string own(const std::string& what) const;
    [[nodiscard]] std::string interrupt_name(uint64_t id, uint32_t number) const;
    [[nodiscard]] Result<Left> read(const InheritedDescriptors& inherited,
                                    const pci::Function& function);
    void use_file(const std::string& name, int fd);
    void forget_all();

    const std::string name_;
    DescriptorStore& store_;
    std::optional<StateRecord> record_;
    bool kept_ = false;
    /// In use, and stored under their own names.
    std::vector<std::string> stored_;
    /// Files of guest memory: how many ranges are in each.
    std::map<std::string, uint64_t> files_;
    std::map<uint64_t, KnownInterrupt> interrupts_;
    uint32_t last_number_ = 0;
};

}  // namespace oriel::vfio_user
