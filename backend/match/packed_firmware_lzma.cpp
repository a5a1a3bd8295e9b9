// SPDX-License-Identifier: MIT
#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "core/unique_handle.h"
#include "font_magic.h"
#include "packed_firmware.h"

namespace oriel::match {
namespace {

/// EFI_GUIDED_SECTION_TIANO_LZMA: ee4e5898-3914-4259-9d6e-dc7bd79403cf.
constexpr std::array<uint8_t, 16> kLzmaSection{0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42,
                                               0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf};

/// The size that LZMA's header claims; nothing if it is unknown.
std::optional<size_t> claimed_size(std::span<const std::byte> packed) {
    uint64_t size = 0;
    if (packed.size() < 5 + sizeof size) {
        return std::nullopt;
    }
    std::memcpy(&size, packed.data() + 5, sizeof size);
    return size > 0 && size <= kMaxVolumeBytes ? std::optional{static_cast<size_t>(size)}
                                               : std::nullopt;
}

constexpr uint64_t kMemory = uint64_t{128} << 20;
constexpr size_t kFirstPiece = size_t{1} << 20;

/// Where a bzImage's kernel is: its setup code says so. Its last word is the unpacked size.
std::optional<std::span<const std::byte>> payload_of(std::span<const std::byte> image) {
    const auto word = [&](size_t at) {
        uint32_t value = 0;
        std::memcpy(&value, image.data() + at, sizeof value);
        return value;
    };
    constexpr size_t kSetupSectors = 0x1f1;
    constexpr size_t kPayloadOffset = 0x248;
    constexpr size_t kPayloadLength = 0x24c;
    if (image.size() < kPayloadLength + sizeof(uint32_t)) {
        return std::nullopt;
    }
    const size_t sectors = std::to_integer<size_t>(image[kSetupSectors]);
    const size_t begin = (sectors + 1) * 512 + word(kPayloadOffset);
    const size_t length = word(kPayloadLength);
    if (begin > image.size() || length > image.size() - begin || length < sizeof(uint32_t)) {
        return std::nullopt;
    }
    return image.subspan(begin, length);
}

/// `size` bytes of what a decoder makes of these. Memory is taken as they come: the size is only
/// what a file claims.
std::optional<std::vector<std::byte>> unpack(std::span<const std::byte> packed, size_t size,
                                             lzma_stream stream) {
    const UniqueHandle<lzma_stream, lzma_end> guard{&stream};
    std::vector<std::byte> bytes;
    stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
    stream.avail_in = packed.size();
    while (bytes.size() < size) {
        const size_t before = bytes.size();
        bytes.resize(std::min(size, before == 0 ? kFirstPiece : before * 2));
        stream.next_out = reinterpret_cast<uint8_t*>(bytes.data() + before);
        stream.avail_out = bytes.size() - before;
        const lzma_ret result = ::lzma_code(&stream, LZMA_RUN);
        if ((result != LZMA_OK && result != LZMA_STREAM_END) || stream.avail_out != 0) {
            return std::nullopt;
        }
    }
    return bytes;
}

/// Where the data of a section begins whose GUID is at `guid` (UEFI PI 1.8, volume 3, 3.2.5.7).
std::optional<size_t> data_of_section(std::span<const std::byte> firmware, size_t guid) {
    constexpr size_t kHeader = 4;
    uint16_t offset = 0;
    if (guid < kHeader || firmware.size() - guid < kLzmaSection.size() + sizeof offset) {
        return std::nullopt;
    }
    std::memcpy(&offset, firmware.data() + guid + kLzmaSection.size(), sizeof offset);
    const size_t data = guid - kHeader + offset;
    return data < firmware.size() ? std::optional{data} : std::nullopt;
}

}  // namespace

Result<std::vector<std::vector<std::byte>>> unpacked_volumes(std::span<const std::byte> firmware) {
    std::vector<std::vector<std::byte>> volumes;
    size_t left = kMaxVolumeBytes;
    auto at = firmware.begin();
    for (size_t tries = 0; tries < kMaxVolumes; ++tries) {
        at = std::search(at, firmware.end(), kLzmaSection.begin(), kLzmaSection.end(),
                         [](std::byte a, uint8_t b) { return std::to_integer<uint8_t>(a) == b; });
        if (at == firmware.end()) {
            break;
        }
        const auto data = data_of_section(firmware, static_cast<size_t>(at - firmware.begin()));
        ++at;
        if (!data) {
            continue;
        }
        const auto packed = firmware.subspan(*data);
        const auto size = claimed_size(packed);
        if (!size || *size > left) {
            continue;
        }
        left -= *size;
        lzma_stream stream = LZMA_STREAM_INIT;
        if (::lzma_alone_decoder(&stream, kMemory) != LZMA_OK) {
            continue;
        }
        if (auto volume = unpack(packed, *size, stream)) {
            volumes.push_back(std::move(*volume));
        }
    }
    return volumes;
}

Result<std::vector<std::byte>> unpacked_kernel(std::span<const std::byte> image) {
    const auto payload = payload_of(image);
    if (!payload) {
        return host_error("it is a kernel that is cut off");
    }
    constexpr std::array<uint8_t, 6> kXz{0xfd, '7', 'z', 'X', 'Z', 0};
    if (!begins_with(*payload, kXz)) {
        return host_error("this kernel is not packed by xz");
    }
    uint32_t size = 0;
    std::memcpy(&size, &*(payload->end() - sizeof size), sizeof size);
    lzma_stream stream = LZMA_STREAM_INIT;
    if (size > kMaxKernelBytes || ::lzma_stream_decoder(&stream, kMemory, 0) != LZMA_OK) {
        return host_error("this kernel is too large");
    }
    auto kernel = unpack(*payload, size, stream);
    if (!kernel) {
        return host_error("this kernel is damaged");
    }
    return std::move(*kernel);
}

}  // namespace oriel::match
