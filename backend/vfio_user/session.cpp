// SPDX-License-Identifier: MIT
#include "session.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/byte_reader.h"
#include "net/local_socket.h"

namespace oriel::vfio_user {
namespace {

constexpr const char* kArea = "vfio-user";

/// QEMU refuses keys that it doesn't know and fds or bytes beyond its own limits.
constexpr std::string_view kCapabilities =
    R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}})";
/// Cloud Hypervisor insists on this key.
constexpr std::string_view kNoCapabilities = R"({"capabilities":{}})";
static_assert(kMaxMessageFds == 16 && kMaxTransfer == 1048576);

bool is_region_access(uint16_t command) {
    return command == static_cast<uint16_t>(Command::kRegionRead) ||
           command == static_cast<uint16_t>(Command::kRegionWrite);
}

}  // namespace

Session::Session(const Server::Served& parts, Stats& stats, LogLimiter& log_limiter,
                 UniqueFd socket, SessionListener& listener)
    : loop_{parts.loop},
      function_{parts.function},
      memory_{parts.memory},
      stats_{stats},
      log_limiter_{log_limiter},
      listener_{listener},
      attachment_{parts.attachment},
      connection_{loop_, std::move(socket), kFraming, *this},
      interrupts_{loop_, function_, stats} {
    if (const auto opened = connection_.open(); !opened) {
        close(opened.error().message());
        return;
    }
    memory_.set_owner(peer_process(connection_.fd()));
    function_.set_interrupts(&interrupts_);
}

Session::~Session() {
    function_.keep(nullptr);
    function_.set_interrupts(nullptr);
}

void Session::close(const std::string& reason) {
    if (std::exchange(closed_, true)) {
        return;
    }
    connection_.close();
    if (attachment_ != nullptr && attachment_->kept()) {
        // Somebody else has a copy of the socket.
        ::shutdown(connection_.fd(), SHUT_RDWR);
    }
    listener_.session_closed(reason);
}

void Session::stream_broken(std::span<const std::byte> bytes) {
    const Header header = header_of(bytes);
    ++stats_.malformed;
    close(fmt::format("sent what is not vfio-user (size {}, flags {:#x})", header.size,
                      header.flags));
}

void Session::message_came(ReceivedMessage& message) {
    const TimePoint start = loop_.clock().now();
    header_ = header_of(message.header);
    fds_ = std::move(message.fds);
    ++stats_.messages[header_.command < kCommandKinds ? header_.command : 0];
    if ((header_.flags & kTypeMask) != kTypeCommand) {
        // A reply: this server never asks anything, so there is nothing it can belong to.
        ++stats_.malformed;
        return;
    }
    const auto request = parse(header_.command, message.payload, fds_.size());
    const bool version = request && std::holds_alternative<VersionRequest>(*request);
    if (!request || message.fds_lost || version == attached_) {
        // Nothing comes before the version, and the version comes once.
        ++stats_.malformed;
        const int error = request ? EINVAL : request.error();
        if (log_limiter_.admit(start)) {
            log_warn(kArea, "command {} ({} bytes) refused: {}", header_.command, header_.size,
                     std::strerror(error));
        }
        reply_error(error);
    } else {
        device_used_ |= !only_asks(header_.command);
        std::visit([this](const auto& known) { on(known); }, *request);
    }
    stats_.unwanted_fds += static_cast<uint64_t>(
        std::count_if(fds_.begin(), fds_.end(), [](const UniqueFd& fd) { return fd.valid(); }));
    fds_.clear();
    if (is_region_access(header_.command)) {
        stats_.region_access.add(loop_.clock().now() - start);
    }
}

void Session::reply(std::span<const std::byte> payload, int fd) {
    reply_.resize(sizeof(Header));
    reply_.insert(reply_.end(), payload.begin(), payload.end());
    send_reply(fd);
}

/// Sends reply_, whose first bytes become the header.
void Session::send_reply(int fd) {
    if ((header_.flags & kFlagNoReply) != 0) {
        return;
    }
    const Header header{.id = header_.id,
                        .command = header_.command,
                        .size = static_cast<uint32_t>(reply_.size()),
                        .flags = kTypeReply,
                        .error = 0};
    std::memcpy(reply_.data(), &header, sizeof header);
    if (!connection_.send(reply_, fd)) {
        close("closed the connection");
    }
}

void Session::reply_error(int error) {
    ++stats_.replies_with_error;
    if ((header_.flags & kFlagNoReply) != 0) {
        return;
    }
    const Header header{.id = header_.id,
                        .command = header_.command,
                        .size = sizeof(Header),
                        .flags = kTypeReply | kFlagError,
                        .error = static_cast<uint32_t>(error)};
    if (!connection_.send(bytes_of(header))) {
        close("closed the connection");
    }
}

void Session::on(const VersionRequest& request) {
    if (request.version.major != 0) {
        if (log_limiter_.admit(loop_.clock().now())) {
            log_error(kArea, "the VMM speaks version {}.{} of vfio-user, this is 0.0",
                      request.version.major, request.version.minor);
        }
        reply_error(EINVAL);
        return;
    }
    // QEMU receives into the buffer of its request: the reply must not be longer.
    std::string_view capabilities;
    for (const std::string_view text : {kCapabilities, kNoCapabilities}) {
        if (sizeof(Header) + sizeof(Version) + text.size() + 1 <= header_.size) {
            capabilities = text;
            break;
        }
    }
    const Version version{};  // 0.0: QEMU accepts no higher minor version than its own
    reply_.resize(sizeof(Header));
    const auto append = [this](std::span<const std::byte> bytes) {
        reply_.insert(reply_.end(), bytes.begin(), bytes.end());
    };
    append(bytes_of(version));
    if (!capabilities.empty()) {
        append(std::as_bytes(std::span{capabilities}));
        reply_.push_back(std::byte{0});
    }
    attached_ = true;
    send_reply(-1);
    if (!closed_) {
        log_debug(kArea, "the VMM's capabilities: {}", request.capabilities);
        begin_attachment();
        listener_.session_attached();
    }
}

void Session::on(const DmaMap& request) {
    UniqueFd fd = fds_.empty() ? UniqueFd{} : std::move(fds_.front());
    const bool has_file = fd.valid();
    // Memory that can't even be read is there but of no use to anybody.
    if ((request.flags & kDmaRead) == 0) {
        fd.reset();
    }
    const auto mapped = memory_.map(request.address, request.size, std::move(fd), request.offset,
                                    (request.flags & kDmaWrite) != 0);
    if (!mapped) {
        if (log_limiter_.admit(loop_.clock().now())) {
            log_warn(kArea, "{}", mapped.error().message());
        }
        reply_error(mapped.error().code != 0 ? mapped.error().code : EINVAL);
        return;
    }
    if (attachment_ != nullptr && attachment_->kept()) {
        std::vector<guest::FileSpan> files;
        const bool found = memory_.locate(request.address, 1, guest::Access::kRead, files);
        attachment_->mapped({.address = request.address,
                             .size = request.size,
                             .offset = request.offset,
                             .writable = (request.flags & kDmaWrite) != 0 ? 1U : 0U},
                            found ? files.front().fd : -1);
    }
    log_debug(kArea, "memory at {:#x}, {:#x} bytes{}{}", request.address, request.size,
              has_file ? "" : ", no file", (request.flags & kDmaWrite) != 0 ? "" : ", read-only");
    reply();
}

void Session::on(const DmaUnmap& request) {
    const bool all = (request.flags & kDmaUnmapAll) != 0;
    const bool removed =
        all ? memory_.unmap(0, UINT64_MAX) : memory_.unmap(request.address, request.size);
    // As the kernel's VFIO does: nothing there is no error, but the reply says that nothing went.
    DmaUnmap answer = request;
    answer.size = removed ? request.size : 0;
    if (removed) {
        if (attachment_ != nullptr && attachment_->kept()) {
            attachment_->unmapped(all ? 0 : request.address, all ? UINT64_MAX : request.size);
        }
        listener_.session_unmapped();
    } else {
        log_debug(kArea, "no memory at {:#x}, {:#x} bytes to take away", request.address,
                  request.size);
    }
    reply(bytes_of(answer));
}

void Session::on(const DeviceInfoRequest&) {
    reply(bytes_of(DeviceInfo{.argsz = sizeof(DeviceInfo),
                              .flags = kDeviceReset | kDevicePci,
                              .regions = pci::kRegionCount,
                              .irqs = kIrqCount}));
}

void Session::on(const RegionInfo& request) {
    if (request.index >= pci::kRegionCount) {
        reply_error(EINVAL);
        return;
    }
    const pci::Region region = function_.region(static_cast<pci::RegionIndex>(request.index));
    RegionInfo info{.argsz = sizeof(RegionInfo), .index = request.index, .size = region.size};
    info.flags |= region.readable ? kRegionReadable : 0;
    info.flags |= region.writable ? kRegionWritable : 0;
    info.flags |= region.memory_fd >= 0 ? kRegionMappable : 0;
    reply(bytes_of(info), region.memory_fd);
}

void Session::on(const IrqInfo& request) {
    if (request.index >= kIrqCount) {
        reply_error(EINVAL);
        return;
    }
    reply(bytes_of(interrupts_.info(request.index)));
}

void Session::on(const SetIrqsRequest& request) {
    const int error = interrupts_.set(request, fds_);
    if (error == 0) {
        keep_interrupts();
        reply();
        return;
    }
    if (error == EBADF && log_limiter_.admit(loop_.clock().now())) {
        log_warn(kArea, "the VMM gave a file that is no eventfd for an interrupt: refused");
    }
    reply_error(error == EBADF ? EINVAL : error);
}

bool Session::access_allowed(const RegionAccess& access, bool write) const {
    if (access.region >= pci::kRegionCount) {
        return false;
    }
    const pci::Region region = function_.region(static_cast<pci::RegionIndex>(access.region));
    return (write ? region.writable : region.readable) && access.offset <= region.size &&
           access.count <= region.size - access.offset;
}

void Session::on(const RegionReadRequest& request) {
    const RegionAccess& access = request.access;
    if (!access_allowed(access, false)) {
        reply_error(EINVAL);
        return;
    }
    constexpr size_t data_at = sizeof(Header) + sizeof(RegionAccess);
    reply_.resize(data_at + access.count);
    std::memcpy(reply_.data() + sizeof(Header), &access, sizeof access);
    function_.read(static_cast<pci::RegionIndex>(access.region), access.offset,
                   std::span{reply_}.subspan(data_at));
    send_reply(-1);
}

void Session::on(const RegionWriteRequest& request) {
    const RegionAccess& access = request.access;
    if (!access_allowed(access, true)) {
        reply_error(EINVAL);
        return;
    }
    function_.write(static_cast<pci::RegionIndex>(access.region), access.offset, request.data);
    reply(bytes_of(access));
}

void Session::on(const ResetRequest&) {
    function_.reset();
    interrupts_.forget_latched();
    log_debug(kArea, "device reset");
    reply();
}

}  // namespace oriel::vfio_user
