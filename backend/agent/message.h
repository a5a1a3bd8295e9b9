// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// Messages of the SPICE agent, as far as a clipboard of texts needs them (spice-protocol,
/// vd_agent.h).
namespace oriel::agent {

/// VDAgentAnnounceCapabilities
struct Capabilities {
    bool request = false;  ///< the other end's are wanted, too
    uint32_t bits = 0;     ///< the first 32; none are known beyond
};
/// VDAgentClipboardGrab: that side's clipboard has something new.
struct Grab {
    bool text = false;  ///< UTF-8 text is among its forms
};
/// VDAgentClipboardRelease
struct Release {};
/// VDAgentClipboardRequest
struct Request {
    bool text = false;  ///< UTF-8 text is asked for
};
/// VDAgentClipboard, the answer to a request.
struct Clipboard {
    std::optional<std::string> text;  ///< bytes as they came; unset: nothing, or no text
};
/// One that this program has no use for, or of a selection that isn't the clipboard.
struct Other {};
/// A message that isn't as long as its type says.
struct Malformed {};
using Message = std::variant<Malformed, Other, Capabilities, Grab, Release, Request, Clipboard>;

/// `body` is what follows the header. `selection`: both ends have VD_AGENT_CAP_CLIPBOARD_SELECTION.
[[nodiscard]] Message parse(uint32_t type, std::span<const std::byte> body, bool selection);

/// Whole messages as they go to the port, in chunks of no more than wire::kMaxChunk bytes.
/// `selection` as above. A Clipboard without text says that there is none.
[[nodiscard]] std::string encode(const Capabilities& message);
[[nodiscard]] std::string encode(const Grab& message, bool selection);
[[nodiscard]] std::string encode(const Release& message, bool selection);
[[nodiscard]] std::string encode(const Request& message, bool selection);
[[nodiscard]] std::string encode(const Clipboard& message, bool selection);
/// VDAgentMaxClipboard: no answer is to be larger.
[[nodiscard]] std::string encode_max_clipboard(uint32_t bytes);

}  // namespace oriel::agent
