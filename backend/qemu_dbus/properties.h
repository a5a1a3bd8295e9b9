// SPDX-License-Identifier: MIT
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace oriel::qemu_dbus {

/// A property's value, of the types that QEMU's D-Bus display has.
using PropertyValue = std::variant<std::monostate, uint64_t, std::string, std::vector<uint32_t>,
                                   std::vector<std::string>>;

/// Properties that are asked for, by name. What isn't kept is skipped, so a peer can't make this
/// process hold more than it wants.
class Properties {
public:
    static constexpr size_t kMaxText = 256;
    static constexpr size_t kMaxList = 64;
    static constexpr size_t kMaxProperties = 64;

    /// Reads an a{sv} at which `message` stands, as GetAll's answer and PropertiesChanged have it.
    /// Nothing if it isn't one.
    [[nodiscard]] static std::optional<Properties> read(sd_bus_message* message);

    /// Numbers and booleans; nothing if there is none of that name and type.
    [[nodiscard]] std::optional<uint64_t> number(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::vector<uint32_t> numbers(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

private:
    struct Property {
        std::string name;
        PropertyValue value;
    };
    [[nodiscard]] const PropertyValue* find(std::string_view name) const;

    std::vector<Property> properties_;
};

}  // namespace oriel::qemu_dbus
