// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/file_bytes.h"
#include "core/text.h"
#include "match/needle.h"
#include "match/png.h"

namespace oriel::match {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What is wrong with a needle's file.
using Mistake = tl::unexpected<std::string>;

/// A number as Perl takes it: nothing is 0, and text may hold one.
tl::expected<double, std::string> number(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
        return 0.0;
    }
    double value = -1;
    if (found->is_number()) {
        value = found->get<double>();
    } else if (found->is_string()) {
        const auto& text = found->get_ref<const std::string&>();
        const auto end = text.data() + text.size();
        if (std::from_chars(text.data(), end, value).ptr != end) {
            value = -1;
        }
    }
    if (!(value >= 0 && value <= kMaxPictureSide)) {
        return Mistake{fmt::format("\"{}\" is no number of 0 to {}", key, kMaxPictureSide)};
    }
    return value;
}

tl::expected<uint32_t, std::string> whole_number(const json& object, const char* key) {
    return number(object, key).map([](double value) { return static_cast<uint32_t>(value); });
}

tl::expected<AreaType, std::string> read_type(const json& area) {
    const auto found = area.find("type");
    if (found == area.end() || *found == "match") {
        return AreaType::kMatch;
    }
    if (*found == "exclude") {
        return AreaType::kExclude;
    }
    if (*found == "ocr") {
        return AreaType::kOcr;
    }
    return Mistake{"\"type\" is not match, exclude or ocr"};
}

tl::expected<std::optional<ClickPoint>, std::string> read_click(const json& area,
                                                                const Rect& where) {
    const auto found = area.find("click_point");
    if (found == area.end() || found->is_null()) {
        return std::nullopt;
    }
    if (*found == "center") {
        return ClickPoint{
            {static_cast<int32_t>(where.width / 2), static_cast<int32_t>(where.height / 2)}, {}};
    }
    if (!found->is_object() || !found->contains("xpos") || !found->contains("ypos")) {
        return Mistake{"\"click_point\" is neither \"center\" nor has xpos and ypos"};
    }
    const auto x = whole_number(*found, "xpos");
    const auto y = whole_number(*found, "ypos");
    if (!x || !y) {
        return Mistake{(!x ? x : y).error() + " in \"click_point\""};
    }
    const auto id = found->find("id");
    return ClickPoint{{static_cast<int32_t>(*x), static_cast<int32_t>(*y)},
                      id != found->end() && id->is_string() ? id->get<std::string>() : ""};
}

tl::expected<NeedleArea, std::string> read_area(const json& from, Size picture) {
    if (!from.is_object()) {
        return Mistake{"it is no object"};
    }
    const auto x = whole_number(from, "xpos");
    const auto y = whole_number(from, "ypos");
    const auto width = whole_number(from, "width");
    const auto height = whole_number(from, "height");
    const auto margin = whole_number(from, "margin");
    for (const auto* each : {&x, &y, &width, &height, &margin}) {
        if (!*each) {
            return Mistake{each->error()};
        }
    }
    const auto percent = number(from, "match");
    const auto type = read_type(from);
    if (!percent || !type) {
        return Mistake{!percent ? percent.error() : type.error()};
    }
    NeedleArea area{.type = *type, .where = {*x, *y, *width, *height}};
    if (area.where.empty()) {
        return Mistake{fmt::format("its size is {}x{}", *width, *height)};
    }
    if (!area.where.inside(picture)) {
        return Mistake{fmt::format("{}x{} at {},{} is outside its picture of {}x{}", *width,
                                   *height, *x, *y, picture.width, picture.height)};
    }
    // 0 is as good as nothing to os-autoinst.
    area.margin = *margin != 0 ? *margin : area.margin;
    area.percent = *percent != 0 ? *percent : area.percent;
    const auto click = read_click(from, area.where);
    if (!click) {
        return Mistake{click.error()};
    }
    area.click = *click;
    return area;
}

/// A list of texts, or of objects with a name.
std::vector<std::string> names(const json& file, const char* key) {
    std::vector<std::string> found;
    const auto list = file.find(key);
    if (list == file.end() || !list->is_array()) {
        return found;
    }
    found.reserve(list->size());
    for (const json& each : *list) {
        if (each.is_string()) {
            found.push_back(each.get<std::string>());
        } else if (each.is_object() && each.contains("name") && each["name"].is_string()) {
            found.push_back(each["name"].get<std::string>());
        }
    }
    return found;
}

/// Points without an id, or points with one: not both, and only one without.
bool ambiguous_clicks(const std::vector<NeedleArea>& areas) {
    size_t named = 0;
    size_t nameless = 0;
    for (const NeedleArea& area : areas) {
        if (area.click) {
            ++(area.click->id.empty() ? nameless : named);
        }
    }
    return nameless > 1 || (nameless == 1 && named > 0);
}

tl::expected<std::vector<NeedleArea>, std::string> read_areas(const json& file, Size picture) {
    const auto list = file.find("area");
    if (list == file.end() || !list->is_array()) {
        return Mistake{"it has no list \"area\""};
    }
    if (list->size() > kMaxNeedleAreas) {
        return Mistake{fmt::format("it has {} areas, more than {}", list->size(), kMaxNeedleAreas)};
    }
    std::vector<NeedleArea> areas;
    areas.reserve(list->size());
    for (const json& each : *list) {
        auto area = read_area(each, picture);
        if (!area) {
            return Mistake{fmt::format("area {}: {}", areas.size() + 1, area.error())};
        }
        areas.push_back(std::move(*area));
    }
    const bool any = std::any_of(areas.begin(), areas.end(), [](const NeedleArea& area) {
        return area.type != AreaType::kExclude;
    });
    if (!any) {
        return Mistake{"it has no area to match"};
    }
    if (ambiguous_clicks(areas)) {
        return Mistake{"it has several click points, and not each has an id"};
    }
    return areas;
}

Result<json> read_object(const std::string& path) {
    const auto bytes = file_bytes(path, kMaxNeedleFile);
    if (!bytes) {
        return tl::unexpected(bytes.error());
    }
    json file = json::parse(bytes->begin(), bytes->end(), nullptr, false);
    if (!file.is_object()) {
        return host_error("read {}: it is no JSON object", path);
    }
    return file;
}

/// The picture's name: that of the file, or what "png" says, beside it.
fs::path picture_path(const fs::path& json_path, const json& file) {
    const auto named = file.find("png");
    if (named != file.end() && named->is_string()) {
        return json_path.parent_path() / named->get<std::string>();
    }
    return fs::path{json_path}.replace_extension(".png");
}

}  // namespace

Result<Needle> read_needle(const std::string& json_path) {
    auto read = read_object(json_path);
    if (!read) {
        return tl::unexpected(read.error());
    }
    const json& file = *read;
    auto picture = read_png(picture_path(json_path, file).string());
    if (!picture) {
        return tl::unexpected(picture.error());
    }
    auto areas = read_areas(file, picture->size);
    if (!areas) {
        return host_error("read {}: {}", json_path, printable(areas.error()));
    }
    Needle needle{.name = fs::path{json_path}.stem().string(),
                  .tags = names(file, "tags"),
                  .properties = names(file, "properties"),
                  .areas = std::move(*areas),
                  .picture = std::move(*picture)};
    for (const NeedleArea& area : needle.areas) {
        if (area.type == AreaType::kExclude) {
            fill(needle.picture, area.where, kExcludedColour);
        }
    }
    return needle;
}

Result<std::vector<std::string>> needle_files(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    fs::recursive_directory_iterator entry{folder, error};
    for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
        if (entry->path().extension() != ".json") {
            continue;
        }
        if (files.size() == kMaxNeedles) {
            return host_error("read {}: there are more than {} needles", folder, kMaxNeedles);
        }
        files.push_back(entry->path().string());
    }
    if (error) {
        return tl::unexpected(HostError{error.value(), fmt::format("read {}", folder)});
    }
    std::sort(files.begin(), files.end());
    return files;
}

Result<std::vector<Needle>> tagged_needles(const std::string& folder, std::string_view tag) {
    const auto files = needle_files(folder);
    if (!files) {
        return tl::unexpected(files.error());
    }
    std::vector<Needle> needles;
    for (const std::string& path : *files) {
        const auto file = read_object(path);
        if (!file) {
            return tl::unexpected(file.error());
        }
        const auto tags = names(*file, "tags");
        if (std::find(tags.begin(), tags.end(), tag) == tags.end()) {
            continue;
        }
        auto needle = read_needle(path);
        if (!needle) {
            return tl::unexpected(needle.error());
        }
        needles.push_back(std::move(*needle));
    }
    if (needles.empty()) {
        return host_error("{}: no needle has the tag '{}'", folder, printable(tag));
    }
    return needles;
}

}  // namespace oriel::match
