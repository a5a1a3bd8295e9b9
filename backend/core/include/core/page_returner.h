// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>

#include "core/event_loop.h"
#include "core/ledger.h"
#include "core/mapping.h"
#include "core/unique_fd.h"

namespace oriel {

/// Gives large files and mappings back to the kernel in turns of the loop: for a picture of
/// 3840x2160 that takes 8 ms, where its pages were mapped one by one 12 ms, and a guest may end
/// many of them with one command.
///
/// A process has one that counts, the first, or none: then, and where too much waits already, they
/// go back at once. What waits is accounted for (HeldFor::kPictures).
class PageReturner {
public:
    static constexpr size_t kMostBytes = size_t{256} << 20;
    /// The same for mappings in pieces, each of which the kernel counts (vm.max_map_count).
    static constexpr size_t kMostPieceBytes = size_t{64} << 20;

    /// The loop is lent and must outlive this.
    explicit PageReturner(EventLoop& loop);
    PageReturner(const PageReturner&) = delete;
    PageReturner& operator=(const PageReturner&) = delete;
    ~PageReturner();

    /// Ends a memfd that nobody uses any more, in this process or in another, and its mapping,
    /// which is all of it and may be written to.
    static void give_back(UniqueFd file, Mapping mapping);

    /// Ends a mapping that consists of many pieces, and that nobody uses any more.
    static void give_back(Mapping pieces);

    [[nodiscard]] size_t waiting_bytes() const { return waiting_bytes_ + waiting_piece_bytes_; }

private:
    struct Ended final : public LedgerItem {
        Ended(UniqueFd its_file, Mapping its_mapping);
        [[nodiscard]] Held held() const override;

        UniqueFd file;  ///< none: the mapping consists of pieces
        Mapping mapping;
        size_t done = 0;  ///< bytes from the begin that have gone
    };

    /// The one that counts; null: there is none.
    [[nodiscard]] static PageReturner*& the_one();
    void add(UniqueFd file, Mapping mapping);
    void go_on();
    [[nodiscard]] size_t& waiting(const Ended& ended) {
        return ended.file ? waiting_bytes_ : waiting_piece_bytes_;
    }
    /// Whether it was the last one of its mapping.
    [[nodiscard]] static bool return_part(Ended& ended);

    EventLoop& loop_;
    DeferredCall more_;
    std::deque<Ended> ended_;
    size_t waiting_bytes_ = 0;
    size_t waiting_piece_bytes_ = 0;
};

}  // namespace oriel
