// SPDX-License-Identifier: MIT
#include "format_message.h"

#include <fmt/format.h>

namespace oriel::test {
namespace {

std::string format_argument(char type, const wl_interface* interface, const wl_argument& value) {
    switch (type) {
        case 'i':
            return fmt::format("{}", value.i);
        case 'u':
            return fmt::format("{}", value.u);
        case 'f':
            return fmt::format("{}", wl_fixed_to_double(value.f));
        case 's':
            return value.s != nullptr ? fmt::format("\"{}\"", value.s) : "nil";
        case 'o':
            // A wl_object is the first member of the wl_resource that it belongs to.
            return value.o != nullptr ? object_name(reinterpret_cast<const wl_resource*>(value.o))
                                      : "nil";
        case 'n':
            return fmt::format("new {}#{}", interface != nullptr ? interface->name : "?", value.n);
        case 'a':
            return fmt::format("array[{}]", value.a != nullptr ? value.a->size : 0);
        case 'h':
            return "fd";
        default:
            return "?";
    }
}

}  // namespace

std::string object_name(const wl_resource* resource) {
    // libwayland reads only, but its getters take a pointer to non-const.
    auto* object = const_cast<wl_resource*>(resource);
    return fmt::format("{}#{}", wl_resource_get_class(object), wl_resource_get_id(object));
}

std::string message_name(const wl_protocol_logger_message& message) {
    return fmt::format("{}.{}", wl_resource_get_class(message.resource), message.message->name);
}

std::string format_message(const wl_protocol_logger_message& message) {
    std::string line = fmt::format("{}.{}(", object_name(message.resource), message.message->name);
    int index = 0;
    for (const char* type = message.message->signature; *type != '\0'; ++type) {
        // The signature also holds the version since when, and '?' before nullable arguments.
        if ((*type >= '0' && *type <= '9') || *type == '?') {
            continue;
        }
        if (index == message.arguments_count) {
            break;
        }
        line += index > 0 ? ", " : "";
        line += format_argument(*type, message.message->types[index], message.arguments[index]);
        ++index;
    }
    return line + ")";
}

}  // namespace oriel::test
