// SPDX-License-Identifier: MIT
#include "screen_wait/serial_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

TEST_SUITE("serial file") {
    TEST_CASE("it is read as it grows, without carriage returns") {
        const test::TempDir folder;
        SerialFile serial{folder.file("serial.log")};
        CHECK(serial.text().value().empty());
        std::ofstream file{folder.file("serial.log"), std::ios::binary};
        file << "boot\r\n" << std::flush;
        CHECK(*serial.text() == "boot\n");
        file << "ready\r\n" << std::flush;
        CHECK(*serial.text() == "boot\nready\n");
    }

    TEST_CASE("a guest that says too much is an error, and no memory is taken for it") {
        const test::TempDir folder;
        const std::string path = folder.file("serial.log");
        std::ofstream{path} << "a";
        std::filesystem::resize_file(path, uint64_t{1} << 40);
        SerialFile serial{path};
        CHECK(serial.text().error().message() ==
              "the guest has said more than 64 MiB on its serial port");
    }
}

}  // namespace
}  // namespace oriel::app
