// SPDX-License-Identifier: MIT
#include "kiosk/kiosk_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

#include "cli/command_table.h"
#include "cli/nearest_word.h"
#include "cli/values.h"
#include "kiosk/vm_table.h"
#include "toml_file/toml_values.h"

namespace oriel::app {
namespace {

struct VmEntry {
    const toml::key* key;
    const toml::table* table;
};

std::string lower_case(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

/// In the file's order; toml++ has them sorted.
std::vector<VmEntry> vm_tables(const toml::table& root, MistakeList& mistakes) {
    std::vector<VmEntry> entries;
    const toml::node* vms = root.get("vm");
    if (vms == nullptr || vms->as_table() == nullptr) {
        mistakes.add(vms != nullptr ? vms->source() : root.source(),
                     "there is no VM: expected tables like [vm.panel]");
        return entries;
    }
    for (const auto& [key, value] : *vms->as_table()) {
        if (const toml::table* table = value.as_table()) {
            entries.push_back({&key, table});
        } else {
            mistakes.add(key.source(),
                         fmt::format("vm.{0}: expected a table, [vm.{0}]", key.str()));
        }
    }
    std::sort(entries.begin(), entries.end(), [](const VmEntry& a, const VmEntry& b) {
        const auto& left = a.key->source().begin;
        const auto& right = b.key->source().begin;
        return std::pair{left.line, left.column} < std::pair{right.line, right.column};
    });
    return entries;
}

void check_names(const std::vector<VmEntry>& entries, MistakeList& mistakes) {
    std::map<std::string, const toml::key*> known;
    for (const VmEntry& entry : entries) {
        const std::string name{entry.key->str()};
        const auto& where = entry.key->source();
        if (!valid_name(name)) {
            mistakes.add(where, fmt::format("bad name '{}': expected 1 to {} letters, digits, '.', "
                                            "'_' or '-', not starting with '.'",
                                            name, kMaxName));
        } else if (name == kKioskName) {
            mistakes.add(where, fmt::format("the name '{}' is the supervisor's own", name));
        }
        const auto [it, added] = known.emplace(lower_case(name), entry.key);
        if (!added) {
            mistakes.add(where,
                         fmt::format("the names '{}' and '{}' (line {}) differ in case only", name,
                                     it->second->str(), it->second->source().begin.line));
        }
    }
    if (entries.size() > kMaxKioskVms) {
        mistakes.add(entries[kMaxKioskVms].key->source(),
                     fmt::format("{} VMs, at most {}", entries.size(), kMaxKioskVms));
    }
}

/// No two things of a file may want the same output, or the same socket.
class SingleUse {
public:
    explicit SingleUse(MistakeList& mistakes) : mistakes_{mistakes} {}

    void take(std::string_view what, const std::string& value, const std::string& vm,
              const toml::source_region& where) {
        const auto [it, added] =
            taken_.emplace(fmt::format("{} {}", what, value), Taker{vm, where.begin.line});
        if (!added) {
            mistakes_.add(where, fmt::format("{} '{}' is that of VM '{}' already (line {})", what,
                                             value, it->second.vm, it->second.line));
        }
    }

private:
    struct Taker {
        std::string vm;
        uint32_t line;
    };
    MistakeList& mistakes_;
    std::map<std::string, Taker> taken_;
};

void check_single_use(const std::vector<VmEntry>& entries, MistakeList& mistakes) {
    SingleUse use{mistakes};
    constexpr auto kSockets = std::to_array<std::string_view>(
        {"vfio-user", "vhost-user", "input-socket", "qmp", "agent"});
    for (const VmEntry& entry : entries) {
        const std::string name{entry.key->str()};
        if (const toml::array* outputs = entry.table->get_as<toml::array>("outputs")) {
            for (const toml::node& output : *outputs) {
                if (const auto text = output.value_exact<std::string>()) {
                    use.take("output", *text, name, output.source());
                }
            }
        }
        for (const std::string_view key : kSockets) {
            const toml::node* socket = entry.table->get(key);
            const auto path = socket != nullptr ? socket->value_exact<std::string>() : std::nullopt;
            if (path) {
                use.take("socket", *path, name, socket->source());
            }
        }
    }
}

/// The VMs of `after` exist, and none waits for itself.
void check_order(const std::vector<VmEntry>& entries, const std::vector<VmPlan>& plans,
                 MistakeList& mistakes) {
    std::vector<std::string_view> names;
    std::map<std::string, size_t> index;
    for (size_t i = 0; i < plans.size(); ++i) {
        names.push_back(plans[i].name);
        index.emplace(plans[i].name, i);
    }
    for (size_t i = 0; i < plans.size(); ++i) {
        const toml::source_region& where = TomlTable{*entries[i].table, mistakes}.where("after");
        std::vector<bool> seen(plans.size());
        std::vector<size_t> waits_for{i};
        bool itself = false;
        while (!waits_for.empty()) {
            const size_t at = waits_for.back();
            waits_for.pop_back();
            for (const std::string& name : plans[at].after) {
                const auto other = index.find(name);
                if (other == index.end()) {
                    if (at == i) {
                        mistakes.add_unknown(where, "after: there is no VM", name, names);
                    }
                } else if (other->second == i) {
                    itself = true;
                } else if (!seen[other->second]) {
                    seen[other->second] = true;
                    waits_for.push_back(other->second);
                }
            }
        }
        if (itself) {
            mistakes.add(where, fmt::format("after: '{}' would wait for itself", plans[i].name));
        }
    }
}

}  // namespace

KioskFile read_kiosk_file(std::string_view text, const std::string& folder) {
    KioskFile file;
    MistakeList mistakes{file.mistakes};
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        mistakes.add(error.source(), std::string{error.description()});
        return file;
    }
    constexpr auto kRootKeys = std::to_array<std::string_view>({"vm"});
    TomlTable{root, mistakes}.check_keys(kRootKeys);
    const std::vector<VmEntry> entries = vm_tables(root, mistakes);
    check_names(entries, mistakes);
    file.vms.reserve(entries.size());
    for (const VmEntry& entry : entries) {
        file.vms.push_back(read_vm_table(std::string{entry.key->str()},
                                         TomlTable{*entry.table, mistakes}, folder, mistakes,
                                         file.warnings));
    }
    check_single_use(entries, mistakes);
    check_order(entries, file.vms, mistakes);
    sort_mistakes(file.mistakes);
    return file;
}

Result<std::string> load_kiosk_file(const std::string& path) {
    return load_toml_file(path, kMaxKioskFile);
}

}  // namespace oriel::app
