// SPDX-License-Identifier: MIT
#include "kiosk/vm_record.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/values.h"
#include "control/control_server.h"
#include "control/json_fields.h"
#include "core/read_up_to.h"
#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr std::string_view kSuffix = ".kiosk";
// Arguments of a command line, twice.
constexpr size_t kMaxRecord = size_t{4} << 20;
constexpr int64_t kVersion = 1;

json to_json(const std::optional<ProcessIdentity>& identity) {
    return identity ? json{{"pid", identity->pid}, {"started", identity->started}} : json{};
}

std::optional<ProcessIdentity> identity_of(const json& object, const char* name) {
    const json value = field_of(object, name, json::object());
    const int64_t pid = field_of(value, "pid", int64_t{0});
    const int64_t started = field_of(value, "started", int64_t{-1});
    if (pid <= 1 || pid > INT32_MAX || started < 0) {
        return std::nullopt;
    }
    return ProcessIdentity{static_cast<pid_t>(pid), static_cast<uint64_t>(started)};
}

std::vector<std::string> texts_of(const json& object, const char* name) {
    std::vector<std::string> texts;
    const auto list = object.find(name);
    if (list == object.end() || !list->is_array()) {
        return texts;
    }
    for (const json& text : *list) {
        texts.push_back(text.is_string() ? text.get<std::string>() : std::string{});
    }
    return texts;
}

std::optional<std::string> read_all(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    struct stat status = {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<size_t>(status.st_size) > kMaxRecord) {
        return std::nullopt;
    }
    std::string text(static_cast<size_t>(status.st_size), '\0');
    const ssize_t count = read_up_to(fd.get(), text.data(), text.size());
    text.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    return text;
}

}  // namespace

std::string record_path(const std::string& folder, const std::string& name) {
    return fmt::format("{}/{}{}", folder, name, kSuffix);
}

std::vector<std::string> record_names(const std::string& folder) {
    std::vector<std::string> names;
    const UniqueHandle<DIR, closedir> entries{::opendir(folder.c_str())};
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
        std::string_view name{entry->d_name};
        if (!name.ends_with(kSuffix)) {
            continue;
        }
        name.remove_suffix(kSuffix.size());
        if (valid_name(name)) {
            names.emplace_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<void> write_record(const std::string& path, const VmRecord& record) {
    const std::string text = control_line({
        {"version", kVersion},
        {"boot", boot_id()},
        {"display", to_json(record.display)},
        {"command", to_json(record.command)},
        {"holder", to_json(record.holder)},
        {"attached", record.attached},
        {"stopped", record.stopped},
        {"display_arguments", record.display_arguments},
        {"command_arguments", record.command_arguments},
        {"sent_to", record.sent_to},
    });
    const std::string fresh = path + ".new";
    const UniqueFd fd{
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!fd) {
        return system_error("write {}", fresh);
    }
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size())) {
        errno = written < 0 ? errno : ENOSPC;
        return system_error("write {}", fresh);
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        return system_error("rename {}", fresh);
    }
    return {};
}

std::optional<VmRecord> read_record(const std::string& path) {
    const auto text = read_all(path);
    const json object = text ? json::parse(*text, nullptr, false) : json{};
    if (!object.is_object() || field_of(object, "version", int64_t{0}) != kVersion ||
        field_of(object, "boot", std::string{}) != boot_id()) {
        return std::nullopt;
    }
    return VmRecord{.display = identity_of(object, "display"),
                    .command = identity_of(object, "command"),
                    .holder = identity_of(object, "holder"),
                    .attached = field_of(object, "attached", false),
                    .stopped = field_of(object, "stopped", false),
                    .display_arguments = texts_of(object, "display_arguments"),
                    .command_arguments = texts_of(object, "command_arguments"),
                    .sent_to = texts_of(object, "sent_to")};
}

void remove_record(const std::string& path) {
    ::unlink(path.c_str());
    ::unlink((path + ".new").c_str());
}

}  // namespace oriel::app
