// SPDX-License-Identifier: MIT
// Any file as one of openQA's needles: refused in one line, or areas that lie in its picture.
#include <fstream>
#include <string>
#include <string_view>

#include "harness.h"
#include "match/needle.h"
#include "match/png.h"
#include "support/temp_dir.h"

using namespace oriel;
using namespace oriel::match;

namespace {

using oriel::test::require;

/// A folder with a picture; the file beside it is each input's.
class NeedleFolder {
public:
    NeedleFolder() {
        Picture picture{{64, 48}, std::vector<uint32_t>(64 * 48)};
        for (size_t i = 0; i < picture.pixels.size(); ++i) {
            picture.pixels[i] = static_cast<uint32_t>(i * 77777 & 0xffffff);
        }
        require(write_png(folder_.file("needle.png"), picture.view()).has_value());
    }

    void read(std::string_view json) const {
        const std::string path = folder_.file("needle.json");
        std::ofstream{path, std::ios::binary | std::ios::trunc} << json;
        const auto needle = read_needle(path);
        if (!needle) {
            require(needle.error().message().find('\n') == std::string::npos);
            return;
        }
        require(!needle->areas.empty() && needle->areas.size() <= kMaxNeedleAreas);
        for (const NeedleArea& area : needle->areas) {
            require(!area.where.empty() && area.where.inside(needle->picture.size));
        }
        if (needle->areas.size() < 4) {
            static_cast<void>(oriel::match::match(needle->picture.view(), *needle).message());
        }
        static_cast<void>(tagged_needles(path.substr(0, path.rfind('/')), "tag"));
    }

private:
    test::TempDir folder_;
};

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    static const NeedleFolder folder;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    folder.read(text);
    // The same inside an area, where random bytes rarely get.
    folder.read(R"({"tags":["tag"],"area":[{"xpos":1,"ypos":2,"width":3,"height":4,)" +
                std::string{text} + "}]}");
}
