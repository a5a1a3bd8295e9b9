// SPDX-License-Identifier: MIT
// One payload of any request: parsing never reads outside it, and what it lets through is in
// bounds. And its bytes as a stream's header.
#include <cassert>
#include <cerrno>

#include "harness.h"
#include "message.h"
#include "message_header.h"

using namespace oriel;

void oriel::test::play(const uint8_t* data, size_t size) {
    test::FuzzInput input{data, size};
    const auto follows =
        vhost_user::kFraming.payload_bytes(test::first_header<vhost_user::Header>(data, size));
    assert(!follows || *follows <= vhost_user::kMaxPayload);
    const uint32_t number = input.take<uint8_t>() % 48;
    assert(!vhost_user::before_owner(number) || vhost_user::only_asks(number));
    static_cast<void>(vhost_user::waits_for_answer(number));
    const size_t fds = input.take<uint8_t>() % 10;
    const auto payload = input.take_bytes(input.size());
    const auto request = vhost_user::parse(number, payload, fds);
    assert(request || request.error() == EINVAL || request.error() == ENOTSUP);
    if (request) {
        if (const auto* table = std::get_if<vhost_user::MemoryTableRequest>(&*request)) {
            assert(table->count == fds && table->count <= vhost_user::kMaxTableRegions);
        }
        if (const auto* write = std::get_if<vhost_user::WriteConfigRequest>(&*request)) {
            assert(write->data.size() == write->head.size);
        }
        if (const auto* read = std::get_if<vhost_user::ReadConfigRequest>(&*request)) {
            assert(read->head.size <= vhost_user::kMaxConfig);
        }
    }
}
