// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace oriel {

/// No text that is larger crosses between host and guest, either way.
constexpr size_t kMaxClipboardText = size_t{16} << 20;

/// How a text that was asked for comes: valid UTF-8 without NUL, lines ended by LF (guest's side)
/// or as the application has them (host's side). Unset: there is none. Called at most once, perhaps
/// before the call that asks returns; never after either side is gone.
using ClipboardDone = std::function<void(std::optional<std::string> text)>;

/// One of the two desktops that share a clipboard, as the other one sees it. Only the news that
/// there is a text goes across by itself; the text follows when somebody pastes.
class ClipboardSide {
public:
    ClipboardSide() = default;
    ClipboardSide(const ClipboardSide&) = delete;
    ClipboardSide& operator=(const ClipboardSide&) = delete;
    virtual ~ClipboardSide() = default;

    /// The other side has a (new) text, which takes the place of what this side has.
    virtual void offered() = 0;
    /// It has none any more.
    virtual void withdrawn() = 0;
    /// Somebody on the other side pastes what this side has offered.
    virtual void fetch(ClipboardDone done) = 0;
};

/// The guest's: the presenter's desktop joins it.
class GuestClipboard : public ClipboardSide {
public:
    /// `host` is lent until the next call; null: nobody shares any more. What was asked for on the
    /// old one's behalf is never answered.
    virtual void join(ClipboardSide* host) = 0;
};

}  // namespace oriel
