// SPDX-License-Identifier: MIT
#include "test_run/condition_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/option_table.h"
#include "test_run/edid_table.h"

namespace oriel::app {
namespace {

constexpr int64_t kMaxSide = 16384;
constexpr uint64_t kMostFrames = uint64_t{1} << 40;

/// The keys that say what is looked for: one of them. Those of `kConditionDetails` go with some.
constexpr auto kConditionKinds = std::to_array<std::string_view>(
    {"image", "needle", "text", "pattern", "colour", "stable", "mode", "serial", "frames",
     "refresh", "cursor", "edid", "end"});

struct DetailRow {
    std::string_view key;
    std::array<std::string_view, 2> kinds;  ///< that it goes with
};
constexpr auto kConditionDetails = std::to_array<DetailRow>({
    {"area", {"image", "colour"}},
    {"anywhere", {"image", ""}},
    {"tolerance", {"image", "colour"}},
    {"share", {"image", ""}},
    {"ignore", {"image", ""}},
    {"mask", {"image", ""}},
    {"ocr", {"text", "pattern"}},
    {"most", {"frames", ""}},
    {"within", {"refresh", "cursor"}},
    {"over", {"refresh", ""}},
});

Rect rect_of(const std::vector<int64_t>& numbers) {
    return {static_cast<uint32_t>(numbers[0]), static_cast<uint32_t>(numbers[1]),
            static_cast<uint32_t>(numbers[2]), static_cast<uint32_t>(numbers[3])};
}

class ConditionReader {
public:
    /// All are lent and must outlive this.
    ConditionReader(const TomlTable& table, const std::string& folder, MistakeList& mistakes)
        : table_{table}, folder_{folder}, mistakes_{mistakes} {}

    [[nodiscard]] std::optional<Condition> read(std::string_view kind) const {
        check_details(kind);
        if (kind == "image") {
            return image();
        }
        if (kind == "needle") {
            return needle();
        }
        if (kind == "text" || kind == "pattern") {
            return text(kind);
        }
        if (kind == "colour") {
            return colour();
        }
        if (kind == "refresh") {
            return refresh();
        }
        if (kind == "cursor") {
            return cursor();
        }
        if (kind == "edid") {
            return edid();
        }
        if (kind == "stable") {
            const auto time = table_.seconds("stable", kShortestTime, kLongestTime);
            return time ? std::optional{StableCondition{*time}} : std::nullopt;
        }
        if (kind == "mode") {
            const auto mode = table_.text("mode");
            return mode ? std::optional{ModeCondition{*mode}} : std::nullopt;
        }
        if (kind == "serial") {
            auto compiled = pattern("serial");
            return compiled ? std::optional{SerialCondition{*compiled}} : std::nullopt;
        }
        if (kind == "frames") {
            return frames();
        }
        return end();
    }

private:
    void check_details(std::string_view kind) const {
        for (const DetailRow& row : kConditionDetails) {
            const bool fits =
                std::find(row.kinds.begin(), row.kinds.end(), kind) != row.kinds.end();
            if (table_.has(row.key) && !fits) {
                mistakes_.add(table_.where(row.key),
                              fmt::format("{} goes with {}{}{}", row.key, row.kinds[0],
                                          row.kinds[1].empty() ? "" : " and ", row.kinds[1]));
            }
        }
    }

    /// A text, or a list of texts.
    [[nodiscard]] std::optional<std::vector<std::string>> paths(std::string_view key) const {
        auto names = table_.text_or_texts(key, ImageCondition::kMaxFiles);
        if (names) {
            for (std::string& name : *names) {
                name = path_in(folder_, name);
            }
        }
        return names;
    }

    [[nodiscard]] std::optional<Pattern> pattern(std::string_view key) const {
        const auto text = table_.text(key);
        if (!text) {
            return std::nullopt;
        }
        auto compiled = Pattern::compile(*text);
        if (!compiled) {
            mistakes_.add(table_.where(key), compiled.error().message());
            return std::nullopt;
        }
        return std::move(*compiled);
    }

    [[nodiscard]] Rect area() const {
        const auto numbers = table_.numbers("area", 4, 0, kMaxSide);
        if (!numbers) {
            return {};
        }
        const Rect area = rect_of(*numbers);
        if (area.empty()) {
            mistakes_.add(table_.where("area"), "area: expected [x, y, width, height], not empty");
        }
        return area;
    }

    [[nodiscard]] uint8_t channel() const {
        return static_cast<uint8_t>(table_.number("tolerance", 0, 255).value_or(0));
    }

    [[nodiscard]] std::optional<Condition> image() const {
        auto files = paths("image");
        if (!files) {
            return std::nullopt;
        }
        ImageCondition image{.files = std::move(*files), .area = area()};
        image.anywhere = table_.yes_or_no("anywhere").value_or(false);
        image.cursor = table_.yes_or_no("cursor").value_or(false);
        image.tolerance = {.channel = channel(),
                           .share = table_.fraction("share", 0, 1).value_or(0)};
        for (const auto& numbers :
             table_.lists("ignore", 4, ImageCondition::kMaxIgnored, 0, kMaxSide)) {
            image.ignored.push_back(rect_of(numbers));
        }
        if (const auto mask = table_.text("mask")) {
            image.mask = path_in(folder_, *mask);
        }
        const bool masked = !image.mask.empty() || !image.ignored.empty();
        if (image.anywhere && masked) {
            mistakes_.add(table_.where("anywhere"), "anywhere: not together with ignore or mask");
        }
        if (!image.mask.empty() && !image.ignored.empty()) {
            mistakes_.add(table_.where("mask"), "mask: not together with ignore");
        }
        return image;
    }

    [[nodiscard]] std::optional<Condition> colour() const {
        const auto text = table_.text("colour");
        if (!text) {
            return std::nullopt;
        }
        const auto colour = parse_colour(*text);
        if (!colour) {
            mistakes_.add(table_.where("colour"), "colour: expected one like \"#1a2b3c\"");
            return std::nullopt;
        }
        return ColourCondition{.colour = *colour, .area = area(), .channel = channel()};
    }

    [[nodiscard]] std::optional<Condition> frames() const {
        const auto limit = static_cast<int64_t>(kMostFrames);
        const auto least = table_.number("frames", 0, limit);
        if (!least) {
            return std::nullopt;
        }
        FramesCondition frames{.least = static_cast<uint64_t>(*least)};
        if (const auto most = table_.number("most", *least, limit)) {
            frames.most = static_cast<uint64_t>(*most);
        }
        return frames;
    }

    /// A file, files, or { tag = "...", folder = "..." }.
    [[nodiscard]] std::optional<Condition> needle() const {
        const toml::table* const tagged = table_.node("needle")->as_table();
        if (tagged == nullptr) {
            auto files = paths("needle");
            return files ? std::optional{NeedleCondition{std::move(*files)}} : std::nullopt;
        }
        constexpr auto kKeys = std::to_array<std::string_view>({"tag", "folder"});
        const TomlTable inner{*tagged, mistakes_};
        inner.check_keys(kKeys);
        const auto tag = inner.text("tag");
        const auto folder = inner.text("folder");
        if (!inner.has("tag") || !inner.has("folder")) {
            mistakes_.add(table_.where("needle"),
                          "needle: expected a file, files, or { tag = \"...\", folder = \"...\" }");
        }
        return tag && folder ? std::optional{NeedleCondition{
                                   .files = {}, .folder = path_in(folder_, *folder), .tag = *tag}}
                             : std::nullopt;
    }

    [[nodiscard]] std::optional<Condition> text(std::string_view kind) const {
        TextCondition condition{.ocr = table_.yes_or_no("ocr").value_or(false)};
        if (kind == "pattern") {
            condition.pattern = pattern("pattern");
            return condition.pattern ? std::optional{std::move(condition)} : std::nullopt;
        }
        const auto text = table_.text("text");
        condition.text = text.value_or("");
        return text ? std::optional{std::move(condition)} : std::nullopt;
    }

    [[nodiscard]] std::optional<Condition> refresh() const {
        constexpr double kFastest = 100'000;
        const auto rate = table_.fraction("refresh", 0, kFastest);
        RefreshCondition refresh{.rate = rate.value_or(0)};
        refresh.within = table_.fraction("within", 0, kFastest).value_or(refresh.within);
        refresh.time =
            table_
                .seconds("over", kShortestTime,
                         std::chrono::duration<double>(RefreshCondition::kLongestTime).count())
                .value_or(refresh.time);
        return rate ? std::optional{refresh} : std::nullopt;
    }

    /// [x, y], "shown" or "hidden".
    [[nodiscard]] std::optional<Condition> cursor() const {
        CursorCondition cursor;
        cursor.within = static_cast<uint32_t>(table_.number("within", 0, kMaxSide).value_or(0));
        if (table_.node("cursor")->is_array()) {
            cursor.at = read_point(table_, "cursor");
            return cursor.at ? std::optional{cursor} : std::nullopt;
        }
        constexpr auto kShown = std::to_array<std::string_view>({"shown", "hidden"});
        const auto word = table_.word("cursor", kShown);
        cursor.shown = word == size_t{0};
        return word ? std::optional{cursor} : std::nullopt;
    }

    [[nodiscard]] std::optional<Condition> edid() const {
        const toml::table* const fields = table_.node("edid")->as_table();
        if (fields == nullptr) {
            mistakes_.add(
                table_.where("edid"),
                "edid: expected a table, for example edid = { preferred = \"1024x768\" }");
            return std::nullopt;
        }
        return read_edid_table(TomlTable{*fields, mistakes_}, mistakes_);
    }

    [[nodiscard]] std::optional<Condition> end() const {
        const auto end = table_.yes_or_no("end");
        if (end == false) {
            mistakes_.add(table_.where("end"), "end: expected true");
        }
        return end ? std::optional{EndCondition{}} : std::nullopt;
    }

    const TomlTable& table_;
    const std::string& folder_;
    MistakeList& mistakes_;
};

}  // namespace

std::string path_in(const std::string& folder, const std::string& path) {
    return path.starts_with('/') || folder.empty() ? path : folder + '/' + path;
}

std::optional<Condition> read_condition(const TomlTable& table, const std::string& folder,
                                        std::span<const std::string_view> also,
                                        MistakeList& mistakes) {
    std::vector<std::string_view> keys{kConditionKinds.begin(), kConditionKinds.end()};
    for (const DetailRow& row : kConditionDetails) {
        keys.push_back(row.key);
    }
    keys.insert(keys.end(), also.begin(), also.end());
    const size_t before = mistakes.count();
    table.check_keys(keys);
    std::vector<std::string_view> kinds;
    std::copy_if(kConditionKinds.begin(), kConditionKinds.end(), std::back_inserter(kinds),
                 [&table](std::string_view kind) {
                     // With an image it is a detail: whether the cursor is in the picture.
                     return table.has(kind) && !(kind == "cursor" && table.has("image"));
                 });
    if (kinds.empty() && mistakes.count() != before) {
        return std::nullopt;  // the word for it is misspelt
    }
    if (kinds.size() != 1) {
        mistakes.add(kinds.empty() ? table.where("") : table.where(kinds[1]),
                     fmt::format("expected one of {}{}", join_words(kConditionKinds),
                                 kinds.empty() ? "" : ", not two"));
        return std::nullopt;
    }
    return ConditionReader{table, folder, mistakes}.read(kinds.front());
}

std::optional<Point> read_point(const TomlTable& table, std::string_view key) {
    const auto numbers = table.numbers(key, 2, 0, kMaxSide);
    return numbers ? std::optional{Point{static_cast<int32_t>((*numbers)[0]),
                                         static_cast<int32_t>((*numbers)[1])}}
                   : std::nullopt;
}

}  // namespace oriel::app
