// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "core/event_loop.h"
#include "core/log.h"
#include "qemu_dbus/display_provider.h"
#include "view/libvirt_process.h"

namespace oriel::app {

/// The D-Bus display of a libvirt domain, which is waited for as long as it does not run. A domain
/// that is renamed stays the same.
class DomainDisplay final : public qemu_dbus::DisplayProvider, private LibvirtListener {
public:
    /// `loop` is lent and must outlive this.
    DomainDisplay(EventLoop& loop, std::string uri, std::string domain)
        : loop_{loop}, uri_{std::move(uri)}, domain_{std::move(domain)} {}

    // DisplayProvider
    void ask(qemu_dbus::HandoverListener& listener) override;
    void forget() override { listener_ = nullptr; }
    void shown() override { shown_id_ = opened_id_; }

private:
    void libvirt_said(const nlohmann::json& message, UniqueFd fd) override;
    void libvirt_ended(const std::string& why) override;
    void give_up(const std::string& why);

    EventLoop& loop_;
    const std::string uri_;
    const std::string domain_;
    std::unique_ptr<LibvirtProcess> process_;
    /// Who has asked, and was not answered yet.
    qemu_dbus::HandoverListener* listener_ = nullptr;
    /// libvirt's number of the domain's run whose display was opened, and of the one that showed.
    int opened_id_ = -1;
    int shown_id_ = -1;
    DeferredCall failed_{loop_, [this] { give_up(std::exchange(why_, {})); }};
    std::string why_;
    std::string waits_for_;
    LogLimiter limiter_{10, Nanoseconds{10'000'000'000}};
};

}  // namespace oriel::app
