// SPDX-License-Identifier: MIT
#include "test_run/vm_script_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/option_table.h"
#include "run/qemu_syntax.h"
#include "test_run/condition_table.h"
#include "test_run/step_table.h"

namespace oriel::app {
namespace {

constexpr auto kVmKeys = std::to_array<std::string_view>(
    {"qemu", "program", "machine", "memory", "accel", "kernel", "initramfs", "append", "image",
     "iso", "firmware", "arguments", "pci-class", "option-rom", "vga-memory"});
/// Keys that `qemu` says itself.
constexpr auto kMadeKeys =
    std::to_array<std::string_view>({"program", "machine", "memory", "accel", "kernel", "initramfs",
                                     "append", "image", "iso", "firmware", "arguments"});
constexpr auto kAccelerators = std::to_array<std::string_view>({"auto", "kvm", "tcg"});
constexpr auto kServingKeys =
    std::to_array<std::string_view>({"pci-class", "option-rom", "vga-memory"});
constexpr size_t kMostVmArguments = 1024;

/// Texts of the table, with their variables.
class VmTexts {
public:
    VmTexts(const TomlTable& table, const std::string& folder,
            const ScriptSurroundings& surroundings, MistakeList& mistakes)
        : table_{table}, folder_{folder}, surroundings_{surroundings}, mistakes_{mistakes} {}

    [[nodiscard]] std::optional<std::string> text(std::string_view key) const {
        const auto text = table_.text(key);
        return text ? whole(key, *text) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> path(std::string_view key) const {
        const auto path = text(key);
        return path ? std::optional{path_in(folder_, *path)} : std::nullopt;
    }
    [[nodiscard]] std::vector<std::string> words(std::string_view key) const {
        std::vector<std::string> all;
        if (const auto words = table_.texts(key, kMostVmArguments)) {
            all.reserve(words->size());
            for (const std::string& word : *words) {
                all.push_back(whole(key, word).value_or(""));
            }
        }
        return all;
    }

private:
    [[nodiscard]] std::optional<std::string> whole(std::string_view key,
                                                   const std::string& text) const {
        auto whole = with_variables(text, surroundings_);
        if (!whole) {
            mistakes_.add(table_.where(key), whole.error().message());
            return std::nullopt;
        }
        return std::move(*whole);
    }

    const TomlTable& table_;
    const std::string& folder_;
    const ScriptSurroundings& surroundings_;
    MistakeList& mistakes_;
};

/// A program's name is looked up in PATH; what has a slash is a path of the script's.
std::string program_of(const VmTexts& texts, const TomlTable& table, const std::string& folder) {
    const std::string program = texts.text("program").value_or("qemu-system-x86_64");
    return table.has("program") && program.find('/') != std::string::npos ? path_in(folder, program)
                                                                          : program;
}

std::vector<std::string> made_command(const VmTexts& texts, const TomlTable& table,
                                      const std::string& folder, MistakeList& mistakes) {
    std::vector<std::string> command{program_of(texts, table, folder)};
    const auto add = [&command](std::string_view option, const std::string& value) {
        command.emplace_back(option);
        command.push_back(value);
    };
    command.emplace_back("-nodefaults");
    add("-machine", texts.text("machine").value_or("q35"));
    add("-m", texts.text("memory").value_or("512M"));
    const size_t accelerator = table.word("accel", kAccelerators).value_or(0);
    for (size_t i = 1; i < kAccelerators.size(); ++i) {
        if (accelerator == 0 || accelerator == i) {
            add("-accel", std::string{kAccelerators[i]});
        }
    }
    if (const auto kernel = texts.path("kernel")) {
        add("-kernel", *kernel);
    }
    for (const std::string_view key : {"initramfs", "append"}) {
        if (table.has(key) && !table.has("kernel")) {
            mistakes.add(table.where(key), fmt::format("{} goes with kernel", key));
        }
    }
    if (const auto initramfs = texts.path("initramfs")) {
        add("-initrd", *initramfs);
    }
    if (const auto append = texts.text("append")) {
        add("-append", *append);
    }
    if (const auto image = texts.path("image")) {
        add("-drive", fmt::format("if=virtio,file={}", in_list(*image)));
    }
    if (const auto iso = texts.path("iso")) {
        add("-drive", fmt::format("media=cdrom,file={}", in_list(*iso)));
    }
    if (const auto firmware = texts.path("firmware")) {
        add("-drive", fmt::format("if=pflash,format=raw,readonly=on,file={}", in_list(*firmware)));
    }
    // Disks and the firmware's variables are as they were after each test.
    command.emplace_back("-snapshot");
    const auto more = texts.words("arguments");
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

}  // namespace

VmScript read_vm_script(const TomlTable& table, const std::string& folder,
                        const ScriptSurroundings& surroundings, MistakeList& mistakes) {
    table.check_keys(kVmKeys);
    const VmTexts texts{table, folder, surroundings, mistakes};
    VmScript vm;
    if (table.has("qemu")) {
        vm.qemu = texts.words("qemu");
        if (!vm.qemu.empty() && vm.qemu.front().find('/') != std::string::npos) {
            vm.qemu.front() = path_in(folder, vm.qemu.front());
        }
        for (const std::string_view key : kMadeKeys) {
            if (table.has(key)) {
                mistakes.add(table.where(key),
                             fmt::format("{0}: qemu is the whole command line: not {0}, too", key));
            }
        }
    } else {
        vm.qemu = made_command(texts, table, folder, mistakes);
    }
    if (std::find(vm.qemu.begin(), vm.qemu.end(), "-daemonize") != vm.qemu.end()) {
        mistakes.add(table.where("qemu"), "-daemonize: a test's VM ends with its test");
    }
    for (const std::string_view key : kServingKeys) {
        if (const auto value = key == "option-rom" ? texts.path(key) : texts.text(key)) {
            vm.options.push_back(fmt::format("--{}={}", key, *value));
        }
    }
    return vm;
}

}  // namespace oriel::app
