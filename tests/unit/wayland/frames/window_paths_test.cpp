// SPDX-License-Identifier: MIT
#include "frames/window_paths.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <memory>
#include <utility>

using namespace oriel;
using namespace oriel::wayland;

namespace {

constexpr Size kSize{64, 48};

/// What a test's paths have been asked, and what they are to answer.
struct Record {
    int asked = 0;
    int explained = 0;
    bool ended = false;
    bool holds = false;
    Readiness readiness = Readiness::kReady;
};

class ScriptedPath final : public FramePath {
public:
    explicit ScriptedPath(Record& record) : record_{record} {}
    ~ScriptedPath() override { record_.ended = true; }

    Readiness prepare(const FramebufferRef&, const BufferShape&) override {
        ++record_.asked;
        return record_.readiness;
    }
    [[nodiscard]] std::string_view refusal(const Framebuffer&) const override {
        ++record_.explained;
        return "it is scripted so";
    }
    std::optional<ShownFrame> show(Surface&, const FramebufferRef&, const Rect&,
                                   const Region&) override {
        return ShownFrame{};
    }
    void leave(Surface&) override {}
    [[nodiscard]] bool holds_buffers() const override { return record_.holds; }

private:
    Record& record_;
};

struct Desk {
    explicit Desk(Readiness better) {
        first.readiness = better;
        paths.replace(list(first, second), "", nullptr);
    }
    static WindowPaths::List list(Record& better, Record& worse) {
        WindowPaths::List made;
        made.push_back(std::make_unique<ScriptedPath>(better));
        made.push_back(std::make_unique<ScriptedPath>(worse));
        return made;
    }
    Readiness prepare(const FramebufferRef& framebuffer, const Rect& source = Rect::of(kSize)) {
        return paths.prepare(framebuffer, source, {});
    }
    static FramebufferRef picture() {
        return std::make_shared<Framebuffer>(MemoryPixels::create(kSize).value(),
                                             DRM_FORMAT_XRGB8888);
    }

    Record first;
    Record second;
    WindowPaths paths;
};

}  // namespace

TEST_CASE("the way of a framebuffer is chosen once, and again when a path may decide otherwise") {
    Desk desk{Readiness::kRefused};
    const FramebufferRef one = Desk::picture();
    const FramebufferRef two = Desk::picture();
    for (int i = 0; i < 10; ++i) {
        CHECK(desk.prepare(one) == Readiness::kReady);
        CHECK(desk.prepare(two) == Readiness::kReady);
    }
    CHECK(desk.first.asked == 2);
    CHECK(desk.second.asked == 20);
    desk.first.readiness = Readiness::kReady;
    desk.paths.choose_again();
    CHECK(desk.prepare(one) == Readiness::kReady);
    CHECK(desk.prepare(one) == Readiness::kReady);
    CHECK(desk.first.asked == 4);
    CHECK(desk.second.asked == 20);
}

TEST_CASE("a path that refuses what it took before gives way at once") {
    Desk desk{Readiness::kReady};
    const FramebufferRef one = Desk::picture();
    CHECK(desk.prepare(one) == Readiness::kReady);
    desk.first.readiness = Readiness::kRefused;
    desk.second.readiness = Readiness::kLater;
    CHECK(desk.prepare(one) == Readiness::kLater);
    CHECK(desk.second.asked == 1);
}

TEST_CASE("where no path can show a framebuffer the reason says why") {
    Desk desk{Readiness::kRefused};
    desk.second.readiness = Readiness::kRefused;
    CHECK(desk.prepare(Desk::picture()) == Readiness::kRefused);
    CHECK(desk.paths.reason() == "it is scripted so");
}

TEST_CASE("paths that are replaced live on while somebody reads what they gave away") {
    Record third;
    Record fourth;
    Desk desk{Readiness::kReady};
    desk.first.holds = true;
    desk.paths.replace(Desk::list(third, fourth), "", nullptr);
    CHECK_FALSE(desk.first.ended);
    CHECK(desk.second.ended);
    desk.paths.trim();
    CHECK_FALSE(desk.first.ended);
    desk.first.holds = false;
    desk.paths.trim();
    CHECK(desk.first.ended);
    CHECK_FALSE(third.ended);
}
