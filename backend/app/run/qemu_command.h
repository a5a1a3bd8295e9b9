// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "run/qemu_syntax.h"

namespace oriel::app {

/// One option of a QEMU command line, or a section of a file that -readconfig names.
struct QemuOption {
    std::string name;     ///< as sections are called: "machine", also for -M; "memory" for -m
    std::string written;  ///< for messages: "-device virtio-vga"
    QemuProperties properties;
};

/// What a command line in QEMU's syntax says, in whichever way it says it: each option with one
/// hyphen or two, lists or JSON, files for -readconfig, and what -set changes.
class QemuCommand {
public:
    /// `command` is a program and its arguments. In front of QEMU there may be another program that
    /// starts it (nice, taskset). Reads the files of -readconfig.
    explicit QemuCommand(const std::vector<std::string>& command);

    /// The architecture in the program's name: "x86_64" of /usr/bin/qemu-system-x86_64; that of
    /// this host for kvm and qemu-kvm; empty for what isn't called so (a script).
    [[nodiscard]] const std::string& architecture() const { return architecture_; }
    /// QEMU's own program, as it is written; empty where only a script or the like is named.
    [[nodiscard]] const std::string& program() const { return program_; }
    [[nodiscard]] bool has(std::string_view name) const;
    /// All that have this name, in their order.
    [[nodiscard]] std::vector<const QemuOption*> all(std::string_view name) const;
    /// The properties of all of them together, as QEMU merges -machine and -m.
    [[nodiscard]] QemuProperties merged(std::string_view name) const;
    /// The device, object, … with this id; null where there is none.
    [[nodiscard]] const QemuOption* find(std::string_view name, std::string_view id) const;
    /// The files for -readconfig that could not be looked into, and why.
    [[nodiscard]] const std::vector<std::string>& unread() const { return unread_; }

private:
    void add(std::string_view name, const std::string& value);
    void add_config(const std::string& path);
    void change(const std::string& what);

    std::string program_;
    std::string architecture_;
    std::vector<QemuOption> options_;
    std::vector<std::string> unread_;
};

}  // namespace oriel::app
