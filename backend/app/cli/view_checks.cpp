// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "cli/checks.h"
#include "core/text.h"

namespace oriel::app {
namespace {

constexpr std::string_view kScheme = "oriel:";
constexpr size_t kMaxDomainName = 255;

/// "%20" is a blank.
std::string percent_decoded(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        char* end = nullptr;
        const std::string digits{text.substr(std::min(i + 1, text.size()), 2)};
        const long code = text[i] == '%' ? std::strtol(digits.c_str(), &end, 16) : 0;
        if (code > 0 && end == digits.c_str() + 2) {
            plain += static_cast<char>(code);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

/// "oriel:NAME", "oriel:///NAME?connect=URI": what a desktop passes on to this program.
void take_link(std::string_view link, ViewOptions& options) {
    link.remove_prefix(kScheme.size());
    const size_t question = std::min(link.find('?'), link.size());
    std::string_view query = link.substr(std::min(question + 1, link.size()));
    std::string_view name = link.substr(0, question);
    name.remove_prefix(std::min(name.find_first_not_of('/'), name.size()));
    options.domain = percent_decoded(name);
    constexpr std::string_view kConnectKey = "connect=";
    if (query.starts_with(kConnectKey)) {
        query.remove_prefix(kConnectKey.size());
        options.connect = percent_decoded(query.substr(0, query.find('&')));
    } else if (!query.empty()) {
        refuse(fmt::format("view: oriel:...?{}: expected connect=URI", query));
    }
}

/// A name for files and windows, of one that may have any characters.
std::string window_name(const std::string& domain) {
    std::string name = domain.substr(0, kMaxName);
    for (char& c : name) {
        const std::string one(1, c);
        c = valid_name("x" + one) ? c : '-';
    }
    if (name.starts_with('.')) {
        name.front() = '-';
    }
    return name;
}

}  // namespace

ViewOptions check_view(const GivenOptions& given) {
    if (given.words.size() > 1) {
        refuse(fmt::format("view: one domain only, not also '{}'", given.words[1]));
    }
    ViewOptions options{.connect = given.text(OptionId::kConnect).value_or(""),
                        .domain = given.words.empty() ? "" : given.words[0],
                        .enable = given.has(OptionId::kEnable),
                        .serve = check_serve(given, CommandId::kView, {})};
    if (options.domain.starts_with(kScheme)) {
        take_link(options.domain, options);
    }
    for (const std::string* text : {&options.domain, &options.connect}) {
        if (printable(*text) != *text || text->size() > kMaxDomainName) {
            refuse("view: a name or a URI is UTF-8 without control characters, at most 255 bytes");
        }
    }
    if (options.domain.empty()) {
        if (options.enable || !given.words.empty()) {
            refuse("view: which domain? (oriel view lists them)");
        }
        return options;
    }
    if (!given.has(OptionId::kName)) {
        options.serve.name = window_name(options.domain);
    }
    options.serve.dbus = DbusOption{
        .kind = DbusOption::Kind::kDomain, .path = options.connect, .name = options.domain};
    return options;
}

}  // namespace oriel::app
