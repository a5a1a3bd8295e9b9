// SPDX-License-Identifier: MIT
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <optional>

#include "core/file_bytes.h"
#include "core/unique_handle.h"
#include "font_magic.h"
#include "match/console_font.h"

namespace oriel::match {
namespace {

/// A gzip file's content of at most kMaxFontBytes; nothing if it is damaged or larger.
std::optional<std::vector<std::byte>> unpacked(std::span<const std::byte> packed) {
    if (packed.size() < sizeof(uint32_t)) {
        return std::nullopt;
    }
    z_stream stream{};
    constexpr int kGzip = 16 + MAX_WBITS;
    if (::inflateInit2(&stream, kGzip) != Z_OK) {
        return std::nullopt;
    }
    const UniqueHandle<z_stream, inflateEnd> guard{&stream};
    // The file's last word is the content's size.
    uint32_t size = 0;
    std::memcpy(&size, packed.data() + packed.size() - sizeof size, sizeof size);
    if (size > kMaxFontBytes) {
        return std::nullopt;
    }
    std::vector<std::byte> bytes(size);
    // zlib writes nothing to its input.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    if (::inflate(&stream, Z_FINISH) != Z_STREAM_END) {
        return std::nullopt;
    }
    bytes.resize(stream.total_out);
    return bytes;
}

Result<BitmapFont> parse(std::span<const std::byte> bytes) {
    if (is_pf2(bytes)) {
        return parse_pf2(bytes);
    }
    if (is_firmware(bytes)) {
        return parse_edk2(bytes);
    }
    if (is_linux(bytes)) {
        return parse_linux(bytes);
    }
    if (is_option_rom(bytes)) {
        return parse_vga_bios(bytes);
    }
    return parse_psf(bytes);
}

}  // namespace

Result<BitmapFont> read_font(const std::string& path) {
    const auto file = file_bytes(path, kMaxFontBytes);
    if (!file) {
        return tl::unexpected(file.error());
    }
    std::span<const std::byte> bytes = std::as_bytes(std::span{*file});
    std::optional<std::vector<std::byte>> content;
    if (is_gzip(bytes)) {
        content = unpacked(bytes);
        if (!content) {
            return host_error("read {}: it is damaged, or larger than {} bytes", path,
                              kMaxFontBytes);
        }
        bytes = *content;
    }
    auto font = parse(bytes);
    if (!font) {
        return host_error("read {}: {}", path, font.error().message());
    }
    if (font->name.empty()) {
        font->name = std::filesystem::path{path}.filename().string();
    }
    return font;
}

}  // namespace oriel::match
