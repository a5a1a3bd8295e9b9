// SPDX-License-Identifier: MIT
#include "run/vmm_arguments.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

const std::string kSocket = "/run/user/0/oriel/vm.vfio-user";

VmmArguments complete(Words arguments) {
    arguments.insert(arguments.begin(), "qemu-system-x86_64");
    return complete_vmm_arguments(std::move(arguments), {kSocket, {"/run/in.kbd"}, "/run/a,b", {}});
}

/// Whether `option value` is in the command, as two words that follow each other.
bool has(const VmmArguments& vmm, const std::string& option, const std::string& value) {
    const auto& words = vmm.command;
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == option && words[i + 1] == value) {
            return true;
        }
    }
    return false;
}

size_t count(const VmmArguments& vmm, const std::string& option) {
    return static_cast<size_t>(std::count(vmm.command.begin(), vmm.command.end(), option));
}

TEST_SUITE("vmm arguments") {
    TEST_CASE("a plain command line gets all that a display needs, behind the user's words") {
        const VmmArguments vmm = complete({"-m", "4G", "disk.qcow2"});
        CHECK(std::equal(vmm.command.begin(), vmm.command.begin() + 4,
                         Words{"qemu-system-x86_64", "-m", "4G", "disk.qcow2"}.begin()));
        CHECK(has(vmm, "-object", "memory-backend-memfd,id=oriel-ram,size=4G,share=on"));
        CHECK(has(vmm, "-machine", "memory-backend=oriel-ram"));
        CHECK(has(
            vmm, "-device",
            R"({"driver":"vfio-user-pci","socket":{"type":"unix","path":")" + kSocket + R"("}})"));
        CHECK(has(vmm, "-vga", "none"));
        CHECK(has(vmm, "-display", "none"));
        CHECK(has(vmm, "-device",
                  R"({"driver":"vfio-user-pci","socket":{"type":"unix","path":"/run/in.kbd"}})"));
        CHECK(has(vmm, "-qmp", "unix:/run/a,,b,server=on,wait=off"));
        CHECK(has(vmm, "-global", "PIIX4_PM.acpi-root-pci-hotplug=off"));
        CHECK(vmm.added.size() == 8);
        CHECK(vmm.conflicts.empty());
    }

    TEST_CASE("over vhost-user the devices are QEMU's, behind a socket each") {
        const auto vhost = [](Words arguments, uint32_t outputs) {
            arguments.insert(arguments.begin(), "qemu-system-x86_64");
            return complete_vmm_arguments(std::move(arguments), {.display = "/run/a,b",
                                                                 .input = {"/run/in.kbd"},
                                                                 .qmp = "/q",
                                                                 .agent = {},
                                                                 .vhost_user = true,
                                                                 .outputs = outputs});
        };
        const VmmArguments vmm = vhost({"-m", "1G"}, 1);
        CHECK(has(vmm, "-object", "memory-backend-memfd,id=oriel-ram,size=1G,share=on"));
        CHECK(has(vmm, "-chardev", "socket,id=oriel-vhost0,path=/run/a,,b"));
        CHECK(has(vmm, "-device", "vhost-user-gpu-pci,chardev=oriel-vhost0"));
        CHECK(has(vmm, "-chardev", "socket,id=oriel-vhost1,path=/run/in.kbd"));
        CHECK(has(vmm, "-device", "vhost-user-input-pci,chardev=oriel-vhost1"));
        CHECK(has(vmm, "-vga", "none"));
        CHECK(count(vmm, "-global") == 0);
        CHECK(vmm.conflicts.empty());
        CHECK(
            has(vhost({}, 3), "-device", "vhost-user-gpu-pci,max_outputs=3,chardev=oriel-vhost0"));

        // What is there already stays, and is no other card.
        const VmmArguments own = vhost({"-chardev", "socket,id=c,path=/run/a,,b", "-device",
                                        "vhost-user-vga,chardev=c", "-vnc", ":1"},
                                       1);
        CHECK(count(own, "-chardev") == 2);
        REQUIRE(own.conflicts.size() == 1);
        CHECK(own.conflicts[0] == "-vnc :1: QEMU refuses it beside vhost-user-gpu-pci");
    }

    TEST_CASE("the memory has the size that -m says, however it says it") {
        const auto size = [](const Words& words) {
            const VmmArguments vmm = complete(words);
            const auto object = std::find(vmm.command.begin(), vmm.command.end(), "-object");
            REQUIRE(object != vmm.command.end());
            return *(object + 1);
        };
        const auto memory = [](const std::string& bytes) {
            return "memory-backend-memfd,id=oriel-ram,size=" + bytes + ",share=on";
        };
        CHECK(size({}) == memory("128M"));
        CHECK(size({"-m", "512"}) == memory("512M"));
        CHECK(size({"--m", "2g"}) == memory("2G"));
        CHECK(size({"-m", "size=3G,slots=2,maxmem=8G"}) == memory("3G"));
        CHECK(size({"-m", "1024,slots=2,maxmem=8G"}) == memory("1G"));
        CHECK(size({"-m", "1G", "-m", "2G"}) == memory("2G"));
        CHECK(size({"-m", "512", "-m", "slots=2,maxmem=2G"}) == memory("512M"));
        CHECK(size({"-m", "maxmem=2G,slots=2"}) == memory("128M"));
        CHECK(size({"-m", "slots=2,maxmem=2G", "-m", "512"}) == memory("512M"));
    }

    TEST_CASE("shared memory of the user's own stays, private memory is named") {
        const Words machine{"-machine", "q35,memory-backend=ram", "-object"};
        const auto with = [&](const std::string& object) {
            Words words = machine;
            words.push_back(object);
            return complete(std::move(words));
        };
        const VmmArguments shared = with("memory-backend-memfd,id=ram,size=1G,share=on");
        CHECK(shared.conflicts.empty());
        CHECK(count(shared, "-object") == 1);
        CHECK(count(shared, "-machine") == 1);

        for (const char* object : {"memory-backend-ram,id=ram,size=1G",
                                   "memory-backend-memfd,id=ram,share=off,size=1G"}) {
            const VmmArguments priv = with(object);
            CHECK(count(priv, "-object") == 1);
            REQUIRE(priv.conflicts.size() == 1);
            CHECK(priv.conflicts[0].find("share=on") != std::string::npos);
        }
        CHECK(with("memory-backend-memfd,id=ram,size=1G").conflicts.empty());
        CHECK(with(R"({"qom-type":"memory-backend-memfd","id":"ram","size":1,"share":true})")
                  .conflicts.empty());
        CHECK(complete({"-mem-path", "/dev/hugepages"}).conflicts.size() == 1);
        CHECK(count(complete({"-mem-path", "/dev/hugepages"}), "-object") == 0);
    }

    TEST_CASE("what the user has chosen for displays stays") {
        CHECK(count(complete({"-display", "gtk"}), "-display") == 1);
        CHECK(count(complete({"-nographic"}), "-display") == 0);
        CHECK(complete({"-vga", "none"}).conflicts.empty());
        CHECK(count(complete({"-nodefaults"}), "-vga") == 0);
        const VmmArguments two = complete({"-vga", "std"});
        CHECK(count(two, "-vga") == 1);
        REQUIRE(two.conflicts.size() == 1);
        CHECK(two.conflicts[0].find("two graphics cards") != std::string::npos);
    }

    TEST_CASE("a second graphics card is named, and nobody says that there is none") {
        const VmmArguments two = complete({"-device", "virtio-vga,id=card"});
        REQUIRE(two.conflicts.size() == 1);
        CHECK(two.conflicts[0].starts_with("-device virtio-vga,id=card: "));
        for (const std::string& line : two.added) {
            CHECK(line.find("no second") == std::string::npos);
        }
        CHECK(has(two, "-vga", "none"));
    }

    TEST_CASE("of two memory backends the private one is named") {
        const VmmArguments vmm = complete({"-object", "memory-backend-memfd,id=a,size=1G,share=on",
                                           "-object", "memory-backend-ram,id=b,size=1G", "-numa",
                                           "node,memdev=a", "-numa", "node,memdev=b"});
        CHECK(count(vmm, "-object") == 2);
        REQUIRE(vmm.conflicts.size() == 1);
        CHECK(vmm.conflicts[0].starts_with("-object memory-backend-ram,id=b,size=1G: "));
        const VmmArguments plugged =
            complete({"-m", "1G,slots=1,maxmem=2G", "-object", "memory-backend-ram,id=b,size=1G",
                      "-device", "pc-dimm,memdev=b"});
        CHECK(count(plugged, "-object") == 2);
        REQUIRE(plugged.conflicts.size() == 1);
        CHECK(plugged.conflicts[0].find("share=on") != std::string::npos);
    }

    TEST_CASE("a file that can't be looked into is named") {
        const VmmArguments vmm = complete({"-readconfig", "/dev/null"});
        REQUIRE(vmm.conflicts.size() == 1);
        CHECK(vmm.conflicts[0].find("/dev/null") != std::string::npos);
    }

    TEST_CASE("a guest can't eject Oriel's devices from the root bus of a PC") {
        const std::string off = "PIIX4_PM.acpi-root-pci-hotplug=off";
        CHECK(has(complete({}), "-global", off));
        CHECK(has(complete({"-M", "pc-i440fx-10.1"}), "-global", off));
        CHECK(count(complete({"-M", "q35"}), "-global") == 0);
        CHECK(count(complete({"-M", "pc,acpi=off"}), "-global") == 0);
        CHECK(count(complete({"-global", off}), "-global") == 1);
        CHECK(complete({"-global", off}).conflicts.empty());
        const VmmArguments on =
            complete({"-global", "driver=PIIX4_PM,property=acpi-root-pci-hotplug,value=on"});
        CHECK(count(on, "-global") == 1);
        REQUIRE(on.conflicts.size() == 1);
        CHECK(on.conflicts[0].find("ejects") != std::string::npos);
    }

    TEST_CASE("a device of ours in a slot that a guest can eject it from is named") {
        const auto at = [](const std::string& port) {
            return complete(
                {"-M", "q35", "-device", port, "-device",
                 R"({"driver":"vfio-user-pci","bus":"port","socket":{"type":"unix","path":")" +
                     kSocket + R"("}})"});
        };
        const VmmArguments ejects = at("pcie-root-port,id=port,chassis=1");
        REQUIRE(ejects.conflicts.size() == 1);
        CHECK(ejects.conflicts[0].find("hotplug=off") != std::string::npos);
        CHECK(at("pcie-root-port,id=port,chassis=1,hotplug=off").conflicts.empty());
        CHECK(at("pxb-pcie,id=port,bus_nr=5").conflicts.empty());
    }

    TEST_CASE("a device of the user's at our socket is the one") {
        const Words device{
            "-device", R"({"driver":"vfio-user-pci","addr":"3","socket":{"type":"unix","path":")" +
                           kSocket + R"("}})"};
        CHECK(count(complete(device), "-device") == 2);
        CHECK(count(complete({"-device", "virtio-net-pci"}), "-device") == 3);
    }

    TEST_CASE("the agent's port is added if it is asked for, on a controller that is there") {
        const auto with = [](Words arguments) {
            arguments.insert(arguments.begin(), "qemu");
            return complete_vmm_arguments(std::move(arguments), {kSocket, {}, "q", "/run/a,b"});
        };
        const VmmArguments plain = with({});
        CHECK(has(plain, "-device", "virtio-serial"));
        CHECK(has(plain, "-chardev", "socket,id=oriel-agent,path=/run/a,,b,server=on,wait=off"));
        CHECK(has(plain, "-device", "virtserialport,chardev=oriel-agent,name=com.redhat.spice.0"));
        CHECK(plain.conflicts.empty());
        for (const char* controller :
             {"virtio-serial-pci,id=s", R"({"driver":"virtio-serial-pci"})"}) {
            const VmmArguments there = with({"-device", controller});
            CHECK_FALSE(has(there, "-device", "virtio-serial"));
            CHECK(count(there, "-chardev") == 1);
        }
        const VmmArguments taken =
            with({"-device", "virtserialport,chardev=c,name=com.redhat.spice.0"});
        CHECK(count(taken, "-chardev") == 0);
        CHECK(count(taken, "-device") == 2);
        REQUIRE(taken.conflicts.size() == 1);
        CHECK(taken.conflicts[0].find("clipboard isn't shared") != std::string::npos);
        CHECK(count(complete({}), "-chardev") == 0);
    }

    TEST_CASE("a path with quotes stays one JSON text") {
        const auto vmm = complete_vmm_arguments({"qemu"}, {R"(/tmp/a"b\c)", {}, "q", {}});
        CHECK(has(vmm, "-device",
                  R"({"driver":"vfio-user-pci","socket":{"type":"unix","path":"/tmp/a\"b\\c"}})"));
    }

    TEST_CASE("words that end too early do no harm") {
        CHECK(complete({"-m"}).command.size() > 2);
        CHECK(complete({"-machine"}).command.size() > 2);
        CHECK(complete({"-m", ""}).command.size() > 3);
        CHECK(complete({"-", "--", "-object"}).command.size() > 4);
    }
}

}  // namespace
}  // namespace oriel::app
