// SPDX-License-Identifier: MIT
#include "scanout/source_selector.h"

#include <doctest/doctest.h>

#include <string>

#include "scanout/null_display.h"
#include "support/flush_done.h"

using namespace oriel;

namespace {

using test::when_done;

class LoggingDisplay final : public NullDisplay {
public:
    LoggingDisplay() : NullDisplay{std::vector<ScreenInfo>(2)} {}

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect&) override {
        log += "attach" + std::to_string(scanout) + ":" +
               std::to_string(framebuffer->size().width) + " ";
    }
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override {
        log += "flush" + std::to_string(scanout) + " ";
        NullDisplay::flush(scanout, damage, std::move(done));
    }
    void detach(ScanoutId scanout) override { log += "detach" + std::to_string(scanout) + " "; }

    std::string take() { return std::exchange(log, {}); }

private:
    std::string log;
};

FramebufferRef framebuffer(uint32_t width) {
    return std::make_shared<Framebuffer>(*MemoryPixels::create({width, 10}), 0);
}

struct Selection {
    LoggingDisplay display;
    SourceSelector selector{display};
    std::string vga_events;

    Selection() {
        selector.on_vga_active([this](bool active) { vga_events += active ? "on " : "off "; });
    }
};

}  // namespace

TEST_CASE("the screen is VGA until the driver sets a virtio scanout") {
    Selection s;
    s.selector.vga().attach(0, framebuffer(640), {});
    CHECK(s.display.take() == "attach0:640 ");
    CHECK(s.selector.source(0) == PictureSource::kVga);

    s.selector.virtio().attach(0, framebuffer(1024), {});
    CHECK(s.display.take() == "attach0:1024 ");
    CHECK(s.vga_events == "off ");

    SUBCASE("what VGA does then is remembered, not shown") {
        s.selector.vga().attach(0, framebuffer(800), {});
        bool answered = false;
        s.selector.vga().flush(0, Region{}, when_done([&] { answered = true; }));
        CHECK(s.display.take().empty());
        CHECK(answered);
        CHECK_FALSE(s.selector.vga().visible(0));
    }
    SUBCASE("a virtio scanout that is switched off is dark, not VGA") {
        s.selector.virtio().detach(0);
        CHECK(s.display.take() == "detach0 ");
        CHECK(s.selector.attached(0) == nullptr);
        CHECK(s.selector.source(0) == PictureSource::kNone);
    }
    SUBCASE("it is VGA again after a reset") {
        s.selector.reset();
        CHECK(s.display.take() == "attach0:640 ");
        CHECK(s.vga_events == "off on ");
        CHECK(s.selector.attached(0)->framebuffer->size().width == 640);
    }
}

TEST_CASE("a reset without a VGA picture leaves the screen dark") {
    Selection s;
    s.selector.virtio().attach(0, framebuffer(1024), {});
    s.selector.virtio().attach(1, framebuffer(1024), {});
    s.display.take();
    s.selector.reset();
    CHECK(s.display.take() == "detach0 detach1 ");
}

TEST_CASE("detaching what is already dark does not reach the presenter again") {
    Selection s;
    s.selector.virtio().attach(0, framebuffer(64), {});
    s.selector.virtio().detach(0);
    s.display.take();
    s.selector.virtio().detach(0);
    s.selector.reset();
    CHECK(s.display.take().empty());
}

TEST_CASE("scanouts beyond the last are ignored") {
    Selection s;
    s.selector.virtio().attach(kMaxScanouts, framebuffer(64), {});
    s.selector.virtio().detach(kMaxScanouts);
    CHECK(s.display.take().empty());
    CHECK(s.selector.attached(kMaxScanouts) == nullptr);
}
