// SPDX-License-Identifier: MIT
#include "kiosk/vm_record.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

const VmRecord kRecord{.display = ProcessIdentity{4711, 123456789012},
                       .command = ProcessIdentity{4712, 5},
                       .holder = std::nullopt,
                       .attached = true,
                       .stopped = false,
                       .display_arguments = {"show", "--name=a b\n\xff"},
                       .command_arguments = {},
                       .sent_to = {"", "DP-1"}};

std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

TEST_SUITE("vm record") {
    TEST_CASE("what is written is read, for this user only") {
        const test::TempDir folder;
        const std::string path = record_path(folder.file(""), "panel");
        VmRecord record = kRecord;
        record.display_arguments = {"show", "--name=a b\n"};
        REQUIRE(write_record(path, record));
        CHECK(read_record(path) == record);
        struct stat status = {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        CHECK(record_names(folder.file("")) == std::vector<std::string>{"panel"});
        remove_record(path);
        CHECK_FALSE(read_record(path));
        CHECK(record_names(folder.file("")).empty());
    }

    TEST_CASE("what is no record is none") {
        const test::TempDir folder;
        const std::string path = folder.file("a.kiosk");
        for (const char* text : {"", "{", "[]", "{}", "{\"version\":1}", "{\"version\":\"1\"}"}) {
            std::ofstream{path} << text;
            CHECK_FALSE(read_record(path));
        }
        ::unlink(path.c_str());
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        CHECK_FALSE(read_record(path));
    }

    TEST_CASE("a record from before the last boot is none") {
        const test::TempDir folder;
        const std::string path = folder.file("a.kiosk");
        REQUIRE(write_record(path, kRecord));
        std::string text = content(path);
        const size_t at = text.find(boot_id());
        REQUIRE(at != std::string::npos);
        text[at] = text[at] == '0' ? '1' : '0';
        std::ofstream{path} << text;
        CHECK_FALSE(read_record(path));
    }

    TEST_CASE("numbers that are no process are none") {
        const test::TempDir folder;
        const std::string path = folder.file("a.kiosk");
        for (const int pid : {-1, 0, 1}) {
            VmRecord record = kRecord;
            record.display = ProcessIdentity{pid, 5};
            REQUIRE(write_record(path, record));
            const auto read = read_record(path);
            REQUIRE(read);
            CHECK_FALSE(read->display);
            CHECK(read->command == record.command);
        }
    }

    TEST_CASE("a process is known by its number and its start") {
        const auto self = identify(::getpid());
        REQUIRE(self);
        CHECK(self->started > 0);
        CHECK(identify(::getpid()) == self);
        CHECK_FALSE(identify(0x7fffffff));
    }
}

}  // namespace
}  // namespace oriel::app
