// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/byte_reader.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "cursor.h"
#include "edid_cache.h"
#include "flush_holder.h"
#include "gpu/command.h"
#include "gpu/limits.h"
#include "gpu/stats.h"
#include "guest/dmabuf_exporter.h"
#include "private_memory_hint.h"
#include "resources/resource_table.h"
#include "scanout/display.h"
#include "scanouts.h"
#include "state_keeper.h"

namespace oriel::gpu {

/// An answer under construction: a header, and behind it what some commands are answered with.
class Response {
public:
    /// `body` is one of the wire::Resp structures, its header still blank.
    template <class T>
    void set(const T& body) {
        static_assert(sizeof(T) <= sizeof(wire::RespEdid));
        size_ = ByteWriter{bytes_}.write(body) ? sizeof(T) : 0;
    }
    /// Writes the header (5.7.6.7: a fence is repeated) and returns the whole answer. Errors are
    /// a header only.
    [[nodiscard]] std::span<const std::byte> finish(wire::Type type, const wire::Header& request);

private:
    std::array<std::byte, sizeof(wire::RespEdid)> bytes_{};
    size_t size_ = 0;
};

/// Carries the commands out: everything between a decoded command and the display, without queues.
class Executor {
public:
    struct Options {
        Limits limits;
        std::string monitor_name;  ///< in the EDIDs
        uint64_t features = 0;     ///< that the device offers: commands of others don't exist
    };
    /// All but the options lent; must outlive this.
    Executor(EventLoop& loop, Display& display, const guest::GuestMemory& memory,
             guest::DmabufExporter& exporter, Options options);

    /// Carries a command out; nothing is a request without a header. Returns the type of the
    /// answer; what follows its header, if anything, is in `response`. `holder` is called during
    /// the call only. An error is reported.
    ///
    /// A command is served if the device offers its feature, as QEMU does it: Windows' drivers
    /// negotiate VERSION_1 alone and use EDID and blobs nevertheless.
    [[nodiscard]] wire::Type carry_out(std::optional<Request>& request, Response& response,
                                       FlushHolder& holder);
    /// Counts a command that is carried out by other means.
    void count(const wire::Header& header) { stats_.count_command(header.type); }
    /// Counts an answer that is an error and says so, not too often.
    void report(const wire::Header& header, wire::Type error);

    /// A transfer that is carried out in pieces.
    struct TransferProgress {
        command::TransferToHost2d transfer;
        uint32_t rows_done = 0;
    };
    /// Carries on with a transfer, until `until` or for one piece. Returns the type of the answer
    /// once it is all done. Nothing else may be carried out in between.
    [[nodiscard]] std::optional<wire::Type> carry_on(TransferProgress& progress, TimePoint until);

    /// A command with so many backing entries that looking them up takes more than a turn.
    struct BackingProgress {
        Command command;  ///< an AttachBacking or a ResourceCreateBlob, its entries in `backing`
        Backing backing;
    };
    /// Begins such a command, whose entries it takes; nothing: it is another one.
    [[nodiscard]] std::optional<BackingProgress> begin_backing(Request& request);
    /// The same as for a transfer.
    [[nodiscard]] std::optional<wire::Type> carry_on(BackingProgress& progress, TimePoint until);

    /// Whether a transfer may be carried out later, together with those that come until then: it
    /// is in order and of a 2D resource that is shown. With `pending`, only if each scanout that
    /// shows it has a frame on its way to the screen.
    [[nodiscard]] bool can_wait(const command::TransferToHost2d& transfer, bool pending);
    /// Whether a flush may follow such a transfer of its resource.
    [[nodiscard]] bool can_wait(const command::ResourceFlush& flush);
    /// Carries out a transfer that can_wait(), but for what is in `copied` already, and adds it
    /// there. Returns the type of the answer.
    [[nodiscard]] wire::Type transfer_rest(const command::TransferToHost2d& transfer,
                                           Region& copied);
    /// All of `part` of a resource that exists.
    void flush(uint32_t resource, const Region& part, FlushHolder& holder);

    /// Back to the state after power-on; the display is dark.
    void reset();

    /// virtio::Device's.
    void keep(StateRecord* record) { keeper_.keep(record); }
    void resume(const StateRecord& record);

    [[nodiscard]] uint32_t scanout_count() const { return scanouts_.count(); }
    /// How many of them show anything.
    [[nodiscard]] size_t shown_count() const { return scanouts_.shown_count(); }
    [[nodiscard]] const edid::Blob& edid(ScanoutId scanout) { return edids_.of(scanout); }
    [[nodiscard]] bool driver_has_edid(ScanoutId scanout) { return edids_.driver_has(scanout); }
    /// How many backing entries a command may bring now.
    [[nodiscard]] uint64_t free_entries() const { return resources_.free_entries(); }
    /// All but what the queues know.
    [[nodiscard]] Stats stats() const;

private:
    /// What one command works with.
    struct Context {
        Response& response;
        FlushHolder& holder;
    };

    /// Whether the device offers what a command needs.
    [[nodiscard]] bool offered(uint32_t type) const;
    [[nodiscard]] wire::Type execute(Request& request, Context& context);
    [[nodiscard]] Resource2d* find_2d(uint32_t id);
    [[nodiscard]] bool is_blob(uint32_t id);
    /// Made with the entries of a command, which are moved out of it.
    [[nodiscard]] Backing take_backing(std::vector<command::BackingEntry>& entries);
    [[nodiscard]] static wire::Type check(Resource2d& resource,
                                          const command::TransferToHost2d& transfer);
    [[nodiscard]] wire::Type transfer_available(Resource2d& resource, const Rect& rect,
                                                uint64_t offset, const Rect& whole);
    [[nodiscard]] wire::Type transfer(Resource2d& resource, const Rect& rect, uint64_t offset,
                                      const Rect& whole);

    wire::Type run(command::GetDisplayInfo, Context&);
    wire::Type run(const command::GetEdid& get, Context&);
    wire::Type run(const command::ResourceCreate2d& create, Context&);
    wire::Type run(const command::ResourceUnref& unref, Context&);
    wire::Type run(const command::SetScanout& set, Context&);
    wire::Type run(const command::ResourceFlush& flush, Context& context);
    wire::Type run(const command::TransferToHost2d& transfer, Context&);
    wire::Type run(command::AttachBacking& attach, Context&);
    wire::Type run(const command::DetachBacking& detach, Context&);
    wire::Type run(command::ResourceCreateBlob& create, Context&);
    wire::Type run(const command::SetScanoutBlob& set, Context&);
    wire::Type run(const command::GetCapsetInfo&, Context&);
    wire::Type run(const command::GetCapset&, Context&);
    wire::Type run(const command::UpdateCursor& update, Context&);
    wire::Type run(const command::MoveCursor& move, Context&);

    void repeat(std::span<const std::byte> bytes, QueueKind queue);

    const Clock& clock_;
    Display& display_;
    const guest::GuestMemory& memory_;
    const Options options_;
    ResourceTable resources_;
    StateKeeper keeper_;
    Scanouts scanouts_;
    Cursors cursors_;
    EdidCache edids_;
    Stats stats_;
    LogLimiter log_limiter_;
    PrivateMemoryHint private_memory_;
};

}  // namespace oriel::gpu
