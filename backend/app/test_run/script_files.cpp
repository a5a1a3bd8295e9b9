// SPDX-License-Identifier: MIT
#include "test_run/script_files.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "core/result.h"
#include "core/text.h"
#include "test_run/script_reader.h"
#include "toml_file/mistake.h"

namespace oriel::app {
namespace {

constexpr int kWrongUse = 2;

class FileSurroundings final : public ScriptSurroundings {
    std::optional<std::string> variable(const std::string& name) const override {
        const char* const value = std::getenv(name.c_str());
        return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
    }
    Result<std::string> included(const std::string& path) const override {
        return load_toml_file(path, kMaxScript);
    }
};

/// Whether a line of it begins the table [vm].
bool has_vm(const std::string& text) {
    return text.starts_with("[vm]") || text.find("\n[vm]") != std::string::npos;
}

std::vector<std::string> files_below(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder, error}) {
        if (entry.is_regular_file(error) && entry.path().extension() == ".toml" &&
            files.size() < kMaxTests) {
            files.push_back(entry.path().string());
        }
    }
    if (error) {
        throw StartupError{HostError{error.value(), "look into " + folder}, kWrongUse};
    }
    std::sort(files.begin(), files.end());
    return files;
}

class ScriptLoader {
public:
    void add(const std::string& file, bool named) {
        const auto text = load_toml_file(file, kMaxScript);
        if (!text) {
            throw StartupError{text.error(), kWrongUse};
        }
        if (!named && !has_vm(*text)) {
            return;
        }
        ReadScript read = read_script(*text, file, FileSurroundings{});
        for (const ScriptMistake& mistake : read.mistakes) {
            std::fprintf(stderr, "%s\n", printable(to_line(mistake.file, mistake.mistake)).c_str());
        }
        mistakes_ += read.mistakes.size();
        const auto [other, is_new] = files_.emplace(read.script.name, file);
        if (!is_new && read.mistakes.empty()) {
            throw StartupError{fmt::format("{} and {} are both called '{}': give one of them "
                                           "another name = \"...\"",
                                           other->second, file, read.script.name),
                               kWrongUse};
        }
        scripts_.push_back(std::move(read.script));
    }

    [[nodiscard]] std::vector<Script> take() {
        if (mistakes_ > 0) {
            throw StartupError{fmt::format("test: {} mistakes, nothing was run", mistakes_),
                               kWrongUse};
        }
        if (scripts_.empty()) {
            throw StartupError{"test: there is no script with a table [vm]", kWrongUse};
        }
        return std::move(scripts_);
    }

private:
    std::vector<Script> scripts_;
    std::map<std::string, std::string> files_;  // by the test's name
    size_t mistakes_ = 0;
};

}  // namespace

std::vector<Script> load_scripts(const std::vector<std::string>& paths) {
    ScriptLoader loader;
    for (const std::string& path : paths) {
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) {
            for (const std::string& file : files_below(path)) {
                loader.add(file, false);
            }
        } else {
            loader.add(path, true);
        }
    }
    return loader.take();
}

}  // namespace oriel::app
