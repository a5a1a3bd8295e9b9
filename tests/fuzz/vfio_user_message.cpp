// SPDX-License-Identifier: MIT
// One payload of any command: parsing never reads outside it. And its bytes as a stream's header.
#include <cassert>
#include <cerrno>

#include "harness.h"
#include "message.h"
#include "message_header.h"

using namespace oriel;

void oriel::test::play(const uint8_t* data, size_t size) {
    test::FuzzInput input{data, size};
    const auto header = test::first_header<vfio_user::Header>(data, size);
    const auto follows = vfio_user::kFraming.payload_bytes(header);
    assert(!follows || *follows <= vfio_user::kMaxMessage);
    static_cast<void>(vfio_user::kFraming.message_id(header));
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
