// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cli/options.h"
#include "core/result.h"

namespace oriel::app {
namespace {

ViewOptions view(std::vector<std::string> words) {
    words.insert(words.begin(), "view");
    return std::get<ViewOptions>(parse_options(words));
}

std::string view_refused(const std::vector<std::string>& words) {
    try {
        static_cast<void>(view(words));
    } catch (const StartupError& error) {
        CHECK(error.exit_code() == 2);
        return error.what();
    }
    FAIL("accepted");
    return {};
}

TEST_SUITE("options") {
    TEST_CASE("a domain is named by itself or by a link, and its window is named after it") {
        CHECK(view({}).domain.empty());
        const ViewOptions named = view({"win 11", "--connect", "qemu:///system", "--keep"});
        CHECK(named.domain == "win 11");
        CHECK(named.connect == "qemu:///system");
        CHECK(named.serve.name == "win-11");
        CHECK(named.serve.keep);
        REQUIRE(named.serve.dbus);
        CHECK(named.serve.dbus->kind == DbusOption::Kind::kDomain);
        CHECK(named.serve.dbus->name == "win 11");
        CHECK(named.serve.dbus->path == "qemu:///system");
        CHECK(view({"vm", "--name", "other"}).serve.name == "other");
        CHECK(view({".hidden/x"}).serve.name == "-hidden-x");

        CHECK(view({"oriel:vm"}).domain == "vm");
        const ViewOptions link = view({"oriel:///win%2011?connect=qemu%3A///session"});
        CHECK(link.domain == "win 11");
        CHECK(link.connect == "qemu:///session");
    }

    TEST_CASE("what names no domain, or two, is refused") {
        CHECK(view_refused({"a", "b"}).find("one domain only") != std::string::npos);
        CHECK(view_refused({"--enable"}).find("which domain") != std::string::npos);
        CHECK(view_refused({"oriel:"}).find("which domain") != std::string::npos);
        CHECK(view_refused({"oriel:a?x=1"}).find("expected connect=URI") != std::string::npos);
        CHECK(view_refused({"oriel:a%0ab"}).find("control characters") != std::string::npos);
        CHECK(view_refused({"--vfio-user", "/s", "vm"}).find("--vfio-user") != std::string::npos);
    }
}

}  // namespace
}  // namespace oriel::app
