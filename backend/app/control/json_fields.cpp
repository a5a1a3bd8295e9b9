// SPDX-License-Identifier: MIT
#include "control/json_fields.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace oriel::app {
namespace {

/// Null where there is none.
const nlohmann::json* find_field(const nlohmann::json& object, const char* name) {
    const auto it = object.find(name);
    return it == object.end() ? nullptr : &*it;
}

}  // namespace

bool field_of(const nlohmann::json& object, const char* name, bool otherwise) {
    const auto* value = find_field(object, name);
    return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
}

int64_t field_of(const nlohmann::json& object, const char* name, int64_t otherwise) {
    const auto* value = find_field(object, name);
    return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : otherwise;
}

std::string field_of(const nlohmann::json& object, const char* name, std::string otherwise) {
    const auto* value = find_field(object, name);
    return value != nullptr && value->is_string() ? value->get<std::string>()
                                                  : std::move(otherwise);
}

nlohmann::json field_of(const nlohmann::json& object, const char* name,
                        const nlohmann::json& otherwise) {
    const auto* value = find_field(object, name);
    return value != nullptr && value->is_object() ? *value : otherwise;
}

}  // namespace oriel::app
