// SPDX-License-Identifier: MIT
#include "run/vmm_facts.h"

#include <doctest/doctest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

QemuCommand command(Words words, const std::string& program = "qemu-system-x86_64") {
    words.insert(words.begin(), program);
    return QemuCommand{words};
}

TEST_SUITE("vmm facts") {
    TEST_CASE("the memory's size is what QEMU makes of all that is said") {
        const auto size = [](const Words& words) { return memory_size(command(words)); };
        CHECK(size({}) == "128M");
        CHECK(size({"-m", ""}) == "128M");
        CHECK(size({"-m", "0"}) == "128M");
        CHECK(size({"-m", "512M,"}) == "512M");
        CHECK(size({"-m", "512,size=300"}) == "300M");
        CHECK(size({"-m", "1.5G"}) == "1536M");
        CHECK(size({"-m", "2t"}) == "2T");
        CHECK(size({"-M", "pc,memory.size=1G"}) == "1G");
        CHECK(size({"-m", "size=256", "-M", "memory.size=1G"}) == "256M");
        CHECK(size({"-m", "0", "-M", "memory.size=1G"}) == "1G");
        // Rounded up as QEMU does: a backend that is smaller is refused.
        CHECK(size({"-m", "100001k"}) == "100008K");
        CHECK(size({"-m", "64b"}) == "8K");
        // QEMU says what is wrong with it.
        CHECK(size({"-m", "12MB"}) == "12MB");
        CHECK(memory_size(command({"-M", "pseries"}, "qemu-system-ppc64")) == "512M");
    }

    TEST_CASE("a second graphics card is seen, however it is written") {
        const test::TempDir folder;
        const std::string file = folder.file("vm.cfg");
        std::ofstream{file} << "[device \"card\"]\n  driver = \"cirrus-vga\"\n";
        for (const Words& words : {
                 Words{"-vga", "std"},
                 Words{"--vga", "qxl"},
                 Words{"-vga", "none", "-vga", "virtio,retrace=dumb"},
                 Words{"-device", "virtio-vga"},
                 Words{"--device", "virtio-vga-gl,max_outputs=2"},
                 Words{"-device", "VGA,id=x"},
                 Words{"-device", "qxl"},
                 Words{"-device", "driver=virtio-gpu-pci"},
                 Words{"-device", "id=x,driver=bochs-display"},
                 Words{"-device", R"({"driver":"virtio-gpu","id":"x"})"},
                 Words{"-device", "{'id':'x','driver':'secondary-vga'}"},
                 Words{"-device", "ramfb"},
                 Words{"-device", "vhost-user-vga,chardev=c"},
                 Words{"-device", "vfio-pci,host=01:00.0,x-vga=on"},
                 Words{"-device", "vfio-pci-nohotplug,host=01:00.0,ramfb=on"},
                 Words{"-device", "e1000,id=card", "-set", "device.card.driver=VGA"},
                 Words{"-readconfig", file},
             }) {
            CAPTURE(words.back());
            CHECK(other_cards(command(words)).size() == 1);
        }
        CHECK(other_cards(command({"-vga", "std", "-device", "ati-vga"})).size() == 2);
    }

    TEST_CASE("what is no graphics card of the guest's screen is none") {
        for (const Words& words : {
                 Words{},
                 Words{"-nodefaults"},
                 Words{"-vga", "none"},
                 Words{"-vga", "std", "-vga", "none"},
                 Words{"-machine", "q35,graphics=on"},
                 Words{"-device", "vfio-pci,host=01:00.0"},
                 Words{"-device", "virtio-net-pci,id=VGA"},
                 Words{"-device", R"({"driver":"vfio-user-pci","socket":{"path":"/run/VGA"}})"},
                 Words{"-append", "-vga std"},
                 Words{"-device", "VGA,id=card", "-set", "device.card.driver=e1000"},
             }) {
            CAPTURE(words.empty() ? "" : words.back());
            CHECK(other_cards(command(words)).empty());
        }
    }

    TEST_CASE("private memory is found wherever the guest has it from") {
        const auto found = [](const Words& words) { return private_memory(command(words)).size(); };
        const Words shared{"-object", "memory-backend-memfd,id=a,size=1G"};
        const auto with = [](Words words, const Words& more) {
            words.insert(words.end(), more.begin(), more.end());
            return words;
        };
        CHECK(found(with(shared, {"-M", "memory-backend=a"})) == 0);
        CHECK(found({"-M", "q35,memory-backend=a", "-object", "memory-backend-ram,id=a,size=1G"}) ==
              1);
        CHECK(found({"-M", "memory-backend=a", "-object",
                     "{'qom-type':'memory-backend-file','id':'a','mem-path':'/x'}"}) == 1);
        CHECK(found({"-M", "memory-backend=a", "-object",
                     R"({"qom-type":"memory-backend-file","id":"a","share": true})"}) == 0);
        CHECK(found(with(shared, {"-object", "memory-backend-ram,id=b", "-numa", "node,memdev=a",
                                  "-numa", "node,memdev=b"})) == 1);
        CHECK(found({"-object", "memory-backend-file,id=b", "-device",
                     "virtio-mem-pci,memdev=b"}) == 1);
        // A disk, not memory.
        CHECK(found({"-object", "memory-backend-file,id=b", "-device", "nvdimm,memdev=b"}) == 0);
        CHECK(found({"-object", "memory-backend-ram,id=unused"}) == 0);
        CHECK(found({"-M", "memory-backend=elsewhere"}) == 0);
    }

    TEST_CASE("a machine without a VGA is known by its program or its name") {
        CHECK(has_vga_world(command({})));
        CHECK(has_vga_world(command({"-M", "q35"})));
        CHECK(has_vga_world(command({"-M", "q35"}, "./start-vm")));
        CHECK(has_vga_world(command({"-M", "pseries"}, "qemu-system-ppc64")));
        CHECK_FALSE(has_vga_world(command({"-M", "virt"}, "qemu-system-aarch64")));
        CHECK_FALSE(has_vga_world(command({}, "/opt/qemu/bin/qemu-system-riscv64")));
        CHECK_FALSE(has_vga_world(command({"-machine", "accel=kvm,type=virt-10.1"}, "./start-vm")));
        CHECK_FALSE(has_vga_world(command({"-M", "microvm,pcie=on"})));
    }

    TEST_CASE("only the old PC's root bus lets a guest eject what is on it") {
        CHECK(guest_ejects_from_root(command({})));
        CHECK(guest_ejects_from_root(command({"-M", "pc,acpi=on"})));
        CHECK(guest_ejects_from_root(command({"-M", "q35", "-M", "pc-i440fx-9.0"})));
        CHECK_FALSE(guest_ejects_from_root(command({"-M", "q35"})));
        CHECK_FALSE(guest_ejects_from_root(command({"-M", "pc-q35-9.0"})));
        CHECK_FALSE(guest_ejects_from_root(command({"-M", "pc", "-no-acpi"})));
        CHECK_FALSE(guest_ejects_from_root(command({}, "./start-vm")));
        CHECK_FALSE(guest_ejects_from_root(command({}, "qemu-system-aarch64")));
    }

    TEST_CASE("the device at a socket is found by its socket, not by its text") {
        const std::string json =
            R"({"driver":"vfio-user-pci","socket":{"type":"unix","path":"/run/a"}})";
        CHECK(device_at(command({"-device", json}), "/run/a") != nullptr);
        CHECK(device_at(command({"-device", json}), "/run/") == nullptr);
        CHECK(device_at(command({"-device", "vfio-user-pci,socket.path=/run/a"}), "/run/a") !=
              nullptr);
        CHECK(device_at(command({"-device", "e1000,socket.path=/run/a"}), "/run/a") == nullptr);
    }
}

}  // namespace
}  // namespace oriel::app
