// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::app {

/// What `object` has under `name` if that is of T's kind (bool, int64_t, std::string, or for
/// nlohmann::json an object), else `otherwise`: whoever listens on a socket may answer anything.
template <class T>
[[nodiscard]] T field_of(const nlohmann::json& object, const char* name, T otherwise) {
    const auto it = object.find(name);
    if (it == object.end()) {
        return otherwise;
    }
    if constexpr (std::is_same_v<T, nlohmann::json>) {
        return it->is_object() ? *it : otherwise;
    } else if constexpr (std::is_same_v<T, bool>) {
        return it->is_boolean() ? it->template get<T>() : otherwise;
    } else if constexpr (std::is_same_v<T, int64_t>) {
        return it->is_number_integer() ? it->template get<T>() : otherwise;
    } else {
        static_assert(std::is_same_v<T, std::string>);
        return it->is_string() ? it->template get<T>() : otherwise;
    }
}

/// What a control server answered with "ok": true.
struct ControlAnswer {
    nlohmann::json json;
    UniqueFd fd;

    template <class T>
    [[nodiscard]] T field(const char* name, T otherwise) const {
        return field_of(json, name, std::move(otherwise));
    }
};

/// One request to the process that serves the VM `name`: connects, asks, waits for the answer at
/// most `patience`. The error is a line for the user; a server's own error is one too.
[[nodiscard]] Result<ControlAnswer> control_request(const std::string& socket_path,
                                                    const std::string& name,
                                                    const nlohmann::json& request,
                                                    std::chrono::milliseconds patience);

/// Whether a process listens on that socket.
[[nodiscard]] bool is_alive(const std::string& socket_path);

}  // namespace oriel::app
