// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace oriel::app {

/// What `object` has under `name` if that is of the kind of `otherwise` (for nlohmann::json: an
/// object), else `otherwise`: whoever is at the other end of a socket may say anything.
[[nodiscard]] bool field_of(const nlohmann::json& object, const char* name, bool otherwise);
[[nodiscard]] int64_t field_of(const nlohmann::json& object, const char* name, int64_t otherwise);
[[nodiscard]] std::string field_of(const nlohmann::json& object, const char* name,
                                   std::string otherwise);
[[nodiscard]] nlohmann::json field_of(const nlohmann::json& object, const char* name,
                                      const nlohmann::json& otherwise);

}  // namespace oriel::app
