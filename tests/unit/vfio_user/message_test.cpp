// SPDX-License-Identifier: MIT
#include "message.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/byte_reader.h"
#include "support/bytes.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;

namespace {

Bytes operator+(const Bytes& a, std::span<const std::byte> b) {
    return joined(a, b);
}

template <class T>
Bytes payload(const T& object) {
    return joined(bytes_of(object), {});
}

int error_of(Command command, const Bytes& bytes, size_t fds = 0) {
    const auto request = parse(static_cast<uint16_t>(command), bytes, fds);
    return request ? 0 : request.error();
}

Bytes version(std::string_view text, uint16_t major = 0) {
    return payload(Version{.major = major}) + std::as_bytes(std::span{text});
}

constexpr uint32_t kEventfdTrigger = kIrqSetDataEventfd | kIrqSetActionTrigger;

}  // namespace

TEST_CASE("each command cut to any shorter length is EINVAL, and whole it is not") {
    struct Case {
        Command command;
        Bytes bytes;
    };
    const std::vector<Case> cases{
        {Command::kDmaMap, payload(DmaMap{.argsz = 32, .flags = 3, .size = 4096})},
        {Command::kDmaUnmap, payload(DmaUnmap{.argsz = 24, .size = 4096})},
        {Command::kDeviceGetInfo, payload(DeviceInfo{.argsz = 16})},
        {Command::kDeviceGetRegionInfo, payload(RegionInfo{.argsz = 32})},
        {Command::kDeviceGetIrqInfo, payload(IrqInfo{.argsz = 16})},
        {Command::kDeviceSetIrqs, payload(IrqSet{.argsz = 20, .flags = 0x21})},
        {Command::kDeviceSetIrqs,
         payload(IrqSet{.argsz = 20, .flags = 0x22, .count = 2}) + Bytes(2)},
        {Command::kRegionRead, payload(RegionAccess{.count = 4})},
        {Command::kRegionWrite, payload(RegionAccess{.count = 4}) + Bytes(4)},
    };
    for (const Case& test : cases) {
        CAPTURE(static_cast<int>(test.command));
        CHECK(error_of(test.command, test.bytes) == 0);
        for (size_t length = 0; length < test.bytes.size(); ++length) {
            CHECK(error_of(test.command, Bytes(test.bytes.begin(),
                                               test.bytes.begin() +
                                                   static_cast<std::ptrdiff_t>(length))) == EINVAL);
        }
    }
}

TEST_CASE("a version's capabilities are a text that ends where the message ends") {
    using namespace std::string_view_literals;
    CHECK(error_of(Command::kVersion, version("{}\0"sv)) == 0);
    CHECK(error_of(Command::kVersion, version("")) == 0);
    CHECK(error_of(Command::kVersion, version("{}")) == EINVAL);
    CHECK(error_of(Command::kVersion, version("{}\0x\0"sv)) == EINVAL);
    CHECK(error_of(Command::kVersion, version("\0"sv)) == EINVAL);
    CHECK(error_of(Command::kVersion, version("no\0"sv)) == EINVAL);
    CHECK(error_of(Command::kVersion, Bytes(3)) == EINVAL);
    const auto bytes = version("{\"a\":1}\0"sv);
    const auto request = parse(1, bytes, 0);
    REQUIRE(request);
    CHECK(std::get<VersionRequest>(*request).capabilities == "{\"a\":1}");
}

TEST_CASE("memory is mapped with at most one file and known flags") {
    const DmaMap good{.argsz = 32, .flags = 3, .size = 4096};
    CHECK(error_of(Command::kDmaMap, payload(good), 0) == 0);
    CHECK(error_of(Command::kDmaMap, payload(good), 1) == 0);
    CHECK(error_of(Command::kDmaMap, payload(good), 2) == EINVAL);
    DmaMap bad = good;
    bad.flags = 4;
    CHECK(error_of(Command::kDmaMap, payload(bad)) == EINVAL);
    bad = good;
    bad.size = 0;
    CHECK(error_of(Command::kDmaMap, payload(bad)) == EINVAL);
    CHECK(error_of(Command::kDmaUnmap, payload(DmaUnmap{.flags = 2})) == 0);
    CHECK(error_of(Command::kDmaUnmap, payload(DmaUnmap{.flags = 1})) == EINVAL);
}

TEST_CASE("interrupts are set with one kind of data, one action and a file each or none") {
    const auto set = [](uint32_t flags, uint32_t count, size_t fds) {
        return error_of(Command::kDeviceSetIrqs,
                        payload(IrqSet{.argsz = 20, .flags = flags, .index = 2, .count = count}),
                        fds);
    };
    CHECK(set(kEventfdTrigger, 3, 3) == 0);
    CHECK(set(kEventfdTrigger, 3, 0) == 0);
    CHECK(set(kEventfdTrigger, 3, 2) == EINVAL);
    CHECK(set(kEventfdTrigger, 3, 4) == EINVAL);
    CHECK(set(kIrqSetDataNone | kIrqSetActionTrigger, 0, 1) == EINVAL);
    CHECK(set(kIrqSetActionTrigger, 0, 0) == EINVAL);
    CHECK(set(kIrqSetDataNone, 0, 0) == EINVAL);
    CHECK(set(kIrqSetDataNone | kIrqSetDataEventfd | kIrqSetActionTrigger, 0, 0) == EINVAL);
    CHECK(set(kIrqSetDataNone | kIrqSetActionTrigger | kIrqSetActionMask, 0, 0) == EINVAL);
    CHECK(set(0x40 | kEventfdTrigger, 0, 0) == EINVAL);
    CHECK(set(kIrqSetDataBool | kIrqSetActionTrigger, UINT32_MAX, 0) == EINVAL);
}

TEST_CASE("a region access carries what it says, and not more than was agreed on") {
    CHECK(error_of(Command::kRegionRead, payload(RegionAccess{.count = kMaxTransfer})) == 0);
    CHECK(error_of(Command::kRegionRead, payload(RegionAccess{.count = kMaxTransfer + 1})) ==
          EINVAL);
    CHECK(error_of(Command::kRegionRead, payload(RegionAccess{.count = 0})) == EINVAL);
    CHECK(error_of(Command::kRegionWrite, payload(RegionAccess{.count = 4}) + Bytes(5)) == EINVAL);
    CHECK(error_of(Command::kRegionWrite, payload(RegionAccess{.count = 0})) == EINVAL);
    CHECK(error_of(Command::kRegionWrite, payload(RegionAccess{.count = UINT32_MAX}) + Bytes(4)) ==
          EINVAL);
    CHECK(error_of(Command::kDeviceGetRegionInfo, payload(RegionInfo{.argsz = 31})) == EINVAL);
}

TEST_CASE("a command that this server doesn't have is ENOTSUP, whatever comes with it") {
    for (const int command : {0, 6, 11, 12, 14, 15, 16, 17, 18, 19, 255, 65535}) {
        CAPTURE(command);
        const auto request = parse(static_cast<uint16_t>(command), Bytes(64), 0);
        REQUIRE_FALSE(request);
        CHECK(request.error() == ENOTSUP);
    }
}

TEST_CASE("a header is plausible if its size is that of a message and its type is known") {
    CHECK(plausible({.size = 16}));
    CHECK(plausible({.size = kMaxMessage}));
    CHECK(plausible({.size = 16, .flags = kTypeReply}));
    CHECK(plausible({.size = 16, .flags = kFlagNoReply}));
    CHECK_FALSE(plausible({.size = 15}));
    CHECK_FALSE(plausible({.size = 0}));
    CHECK_FALSE(plausible({.size = kMaxMessage + 1}));
    CHECK_FALSE(plausible({.size = UINT32_MAX}));
    CHECK_FALSE(plausible({.size = 16, .flags = 2}));
}
