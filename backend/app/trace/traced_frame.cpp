// SPDX-License-Identifier: MIT
#include "trace/traced_frame.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace oriel::app {
namespace {

using nlohmann::json;

std::optional<uint64_t> number_in(const json& value, uint64_t most) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > most) {
        return std::nullopt;
    }
    return value.get<uint64_t>();
}

/// A list of `N` numbers that may be coordinates.
template <size_t N>
std::optional<std::array<uint32_t, N>> coordinates(const json& list) {
    if (!list.is_array() || list.size() != N) {
        return std::nullopt;
    }
    std::array<uint32_t, N> numbers{};
    for (size_t i = 0; i < N; ++i) {
        const auto number = number_in(list[i], UINT16_MAX);
        if (!number) {
            return std::nullopt;
        }
        numbers.at(i) = static_cast<uint32_t>(*number);
    }
    return numbers;
}

/// Reads the fields of a line, and keeps the name of the first one that is wrong.
class FieldReader {
public:
    explicit FieldReader(const json& object) : object_{object} {}

    [[nodiscard]] uint64_t number(const char* name, uint64_t least, uint64_t most) {
        const auto value = number_in(field(name), most);
        return value && *value >= least ? *value : wrong(name, uint64_t{0});
    }
    [[nodiscard]] std::string text(const char* name) {
        const json& value = field(name);
        return value.is_string() ? value.get<std::string>() : wrong(name, std::string{});
    }
    [[nodiscard]] std::string text_or_null(const char* name) {
        return object_.contains(name) && field(name).is_null() ? std::string{} : text(name);
    }
    [[nodiscard]] Size size(const char* name) {
        const auto sides = coordinates<2>(field(name));
        return sides ? Size{(*sides)[0], (*sides)[1]} : wrong(name, Size{});
    }
    [[nodiscard]] std::vector<Rect> rects(const char* name) {
        std::vector<Rect> all;
        const json& list = field(name);
        if (!list.is_array() || list.size() > kMaxTracedRects) {
            return wrong(name, all);
        }
        for (const json& each : list) {
            const auto rect = coordinates<4>(each);
            if (!rect) {
                return wrong(name, all);
            }
            all.push_back({(*rect)[0], (*rect)[1], (*rect)[2], (*rect)[3]});
        }
        return all;
    }
    [[nodiscard]] const char* wrong_field() const { return wrong_; }

private:
    [[nodiscard]] const json& field(const char* name) const {
        static const json nothing;
        const auto it = object_.find(name);
        return it != object_.end() ? *it : nothing;
    }
    template <class Value>
    [[nodiscard]] Value wrong(const char* name, Value value) {
        wrong_ = wrong_ != nullptr ? wrong_ : name;
        return value;
    }

    const json& object_;
    const char* wrong_ = nullptr;
};

}  // namespace

std::string line_of(const TracedFrame& frame) {
    using Ordered = nlohmann::ordered_json;
    Ordered damage = Ordered::array();
    for (const Rect& rect : frame.damage) {
        damage.push_back({rect.x, rect.y, rect.width, rect.height});
    }
    const Ordered object{{"frame", frame.number},
                         {"screen", frame.screen},
                         {"time_ns", frame.time_ns},
                         {"size", {frame.size.width, frame.size.height}},
                         {"mode", frame.mode},
                         {"damage", std::move(damage)},
                         {"hash", frame.hash.empty() ? Ordered{} : Ordered(frame.hash)}};
    return object.dump(-1, ' ', true, Ordered::error_handler_t::replace) + '\n';
}

Result<TracedFrame> frame_of(std::string_view line) {
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) {
        return host_error("no JSON object");
    }
    FieldReader fields{object};
    TracedFrame frame{
        .number = fields.number("frame", 1, UINT64_MAX),
        .screen = static_cast<ScanoutId>(fields.number("screen", 0, kMaxScanouts - 1)),
        .time_ns = fields.number("time_ns", 0, UINT64_MAX),
        .size = fields.size("size"),
        .mode = fields.text("mode"),
        .damage = fields.rects("damage"),
        .hash = fields.text_or_null("hash")};
    if (fields.wrong_field() != nullptr) {
        return host_error("no frame: \"{}\" is missing or wrong", fields.wrong_field());
    }
    return frame;
}

}  // namespace oriel::app
