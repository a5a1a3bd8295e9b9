// SPDX-License-Identifier: MIT
#include "test_run/record_table.h"

#include <array>
#include <utility>

#include "cli/option_table.h"
#include "cli/values.h"

namespace oriel::app {
namespace {

constexpr auto kRecordKeys =
    std::to_array<std::string_view>({"file", "rate", "variable", "cursor", "codec", "scanout"});

std::string codec_of(const TomlTable& table) {
    const auto codec = table.word("codec", kRecordCodecWords);
    return codec ? std::string{kRecordCodecWords[*codec]} : std::string{};
}

std::optional<RecordScript> read_table(const TomlTable& table, const TomlTable& root,
                                       const std::string& file, MistakeList& mistakes) {
    RecordScript record{.file = file};
    const auto refuse = [&](const std::string& why) {
        mistakes.add(root.where("record"), "record: " + why);
        return std::nullopt;
    };
    if (!valid_name(file)) {
        return refuse(
            fmt::format("expected the name of a file in the report's folder, of 1 to {} letters, "
                        "digits, '.', '_' or '-', not starting with '.'",
                        kMaxName));
    }
    const auto format = record_format_of(file);
    if (!format) {
        return refuse(
            "expected a name that ends in .y4m, .mp4, .mkv or .webm, or in nothing, "
            "which is a folder of PNG files");
    }
    record.choice.format = *format;
    record.choice.rate = static_cast<uint32_t>(
        table.number("rate", 1, kMostRecordRate).value_or(record.choice.rate));
    record.choice.variable = table.yes_or_no("variable").value_or(false);
    record.choice.cursor = table.yes_or_no("cursor").value_or(false);
    record.scanout =
        static_cast<ScanoutId>(table.number("scanout", 0, kMaxScanouts - 1).value_or(0));
    const auto choice = complete_record_choice(record.choice, codec_of(table));
    if (!choice) {
        return refuse(choice.error().message());
    }
    record.choice = *choice;
    return record;
}

}  // namespace

std::optional<RecordScript> read_record(const TomlTable& root, MistakeList& mistakes) {
    const toml::node* const node = root.node("record");
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const toml::table* inner = node->as_table()) {
        const TomlTable table{*inner, mistakes};
        table.check_keys(kRecordKeys);
        const auto file = table.text("file");
        if (!file && !table.has("file")) {
            mistakes.add(root.where("record"), "record: expected file = \"NAME\"");
        }
        return file ? read_table(table, root, *file, mistakes) : std::nullopt;
    }
    const auto file = root.text("record");
    const toml::table nothing;
    return file ? read_table(TomlTable{nothing, mistakes}, root, *file, mistakes) : std::nullopt;
}

}  // namespace oriel::app
