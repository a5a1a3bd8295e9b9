// SPDX-License-Identifier: MIT
// What a script of `oriel test` may say.
#include <string>
#include <string_view>

#include "harness.h"
#include "test_run/script_reader.h"

using namespace oriel;

namespace {

/// Each file that is included has the text itself in it, so that files include each other.
class Surroundings final : public app::ScriptSurroundings {
public:
    explicit Surroundings(std::string_view text) : text_{text} {}

private:
    std::optional<std::string> variable(const std::string& name) const override {
        return name.size() % 2 == 0 ? std::optional{name} : std::nullopt;
    }
    Result<std::string> included(const std::string&) const override { return std::string{text_}; }

    std::string_view text_;
};

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const Surroundings surroundings{text};
    static_cast<void>(app::read_script(text, "folder/test.toml", surroundings));
    // The same inside steps, where random bytes rarely get.
    const std::string in_step =
        "[vm]\n[[step]]\nwait = {" + std::string{text} + "}\n[[step]]\n" + std::string{text};
    static_cast<void>(app::read_script(in_step, "folder/test.toml", surroundings));
}
