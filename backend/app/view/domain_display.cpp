// SPDX-License-Identifier: MIT
#include "view/domain_display.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "control/json_fields.h"
#include "core/text.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr const char* kLibvirtArea = "libvirt";

}  // namespace

void DomainDisplay::ask(qemu_dbus::HandoverListener& listener) {
    listener_ = &listener;
    if (!process_) {
        auto started =
            LibvirtProcess::start(loop_, uri_, static_cast<LibvirtListener&>(*this), domain_);
        if (!started) {
            why_ = started.error().message();
            failed_.schedule();
            return;
        }
        process_ = std::move(*started);
    }
    process_->ask({{"command", "open"}, {"domain", domain_}, {"not_id", shown_id_}});
}

void DomainDisplay::give_up(const std::string& why) {
    if (auto* const listener = std::exchange(listener_, nullptr)) {
        listener->not_handed_over(why);
    }
}

void DomainDisplay::libvirt_said(const json& message, UniqueFd fd) {
    if (const auto waiting = message.find("waiting");
        waiting != message.end() && waiting->is_string()) {
        const std::string what = printable(waiting->get<std::string>());
        if (std::exchange(waits_for_, what) != what && limiter_.admit(loop_.clock().now())) {
            log_info(kLibvirtArea, "{}: waiting", what);
        }
        return;
    }
    const auto id = message.find("opened");
    if (id == message.end() || !id->is_number_integer()) {
        give_up(printable(field_of(message, "error", std::string{"libvirt says nothing of use"})));
        return;
    }
    waits_for_.clear();
    opened_id_ = id->get<int>();
    auto* const listener = std::exchange(listener_, nullptr);
    if (listener == nullptr) {
        return;
    }
    if (!fd) {
        listener->not_handed_over("libvirt has opened no display");
    } else if (field_of(message, "bus", false)) {
        listener->bus_handed_over(std::move(fd));
    } else {
        listener->handed_over(std::move(fd), false);
    }
}

void DomainDisplay::libvirt_ended(const std::string& why) {
    process_.reset();
    give_up(why);
}

}  // namespace oriel::app
