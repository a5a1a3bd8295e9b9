// SPDX-License-Identifier: MIT
// One payload of any command: parsing never reads outside it. And its bytes as a stream's header.
#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <span>

#include "harness.h"
#include "message.h"

using namespace oriel;

namespace {

void check_header(std::span<const std::byte> bytes) {
    std::array<std::byte, sizeof(vfio_user::Header)> header{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), header.size()), header.begin());
    const auto follows = vfio_user::kFraming.payload_bytes(header);
    assert(!follows || *follows <= vfio_user::kMaxMessage);
    static_cast<void>(vfio_user::kFraming.message_id(header));
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    test::FuzzInput input{data, size};
    check_header(std::as_bytes(std::span{data, size}));
    const uint16_t command = input.take<uint8_t>() % 20;
    static_cast<void>(vfio_user::only_asks(command));
    const size_t fds = input.take<uint8_t>() % 5;
    const auto payload = input.take_bytes(input.size());
    const auto request = vfio_user::parse(command, payload, fds);
    assert(request || request.error() == EINVAL || request.error() == ENOTSUP);
    if (request) {
        if (const auto* write = std::get_if<vfio_user::RegionWriteRequest>(&*request)) {
            assert(write->data.size() == write->access.count);
        }
        if (const auto* set = std::get_if<vfio_user::SetIrqsRequest>(&*request)) {
            assert(set->flags.empty() || set->flags.size() == set->set.count);
        }
    }
}
