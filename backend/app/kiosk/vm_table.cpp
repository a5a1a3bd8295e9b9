// SPDX-License-Identifier: MIT
#include "kiosk/vm_table.h"

#include <array>
#include <utility>

#include "cli/option_table.h"
#include "cli/options.h"
#include "control/runtime_folder.h"
#include "kiosk/kiosk_file.h"
#include "run/vmm_arguments.h"
#include "serve/input_sockets.h"

namespace oriel::app {
namespace {

/// Keys that are options of `oriel show`, without their hyphens.
constexpr auto kOptionKeys = std::to_array<OptionId>({
    OptionId::kVfioUser,  OptionId::kVhostUser, OptionId::kInputSocket, OptionId::kQmp,
    OptionId::kAgent,     OptionId::kSize,      OptionId::kTitle,       OptionId::kAppId,
    OptionId::kResize,    OptionId::kScaling,   OptionId::kPath,        OptionId::kLatency,
    OptionId::kGrab,      OptionId::kConfine,   OptionId::kInhibitIdle, OptionId::kPciClass,
    OptionId::kOptionRom, OptionId::kVgaMemory, OptionId::kFreezeBlink, OptionId::kHud,
    OptionId::kLogLevel,  OptionId::kSandbox,   OptionId::kGpuMemory,   OptionId::kGpuResources,
});
constexpr auto kOwnKeys = std::to_array<std::string_view>({
    "transport",
    "outputs",
    "screens",
    "fullscreen",
    "clipboard",
    "qemu",
    "command",
    "restart",
    "restart-delay",
    "restart-delay-max",
    "restart-limit",
    "attach-timeout",
    "stop-timeout",
    "at-end",
    "after",
});
// In the order of the enumerators.
constexpr auto kRestarts = std::to_array<std::string_view>({"always", "on-failure", "never"});
constexpr auto kAtEnds = std::to_array<std::string_view>({"keep", "close"});
constexpr auto kTransports = std::to_array<std::string_view>({"vfio-user", "vhost-user"});

constexpr size_t kMaxArguments = 1024;
constexpr double kDay = 86'400;

std::string_view key_of(OptionId id) {
    return option_row(id).name.substr(2);
}

std::vector<std::string_view> all_keys() {
    std::vector<std::string_view> keys{kOwnKeys.begin(), kOwnKeys.end()};
    keys.reserve(kOwnKeys.size() + kOptionKeys.size());
    for (const OptionId id : kOptionKeys) {
        keys.push_back(key_of(id));
    }
    return keys;
}

/// As `oriel show` would have it; its complaint otherwise.
std::string complaint_about(std::string_view transport, const std::string& option) {
    try {
        static_cast<void>(parse_options({"show", fmt::format("--{}=x", transport), option}));
    } catch (const StartupError& error) {
        const std::string line = error.what();
        return line.starts_with("--") ? line.substr(2) : line;
    }
    return {};
}

struct Sockets {
    bool vhost_user = false;
    std::string display;
    std::string input;
    std::string qmp;
    std::string agent;
};

class VmReader {
public:
    VmReader(const std::string& name, const TomlTable& table, const std::string& folder,
             MistakeList& mistakes, std::vector<std::string>& warnings)
        : table_{table}, folder_{folder}, mistakes_{mistakes}, warnings_{warnings} {
        plan_.name = name;
    }

    VmPlan read() {
        table_.check_keys(all_keys());
        read_screens();
        read_restart();
        read_sockets();
        read_command();
        read_options();
        plan_.after = table_.texts("after", kMaxKioskVms).value_or(plan_.after);
        return std::move(plan_);
    }

private:
    void read_screens() {
        plan_.outputs = table_.texts("outputs", kMaxScanouts).value_or(plan_.outputs);
        const auto least = std::max<size_t>(plan_.outputs.size(), 1);
        const auto screens = table_.number("screens", static_cast<int64_t>(least), kMaxScanouts);
        plan_.outputs.resize(screens ? static_cast<size_t>(*screens) : least);
    }

    void read_restart() {
        RestartPolicy& policy = plan_.restart;
        policy.when = static_cast<RestartPolicy::When>(
            table_.word("restart", kRestarts).value_or(static_cast<size_t>(policy.when)));
        policy.delay = table_.seconds("restart-delay", 0.1, kDay).value_or(policy.delay);
        policy.longest = table_.seconds("restart-delay-max", 0.1, kDay)
                             .value_or(std::max(policy.longest, policy.delay));
        policy.limit =
            static_cast<uint32_t>(table_.number("restart-limit", 0, 1'000'000).value_or(0));
        if (policy.longest < policy.delay) {
            mistakes_.add(table_.where("restart-delay-max"),
                          "restart-delay-max: less than restart-delay");
        }
        plan_.attach_timeout =
            table_.seconds("attach-timeout", 0, kDay).value_or(plan_.attach_timeout);
        plan_.stop_timeout = table_.seconds("stop-timeout", 0.1, 3600).value_or(plan_.stop_timeout);
        plan_.at_end = static_cast<VmPlan::AtEnd>(
            table_.word("at-end", kAtEnds).value_or(static_cast<size_t>(plan_.at_end)));
    }

    void read_sockets() {
        const auto own = [&](const char* purpose) {
            return vmm_socket_path(folder_, plan_.name, purpose);
        };
        const auto named = [&](OptionId id) { return table_.text(key_of(id)).value_or(""); };
        read_transport();
        sockets_.display = named(sockets_.vhost_user ? OptionId::kVhostUser : OptionId::kVfioUser);
        if (sockets_.vhost_user && sockets_.display.starts_with("fd:")) {
            mistakes_.add(table_.where("vhost-user"), "vhost-user: expected a path");
        }
        sockets_.input = named(OptionId::kInputSocket);
        sockets_.qmp = named(OptionId::kQmp);
        sockets_.agent = named(OptionId::kAgent);
        if (sockets_.display.empty()) {
            sockets_.display = own(sockets_.vhost_user ? "vhost-user" : "vfio-user");
        }
        if (sockets_.input.empty()) {
            sockets_.input = own("in");
        }
        const bool clipboard = table_.yes_or_no("clipboard").value_or(false);
        if (clipboard && sockets_.agent.empty()) {
            sockets_.agent = own("agent");
        }
    }

    [[nodiscard]] std::string_view transport() const {
        return kTransports[sockets_.vhost_user ? 1 : 0];
    }

    /// Which road the display and the input devices take: said, or known from the socket's key.
    void read_transport() {
        const auto said = table_.word("transport", kTransports);
        sockets_.vhost_user = said ? *said == 1 : table_.has("vhost-user");
        const std::string_view other = kTransports[sockets_.vhost_user ? 0 : 1];
        if (table_.has(other)) {
            mistakes_.add(table_.where(other),
                          fmt::format("{}: the transport is {}", other, transport()));
        }
    }

    void read_command() {
        if (table_.has("qemu") && table_.has("command")) {
            mistakes_.add(table_.where("qemu"), "qemu and command: give one of them, not both");
        }
        if (const auto qemu = table_.texts("qemu", kMaxArguments)) {
            if (sockets_.qmp.empty()) {
                sockets_.qmp = vmm_socket_path(folder_, plan_.name, "qmp");
            }
            VmmArguments completed = complete_vmm_arguments(
                *qemu, {.display = sockets_.display,
                        .input = InputSockets::paths(sockets_.input),
                        .qmp = sockets_.qmp,
                        .agent = sockets_.agent,
                        .vhost_user = sockets_.vhost_user,
                        .outputs = static_cast<uint32_t>(plan_.outputs.size())});
            plan_.command = std::move(completed.command);
            for (const std::string& line : completed.conflicts) {
                warnings_.push_back(fmt::format("'{}': kept {}", plan_.name, line));
            }
        } else if (auto command = table_.texts("command", kMaxArguments)) {
            plan_.command = std::move(*command);
            fill_in(fmt::format("{{{}}}", transport()), sockets_.display, "");
            fill_in("{input-socket}", sockets_.input, "in");
            fill_in("{qmp}", sockets_.qmp, "qmp");
            fill_in("{agent}", sockets_.agent, "agent");
            std::string name = plan_.name;
            fill_in("{name}", name, "");
        }
    }

    /// A socket that the command is told of is one that the display uses.
    void fill_in(std::string_view mark, std::string& value, const char* purpose) {
        for (std::string& argument : plan_.command) {
            for (size_t at = argument.find(mark); at != std::string::npos;
                 at = argument.find(mark, at + value.size())) {
                if (value.empty()) {
                    value = vmm_socket_path(folder_, plan_.name, purpose);
                }
                argument.replace(at, mark.size(), value);
            }
        }
    }

    void add_option(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            plan_.options.push_back(fmt::format("{}={}", name, value));
        }
    }

    void read_options() {
        plan_.options.push_back("--name=" + plan_.name);
        add_option(fmt::format("--{}", transport()), sockets_.display);
        add_option("--input-socket", sockets_.input);
        add_option("--qmp", sockets_.qmp);
        add_option("--agent", sockets_.agent);
        plan_.options.push_back(fmt::format("--outputs={}", plan_.outputs.size()));
        plan_.options.insert(plan_.options.end(),
                             {"--keep", "--decorations=none", "--missing-output=hide"});
        if (table_.yes_or_no("fullscreen").value_or(true)) {
            plan_.options.emplace_back("--fullscreen");
        }
        for (const OptionId id : kOptionKeys) {
            read_option(option_row(id));
        }
    }

    void read_option(const OptionRow& row) {
        const std::string_view key = key_of(row.id);
        if (row.argument.empty()) {
            if (table_.yes_or_no(key).value_or(false)) {
                add_checked(key, std::string{row.name});
            }
            return;
        }
        if (row.group == OptionGroup::kVm) {
            return;  // a socket: it is there already
        }
        const auto value = table_.text(key);
        if (!value) {
            return;
        }
        std::vector<std::string_view> words;
        for (const Choice& choice : row.choices) {
            words.push_back(choice.word);
        }
        if (!words.empty() && !table_.word(key, words)) {
            return;
        }
        add_checked(key, fmt::format("{}={}", row.name, *value));
    }

    void add_checked(std::string_view key, std::string option) {
        if (const std::string complaint = complaint_about(transport(), option);
            !complaint.empty()) {
            mistakes_.add(table_.where(key), complaint);
            return;
        }
        plan_.options.push_back(std::move(option));
    }

    const TomlTable& table_;
    const std::string& folder_;
    MistakeList& mistakes_;
    std::vector<std::string>& warnings_;
    VmPlan plan_;
    Sockets sockets_;
};

}  // namespace

VmPlan read_vm_table(const std::string& name, const TomlTable& table, const std::string& folder,
                     MistakeList& mistakes, std::vector<std::string>& warnings) {
    return VmReader{name, table, folder, mistakes, warnings}.read();
}

}  // namespace oriel::app
