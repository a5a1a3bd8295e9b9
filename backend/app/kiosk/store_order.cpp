// SPDX-License-Identifier: MIT
#include "kiosk/store_order.h"

#include <algorithm>

namespace oriel::app {
namespace {

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxStoredName && is_alphanumeric(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
           });
}

}  // namespace

std::optional<StoreOrder> read_store_order(std::string_view message) {
    constexpr std::string_view kName = "FDNAME=";
    std::optional<StoreOrder::Kind> kind;
    std::string_view name;
    while (!message.empty()) {
        const std::string_view line = message.substr(0, message.find('\n'));
        message.remove_prefix(std::min(message.size(), line.size() + 1));
        if (line == "FDSTORE=1") {
            kind = StoreOrder::Kind::kStore;
        } else if (line == "FDSTOREREMOVE=1") {
            kind = StoreOrder::Kind::kRemove;
        } else if (line.starts_with(kName)) {
            name = line.substr(kName.size());
        }
    }
    if (!kind || !is_name(name)) {
        return std::nullopt;
    }
    return StoreOrder{*kind, std::string{name}};
}

}  // namespace oriel::app
