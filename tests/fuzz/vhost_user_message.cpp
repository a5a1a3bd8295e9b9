// SPDX-License-Identifier: MIT
// One payload of any request: parsing never reads outside it, and what it lets through is in
// bounds. And its bytes as a stream's header.
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
    std::array<std::byte, sizeof(vhost_user::Header)> header{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), header.size()), header.begin());
    const auto follows = vhost_user::kFraming.payload_bytes(header);
    assert(!follows || *follows <= vhost_user::kMaxPayload);
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    test::FuzzInput input{data, size};
    check_header(std::as_bytes(std::span{data, size}));
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
