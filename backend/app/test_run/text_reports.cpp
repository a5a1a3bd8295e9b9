// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/text.h"
#include "core/unique_fd.h"
#include "test_run/reports.h"

namespace oriel::app {
namespace {

/// A text in TAP's YAML block: in double quotes, as JSON.
std::string yaml_text(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace

std::string markup_text(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    // XML 1.0 has no other control characters than these, and both want UTF-8.
    const bool utf8 = valid_utf8(text);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\n':
            case '\t':
                escaped += c;
                break;
            default:
                escaped += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8) ? '?' : c;
        }
    }
    return escaped;
}

std::string tap_head(size_t count) {
    return fmt::format("TAP version 13\n1..{}\n", count);
}

std::string tap_line(const TestResult& result, size_t number) {
    const bool bad = result.verdict == Verdict::kFailed || result.verdict == Verdict::kBroken;
    const bool skipped = result.verdict == Verdict::kSkipped;
    std::string line = fmt::format("{} {} - {}{}\n", bad ? "not ok" : "ok", number, result.name,
                                   skipped ? " # SKIP " + printable(result.message) : "");
    if (!skipped) {
        line += fmt::format("  ---\n  verdict: {}\n  seconds: {:.3f}\n",
                            verdict_name(result.verdict), result.seconds);
        if (!result.message.empty()) {
            line += fmt::format("  message: {}\n", yaml_text(result.message));
        }
        if (!result.trace.empty()) {
            line += fmt::format("  trace: {}\n", yaml_text(result.trace));
        }
        line += "  ...\n";
    }
    return line;
}

std::string tap_report(const TestReport& report) {
    std::string text = tap_head(report.results.size());
    for (size_t i = 0; i < report.results.size(); ++i) {
        text += tap_line(report.results[i], i + 1);
    }
    return text;
}

std::string junit_report(const TestReport& report) {
    const auto attributes = [&](const char* name) {
        return fmt::format(
            "name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"",
            name, report.results.size(), count_of(report.results, Verdict::kFailed),
            count_of(report.results, Verdict::kBroken), count_of(report.results, Verdict::kSkipped),
            report.seconds);
    };
    std::string xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n<testsuite {}>\n"
        "<properties><property name=\"seed\" value=\"{}\"/></properties>\n",
        attributes("oriel"), attributes("oriel test"), report.seed);
    for (const TestResult& result : report.results) {
        xml += fmt::format("<testcase name=\"{}\" classname=\"oriel\" file=\"{}\" time=\"{:.3f}\">",
                           markup_text(result.name), markup_text(result.file), result.seconds);
        const std::string message = markup_text(result.message);
        switch (result.verdict) {
            case Verdict::kFailed:
                xml += fmt::format("<failure message=\"{0}\">{0}</failure>", message);
                break;
            case Verdict::kBroken:
                xml += fmt::format("<error message=\"{0}\">{0}</error>", message);
                break;
            case Verdict::kSkipped:
                xml += fmt::format("<skipped message=\"{}\"/>", message);
                break;
            case Verdict::kPassed:
                break;
        }
        if (!result.serial.empty()) {
            xml += fmt::format("<system-out>{}</system-out>", markup_text(result.serial));
        }
        if (!result.log.empty()) {
            xml += fmt::format("<system-err>{}</system-err>", markup_text(result.log));
        }
        xml += "</testcase>\n";
    }
    return xml + "</testsuite>\n</testsuites>\n";
}

Result<void> write_report(const std::string& path, const std::string& text) {
    const std::string part = path + ".part";
    UniqueFd fd{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (!fd) {
        return system_error("create {}", part);
    }
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
        if (written < 0 && errno != EINTR) {
            auto error = system_error("write {}", path);
            ::unlink(part.c_str());
            return error;
        }
        rest.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
    }
    if (::close(fd.release()) != 0 || ::rename(part.c_str(), path.c_str()) != 0) {
        auto error = system_error("write {}", path);
        ::unlink(part.c_str());
        return error;
    }
    return {};
}

}  // namespace oriel::app
