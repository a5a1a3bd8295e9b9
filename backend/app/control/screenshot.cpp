// SPDX-License-Identifier: MIT
#include "control/screenshot.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/cursor_drawing.h"
#include "control/json_fields.h"
#include "control/text_cells.h"
#include "core/memfd.h"
#include "match/png.h"

namespace oriel::app {
namespace {

constexpr uint32_t kPixel = MemoryBuffer::kBytesPerPixel;

uint32_t number(const nlohmann::json& answer, const char* name) {
    const auto it = answer.find(name);
    const int64_t value =
        it != answer.end() && it->is_number_integer() ? it->get<int64_t>() : int64_t{0};
    return value > 0 && value <= UINT32_MAX ? static_cast<uint32_t>(value) : 0;
}

}  // namespace

ControlReply take_screenshot(const card::Card& card, ScanoutId scanout,
                             const nlohmann::json& request,
                             const std::optional<StaleReport>& stale) {
    const card::Card::Attached* attached = card.attached(scanout);
    if (attached == nullptr) {
        return control_error(
            fmt::format("screen {} is dark: nothing to take a picture of", scanout));
    }
    const auto& memory = attached->framebuffer->memory();
    if (!memory) {
        return control_error(fmt::format("screen {} can't be read by the CPU", scanout));
    }
    const Rect& source = attached->source;
    const uint32_t stride = source.width * kPixel;
    const size_t picture_bytes = size_t{stride} * source.height;
    const auto* const vga = attached->framebuffer->vga();
    const auto cells = vga != nullptr ? text_cells(vga->data()) : std::nullopt;
    const size_t bytes = picture_bytes + (cells ? cells->bytes.size() : 0);
    auto fd = create_memfd("oriel-screenshot", bytes, MemfdSeals::kFixedSize);
    if (!fd) {
        return control_error(fd.error().message());
    }
    const auto copy = Mapping::map(fd->get(), 0, bytes, MapAccess::kReadWrite);
    if (!copy) {
        return control_error(copy.error().message());
    }
    const MemoryBuffer& pixels = memory->latest();
    for (uint32_t y = 0; y < source.height; ++y) {
        std::memcpy(copy->data() + size_t{y} * stride,
                    pixels.row(source.y + y) + size_t{source.x} * kPixel, stride);
    }
    if (const auto cursor = card.cursor(scanout);
        cursor.image && field_of(request, "cursor", false)) {
        draw_cursor(copy->data(), source.size(), *cursor.image, cursor.hotspot);
    }
    if (cells) {
        std::copy(cells->bytes.begin(), cells->bytes.end(), copy->data() + picture_bytes);
    }
    nlohmann::json answer{{"ok", true},
                          {"width", source.width},
                          {"height", source.height},
                          {"stride", stride},
                          {"format", "XR24"}};
    if (cells) {
        answer["cells"] = to_json(*cells);
    }
    add_stale(answer, stale);
    return {answer.dump(), std::move(*fd)};
}

Result<MappedScreenshot> map_screenshot(const nlohmann::json& answer, UniqueFd pixels) {
    const Size size{number(answer, "width"), number(answer, "height")};
    const uint32_t stride = number(answer, "stride");
    struct stat status = {};
    if (!pixels || ::fstat(pixels.get(), &status) != 0 || size.empty() ||
        size.width > MemoryBuffer::kMaxSide || size.height > MemoryBuffer::kMaxSide ||
        stride < size.width * kPixel || stride > MemoryBuffer::kMaxSide * kPixel ||
        stride % kPixel != 0 ||
        static_cast<uint64_t>(status.st_size) < uint64_t{stride} * size.height) {
        return host_error("the screenshot came without its pixels");
    }
    const size_t picture_bytes = size_t{stride} * size.height;
    const auto cells = answer.find("cells");
    const size_t bytes =
        cells != answer.end() ? static_cast<size_t>(status.st_size) : picture_bytes;
    auto mapping = Mapping::map(pixels.get(), 0, bytes, MapAccess::kRead);
    if (!mapping) {
        return tl::unexpected(mapping.error());
    }
    MappedScreenshot screenshot{std::move(*mapping), size, stride, {}};
    if (cells != answer.end()) {
        screenshot.cells =
            read_text_cells(*cells, screenshot.memory.bytes().subspan(picture_bytes));
    }
    return screenshot;
}

Result<void> save_screenshot(const nlohmann::json& answer, UniqueFd pixels,
                             const std::string& file) {
    const auto mapped = map_screenshot(answer, std::move(pixels));
    if (!mapped) {
        return tl::unexpected(mapped.error());
    }
    return match::write_png(file, {mapped->size, mapped->stride, mapped->memory.bytes()});
}

}  // namespace oriel::app
