// SPDX-License-Identifier: MIT
#include "view/view.h"

#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "cli/nearest_word.h"
#include "control/json_fields.h"
#include "core/log.h"
#include "core/text.h"
#include "ctl/ctl.h"
#include "view/domain_table.h"
#include "view/domain_xml.h"
#include "view/libvirt_process.h"
#include "view/libvirt_wire.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr Nanoseconds kLibvirtPatience{30'000'000'000};
constexpr const char* kViewArea = "view";

/// One request to libvirt's side, and its answers, on a loop of its own.
class Question final : private LibvirtListener {
public:
    Question(EventLoop& loop, const std::string& uri) : loop_{loop} {
        auto process = LibvirtProcess::start(loop_, uri, static_cast<LibvirtListener&>(*this));
        if (!process) {
            throw StartupError{process.error()};
        }
        process_ = std::move(*process);
    }

    /// The domains of the answer. Throws StartupError.
    std::vector<DomainFacts> ask(const json& request) {
        domains_.clear();
        process_->ask(request);
        timer_.arm_after(kLibvirtPatience);
        static_cast<void>(loop_.run());
        timer_.disarm();
        if (error_) {
            throw StartupError{fmt::format("view: {}", *error_)};
        }
        return std::exchange(domains_, {});
    }

private:
    void libvirt_said(const json& message, UniqueFd) override {
        if (const auto domain = message.find("domain"); domain != message.end()) {
            if (domain->is_object() && domains_.size() < kMaxDomains) {
                domains_.push_back(domain_facts(*domain));
            }
            return;
        }
        if (message.contains("error")) {
            error_ = printable(field_of(message, "error", std::string{}));
        }
        loop_.quit();
    }
    void libvirt_ended(const std::string& why) override {
        if (!error_) {
            error_ = why;
        }
        loop_.quit();
    }

    EventLoop& loop_;
    Timer timer_{loop_, [this] { libvirt_ended("libvirt does not answer"); }};
    std::unique_ptr<LibvirtProcess> process_;
    std::vector<DomainFacts> domains_;
    std::optional<std::string> error_;
};

[[noreturn]] void refuse_unknown(const std::string& name, const std::vector<DomainFacts>& all) {
    std::vector<std::string_view> names;
    names.reserve(all.size());
    for (const DomainFacts& one : all) {
        names.push_back(one.name);
    }
    throw StartupError{fmt::format("view: there is no domain '{}'{} (oriel view lists them)", name,
                                   suggestion(name, names))};
}

/// Whether the user agrees; no without a terminal or a line that says yes.
bool user_agrees(const std::string& domain) {
    print(fmt::format("Add {} to domain '{}', for its next start? [y/N] ", kDbusGraphics, domain));
    std::string line;
    std::getline(std::cin, line);
    return line == "y" || line == "Y" || line == "yes";
}

void enable_display(Question& libvirt, const std::string& domain) {
    if (!user_agrees(domain)) {
        throw StartupError{"view: nothing was changed"};
    }
    static_cast<void>(libvirt.ask({{"command", "enable"}, {"domain", domain}}));
    // log: once a process
    log_info(kViewArea, "domain '{}' has a D-Bus display from its next start on", domain);
}

}  // namespace

bool prepare_view(const ViewOptions& options) {
    SystemClock clock;
    EventLoop loop{clock};
    Question libvirt{loop, options.connect};
    if (options.domain.empty()) {
        print(domain_table(libvirt.ask({{"command", "list"}})));
        return false;
    }
    const auto found = libvirt.ask({{"command", "describe"}, {"domain", options.domain}});
    if (found.empty()) {
        if (options.serve.keep) {
            return true;  // it may be defined later
        }
        refuse_unknown(options.domain, libvirt.ask({{"command", "list"}}));
    }
    const DomainFacts& domain = found.front();
    if (!domain.dbus_now && !domain.dbus_next) {
        if (!options.enable) {
            throw StartupError{fmt::format(
                "view: domain '{}' has {}: add {} to its <devices> (virsh edit {}), or let oriel "
                "view --enable do it",
                domain.name, display_words(domain), kDbusGraphics, domain.name)};
        }
        enable_display(libvirt, options.domain);
    }
    if (domain.active && !domain.dbus_now) {
        // log: once a process
        log_info(kViewArea, "domain '{}' must be shut down and started for its D-Bus display",
                 domain.name);
    }
    return true;
}

}  // namespace oriel::app
