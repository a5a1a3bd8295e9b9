// SPDX-License-Identifier: MIT
// One payload of any command: parsing never reads outside it.
#include <cassert>
#include <cerrno>

#include "harness.h"
#include "message.h"

using namespace oriel;

void oriel::test::play(const uint8_t* data, size_t size) {
    test::FuzzInput input{data, size};
    const uint16_t command = input.take<uint8_t>() % 20;
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
