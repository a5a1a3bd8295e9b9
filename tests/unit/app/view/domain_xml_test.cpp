// SPDX-License-Identifier: MIT
#include "view/domain_xml.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

const std::string kDomainXml = R"(<domain type='kvm' id='3'>
  <name>a</name>
  <description>not a &lt;/devices&gt;</description>
  <metadata><x:devices xmlns:x='urn:x'><graphics type='rdp'/></x:devices></metadata>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <graphics type='spice' autoport='yes'><listen type='address'/></graphics>
    <graphics type='dbus' address='unix:path=/run/a.sock'/>
    <hostdev><source><graphics type='inner'/></source></hostdev>
    <graphics type='dbus' p2p='yes'><gl enable='yes'/></graphics>
  </devices>
</domain>
)";

TEST_SUITE("domain xml") {
    TEST_CASE("a domain's displays are had in their order, and nobody else's") {
        const auto graphics = graphics_of_domain(kDomainXml);
        REQUIRE(graphics);
        REQUIRE(graphics->size() == 3);
        CHECK((*graphics)[0].type == "spice");
        CHECK((*graphics)[1].type == "dbus");
        CHECK_FALSE((*graphics)[1].p2p);
        CHECK((*graphics)[1].address == "unix:path=/run/a.sock");
        CHECK((*graphics)[2].p2p);
    }

    TEST_CASE("one more display comes last among the devices, and nothing else changes") {
        const auto more = with_dbus_graphics(kDomainXml);
        REQUIRE(more);
        std::string want = kDomainXml;
        want.insert(want.find("</devices>\n</domain>"), kDbusGraphics);
        CHECK(*more == want);
        CHECK(graphics_of_domain(*more)->size() == 4);
    }

    TEST_CASE("what is no domain's XML is an error, and as many displays are had as there may be") {
        for (const char* bad :
             {"", "<domain>", "<network><devices></devices></network>", "no XML",
              "<!DOCTYPE d [<!ENTITY a 'b'>]><domain><devices></devices></domain>"}) {
            CHECK_FALSE(graphics_of_domain(bad));
            CHECK_FALSE(with_dbus_graphics(bad));
        }
        CHECK_FALSE(with_dbus_graphics("<domain><devices/></domain>"));
        CHECK_FALSE(with_dbus_graphics("<domain/>"));
        std::string many = "<domain><devices>";
        for (int i = 0; i < 100; ++i) {
            many += "<graphics type='vnc'/>";
        }
        CHECK(graphics_of_domain(many + "</devices></domain>")->size() == kMaxDomainGraphics);
        CHECK_FALSE(graphics_of_domain("<domain>" + std::string(kMaxDomainXml, ' ') + "</domain>"));
    }
}

}  // namespace
}  // namespace oriel::app
