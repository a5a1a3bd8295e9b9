// SPDX-License-Identifier: MIT
#include "message.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

#include "core/byte_reader.h"
#include "support/bytes.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vhost_user;

namespace {

int error_of(Command command, std::span<const std::byte> payload, size_t fds) {
    const auto request = parse(static_cast<uint32_t>(command), payload, fds);
    return request ? 0 : request.error();
}

template <class T>
Bytes payload_of(const T& value) {
    return joined(bytes_of(value), {});
}

struct Case {
    Command command;
    Bytes payload;
    size_t fds = 0;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all{
        {Command::kGetFeatures, {}},
        {Command::kGetProtocolFeatures, {}},
        {Command::kGetQueueNum, {}},
        {Command::kGetMaxMemSlots, {}},
        {Command::kSetOwner, {}},
        {Command::kResetOwner, {}},
        {Command::kResetDevice, {}},
        {Command::kSetFeatures, payload_of(uint64_t{1})},
        {Command::kSetProtocolFeatures, payload_of(uint64_t{1})},
        {Command::kSetMemTable, joined(bytes_of(MemoryTableHead{1, 0}), bytes_of(MemoryRegion{})),
         1},
        {Command::kAddMemReg, payload_of(SingleRegion{}), 1},
        {Command::kRemMemReg, payload_of(SingleRegion{})},
        {Command::kSetVringNum, payload_of(VringState{})},
        {Command::kSetVringBase, payload_of(VringState{})},
        {Command::kGetVringBase, payload_of(VringState{})},
        {Command::kSetVringEnable, payload_of(VringState{})},
        {Command::kSetVringAddr, payload_of(VringAddresses{})},
        {Command::kSetVringKick, payload_of(uint64_t{1}), 1},
        {Command::kSetVringCall, payload_of(kVringNoFd)},
        {Command::kSetVringErr, payload_of(uint64_t{0}), 1},
        {Command::kGetConfig, payload_of(ConfigHead{0, 16, 0})},
        {Command::kSetConfig, joined(bytes_of(ConfigHead{4, 4, 0}), Bytes(4))},
        {Command::kSetBackendReqFd, {}, 1},
        {Command::kGpuSetSocket, {}, 1},
        {Command::kSetLogBase, payload_of(LogArea{}), 1},
        {Command::kSetLogFd, {}, 1},
        {Command::kGetInflightFd, payload_of(InFlightArea{})},
        {Command::kSetInflightFd, payload_of(InFlightArea{}), 1},
        {Command::kSetStatus, payload_of(uint64_t{1})},
        {Command::kGetStatus, {}},
    };
    return all;
}

}  // namespace

TEST_CASE("each request is taken whole, and at no shorter length") {
    for (const Case& one : cases()) {
        CAPTURE(static_cast<uint32_t>(one.command));
        CHECK(error_of(one.command, one.payload, one.fds) == 0);
        for (size_t length = 0; length < one.payload.size(); ++length) {
            CAPTURE(length);
            CHECK(error_of(one.command, std::span{one.payload}.first(length), one.fds) == EINVAL);
        }
    }
}

TEST_CASE("a longer request is refused, but GET_CONFIG's comes with the room for its answer") {
    for (const Case& one : cases()) {
        CAPTURE(static_cast<uint32_t>(one.command));
        const Bytes longer = joined(one.payload, Bytes(1));
        const int expected = one.command == Command::kGetConfig ? 0 : EINVAL;
        CHECK(error_of(one.command, longer, one.fds) == expected);
    }
}

TEST_CASE("a request that needs a file has it") {
    for (const Case& one : cases()) {
        if (one.fds == 1) {
            CAPTURE(static_cast<uint32_t>(one.command));
            CHECK(error_of(one.command, one.payload, 0) == EINVAL);
            CHECK(error_of(one.command, one.payload, 2) == EINVAL);
        }
    }
}

TEST_CASE("numbers that are out of bounds are refused") {
    CHECK(error_of(Command::kSetMemTable, payload_of(MemoryTableHead{9, 0}), 9) == EINVAL);
    CHECK(error_of(Command::kSetMemTable, payload_of(MemoryTableHead{UINT32_MAX, 0}), 1) == EINVAL);
    CHECK(error_of(Command::kGetConfig, payload_of(ConfigHead{0, 257, 0}), 0) == EINVAL);
    CHECK(error_of(Command::kGetConfig, payload_of(ConfigHead{256, 0, 0}), 0) == 0);
    CHECK(error_of(Command::kGetConfig, payload_of(ConfigHead{256, 1, 0}), 0) == EINVAL);
    CHECK(error_of(Command::kGetConfig, payload_of(ConfigHead{UINT32_MAX, 2, 0}), 0) == EINVAL);
    CHECK(error_of(Command::kSetVringKick, payload_of(uint64_t{0x1000}), 1) == EINVAL);
}

TEST_CASE("what belongs to features that are not offered is unknown") {
    for (const uint32_t request : {0U, 20U, 22U, 35U, 41U, 42U, 43U, 44U, UINT32_MAX}) {
        CAPTURE(request);
        const auto parsed = parse(request, {}, 0);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error() == ENOTSUP);
    }
}
