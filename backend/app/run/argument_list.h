// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/qemu_command.h"
#include "run/vmm_arguments.h"

namespace oriel::app {

/// A QEMU command line that gets more arguments, with a line for people for each. What both roads
/// add in the same way is here.
class ArgumentList {
public:
    explicit ArgumentList(std::vector<std::string> command) : facts_{command} {
        result_.command = std::move(command);
    }

    /// The command line as the user has it.
    [[nodiscard]] const QemuCommand& facts() const { return facts_; }
    void add(std::string option, std::string value, std::string_view why);
    void conflict(std::string line) { result_.conflicts.push_back(std::move(line)); }

    void name_what_is_hidden();
    /// QEMU listens there.
    void add_monitor(const std::string& socket, std::string_view why);
    /// The port of the guest's agent; `chardev` is the other side of it, without its id.
    void add_agent(std::string_view chardev);
    /// A sound card that plays by this driver; empty: none.
    void add_sound(const std::string& driver);

    [[nodiscard]] VmmArguments take() { return std::move(result_); }

private:
    const QemuCommand facts_;
    VmmArguments result_;
};

}  // namespace oriel::app
