// SPDX-License-Identifier: MIT
// The process that has the fonts: paints texts for a presenter, as long as that wants any. Whatever
// font libraries do, and cost, stays here.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "caption/font.h"
#include "caption/painter_wire.h"
#include "caption/text_lines.h"
#include "core/mapping.h"
#include "core/memfd.h"
#include "core/unique_handle.h"
#include "net/local_socket.h"

namespace {

using namespace oriel;
using app::PaintReply;
using app::PaintRequest;

using Font = UniqueHandle<text_font, text_font_close>;
using Image = UniqueHandle<pixman_image_t, pixman_image_unref>;

// Premultiplied, 16 bits each.
constexpr pixman_color_t kWhite{0xffff, 0xffff, 0xffff, 0xffff};
constexpr pixman_color_t kGround{0, 0, 0, 0xb000};
constexpr uint32_t kStrideAlignment = 256;

class FontWidths final : public app::LetterWidths {
public:
    explicit FontWidths(text_font& font) : font_{font} {}
    int advance(char32_t letter, char32_t before) override {
        return text_font_advance(&font_, letter, before);
    }

private:
    text_font& font_;
};

uint32_t round_up(uint32_t value, uint32_t step) {
    return (value + step - 1) / step * step;
}

class Painter {
public:
    /// The pixels of a text; nothing: there is no font, or no memory.
    UniqueFd paint(const PaintRequest& request, std::string_view text, PaintReply& reply) {
        if (!font_ || px_ != request.height) {
            px_ = request.height;
            font_.reset(text_font_open(fmt::format("pixelsize={}", px_).c_str()));
        }
        if (!font_) {
            return {};
        }
        const uint32_t pad = std::max(px_ / 2, 1U);
        FontWidths widths{*font_};
        const int room = static_cast<int>(request.max_width - std::min(request.max_width, 2 * pad));
        const auto lines = app::break_lines(app::letters_of(text), std::max(room, 1), widths);
        int widest = 0;
        for (const app::TextLine& line : lines) {
            widest = std::max(widest, line.width);
        }
        const auto line_height = static_cast<uint32_t>(text_font_height(font_.get()));
        const uint32_t width = round_up(static_cast<uint32_t>(widest) + 2 * pad, request.step);
        const uint32_t height =
            round_up(static_cast<uint32_t>(lines.size()) * line_height + pad, request.step);
        if (lines.empty() || width > app::kMaxPaintedSide || height > app::kMaxPaintedSide) {
            return {};
        }
        const uint32_t stride = round_up(width * 4, kStrideAlignment);
        const size_t bytes = round_to_pages(size_t{stride} * height);
        auto file = create_memfd("oriel-text", bytes, MemfdSeals::kFixedSize);
        if (!file) {
            return {};
        }
        const auto mapping = Mapping::map(file->get(), 0, bytes, MapAccess::kReadWrite);
        if (!mapping) {
            return {};
        }
        const Image image{pixman_image_create_bits(
            PIXMAN_a8r8g8b8, static_cast<int>(width), static_cast<int>(height),
            reinterpret_cast<uint32_t*>(mapping->data()), static_cast<int>(stride))};
        const pixman_box32_t all{0, 0, static_cast<int>(width), static_cast<int>(height)};
        pixman_image_fill_boxes(PIXMAN_OP_SRC, image.get(), &kGround, 1, &all);
        draw(lines, widest, static_cast<int>(pad), image.get());
        reply = {width, height, stride};
        return std::move(*file);
    }

private:
    void draw(const std::vector<app::TextLine>& lines, int widest, int pad, pixman_image_t* image) {
        const Image white{pixman_image_create_solid_fill(&kWhite)};
        int baseline = pad / 2 + text_font_ascent(font_.get());
        for (const app::TextLine& line : lines) {
            int x = pad + (widest - line.width) / 2;
            char32_t before = 0;
            for (const char32_t letter : line.letters) {
                const int advance = text_font_advance(font_.get(), letter, before);
                text_font_draw(font_.get(), letter, white.get(), image, x, baseline);
                x += advance;
                before = letter;
            }
            baseline += text_font_height(font_.get());
        }
    }

    uint32_t px_ = 0;
    Font font_;
};

/// Whether there is another one to come.
bool serve(int socket, Painter& painter) {
    std::array<char, sizeof(PaintRequest) + app::kMaxPaintedText> message;
    const ssize_t got = ::recv(socket, message.data(), message.size(), 0);
    if (got < static_cast<ssize_t>(sizeof(PaintRequest))) {
        return false;
    }
    PaintRequest request;
    std::memcpy(&request, message.data(), sizeof request);
    request.height = std::clamp(request.height, 1U, app::kMaxPaintedHeight);
    request.max_width = std::min(request.max_width, app::kMaxPaintedSide);
    request.step = std::clamp(request.step, 1U, 256U);
    const std::string_view text{message.data() + sizeof request,
                                static_cast<size_t>(got) - sizeof request};
    PaintReply reply;
    const UniqueFd pixels = painter.paint(request, text, reply);
    std::array<char, sizeof reply> bytes;
    std::memcpy(bytes.data(), &reply, sizeof reply);
    return send_with_fd(socket, bytes, pixels.get()).has_value();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    const int socket = std::atoi(argv[1]);
    Painter painter;
    while (serve(socket, painter)) {
    }
    return 0;
}
