// SPDX-License-Identifier: MIT
#include "run/qemu_command.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "run/qemu_config.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

QemuCommand command(Words words) {
    words.insert(words.begin(), "qemu-system-x86_64");
    return QemuCommand{words};
}

std::string config(const test::TempDir& folder, const std::string& text) {
    const std::string path = folder.file("vm.cfg");
    std::ofstream{path} << text;
    return path;
}

TEST_SUITE("qemu command") {
    TEST_CASE("the architecture is in the program's name, wherever that stands") {
        CHECK(QemuCommand{{"/usr/bin/qemu-system-aarch64", "-M", "virt"}}.architecture() ==
              "aarch64");
        CHECK(QemuCommand{{"nice", "-n", "5", "qemu-system-riscv64"}}.architecture() == "riscv64");
        CHECK(QemuCommand{{"qemu-system-x86_64-microvm"}}.architecture() == "x86_64");
        CHECK(QemuCommand{{"qemu-system-amd64"}}.architecture() == "x86_64");
        CHECK(QemuCommand{{"./start-vm", "-m", "1G"}}.architecture().empty());
        CHECK(QemuCommand{{}}.architecture().empty());
        // Not a program.
        const QemuCommand script{{"./start-vm", "-m", "1G", "-accel", "kvm"}};
        CHECK(script.architecture().empty());
        CHECK(script.has("memory"));
    }

    TEST_CASE("an option has one hyphen or two, and the name that sections have") {
        const auto vm = command({"--M", "q35", "-m", "512", "--device", "VGA", "disk.img", "-S"});
        CHECK(vm.merged("machine").text("type") == "q35");
        CHECK(vm.merged("memory").text("size") == "512");
        CHECK(vm.all("device").size() == 1);
        CHECK(vm.all("device")[0]->written == "-device VGA");
        CHECK(vm.has("S"));
        CHECK_FALSE(vm.has("M"));
    }

    TEST_CASE("options of a program in front of QEMU are not QEMU's") {
        const QemuCommand vm{{"taskset", "-m", "3", "qemu-system-x86_64", "-nographic"}};
        CHECK_FALSE(vm.has("memory"));
        CHECK(vm.has("nographic"));
    }

    TEST_CASE("what a kernel is told is no option") {
        const auto vm = command({"-append", "-nographic", "-kernel", "k"});
        CHECK_FALSE(vm.has("nographic"));
        CHECK(vm.has("kernel"));
    }

    TEST_CASE("machine and memory are merged, and the last of a key counts") {
        const auto vm = command({"-m", "512", "-M", "pc,accel=tcg", "-machine", "memory-backend=a",
                                 "-m", "slots=2,maxmem=2G", "-machine", "type=q35"});
        CHECK(vm.merged("memory").text("size") == "512");
        CHECK(vm.merged("memory").text("slots") == "2");
        CHECK(vm.merged("machine").text("type") == "q35");
        CHECK(vm.merged("machine").text("memory-backend") == "a");
        CHECK(vm.merged("machine").text("accel") == "tcg");
    }

    TEST_CASE("-set changes what is there with that id") {
        const auto vm =
            command({"-device", "virtio-net-pci,id=card", "-device", "e1000,id=b", "-set",
                     "device.card.driver=VGA", "-set", "device.none.driver=x", "-set", "bad"});
        const QemuOption* const card = vm.find("device", "card");
        REQUIRE(card != nullptr);
        CHECK(card->properties.text("driver") == "VGA");
        CHECK(card->written.find("-set device.card.driver=VGA") != std::string::npos);
        CHECK(vm.find("device", "b")->properties.text("driver") == "e1000");
        CHECK(vm.find("object", "card") == nullptr);
    }

    TEST_CASE("a global is written in two ways") {
        for (const char* text :
             {"ICH9-LPC.disable_s3=1", "driver=ICH9-LPC,property=disable_s3,value=1"}) {
            const auto vm = command({"-global", text});
            const QemuProperties& global = vm.all("global").at(0)->properties;
            CHECK(global.text("driver") == "ICH9-LPC");
            CHECK(global.text("property") == "disable_s3");
            CHECK(global.text("value") == "1");
        }
    }

    TEST_CASE("a file of options counts where it stands") {
        const test::TempDir folder;
        const std::string path = config(folder,
                                        "# a comment = \"x\"\n"
                                        "[device \"card\"]\n"
                                        "  driver = \"virtio-vga\"\r\n"
                                        "\tmax_outputs=\"2\"\n"
                                        "[machine]\n  type = \"q35\"\n"
                                        "[memory]\n  size = \"96\"\n"
                                        "[object \"ram\"]\n  qom-type = \"memory-backend-ram\"\n");
        const auto vm = command({"-m", "1G", "-M", "pc", "-readconfig", path, "-m", "slots=1"});
        CHECK(vm.unread().empty());
        CHECK(vm.merged("machine").text("type") == "q35");
        CHECK(vm.merged("memory").text("size") == "96");
        const QemuOption* const card = vm.find("device", "card");
        REQUIRE(card != nullptr);
        CHECK(card->properties.text("driver") == "virtio-vga");
        CHECK(card->properties.text("max_outputs") == "2");
        CHECK(card->written.find(path) != std::string::npos);
        CHECK(card->written.find("virtio-vga") != std::string::npos);
        CHECK(vm.find("object", "ram") != nullptr);
    }

    TEST_CASE("a file that is none does no harm, and nothing is taken from a pipe") {
        const test::TempDir folder;
        const std::string pipe = folder.file("pipe");
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        for (const std::string& path : {std::string{"/no/such/file"}, pipe, folder.file(".")}) {
            CAPTURE(path);
            const auto vm = command({"-readconfig", path});
            REQUIRE(vm.unread().size() == 1);
            CHECK(vm.unread()[0].starts_with(path));
        }
        for (const char* text : {"", "[", "[]", "]", "[\"", "[device \"", "a = \"b\"", "[x]\na",
                                 "[x]\n=\"", "[x]\n = \"y\"\n[", "\n\n"}) {
            CAPTURE(text);
            static_cast<void>(parse_qemu_config(text));
        }
        CHECK(parse_qemu_config("a = \"b\"").empty());
    }

    TEST_CASE("words that end too early are options without a value") {
        CHECK(command({"-device"}).all("device").size() == 1);
        CHECK(command({"-m", "-S"}).has("S"));
        CHECK(command({"-", "--", ""}).all("").size() == 2);
        CHECK(command({"-readconfig"}).unread().size() == 1);
    }
}

}  // namespace
}  // namespace oriel::app
