// SPDX-License-Identifier: MIT
#include "run/qemu_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "run/qemu_config.h"

namespace oriel::app {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kHost = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view kHost = "aarch64";
#else
constexpr std::string_view kHost = "";
#endif

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// A QEMU for this host's architecture, whichever that is.
bool host_program(std::string_view program) {
    const std::string_view name = file_name(program);
    return name == "kvm" || name == "qemu-kvm" || name == "qemu-system-native";
}

/// What the program's name says; empty if it isn't QEMU's.
std::string_view architecture_of(std::string_view program) {
    constexpr std::string_view kPrefix = "qemu-system-";
    const std::string_view name = file_name(program);
    if (!name.starts_with(kPrefix)) {
        return {};
    }
    const std::string_view rest = name.substr(kPrefix.size());
    return rest == "amd64" ? "x86_64" : rest.substr(0, rest.find_first_of("-."));
}

/// The key that the first value of an option is for.
std::string_view implied_key(std::string_view option) {
    struct Implied {
        std::string_view option;
        std::string_view key;
    };
    constexpr std::array<Implied, 7> kAll{{{"machine", "type"},
                                           {"memory", "size"},
                                           {"device", "driver"},
                                           {"object", "qom-type"},
                                           {"numa", "type"},
                                           {"vga", "type"},
                                           {"display", "type"}}};
    const auto* it = std::find_if(kAll.begin(), kAll.end(),
                                  [&](const Implied& one) { return one.option == option; });
    return it == kAll.end() ? std::string_view{} : it->key;
}

std::string_view section_name(std::string_view option) {
    return option == "M" ? "machine" : option == "m" ? "memory" : option;
}

/// "driver.property=value" is another way to write three properties.
QemuProperties global_properties(const std::string& value) {
    const size_t dot = value.find('.');
    const size_t equals = value.find('=');
    if (dot == std::string::npos || equals == std::string::npos || dot > equals) {
        return QemuProperties::parse(value, {});
    }
    QemuProperties properties;
    properties.set("driver", value.substr(0, dot));
    properties.set("property", value.substr(dot + 1, equals - dot - 1));
    properties.set("value", value.substr(equals + 1));
    return properties;
}

}  // namespace

QemuCommand::QemuCommand(const std::vector<std::string>& command) {
    size_t program = 0;
    if (!command.empty()) {
        architecture_ = host_program(command.front()) ? kHost : architecture_of(command.front());
    }
    for (size_t i = 1; i < command.size() && architecture_.empty(); ++i) {
        architecture_ = architecture_of(command[i]);
        program = architecture_.empty() ? program : i;
    }
    if (!architecture_.empty() || (!command.empty() && host_program(command.front()))) {
        program_ = command[program];
    }
    for (size_t i = program + 1; i < command.size(); ++i) {
        std::string_view name = command[i];
        if (!name.starts_with('-')) {
            continue;
        }
        name.remove_prefix(name.starts_with("--") ? 2 : 1);
        const bool last = i + 1 == command.size();
        // What a kernel is told may look like an option; other values don't.
        const bool any_value = name == "append";
        const bool has_value = !last && (any_value || !command[i + 1].starts_with('-'));
        add(name, has_value ? command[++i] : std::string{});
    }
}

void QemuCommand::add(std::string_view name, const std::string& value) {
    if (name == "readconfig") {
        add_config(value);
    } else if (name == "set") {
        change(value);
    } else {
        const std::string_view section = section_name(name);
        options_.push_back(
            {std::string{section},
             value.empty() ? fmt::format("-{}", name) : fmt::format("-{} {}", name, value),
             section == "global" ? global_properties(value)
                                 : QemuProperties::parse(value, implied_key(section))});
    }
}

void QemuCommand::add_config(const std::string& path) {
    const auto text = read_qemu_config(path);
    if (!text) {
        unread_.push_back(text.error().message());
        return;
    }
    for (QemuSection& section : parse_qemu_config(*text)) {
        const std::string key{implied_key(section.group)};
        std::string written = fmt::format("-readconfig {}: [{}] {}", path, section.group,
                                          section.properties.text(key));
        options_.push_back(
            {std::move(section.group), std::move(written), std::move(section.properties)});
    }
}

/// "device.card.driver=VGA"
void QemuCommand::change(const std::string& what) {
    const size_t first = what.find('.');
    const size_t second = first == std::string::npos ? first : what.find('.', first + 1);
    const size_t equals = second == std::string::npos ? second : what.find('=', second);
    if (equals == std::string::npos) {
        return;
    }
    for (QemuOption& option : options_) {
        if (option.name == what.substr(0, first) &&
            option.properties.text("id") == what.substr(first + 1, second - first - 1)) {
            option.properties.set(what.substr(second + 1, equals - second - 1),
                                  what.substr(equals + 1));
            option.written += " -set " + what;
        }
    }
}

bool QemuCommand::has(std::string_view name) const {
    return std::any_of(options_.begin(), options_.end(),
                       [name](const QemuOption& option) { return option.name == name; });
}

std::vector<const QemuOption*> QemuCommand::all(std::string_view name) const {
    std::vector<const QemuOption*> found;
    found.reserve(options_.size());
    for (const QemuOption& option : options_) {
        if (option.name == name) {
            found.push_back(&option);
        }
    }
    return found;
}

QemuProperties QemuCommand::merged(std::string_view name) const {
    QemuProperties together;
    for (const QemuOption* option : all(name)) {
        together.merge(option->properties);
    }
    return together;
}

const QemuOption* QemuCommand::find(std::string_view name, std::string_view id) const {
    for (const QemuOption* option : all(name)) {
        if (option->properties.text("id") == id) {
            return option;
        }
    }
    return nullptr;
}

}  // namespace oriel::app
