// SPDX-License-Identifier: MIT
#include "screen_wait/needle_check.h"

#include <fmt/format.h>

#include <utility>

#include "match/needle.h"

namespace oriel::app {
namespace {

/// One of openQA's needles matches, or any of several.
class NeedleCheck final : public PictureCheck {
public:
    explicit NeedleCheck(std::vector<match::Needle> needles) : needles_{std::move(needles)} {}

    [[nodiscard]] PictureVerdict check(const match::PictureView& frame) const override {
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
        verdict.message = fmt::format("needle {} matches", needles_[*best.index].name);
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
    std::vector<match::Needle> needles_;
};

}  // namespace

Result<std::unique_ptr<PictureCheck>> make_needle_check(const NeedleCondition& condition) {
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
