// SPDX-License-Identifier: MIT
#include "qmp_message.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "input/key_names.h"

namespace oriel::input::qmp {
namespace {

using nlohmann::json;

/// A wheel that turns further than this in a moment is no wheel.
constexpr int32_t kMaxNotches = 16;

const char* button_name(uint16_t code) {
    switch (code) {
        case BTN_LEFT:
            return "left";
        case BTN_RIGHT:
            return "right";
        case BTN_MIDDLE:
            return "middle";
        case BTN_SIDE:
        case BTN_BACK:
            return "side";
        case BTN_EXTRA:
        case BTN_FORWARD:
            return "extra";
        default:
            return nullptr;
    }
}

bool is_wheel(const Event& event) {
    return event.type == EV_REL && (event.code == REL_WHEEL || event.code == REL_HWHEEL);
}

bool is_motion(const Event& event) {
    return (event.type == EV_REL || event.type == EV_ABS) && event.code <= ABS_Y;
}

json button(const char* name, bool down) {
    return {{"type", "btn"}, {"data", {{"down", down}, {"button", name}}}};
}

void add_wheel(json& list, const Event& event) {
    const bool vertical = event.code == REL_WHEEL;
    const char* name = event.value > 0 ? (vertical ? "wheel-up" : "wheel-right")
                                       : (vertical ? "wheel-down" : "wheel-left");
    const int64_t notches = std::min<int64_t>(std::abs(int64_t{event.value}), kMaxNotches);
    for (int64_t i = 0; i < notches; ++i) {
        list.push_back(button(name, true));
        list.push_back(button(name, false));
    }
}

void add(json& list, const Event& event) {
    if (event.type == EV_KEY) {
        if (const char* name = button_name(event.code)) {
            list.push_back(button(name, event.value != 0));
        } else if (const std::string_view key = qemu_key_name(event.code); !key.empty()) {
            list.push_back({{"type", "key"},
                            {"data",
                             {{"down", event.value != 0},
                              {"key", {{"type", "qcode"}, {"data", std::string{key}}}}}}});
        }
    } else if (is_wheel(event)) {
        add_wheel(list, event);
    } else if (is_motion(event)) {
        list.push_back(
            {{"type", event.type == EV_REL ? "rel" : "abs"},
             {"data", {{"axis", event.code == ABS_X ? "x" : "y"}, {"value", event.value}}}});
    }
}

Message::Mice mice_of(const json& list) {
    const auto flag = [](const json& mouse, const char* name) {
        const auto it = mouse.find(name);
        return it != mouse.end() && it->is_boolean() && it->get<bool>();
    };
    Message::Mice mice;
    for (const json& mouse : list) {
        if (!mouse.is_object()) {
            continue;
        }
        if (!flag(mouse, "absolute")) {
            mice.relative = true;
        } else if (flag(mouse, "current")) {
            // One that isn't current has no driver in the guest: nobody reads it.
            mice.absolute = true;
        }
    }
    return mice;
}

std::string line(const json& command) {
    return command.dump() + '\n';
}

}  // namespace

Message parse(std::string_view text) {
    const json object = json::parse(text.begin(), text.end(), nullptr, false);
    if (!object.is_object()) {
        return {};
    }
    Message message;
    if (const auto id = object.find("id"); id != object.end() && id->is_number_unsigned()) {
        message.id = id->get<uint64_t>();
    }
    if (const auto result = object.find("return"); result != object.end()) {
        message.kind = Message::Kind::kReturn;
        if (result->is_array()) {
            message.mice = mice_of(*result);
        } else if (const auto status = result->find("status");
                   result->is_object() && status != result->end() && status->is_string()) {
            message.status = status->get<std::string>();
        }
    } else if (const auto error = object.find("error"); error != object.end()) {
        message.kind = Message::Kind::kError;
        if (error->is_object()) {
            const auto description = error->find("desc");
            if (description != error->end() && description->is_string()) {
                message.text = description->get<std::string>();
            }
        }
    } else if (const auto event = object.find("event"); event != object.end()) {
        message.kind = Message::Kind::kEvent;
        if (event->is_string()) {
            message.text = event->get<std::string>();
        }
    } else if (object.contains("QMP")) {
        message.kind = Message::Kind::kGreeting;
    }
    return message;
}

bool translates(const Event& event) {
    if (event.type == EV_KEY) {
        return button_name(event.code) != nullptr || !qemu_key_name(event.code).empty();
    }
    return is_wheel(event) || is_motion(event);
}

std::string capabilities(uint64_t id) {
    return line({{"execute", "qmp_capabilities"}, {"id", id}});
}

std::string query_mice(uint64_t id) {
    return line({{"execute", "query-mice"}, {"id", id}});
}

std::string query_status(uint64_t id) {
    return line({{"execute", "query-status"}, {"id", id}});
}

std::string system_wakeup(uint64_t id) {
    return line({{"execute", "system_wakeup"}, {"id", id}});
}

std::string send_events(uint64_t id, std::span<const Event> events) {
    json list = json::array();
    for (const Event& event : events) {
        add(list, event);
    }
    if (list.empty()) {
        return {};
    }
    return line({{"execute", "input-send-event"},
                 {"id", id},
                 {"arguments", {{"events", std::move(list)}}}});
}

}  // namespace oriel::input::qmp
