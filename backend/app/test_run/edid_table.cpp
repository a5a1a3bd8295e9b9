// SPDX-License-Identifier: MIT
#include "test_run/edid_table.h"

#include <array>

#include "cli/values.h"

namespace oriel::app {
namespace {

constexpr auto kEdidKeys = std::to_array<std::string_view>(
    {"name", "preferred", "serial", "width-mm", "height-mm", "read"});
constexpr int64_t kMostMm = 4095;  // 12 bits

std::optional<uint32_t> small_number(const TomlTable& table, std::string_view key, int64_t most) {
    const auto value = table.number(key, 0, most);
    return value ? std::optional{static_cast<uint32_t>(*value)} : std::nullopt;
}

}  // namespace

std::optional<Condition> read_edid_table(const TomlTable& table, MistakeList& mistakes) {
    const size_t before = mistakes.count();
    table.check_keys(kEdidKeys);
    EdidCondition edid{.name = table.text("name"),
                       .serial = small_number(table, "serial", UINT32_MAX),
                       .width_mm = small_number(table, "width-mm", kMostMm),
                       .height_mm = small_number(table, "height-mm", kMostMm),
                       .read = table.yes_or_no("read").value_or(false)};
    if (const auto text = table.text("preferred")) {
        const auto mode = parse_mode(*text, "preferred");
        if (mode) {
            edid.preferred = mode->size;
            edid.refresh_mhz = mode->refresh_mhz;
        } else {
            mistakes.add(table.where("preferred"), mode.error().message());
        }
    }
    const bool asks =
        edid.name || edid.preferred || edid.serial || edid.width_mm || edid.height_mm || edid.read;
    if (!asks && mistakes.count() == before) {
        mistakes.add(table.where(""), "edid: expected one field at least");
    }
    return mistakes.count() == before ? std::optional<Condition>{std::move(edid)} : std::nullopt;
}

}  // namespace oriel::app
