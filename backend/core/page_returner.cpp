// SPDX-License-Identifier: MIT
#include "core/page_returner.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace oriel {
namespace {

/// 1 to 2 ms.
constexpr size_t kPart = size_t{4} << 20;

}  // namespace

PageReturner::Ended::Ended(UniqueFd its_file, Mapping its_mapping)
    : LedgerItem{HeldFor::kPictures}, file{std::move(its_file)}, mapping{std::move(its_mapping)} {}

Held PageReturner::Ended::held() const {
    return file ? Held{file_bytes_of(file), 1} : Held{};
}

PageReturner*& PageReturner::the_one() {
    static PageReturner* returner = nullptr;
    return returner;
}

PageReturner::PageReturner(EventLoop& loop) : loop_{loop}, more_{loop, [this] { go_on(); }} {
    if (the_one() == nullptr) {
        the_one() = this;
    }
}

PageReturner::~PageReturner() {
    if (the_one() == this) {
        the_one() = nullptr;
    }
}

// Where they are not kept, the arguments end.

void PageReturner::give_back(UniqueFd file, Mapping mapping) {
    PageReturner* const returner = the_one();
    if (returner != nullptr && file && mapping.size() > kPart &&
        returner->waiting_bytes_ + mapping.size() <= kMostBytes) {
        returner->add(std::move(file), std::move(mapping));
    }
}

void PageReturner::give_back(Mapping pieces) {
    PageReturner* const returner = the_one();
    if (returner != nullptr && pieces.size() > kPart &&
        returner->waiting_piece_bytes_ + pieces.size() <= kMostPieceBytes) {
        returner->add({}, std::move(pieces));
    }
}

void PageReturner::add(UniqueFd file, Mapping mapping) {
    const Ended& ended = ended_.emplace_back(std::move(file), std::move(mapping));
    waiting(ended) += ended.mapping.size();
    more_.schedule();
}

void PageReturner::go_on() {
    while (!ended_.empty()) {
        if (!loop_.take_piece()) {
            more_.schedule();
            return;
        }
        Ended& ended = ended_.front();
        if (return_part(ended)) {
            waiting(ended) -= ended.mapping.size();
            ended_.pop_front();
        }
    }
}

bool PageReturner::return_part(Ended& ended) {
    const size_t size = ended.mapping.size();
    std::byte* const at = ended.mapping.data() + ended.done;
    const size_t bytes = std::min(kPart, size - ended.done);
    // A failure of either means that the rest takes longer.
    if (ended.file) {
        static_cast<void>(::madvise(at, bytes, MADV_REMOVE));
    } else {
        // The addresses are not free before all of it ends.
        static_cast<void>(::mmap(at, bytes, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
    }
    ended.done += bytes;
    return ended.done == size;
}

}  // namespace oriel
