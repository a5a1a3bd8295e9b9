// SPDX-License-Identifier: MIT
// What a script of `oriel test` may say.
#include <string>
#include <string_view>

#include "harness.h"
#include "test_run/script_reader.h"

using namespace oriel;

namespace {

/// Each file that is included has the text itself in it, so that files include each other. After
/// some there is none: two includes would go on to kMaxSteps, which takes longer than a turn of a
/// loop may, and is read on none.
class Surroundings final : public app::ScriptSurroundings {
public:
    explicit Surroundings(std::string_view text) : text_{text} {}

private:
    std::optional<std::string> variable(const std::string& name) const override {
        return name.size() % 2 == 0 ? std::optional{name} : std::nullopt;
    }
    Result<std::string> included(const std::string& path) const override {
        if (files_left_ == 0) {
            return host_error("open {}", path);
        }
        --files_left_;
        return std::string{text_};
    }

    std::string_view text_;
    mutable int files_left_ = 12;
};

void read(std::string_view script, std::string_view included) {
    const test::Turn turn;
    const Surroundings surroundings{included};
    static_cast<void>(app::read_script(script, "folder/test.toml", surroundings));
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    read(text, text);
    // The same inside steps, where random bytes rarely get.
    const std::string in_step =
        "[vm]\n[[step]]\nwait = {" + std::string{text} + "}\n[[step]]\n" + std::string{text};
    read(in_step, text);
}
