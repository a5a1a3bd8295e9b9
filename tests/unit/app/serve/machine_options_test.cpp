// SPDX-License-Identifier: MIT
#include "serve/machine_options.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

pci::DisplayClass class_of(std::vector<std::string> vmm,
                           PciClassOption said = PciClassOption::kAuto) {
    ServeOptions options;
    options.vmm = std::move(vmm);
    options.pci_class = said;
    return pci_class(options);
}

TEST_SUITE("machine options") {
    TEST_CASE("the card is a VGA unless somebody says otherwise, or the machine has none") {
        using pci::DisplayClass;
        CHECK(class_of({}) == DisplayClass::kVga);
        CHECK(class_of({}, PciClassOption::kDisplay) == DisplayClass::kDisplay);
        CHECK(class_of({"qemu-system-x86_64", "-M", "q35"}) == DisplayClass::kVga);
        CHECK(class_of({"qemu-system-aarch64", "-M", "virt"}) == DisplayClass::kDisplay);
        CHECK(class_of({"qemu-system-aarch64"}, PciClassOption::kVga) == DisplayClass::kVga);
        CHECK(class_of({"./start-vm", "--machine", "virt,accel=kvm"}) == DisplayClass::kDisplay);
    }

    TEST_CASE("what a guest may hold grows with its screens, or is what the command line says") {
        ServeOptions options;
        options.outputs = 2;
        CHECK(gpu_limits(options).host_bytes == uint64_t{512} << 20);
        const uint64_t entries = gpu_limits(options).backing_entries;
        options.gpu_memory = 1024;
        options.gpu_resources = 99;
        CHECK(gpu_limits(options).host_bytes == uint64_t{1} << 30);
        CHECK(gpu_limits(options).backing_entries == 2 * entries);
        CHECK(gpu_limits(options).resources == 99);
        options.gpu_memory = 16;
        CHECK(gpu_limits(options).backing_entries == entries / 32);
    }

    TEST_CASE("a ROM is for a VGA") {
        ServeOptions options;
        options.vmm = {"qemu-system-x86_64", "-M", "microvm"};
        CHECK(pci_class(options) == pci::DisplayClass::kDisplay);
        options.option_rom = "vgabios.bin";
        CHECK(pci_class(options) == pci::DisplayClass::kVga);
    }
}

}  // namespace
}  // namespace oriel::app
