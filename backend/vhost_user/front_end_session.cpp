// SPDX-License-Identifier: MIT
#include "front_end_session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <variant>

#include "core/byte_reader.h"
#include "net/eventfd.h"

namespace oriel::vhost_user {
namespace {

constexpr const char* kSessionArea = "vhost-user";

constexpr uint64_t kOfferedProtocol =
    kProtocolMq | kProtocolReplyAck | kProtocolBackendReq | kProtocolConfig |
    kProtocolInflightShmfd | kProtocolResetDevice | kProtocolConfigureMemSlots | kProtocolStatus;

/// The log is for a migration, which the resources of a card don't travel with. QEMU saves nothing
/// of its vhost-user-gpu: without the log it refuses, with it the guest that is loaded has a card
/// that its driver never started.
uint64_t offered_protocol(const virtio::Device& device) {
    return kOfferedProtocol | (device.stateless() ? kProtocolLogShmfd : 0);
}

}  // namespace

FrontEndSession::FrontEndSession(const ServedDevice& parts, UniqueFd socket)
    : parts_{parts}, connection_{parts.loop, std::move(socket), kFraming, *this} {
    if (const auto opened = connection_.open(); !opened) {
        close(opened.error().message());
    }
}

void FrontEndSession::close(const std::string& reason) {
    if (std::exchange(closed_, true)) {
        return;
    }
    connection_.close();
    parts_.place.client_closed(reason);
}

void FrontEndSession::stream_broken(std::span<const std::byte> bytes) {
    const Header header = header_of(bytes);
    ++parts_.stats.malformed;
    close(fmt::format("sent what is not vhost-user (size {}, flags {:#x})", header.size,
                      header.flags));
}

void FrontEndSession::message_came(ReceivedMessage& message) {
    header_ = header_of(message.header);
    fds_ = std::move(message.fds);
    ++parts_.stats.messages;
    if ((header_.flags & kFlagReply) != 0) {
        ++parts_.stats.malformed;  // nothing was asked here
    } else {
        finish(carry_out(message));
    }
    parts_.stats.unwanted_fds += static_cast<uint64_t>(
        std::count_if(fds_.begin(), fds_.end(), [](const UniqueFd& fd) { return fd.valid(); }));
    fds_.clear();
}

int FrontEndSession::carry_out(const ReceivedMessage& message) {
    const auto request = parse(header_.request, message.payload, fds_.size());
    if (!request || message.fds_lost) {
        ++parts_.stats.malformed;
        return request ? EINVAL : request.error();
    }
    if (!attached_ && !before_owner(header_.request)) {
        ++parts_.stats.malformed;
        return EPROTO;
    }
    device_used_ |= !only_asks(header_.request);
    return std::visit([this](const auto& known) { return on(known); }, *request);
}

/// Answers what is not answered yet.
void FrontEndSession::finish(int error) {
    if (closed_) {
        return;
    }
    if (error != 0) {
        refused(error);
    }
    const bool waits = waits_for_answer(header_.request);
    if (waits && error == 0) {
        return;
    }
    if (header_.request == static_cast<uint32_t>(Command::kGetConfig)) {
        reply({});  // how a back end says that it can't
    } else if (waits) {
        close("asked for what can't be answered");
    } else if ((header_.flags & kFlagNeedReply) != 0 &&
               (protocol_features_ & kProtocolReplyAck) != 0) {
        reply(bytes_of(uint64_t{error != 0 ? 1U : 0U}));
    }
}

void FrontEndSession::refused(int error) {
    ++parts_.stats.errors;
    if (parts_.log_limiter.admit(parts_.loop.clock().now())) {
        log_warn(kSessionArea, "request {} ({} bytes) refused: {}", header_.request, header_.size,
                 std::strerror(error));
    }
}

void FrontEndSession::reply(std::span<const std::byte> payload, int fd) {
    const Header header{.request = header_.request,
                        .flags = kVersion | kFlagReply,
                        .size = static_cast<uint32_t>(payload.size())};
    reply_.resize(sizeof header + payload.size());
    std::memcpy(reply_.data(), &header, sizeof header);
    if (!payload.empty()) {
        std::memcpy(reply_.data() + sizeof header, payload.data(), payload.size());
    }
    if (!connection_.send(reply_, fd)) {
        close("closed the connection");
    }
}

UniqueFd FrontEndSession::take_fd() {
    return fds_.empty() ? UniqueFd{} : std::move(fds_.front());
}

int FrontEndSession::on(const NumberRequest& request) {
    uint64_t number = 0;
    switch (request.which) {
        case Command::kGetFeatures:
            number = parts_.rings.offered_features();
            break;
        case Command::kGetProtocolFeatures:
            number = offered_protocol(parts_.device);
            break;
        case Command::kGetQueueNum:
            number = parts_.rings.count();
            break;
        case Command::kGetStatus:
            number = parts_.rings.status();
            break;
        default:
            number = MemoryTable::kMaxRegions;
            break;
    }
    reply(bytes_of(number));
    return 0;
}

int FrontEndSession::on(const FeaturesRequest& request) {
    parts_.rings.set_features(request.bits);
    parts_.memory.log_writes((request.bits & kFeatureLogAll) != 0);
    log_debug(kSessionArea, "driver ready, features {:#x}", request.bits);
    parts_.stats.missing = parts_.device.missing(request.bits);
    tell_missing();
    return 0;
}

/// Every VMM masks other features: only what arrives tells.
void FrontEndSession::tell_missing() {
    const std::string& missing = parts_.stats.missing;
    if (missing.empty() || missing == parts_.said.missing ||
        !parts_.log_limiter.admit(parts_.loop.clock().now())) {
        return;
    }
    parts_.said.missing = missing;
    log_info(kSessionArea,
             "the guest's driver works without {}: the VMM does not pass that on, or the driver "
             "does not take it",
             missing);
}

int FrontEndSession::on(const ProtocolFeaturesRequest& request) {
    if ((request.bits & ~offered_protocol(parts_.device)) != 0) {
        return EINVAL;
    }
    protocol_features_ = request.bits;
    return 0;
}

int FrontEndSession::on(const OwnerRequest&) {
    if (std::exchange(attached_, true)) {
        return EBUSY;
    }
    ++parts_.stats.clients;
    parts_.place.client_attached();
    return 0;
}

int FrontEndSession::on(const ResetOwnerRequest&) {
    return 0;
}

int FrontEndSession::on(const ResetDeviceRequest&) {
    parts_.rings.reset();
    log_debug(kSessionArea, "device reset");
    return 0;
}

int FrontEndSession::tell(const Result<void>& result) {
    if (result) {
        return 0;
    }
    if (parts_.log_limiter.admit(parts_.loop.clock().now())) {
        log_warn(kSessionArea, "{}", result.error().message());
    }
    return result.error().code != 0 ? result.error().code : EINVAL;
}

int FrontEndSession::on(const MemoryTableRequest& request) {
    return tell(parts_.memory.replace(std::span{request.regions}.first(request.count), fds_));
}

int FrontEndSession::on(const AddRegionRequest& request) {
    return tell(parts_.memory.add(request.region, take_fd()));
}

int FrontEndSession::on(const RemoveRegionRequest& request) {
    fds_.clear();
    return parts_.memory.remove(request.region) ? 0 : ENOENT;
}

int FrontEndSession::on(const VringSizeRequest& request) {
    return parts_.rings.set_size(request.state);
}

int FrontEndSession::on(const VringBaseRequest& request) {
    return parts_.rings.set_base(request.state);
}

int FrontEndSession::on(const VringStopRequest& request) {
    const auto base = parts_.rings.stop(request.state.index);
    if (!base) {
        return EINVAL;
    }
    reply(bytes_of(VringState{request.state.index, *base}));
    return 0;
}

int FrontEndSession::on(const VringEnableRequest& request) {
    return parts_.rings.enable(request.state);
}

int FrontEndSession::on(const VringAddresses& request) {
    return parts_.rings.set_addresses(request);
}

int FrontEndSession::on(const VringFdRequest& request) {
    switch (request.which) {
        case Command::kSetVringKick:
            return parts_.rings.set_kick(request.index, take_fd());
        case Command::kSetVringCall:
            return parts_.rings.set_call(request.index, take_fd());
        default:
            return parts_.rings.set_error(request.index, take_fd());
    }
}

int FrontEndSession::on(const ReadConfigRequest& request) {
    std::array<std::byte, sizeof(ConfigHead) + kMaxConfig> answer{};
    std::memcpy(answer.data(), &request.head, sizeof request.head);
    const auto whole = std::span{answer}.first(sizeof(ConfigHead) + request.head.size);
    parts_.device.read_config(request.head.offset, whole.subspan(sizeof(ConfigHead)));
    reply(whole);
    return 0;
}

int FrontEndSession::on(const WriteConfigRequest& request) {
    parts_.device.write_config(request.head.offset, request.data);
    return 0;
}

int FrontEndSession::on(const BackendChannelRequest&) {
    parts_.rings.channel().open(take_fd());
    return 0;
}

int FrontEndSession::on(const LogAreaRequest& request) {
    if (!parts_.device.stateless()) {
        return ENOTSUP;
    }
    const int error = tell(parts_.memory.share_log(request.area, take_fd()));
    if (error == 0) {
        reply(bytes_of(uint64_t{0}));
    }
    return error;
}

int FrontEndSession::on(const LogEventRequest&) {
    UniqueFd event = take_fd();
    if (!is_eventfd(event)) {
        return EINVAL;
    }
    make_non_blocking(event);
    parts_.memory.tell_log_by(std::move(event));
    return 0;
}

int FrontEndSession::on(const MakeInFlightRequest& request) {
    InFlightArea area = request.area;
    const auto file = InFlightMemory::create(area);
    if (!file) {
        // A front end that gets a size of 0 goes on without.
        area.size = 0;
        refused(EINVAL);
    }
    reply(bytes_of(area), file ? file->get() : -1);
    return 0;
}

int FrontEndSession::on(const TakeInFlightRequest& request) {
    return parts_.rings.set_in_flight(request.area, take_fd());
}

int FrontEndSession::on(const StatusRequest& request) {
    return parts_.rings.set_status(request.status);
}

/// At every start of the driver.
int FrontEndSession::on(const GpuSocketRequest&) {
    gpu_socket_ = take_fd();
    parts_.rings.mute_config_changes();
    if (!std::exchange(parts_.said.gpu_socket, true)) {
        // log: once a process
        log_info(kSessionArea,
                 "the VM's picture is here, QEMU's own windows don't show it; that device tells "
                 "its guest of no change of the screens");
    }
    return 0;
}

}  // namespace oriel::vhost_user
