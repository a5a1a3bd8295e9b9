// SPDX-License-Identifier: MIT
#include "screen_wait/needle_check.h"

#include <fmt/format.h>

#include <utility>

#include "core/text.h"
#include "match/needle.h"
#include "ocr/ocr_text.h"

namespace oriel::app {
namespace {

/// One of openQA's needles matches, or any of several.
class NeedleCheck final : public PictureCheck {
public:
    explicit NeedleCheck(std::vector<match::Needle> needles) : needles_{std::move(needles)} {}

    [[nodiscard]] PictureVerdict check(const SeenPicture& seen) const override {
        const match::PictureView& frame = seen.view;
        const match::BestNeedle best = match::match_any(frame, needles_);
        const size_t nearest = best.order.empty() ? 0 : best.order.front();
        PictureVerdict verdict{.nearest = nearest};
        if (!best.index) {
            verdict.message = fmt::format("needle {}: {}", needles_[nearest].name,
                                          best.matches[nearest].message());
            return verdict;
        }
        const match::NeedleMatch& found = best.matches[*best.index];
        verdict.ok = true;
        verdict.message = fmt::format("needle {} matches{}", needles_[*best.index].name,
                                      texts_of(needles_[*best.index], frame));
        verdict.nearest = best.index;
        for (const match::AreaMatch& area : found.areas) {
            if (area.click) {
                verdict.click = area.click->at;
            }
        }
        if (!found.areas.empty()) {
            verdict.where = found.areas.back().where;
        }
        return verdict;
    }

    [[nodiscard]] const match::Picture* expected(size_t index) const override {
        return index < needles_.size() ? &needles_[index].picture : nullptr;
    }

private:
    /// What can be read in its areas for that, as os-autoinst does it: where the needle has them.
    [[nodiscard]] static std::string texts_of(const match::Needle& needle,
                                              const match::PictureView& frame) {
        std::string said;
        for (const match::NeedleArea& area : needle.areas) {
            if (area.type != match::AreaType::kOcr || !area.where.inside(frame.size)) {
                continue;
            }
            const auto text = ocr_text(frame.part(area.where));
            if (!text) {
                return said + "; " + text.error().message();
            }
            said += fmt::format("; the text at {},{} is '{}'", area.where.x, area.where.y,
                                printable(text->text()));
        }
        return said;
    }

    std::vector<match::Needle> needles_;
};

}  // namespace

Result<std::unique_ptr<PictureCheck>> make_needle_check(const NeedleCondition& condition) {
    if (!condition.folder.empty()) {
        auto tagged = match::tagged_needles(condition.folder, condition.tag);
        if (!tagged) {
            return tl::unexpected(tagged.error());
        }
        return std::make_unique<NeedleCheck>(std::move(*tagged));
    }
    std::vector<match::Needle> needles;
    needles.reserve(condition.files.size());
    for (const std::string& file : condition.files) {
        auto needle = match::read_needle(file);
        if (!needle) {
            return tl::unexpected(needle.error());
        }
        needles.push_back(std::move(*needle));
    }
    return std::make_unique<NeedleCheck>(std::move(needles));
}

}  // namespace oriel::app
