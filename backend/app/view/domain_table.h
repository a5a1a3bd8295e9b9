// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace oriel::app {

/// A domain, as libvirt's side describes it. All texts are printable.
struct DomainFacts {
    std::string name;
    std::string state;
    bool active = false;
    bool dbus_now = false;   ///< it runs, and has a D-Bus display
    bool dbus_next = false;  ///< it has one after its next start
    std::string others;      ///< its other displays: "spice, vnc"
};

/// What the "domain" of a message says; nothing that it lacks is taken for granted.
[[nodiscard]] DomainFacts domain_facts(const nlohmann::json& domain);

/// What its display is, in a few words: "D-Bus", "D-Bus after its next start".
[[nodiscard]] std::string display_words(const DomainFacts& domain);

/// A line for each, with a heading.
[[nodiscard]] std::string domain_table(std::vector<DomainFacts> domains);

}  // namespace oriel::app
