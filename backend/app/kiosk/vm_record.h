// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "kiosk/process_identity.h"

namespace oriel::app {

/// What a supervisor writes down about a VM, for the one that comes after it: a file in the runtime
/// folder, which is replaced as a whole.
struct VmRecord {
    std::optional<ProcessIdentity> display;
    std::optional<ProcessIdentity> command;
    /// Who holds the display's socket, where that is not the command.
    std::optional<ProcessIdentity> holder;
    /// A VM has the display.
    bool attached = false;
    /// Somebody has stopped the VM.
    bool stopped = false;
    /// What runs: the arguments of `oriel`, and the command.
    std::vector<std::string> display_arguments;
    std::vector<std::string> command_arguments;
    /// By screen, where a user has sent it; empty: nowhere.
    std::vector<std::string> sent_to;
    friend bool operator==(const VmRecord&, const VmRecord&) = default;
};

[[nodiscard]] std::string record_path(const std::string& folder, const std::string& name);
/// The names of the VMs that have a record in the folder, sorted.
[[nodiscard]] std::vector<std::string> record_names(const std::string& folder);

[[nodiscard]] Result<void> write_record(const std::string& path, const VmRecord& record);
/// Nothing where there is none, or none that can be read, or one from before the last boot.
[[nodiscard]] std::optional<VmRecord> read_record(const std::string& path);
void remove_record(const std::string& path);

}  // namespace oriel::app
