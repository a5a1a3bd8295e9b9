// SPDX-License-Identifier: MIT
// What a file of `oriel kiosk` may say.
#include "kiosk/kiosk_file.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "harness.h"

using namespace oriel;

namespace {

void read(std::string_view text) {
    const test::Turn turn;
    const app::KioskFile file = app::read_kiosk_file(text, "/run/user/7/oriel");
    if (file.mistakes.size() > app::kMaxMistakes) {
        std::abort();
    }
    if (!file.mistakes.empty()) {
        for (const app::Mistake& mistake : file.mistakes) {
            if (mistake.text.empty() || mistake.text.find('\n') != std::string::npos) {
                std::abort();
            }
        }
        return;
    }
    if (file.vms.size() > app::kMaxKioskVms) {
        std::abort();
    }
    for (const app::VmPlan& vm : file.vms) {
        if (vm.name.empty() || vm.outputs.empty() ||
            app::show_arguments(vm, vm.outputs).front() != "show") {
            std::abort();
        }
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    read(text);
    // The same inside a VM, where random bytes rarely get.
    read("[vm.a]\n" + std::string{text} + "\n[vm.b]\nafter = [\"a\"]\n");
}
