// SPDX-License-Identifier: MIT
#include "view/domain_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/json_fields.h"
#include "core/text.h"

namespace oriel::app {
namespace {

using nlohmann::json;

/// Whether "dbus" is among these types; the others are put into `others`, once each.
bool has_dbus(const json& domain, const char* which, std::string& others) {
    bool found = false;
    const auto types = domain.find(which);
    if (types == domain.end() || !types->is_array()) {
        return false;
    }
    for (const json& type : *types) {
        const std::string word = type.is_string() ? printable(type.get<std::string>()) : "?";
        if (word == "dbus") {
            found = true;
        } else if (others.find(word) == std::string::npos) {
            others += (others.empty() ? "" : ", ") + word;
        }
    }
    return found;
}

}  // namespace

DomainFacts domain_facts(const json& domain) {
    DomainFacts facts{.name = printable(field_of(domain, "name", std::string{})),
                      .state = printable(field_of(domain, "state", std::string{})),
                      .active = field_of(domain, "active", false)};
    facts.dbus_now = has_dbus(domain, "live", facts.others) && facts.active;
    facts.dbus_next = has_dbus(domain, "next", facts.others);
    return facts;
}

std::string display_words(const DomainFacts& domain) {
    if (domain.dbus_now || (domain.dbus_next && !domain.active)) {
        return "D-Bus";
    }
    if (domain.dbus_next) {
        return "D-Bus after its next start";
    }
    return domain.others.empty() ? "none" : fmt::format("no D-Bus display, but {}", domain.others);
}

std::string domain_table(std::vector<DomainFacts> domains) {
    std::sort(domains.begin(), domains.end(),
              [](const DomainFacts& a, const DomainFacts& b) { return a.name < b.name; });
    size_t name = 6;
    size_t state = 5;
    for (const DomainFacts& domain : domains) {
        name = std::max(name, domain.name.size());
        state = std::max(state, domain.state.size());
    }
    std::string text = fmt::format("{:<{}}  {:<{}}  DISPLAY\n", "DOMAIN", name, "STATE", state);
    for (const DomainFacts& domain : domains) {
        text += fmt::format("{:<{}}  {:<{}}  {}\n", domain.name, name, domain.state, state,
                            display_words(domain));
    }
    return text;
}

}  // namespace oriel::app
