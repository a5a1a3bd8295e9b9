// SPDX-License-Identifier: MIT
#include "control/runtime_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace oriel::app {
namespace {

namespace fs = std::filesystem;

/// A folder that XDG_RUNTIME_DIR names while this lives.
struct RuntimeDir {
    RuntimeDir() {
        std::string pattern = fs::temp_directory_path() / "oriel-run-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
        if (const char* value = std::getenv("XDG_RUNTIME_DIR")) {
            before = value;
        }
        ::setenv("XDG_RUNTIME_DIR", path.c_str(), 1);
    }
    ~RuntimeDir() {
        if (before) {
            ::setenv("XDG_RUNTIME_DIR", before->c_str(), 1);
        } else {
            ::unsetenv("XDG_RUNTIME_DIR");
        }
        fs::remove_all(path);
    }
    fs::path path;
    std::optional<std::string> before;
};

TEST_SUITE("runtime folder") {
    TEST_CASE("it is made in XDG_RUNTIME_DIR, for this user only") {
        const RuntimeDir runtime;
        CHECK_FALSE(runtime_folder(Create::kNo).has_value());
        const auto made = runtime_folder(Create::kYes);
        REQUIRE(made.has_value());
        CHECK(*made == (runtime.path / "oriel").string());
        CHECK(fs::status(*made).permissions() == fs::perms::owner_all);
        CHECK(runtime_folder(Create::kYes).has_value());
    }

    TEST_CASE("one that others can enter, or a link, is refused") {
        const RuntimeDir runtime;
        fs::create_directory(runtime.path / "real");
        fs::create_directory_symlink("real", runtime.path / "oriel");
        CHECK_FALSE(runtime_folder(Create::kYes).has_value());
        fs::remove(runtime.path / "oriel");
        fs::create_directory(runtime.path / "oriel");
        ::chmod((runtime.path / "oriel").c_str(), 0755);
        CHECK_FALSE(runtime_folder(Create::kYes).has_value());
    }

    TEST_CASE("only sockets with valid names are listed") {
        const RuntimeDir runtime;
        for (const char* file : {"b.sock", "a.sock", ".sock", "c.txt", ".x.sock", "d e.sock"}) {
            std::ofstream{runtime.path / file} << "";
        }
        CHECK(control_socket_names(runtime.path) == std::vector<std::string>{"a", "b"});
    }
}

}  // namespace
}  // namespace oriel::app
