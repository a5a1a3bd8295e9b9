// SPDX-License-Identifier: MIT
#include "view/domain_table.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace oriel::app {
namespace {

using nlohmann::json;

DomainFacts facts(bool active, const std::vector<std::string>& live,
                  const std::vector<std::string>& next) {
    return domain_facts(
        {{"name", "vm"}, {"state", "s"}, {"active", active}, {"live", live}, {"next", next}});
}

TEST_SUITE("domain table") {
    TEST_CASE("what a domain's display is depends on whether it runs") {
        CHECK(display_words(facts(true, {"dbus"}, {})) == "D-Bus");
        CHECK(display_words(facts(false, {}, {"spice", "dbus"})) == "D-Bus");
        CHECK(display_words(facts(true, {"spice"}, {"spice", "dbus"})) ==
              "D-Bus after its next start");
        CHECK(display_words(facts(true, {"spice", "vnc"}, {"spice"})) ==
              "no D-Bus display, but spice, vnc");
        CHECK(display_words(facts(false, {}, {})) == "none");
    }

    TEST_CASE("domains are listed by their names, in columns") {
        DomainFacts one = facts(true, {"dbus"}, {});
        one.name = "zebra";
        DomainFacts two = facts(false, {}, {});
        two.name = "a-long-name";
        CHECK(domain_table({one, two}) ==
              "DOMAIN       STATE  DISPLAY\n"
              "a-long-name  s      none\n"
              "zebra        s      D-Bus\n");
        CHECK(domain_table({}) == "DOMAIN  STATE  DISPLAY\n");
    }

    TEST_CASE("a description that lacks or lies about things has nothing of them") {
        const DomainFacts odd = domain_facts(
            {{"name", 5}, {"state", {1}}, {"active", "yes"}, {"live", {1, "dbus"}}, {"next", 7}});
        CHECK(odd.name.empty());
        CHECK_FALSE(odd.active);
        CHECK_FALSE(odd.dbus_now);
        CHECK_FALSE(odd.dbus_next);
        CHECK(domain_facts({{"name", "a\nb"}}).name.find('\n') == std::string::npos);
    }
}

}  // namespace
}  // namespace oriel::app
