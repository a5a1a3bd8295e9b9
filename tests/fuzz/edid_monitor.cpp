// SPDX-License-Identifier: MIT
// Any monitor as an EDID: its blocks are whole, and a reader finds the mode that was offered. Then
// any bytes in place of some of it, for that reader.
#include <algorithm>
#include <string>

#include "edid/edid.h"
#include "harness.h"

using namespace oriel;

namespace {

using oriel::test::require;

constexpr size_t kBlock = 128;

/// As often sensible as not.
uint32_t take_number(test::FuzzInput& input, uint32_t most) {
    return input.take<uint8_t>() % 2 == 0 ? input.take<uint32_t>() % (most + 1)
                                          : input.take<uint32_t>();
}

edid::Monitor take_monitor(test::FuzzInput& input) {
    edid::Monitor monitor;
    monitor.preferred = {take_number(input, 8192), take_number(input, 8192)};
    monitor.refresh_mhz = take_number(input, 500'000);
    monitor.physical_mm = {take_number(input, 3000), take_number(input, 3000)};
    const auto name = input.take_bytes(input.take<uint8_t>() % 20);
    monitor.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
    monitor.serial = input.take<uint32_t>();
    return monitor;
}

std::byte sum(std::span<const std::byte> bytes) {
    uint8_t total = 0;
    for (const std::byte byte : bytes) {
        total = static_cast<uint8_t>(total + std::to_integer<uint8_t>(byte));
    }
    return std::byte{total};
}

void check_blocks(const edid::Blob& blob) {
    require(blob.size() % kBlock == 0 && blob.size() >= 2 * kBlock && blob.size() <= 3 * kBlock);
    require(std::to_integer<size_t>(blob[126]) == blob.size() / kBlock - 1);
    for (size_t at = 0; at < blob.size(); at += kBlock) {
        require(sum(std::span{blob}.subspan(at, kBlock)) == std::byte{0});
    }
}

/// Bytes of it are others, and the sums right again: else a reader looks no further.
void damage(test::FuzzInput& input, edid::Blob& blob) {
    while (!input.empty()) {
        blob[input.take<uint16_t>() % blob.size()] = input.take<std::byte>();
    }
    for (size_t at = 0; at < blob.size(); at += kBlock) {
        const auto block = std::span{blob}.subspan(at, kBlock);
        block.back() = std::byte{0};
        block.back() = static_cast<std::byte>(0x100 - std::to_integer<int>(sum(block)));
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    static_cast<void>(edid::decode(std::as_bytes(std::span{data, size})));
    const edid::Monitor monitor = take_monitor(input);
    edid::Blob blob = edid::build(monitor);
    check_blocks(blob);
    const edid::Mode offered = edid::offered(monitor.preferred, monitor.refresh_mhz);
    const auto seen = edid::decode(blob);
    require(seen.has_value() && seen->preferred == offered.size);
    const edid::Mode plain = edid::expressible(monitor.preferred, monitor.refresh_mhz);
    require(!plain.size.empty() && plain.size.width <= 4095 && plain.size.height <= 4095);
    damage(input, blob);
    static_cast<void>(edid::decode(blob));
    static_cast<void>(edid::decode(std::span{blob}.first(blob.size() - size % kBlock)));
}
