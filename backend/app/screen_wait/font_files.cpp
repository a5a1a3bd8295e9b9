// SPDX-License-Identifier: MIT
#include "screen_wait/font_files.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "match/console_font.h"

namespace oriel::app {
namespace {

constexpr std::array kSystemFonts = std::to_array<const char*>({
    "/usr/share/consolefonts/Uni2-VGA16.psf.gz",
    "/usr/share/consolefonts/Uni2-VGA8.psf.gz",
    "/usr/share/consolefonts/Uni2-Terminus32x16.psf.gz",
    "/usr/share/grub/unicode.pf2",
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/seabios/vgabios-bochs-display.bin",
    "/usr/share/seabios/vgabios-stdvga.bin",
});
// What a VGA's text modes show on 720x400.
constexpr Size kVgaCell{8, 16};

/// Also as a VGA's text modes show it.
void add_font(std::vector<match::BitmapFont>& fonts, match::BitmapFont font) {
    if (font.cell == kVgaCell) {
        fonts.push_back(match::nine_dots(font));
    }
    fonts.push_back(std::move(font));
}

Result<std::vector<match::BitmapFont>> read_fonts(const std::vector<std::string>& files) {
    std::vector<match::BitmapFont> fonts;
    for (const std::string& file : files) {
        auto font = match::read_font(file);
        if (!font) {
            return tl::unexpected(font.error());
        }
        add_font(fonts, std::move(*font));
    }
    for (const char* const path : kSystemFonts) {
        // One that is there and can't be read is one that this build can't unpack, for example.
        if (::access(path, R_OK) != 0) {
            continue;
        }
        auto font = match::read_font(path);
        if (font) {
            add_font(fonts, std::move(*font));
        }
    }
    if (fonts.empty()) {
        return host_error(
            "there is no font to read texts with: install console-setup-linux, or name one "
            "(fonts = [...])");
    }
    return fonts;
}

}  // namespace

Result<std::shared_ptr<const match::TextReader>> ScreenFonts::reader() {
    if (!reader_) {
        const auto fonts = read_fonts(files_);
        if (!fonts) {
            return tl::unexpected(fonts.error());
        }
        reader_ = std::make_shared<const match::TextReader>(*fonts);
    }
    return reader_;
}

}  // namespace oriel::app
