// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace oriel::app {

/// What a QEMU has, as it says itself (`-device help` and the like). Each question is asked once,
/// when it matters, and waits for QEMU for 5 s at most: this is for the start.
class QemuProbe {
public:
    /// `program` is QEMU's own, looked up in PATH; empty: one that can't be asked, such as a
    /// script, of which nobody knows what it does with those options.
    explicit QemuProbe(std::string program) : program_{std::move(program)} {}

    /// Each: nothing where it can't be known.
    [[nodiscard]] std::optional<bool> has_device(std::string_view driver) {
        return has(devices_, "-device", driver);
    }
    [[nodiscard]] std::optional<bool> has_display(std::string_view type) {
        return has(displays_, "-display", type);
    }
    [[nodiscard]] std::optional<bool> has_audio(std::string_view driver) {
        return has(audio_, "-audiodev", driver);
    }
    /// 7 of "QEMU emulator version 7.2.22".
    [[nodiscard]] std::optional<int> major_version();
    [[nodiscard]] const std::string& program() const { return program_; }

    /// An environment variable in which a program that starts many `oriel run` gives them what this
    /// QEMU says of its devices: asking it takes as long as starting it.
    static constexpr const char* kVariable = "ORIEL_QEMU_DEVICES";
    /// Its value, for this program only; what is asked here is not asked again.
    [[nodiscard]] std::string devices_for_others();

private:
    struct Answer {
        bool asked = false;
        bool known = false;
        std::set<std::string, std::less<>> names;
    };
    [[nodiscard]] std::optional<bool> has(Answer& answer, const char* option,
                                          std::string_view name);
    void ask(Answer& answer, const char* option);
    [[nodiscard]] bool take_given();

    const std::string program_;
    Answer devices_;
    Answer displays_;
    Answer audio_;
};

/// The number in what QEMU prints for -version; nothing where there is none.
[[nodiscard]] std::optional<int> version_in(std::string_view text);

/// The names in what QEMU prints for help: the words in quotes behind `name`, as for devices, and
/// lines that are one word.
[[nodiscard]] std::set<std::string, std::less<>> names_in_help(std::string_view text);

}  // namespace oriel::app
