// SPDX-License-Identifier: MIT
// Memory tables whose files have no seals: their VMM can take the memory away at any time.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "card/card.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/memfd.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "guest/udmabuf.h"
#include "pci/display_function.h"
#include "support/blob_screen.h"
#include "support/fake_vga.h"
#include "support/gpu_driver.h"
#include "support/log_lines.h"
#include "support/recording_display.h"
#include "support/temp_dir.h"
#include "support/vhost_gpu_link.h"
#include "support/virtio_gpu_link.h"
#include "vfio_user/server.h"
#include "vhost_user/server.h"

using namespace oriel;
using namespace oriel::test;
using wire::Type;

namespace {

enum class FileKind : uint8_t { kMemfd, kPlainFile };

/// A card that would export any memory as dma-bufs, on one of the roads, and a guest on it.
class Machine {
public:
    explicit Machine(std::optional<VhostFrontEnd::Style> style) : style_{style} {
        std::ofstream{dir_.file("udmabuf")} << "";
        set_log_level(LogLevel::kInfo);
        if (style_) {
            vhost_.emplace(vhost_user::Server::Served{loop_, gpu, memory}, path_);
        } else {
            vfio_.emplace(vfio_user::Server::Served{loop_, function_, memory}, path_);
        }
    }

    void attach(FileKind kind) {
        UniqueFd file = kind == FileKind::kMemfd
                            ? create_memfd("no seals", 0, MemfdSeals::kNone).value()
                            : UniqueFd{::open(dir_.file("ram").c_str(),
                                              O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
        takes_seals_ = ::fcntl(file.get(), F_GET_SEALS) >= 0;
        if (style_) {
            vhost_link_ = std::make_unique<VhostGpuLink>(loop_, path_, *style_, std::move(file));
        } else {
            vfio_link_ = std::make_unique<VirtioGpuLink>(loop_, path_, std::move(file));
        }
    }
    void detach() {
        vhost_link_.reset();
        vfio_link_.reset();
        while (loop_.dispatch(Nanoseconds{0})) {
        }
    }
    GpuLink& link() { return vhost_link_ ? static_cast<GpuLink&>(*vhost_link_) : *vfio_link_; }
    /// All of the memory is gone; the driver kicks, as it doesn't know.
    void take_memory_away() {
        (vhost_link_ ? vhost_link_->ram() : vfio_link_->ram()).shrink(0);
        vhost_link_ ? vhost_link_->vmm().kick(0) : vfio_link_->driver().kick(0);
        while (link().pump()) {
        }
    }

    LogLines log;
    guest::GuestMemory memory;
    /// As memfds do, and on a tmpfs (Debian 13's /tmp) any file.
    [[nodiscard]] bool takes_seals() const { return takes_seals_; }

    int exports = 0;

private:
    TempDir dir_;
    std::string path_ = dir_.file("card.sock");
    ManualClock clock_;
    EventLoop loop_{clock_};
    guest::Udmabuf udmabuf_{{.device = dir_.file("udmabuf"), .ioctl = [this](auto...) {
                                 ++exports;
                                 return -1;
                             }}};

public:
    RecordingDisplay display{1};
    card::Card card{display};
    gpu::GpuDevice gpu{loop_, card.add_source("virtio", 1), memory, {.exporter = &udmabuf_}};

private:
    const std::optional<VhostFrontEnd::Style> style_;
    bool takes_seals_ = false;
    FakeVga vga_;
    pci::DisplayFunction function_{{loop_, memory, gpu, vga_, gpu}};
    std::optional<vfio_user::Server> vfio_;
    std::optional<vhost_user::Server> vhost_;
    std::unique_ptr<VirtioGpuLink> vfio_link_;
    std::unique_ptr<VhostGpuLink> vhost_link_;
};

/// A table of memory, slots, and vfio-user's own.
constexpr std::array<std::optional<VhostFrontEnd::Style>, 3> kRoads{
    std::nullopt, VhostFrontEnd::Style::kQemu7, VhostFrontEnd::Style::kQemu11};

}  // namespace

TEST_CASE("memory whose file has no seals is shown by copies, and its end ends nothing") {
    for (const auto& road : kRoads) {
        for (const FileKind kind : {FileKind::kMemfd, FileKind::kPlainFile}) {
            CAPTURE(road.has_value());
            CAPTURE(static_cast<int>(kind));
            Machine machine{road};
            for (const uint32_t colour : {0x112233U, 0x445566U}) {
                // The second one is the next VMM, whose memory is whole.
                machine.attach(kind);
                CHECK_FALSE(machine.memory.damaged());
                GpuDriver driver{machine.link()};
                auto screen = driver.show(0, {640, 480});
                screen.fill(colour);
                CHECK(screen.flush() == Type::kOkNodata);
                CHECK(machine.display.pixel(0, 639, 479) == colour);

                BlobScreen blob{driver, {640, 480}, {.pages = Pages::kContiguous}};
                blob.fill(0xff000000U | ~colour);
                CHECK(blob.show_on(0) == Type::kOkNodata);
                CHECK(blob.flush() == Type::kOkNodata);
                CHECK(machine.display.pixel(0, 639, 479) == (0xff000000U | ~colour));
                // /dev/udmabuf is not even asked.
                const auto& files = machine.card.attached(0)->framebuffer->dmabuf()->files();
                REQUIRE_FALSE(files.has_value());
                CHECK(files.error().message().find(machine.takes_seals()
                                                       ? "it has no F_SEAL_SHRINK"
                                                       : "in a file, not in a memfd") !=
                      std::string::npos);
                CHECK(machine.exports == 0);

                const long told = machine.log.count("the file behind the VM's memory shrank");
                machine.take_memory_away();
                CHECK(machine.memory.damaged());
                CHECK(machine.log.count("the file behind the VM's memory shrank") == told + 1);
                machine.detach();
            }
        }
    }
}
