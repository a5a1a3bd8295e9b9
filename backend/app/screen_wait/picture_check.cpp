// SPDX-License-Identifier: MIT
#include "screen_wait/picture_check.h"

#include <fmt/format.h>

#include <utility>

#include "match/compare.h"
#include "match/png.h"
#include "match/search.h"
#include "screen_wait/needle_check.h"
#include "screen_wait/text_check.h"

namespace oriel::app {
namespace {

/// Compares with one or more PNG files.
class ImageCheck final : public PictureCheck {
public:
    [[nodiscard]] static Result<std::unique_ptr<PictureCheck>> make(const ImageCondition& image) {
        auto check = std::make_unique<ImageCheck>();
        check->condition_ = image;
        check->pictures_.reserve(image.files.size());
        for (const std::string& file : image.files) {
            auto picture = match::read_png(file);
            if (!picture) {
                return tl::unexpected(picture.error());
            }
            check->pictures_.push_back(std::move(*picture));
        }
        if (auto masked = check->read_mask(); !masked) {
            return tl::unexpected(masked.error());
        }
        return check;
    }

    [[nodiscard]] PictureVerdict check(const SeenPicture& seen) const override {
        const match::PictureView& frame = seen.view;
        const Rect area = area_in(frame.size);
        if (!area.inside(frame.size)) {
            return {.message = fmt::format("the area {}x{} at {},{} is outside of the screen, "
                                           "which is {}x{}",
                                           area.width, area.height, area.x, area.y,
                                           frame.size.width, frame.size.height)};
        }
        PictureVerdict nearest;
        uint64_t fewest = UINT64_MAX;
        for (size_t i = 0; i < pictures_.size(); ++i) {
            uint64_t differing = 0;
            PictureVerdict verdict = condition_.anywhere ? look_for(i, frame, area, differing)
                                                         : compare_with(i, frame, area, differing);
            verdict.nearest = i;
            if (!condition_.anywhere) {
                verdict.compared = area;
            }
            if (verdict.ok) {
                return verdict;
            }
            if (differing < fewest || !nearest.nearest) {
                fewest = differing;
                nearest = std::move(verdict);
            }
        }
        return nearest;
    }

    void explain(const SeenPicture& seen, PictureVerdict& verdict) const override {
        const match::PictureView& frame = seen.view;
        const match::SearchOptions options{.within = area_in(frame.size),
                                           .tolerance = condition_.tolerance};
        if (!condition_.anywhere || !options.within.inside(frame.size)) {
            return;
        }
        uint64_t fewest = UINT64_MAX;
        for (size_t i = 0; i < pictures_.size(); ++i) {
            const auto found = match::nearest(frame, pictures_[i].view(), options);
            if (!found || found->differing >= fewest) {
                continue;
            }
            fewest = found->differing;
            verdict.nearest = i;
            verdict.compared = found->where;
            verdict.message = fmt::format(
                "{} is nowhere on the screen; it is nearest at {},{}, where {} of {} pixels "
                "differ, by up to {}",
                condition_.files[i], found->where.x, found->where.y, found->differing,
                found->where.size().area(), found->largest);
        }
    }

    [[nodiscard]] const match::Picture* expected(size_t index) const override {
        return index < pictures_.size() ? &pictures_[index] : nullptr;
    }

private:
    [[nodiscard]] Rect area_in(Size screen) const {
        return condition_.area.empty() ? Rect::of(screen) : condition_.area;
    }

    [[nodiscard]] Result<void> read_mask() {
        if (!condition_.mask.empty()) {
            const auto picture = match::read_png(condition_.mask);
            if (!picture) {
                return tl::unexpected(picture.error());
            }
            auto mask = match::Mask::from_picture(picture->view());
            if (!mask) {
                return host_error("{}: {}", condition_.mask, mask.error().message());
            }
            mask_ = std::move(*mask);
        } else if (!condition_.ignored.empty()) {
            mask_ = match::Mask::without(pictures_.front().size, condition_.ignored);
        }
        return {};
    }

    [[nodiscard]] PictureVerdict compare_with(size_t index, const match::PictureView& frame,
                                              const Rect& area, uint64_t& differing) const {
        const auto result = match::compare(pictures_[index].view(), frame.part(area),
                                           condition_.tolerance, mask_ ? &*mask_ : nullptr);
        differing = result.equal || result.compared > 0 ? result.differing : UINT64_MAX;
        return {.ok = result.equal,
                .message = fmt::format("{}: {}", condition_.files[index], result.message()),
                .where = result.equal ? std::optional{area} : std::nullopt};
    }

    [[nodiscard]] PictureVerdict look_for(size_t index, const match::PictureView& frame,
                                          const Rect& area, uint64_t& differing) const {
        const match::SearchOptions options{.within = area, .tolerance = condition_.tolerance};
        const auto& needle = pictures_[index];
        if (const auto found = match::search(frame, needle.view(), options)) {
            return {.ok = true,
                    .message = fmt::format("{} is at {},{}", condition_.files[index],
                                           found->where.x, found->where.y),
                    .where = found->where};
        }
        differing = UINT64_MAX;
        return {.message = fmt::format("{} is nowhere on the screen", condition_.files[index])};
    }

    ImageCondition condition_;
    std::vector<match::Picture> pictures_;
    std::optional<match::Mask> mask_;
};

/// Each pixel of an area has one colour.
class ColourCheck final : public PictureCheck {
public:
    explicit ColourCheck(const ColourCondition& colour) : condition_{colour} {}

    [[nodiscard]] PictureVerdict check(const SeenPicture& seen) const override {
        const match::PictureView& frame = seen.view;
        const Rect area = condition_.area.empty() ? Rect::of(frame.size) : condition_.area;
        if (!area.inside(frame.size)) {
            return {.message = fmt::format("the area is outside of the screen, which is {}x{}",
                                           frame.size.width, frame.size.height)};
        }
        for (uint32_t y = area.y; y < area.bottom(); ++y) {
            const uint32_t* row = frame.row(y);
            for (uint32_t x = area.x; x < area.right(); ++x) {
                if (!near(row[x])) {
                    return {.message = fmt::format("#{:06x} was expected, #{:06x} is at {},{}",
                                                   condition_.colour, row[x] & 0xffffffU, x, y)};
                }
            }
        }
        return {
            .ok = true, .message = fmt::format("#{:06x} it is", condition_.colour), .where = area};
    }

private:
    [[nodiscard]] bool near(uint32_t pixel) const {
        for (const uint32_t shift : {0U, 8U, 16U}) {
            const auto seen = static_cast<int>(pixel >> shift & 0xffU);
            const auto wanted = static_cast<int>(condition_.colour >> shift & 0xffU);
            if (std::abs(seen - wanted) > condition_.channel) {
                return false;
            }
        }
        return true;
    }

    ColourCondition condition_;
};

}  // namespace

Result<std::unique_ptr<PictureCheck>> make_picture_check(const Condition& condition,
                                                         ScreenFonts& fonts) {
    if (const auto* image = std::get_if<ImageCondition>(&condition)) {
        return ImageCheck::make(*image);
    }
    if (const auto* needle = std::get_if<NeedleCondition>(&condition)) {
        return make_needle_check(*needle);
    }
    if (const auto* text = std::get_if<TextCondition>(&condition)) {
        return make_text_check(*text, fonts);
    }
    if (const auto* colour = std::get_if<ColourCondition>(&condition)) {
        return std::make_unique<ColourCheck>(*colour);
    }
    return nullptr;
}

}  // namespace oriel::app
