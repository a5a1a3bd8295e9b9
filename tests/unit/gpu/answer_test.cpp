// SPDX-License-Identifier: MIT
// What a guest can read in answers: only what was written there for it. Other devices have told
// their guests what had been in memory before (tests/CVES.md).
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;

constexpr std::byte kOld{0xa5};

/// Leaves bytes of old where the next calls have their variables and blocks.
[[gnu::noinline]] void spoil_memory() {
    std::array<volatile std::byte, 16384> stack;
    for (volatile std::byte& byte : stack) {
        byte = kOld;
    }
    std::vector<std::unique_ptr<std::vector<std::byte>>> blocks;
    for (size_t size = 24; size < 4096; size *= 2) {
        blocks.push_back(std::make_unique<std::vector<std::byte>>(size, kOld));
    }
}

/// A request whose header says all that it can.
template <class T>
std::vector<std::byte> request(Type type, T command, uint32_t flags = 0) {
    command.header = {static_cast<uint32_t>(type), flags, 0x1122334455667788, 0x99aabbcc, 0xdd,
                      {0xee, 0xee, 0xee}};
    const auto bytes = bytes_of(command);
    return {bytes.begin(), bytes.end()};
}

template <class T>
T read(const std::vector<std::byte>& answer) {
    REQUIRE(answer.size() == sizeof(T));
    T value;
    std::memcpy(&value, answer.data(), sizeof value);
    return value;
}

/// Nothing in it but the type.
void check_bare(const wire::Header& header, Type type) {
    CHECK(header.type == static_cast<uint32_t>(type));
    CHECK(header.flags == 0);
    CHECK(header.fence_id == 0);
    CHECK(header.ctx_id == 0);
    CHECK(header.ring_idx == 0);
    CHECK(header.padding == std::array<uint8_t, 3>{});
}

std::vector<std::byte> ask(GpuRig& rig, const std::vector<std::byte>& bytes) {
    spoil_memory();
    return rig.driver.raw(bytes, 4096);
}

TEST_CASE("an answer has no byte that was not put there for it: screens that there aren't") {
    GpuRig rig{2};
    const auto info =
        read<wire::RespDisplayInfo>(ask(rig, request(Type::kGetDisplayInfo, wire::GetEdid{})));
    check_bare(info.header, Type::kOkDisplayInfo);
    CHECK(info.pmodes[1].r.width != 0);
    for (size_t i = 0; i < info.pmodes.size(); ++i) {
        CHECK(info.pmodes[i].flags == 0);
        if (i >= 2) {
            const wire::DisplayOne none{};
            CHECK(std::memcmp(&info.pmodes[i], &none, sizeof none) == 0);
        }
    }
}

TEST_CASE("an answer has no byte that was not put there for it: what an EDID doesn't fill") {
    GpuRig rig;
    const auto edid = read<wire::RespEdid>(ask(rig, request(Type::kGetEdid, wire::GetEdid{})));
    check_bare(edid.header, Type::kOkEdid);
    CHECK(edid.padding == 0);
    REQUIRE(edid.size >= 128);
    REQUIRE(edid.size < edid.edid.size());
    CHECK(std::all_of(edid.edid.begin() + edid.size, edid.edid.end(),
                      [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST_CASE("an answer has no byte that was not put there for it: errors, and commands without one") {
    GpuRig rig;
    const auto created = wire::ResourceCreate2d{{}, 1, 2, 64, 64};
    check_bare(read<wire::Header>(ask(rig, request(Type::kResourceCreate2d, created))),
               Type::kOkNodata);
    check_bare(read<wire::Header>(ask(rig, request(Type::kResourceCreate2d, created))),
               Type::kErrInvalidResourceId);
    check_bare(
        read<wire::Header>(ask(rig, request(Type::kGetEdid, wire::GetEdid{{}, UINT32_MAX, 0}))),
        Type::kErrInvalidScanoutId);
    check_bare(read<wire::Header>(ask(rig, request(static_cast<Type>(0x0207), wire::GetEdid{}))),
               Type::kErrUnspec);
    // Cut before its header ends.
    check_bare(read<wire::Header>(ask(rig, std::vector<std::byte>(7, kOld))), Type::kErrUnspec);
    // A fence is repeated with its context, and nothing else of the header.
    const auto fenced =
        read<wire::Header>(ask(rig, request(Type::kResourceUnref, wire::ResourceUnref{{}, 1, 0},
                                            wire::kFlagFence | 0xf0)));
    CHECK(fenced.flags == wire::kFlagFence);
    CHECK(fenced.fence_id == 0x1122334455667788);
    CHECK(fenced.ctx_id == 0x99aabbcc);
    CHECK(fenced.ring_idx == 0);
    CHECK(fenced.padding == std::array<uint8_t, 3>{});
}

TEST_CASE("a capability set is refused by a header, whatever index, id and version it has") {
    GpuRig rig;
    for (const uint32_t value : {0U, 1U, 2U, 6U, 7U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
        check_bare(read<wire::Header>(
                       ask(rig, request(Type::kGetCapsetInfo, wire::GetCapsetInfo{{}, value, 0}))),
                   Type::kErrInvalidParameter);
        for (const uint32_t version : {0U, 1U, 0xffffffffU}) {
            check_bare(read<wire::Header>(ask(
                           rig, request(Type::kGetCapset, wire::GetCapset{{}, value, version}))),
                       Type::kErrInvalidParameter);
        }
    }
}

}  // namespace
