// SPDX-License-Identifier: MIT
#include "core/log_fields.h"

#include <string>

namespace oriel {
namespace {

LogFields g_fields;
std::string g_vm;

}  // namespace

std::string_view message_id(LogEvent event) {
    switch (event) {
        case LogEvent::kVmAttached:
            return "7c1f4e0d3a5b4b0e9d2f6a8c51e7b304";
        case LogEvent::kVmGone:
            return "2b9e6d71f0c84a3c8e15d4a7930fb6c2";
        case LogEvent::kCompositorLost:
            return "e4a06c9b57d24f618b3c0f92ad7e51d8";
        case LogEvent::kCompositorBack:
            return "91d35f8e2c6a4d07b4e97a10c8f263eb";
        case LogEvent::kDeviceFault:
            return "d80b7a46e19f4c52a6f30e5d2c94871f";
        case LogEvent::kNone:
            break;
    }
    return {};
}

void set_log_vm(std::string_view name) {
    g_vm = name;
}

LogScope::LogScope(const LogFields& fields) : before_{g_fields} {
    if (fields.event != LogEvent::kNone) {
        g_fields.event = fields.event;
    }
    if (fields.screen) {
        g_fields.screen = fields.screen;
    }
    if (!fields.vm.empty()) {
        g_fields.vm = fields.vm;
    }
}

LogScope::~LogScope() {
    g_fields = before_;
}

LogFields log_fields() {
    LogFields fields = g_fields;
    if (fields.vm.empty()) {
        fields.vm = g_vm;
    }
    return fields;
}

}  // namespace oriel
