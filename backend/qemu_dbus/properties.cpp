// SPDX-License-Identifier: MIT
#include "properties.h"

#include <algorithm>
#include <utility>

namespace oriel::qemu_dbus {
namespace {

std::string shortened(const char* text) {
    return std::string{std::string_view{text}.substr(0, Properties::kMaxText)};
}

template <class T>
PropertyValue read_number(sd_bus_message* message, char type) {
    T value{};
    sd_bus_message_read_basic(message, type, &value);
    return static_cast<uint64_t>(value);
}

std::vector<uint32_t> read_number_list(sd_bus_message* message) {
    const void* numbers = nullptr;
    size_t bytes = 0;
    std::vector<uint32_t> list;
    if (sd_bus_message_read_array(message, 'u', &numbers, &bytes) >= 0) {
        const auto* const first = static_cast<const uint32_t*>(numbers);
        list.assign(first, first + std::min(bytes / sizeof *first, Properties::kMaxList));
    }
    return list;
}

std::vector<std::string> read_texts(sd_bus_message* message) {
    std::vector<std::string> list;
    if (sd_bus_message_enter_container(message, 'a', "s") < 0) {
        return list;
    }
    list.reserve(4);
    const char* text = nullptr;
    while (sd_bus_message_read_basic(message, 's', &text) > 0) {
        if (list.size() < Properties::kMaxList) {
            list.push_back(shortened(text));
        }
    }
    sd_bus_message_exit_container(message);
    return list;
}

PropertyValue read_value(sd_bus_message* message, std::string_view type) {
    if (type == "u") {
        return read_number<uint32_t>(message, 'u');
    }
    if (type == "q") {
        return read_number<uint16_t>(message, 'q');
    }
    if (type == "i" || type == "b") {
        return read_number<int32_t>(message, type[0]);
    }
    if (type == "s") {
        const char* text = "";
        sd_bus_message_read_basic(message, 's', &text);
        return shortened(text);
    }
    if (type == "au") {
        return read_number_list(message);
    }
    if (type == "as") {
        return read_texts(message);
    }
    sd_bus_message_skip(message, std::string{type}.c_str());
    return {};
}

}  // namespace

std::optional<Properties> Properties::read(sd_bus_message* message) {
    Properties all;
    all.properties_.reserve(8);
    if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0) {
        return std::nullopt;
    }
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char* name = nullptr;
        const char* type = nullptr;
        if (sd_bus_message_read_basic(message, 's', &name) <= 0 ||
            sd_bus_message_peek_type(message, nullptr, &type) <= 0 ||
            sd_bus_message_enter_container(message, 'v', type) < 0) {
            return std::nullopt;
        }
        Property property{shortened(name), read_value(message, type)};
        if (all.properties_.size() < kMaxProperties) {
            all.properties_.push_back(std::move(property));
        }
        const bool left_value = sd_bus_message_exit_container(message) >= 0;
        const bool left_entry = sd_bus_message_exit_container(message) >= 0;
        if (!left_value || !left_entry) {
            return std::nullopt;
        }
    }
    sd_bus_message_exit_container(message);
    return all;
}

const PropertyValue* Properties::find(std::string_view name) const {
    const auto found =
        std::find_if(properties_.begin(), properties_.end(),
                     [&](const Property& property) { return property.name == name; });
    return found == properties_.end() ? nullptr : &found->value;
}

std::optional<uint64_t> Properties::number(std::string_view name) const {
    const PropertyValue* const value = find(name);
    const auto* const number = value != nullptr ? std::get_if<uint64_t>(value) : nullptr;
    return number != nullptr ? std::optional{*number} : std::nullopt;
}

std::optional<std::string> Properties::text(std::string_view name) const {
    const PropertyValue* const value = find(name);
    const auto* const text = value != nullptr ? std::get_if<std::string>(value) : nullptr;
    return text != nullptr ? std::optional{*text} : std::nullopt;
}

std::vector<uint32_t> Properties::numbers(std::string_view name) const {
    const PropertyValue* const value = find(name);
    const auto* const list = value != nullptr ? std::get_if<std::vector<uint32_t>>(value) : nullptr;
    return list != nullptr ? *list : std::vector<uint32_t>{};
}

std::vector<std::string> Properties::texts(std::string_view name) const {
    const PropertyValue* const value = find(name);
    const auto* const list =
        value != nullptr ? std::get_if<std::vector<std::string>>(value) : nullptr;
    return list != nullptr ? *list : std::vector<std::string>{};
}

}  // namespace oriel::qemu_dbus
