// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "core/file_bytes.h"
#include "test_run/html_style.h"
#include "test_run/reports.h"

namespace oriel::app {
namespace {

std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - i);
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; ++k) {
            bits = bits << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (size_t k = 0; k < 4; ++k) {
            text += k <= count ? kDigits[bits >> (18 - 6 * k) & 63U] : '=';
        }
    }
    return text;
}

/// A command line as a shell takes it.
std::string shell_words(const std::vector<std::string>& command) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%";
    std::string line;
    for (const std::string& word : command) {
        const bool plain = !word.empty() && word.find_first_not_of(kPlain) == std::string::npos;
        std::string quoted = word;
        for (size_t at = quoted.find('\''); at != std::string::npos;
             at = quoted.find('\'', at + 4)) {
            quoted.replace(at, 1, "'\\''");
        }
        line += (line.empty() ? "" : " ") + (plain ? word : '\'' + quoted + '\'');
    }
    return line;
}

class HtmlWriter {
public:
    HtmlWriter(const TestReport& report, const std::string& output)
        : report_{report}, output_{output} {}

    [[nodiscard]] std::string write() {
        html_ = kHtmlHead;
        const auto count = [this](Verdict verdict) { return count_of(report_.results, verdict); };
        html_ += fmt::format(
            "<h1>{} of {} tests passed</h1>\n<p class=\"sum\">{} failed, {} broken, {} skipped · "
            "{:.1f} s · seed {} · {}</p>\n",
            count(Verdict::kPassed), report_.results.size(), count(Verdict::kFailed),
            count(Verdict::kBroken), count(Verdict::kSkipped), report_.seconds, report_.seed,
            markup_text(report_.version));
        for (const TestResult& result : report_.results) {
            add_test(result);
        }
        if (left_out_ > 0) {
            html_ += fmt::format(
                "<p>{} pictures are not in this file: there is room for {} MiB. "
                "They are beside it.</p>\n",
                left_out_, kMaxHtmlPictures >> 20);
        }
        return std::move(html_.append(kHtmlFoot));
    }

private:
    /// A data URI; empty where there is none, or no room.
    [[nodiscard]] std::string picture(const std::string& path) {
        if (path.empty()) {
            return {};
        }
        const auto bytes = file_bytes(output_ + '/' + path, kMaxHtmlPictures - used_);
        if (!bytes || bytes->empty()) {
            ++left_out_;
            return {};
        }
        used_ += bytes->size();
        return "data:image/png;base64," + base64({bytes->data(), bytes->size()});
    }

    void add_test(const TestResult& result) {
        const bool bad = result.verdict == Verdict::kFailed || result.verdict == Verdict::kBroken;
        html_ += fmt::format(
            "<details class=\"test {0}\"{1}><summary><span class=\"mark\">{0}</span>"
            "<span class=\"name\">{2}</span><span class=\"time\">{3:.2f} s</span></summary>"
            "<div class=\"body\">\n",
            verdict_name(result.verdict), bad ? " open" : "", markup_text(result.name),
            result.seconds);
        if (!result.message.empty()) {
            html_ += fmt::format("<p class=\"why\">{}</p>\n", markup_text(result.message));
        }
        add_film(result);
        add_recording(result);
        add_steps(result);
        if (!result.trace.empty()) {
            html_ += fmt::format("<p>All frames: <a href=\"{0}\">{0}</a></p>\n",
                                 markup_text(result.trace));
        }
        add_text("Updated references", lines(result.updated));
        add_text("Serial port", result.serial);
        add_text("Output of the VM's programs", result.log);
        add_text("Command line", shell_words(result.command));
        html_ += "</div></details>\n";
    }

    /// Beside this file: a video is too large to be in it.
    void add_recording(const TestResult& result) {
        if (result.recording.empty()) {
            return;
        }
        const std::string path = markup_text(result.recording);
        const bool plays = path.ends_with(".mp4") || path.ends_with(".webm");
        html_ += fmt::format("<p class=\"recording\">{}Recording: <a href=\"{}\">{}</a> ({})</p>\n",
                             plays ? fmt::format("<video src=\"{}\" controls preload=\"metadata\">"
                                                 "</video><br>",
                                                 path)
                                   : std::string{},
                             path, path, markup_text(result.recorded));
    }

    void add_film(const TestResult& result) {
        html_ += "<div class=\"film\">\n";
        std::string comparisons;
        for (const StepResult& step : result.steps) {
            const std::string seen = picture(step.picture);
            if (seen.empty()) {
                continue;
            }
            html_ += fmt::format(
                "<figure{}><img src=\"{}\" alt=\"\"><figcaption title=\"{}\">{:.1f} s: "
                "{}</figcaption></figure>\n",
                step.ok ? "" : " class=\"bad\"", seen, markup_text(step.title),
                step.start + step.seconds, markup_text(step.title));
            comparisons += comparison(step, seen);
        }
        html_ += "</div>\n" + comparisons;
    }

    [[nodiscard]] std::string comparison(const StepResult& step, const std::string& seen) {
        const std::string expected = picture(step.expected);
        const std::string difference = picture(step.difference);
        if (expected.empty()) {
            return {};
        }
        std::string html = fmt::format(
            "<div class=\"compare\"><b>{}</b>: {}<div class=\"pair\"><div class=\"names\">"
            "<span>expected</span>"
            "<span>seen</span></div><input type=\"range\" min=\"0\" max=\"100\" value=\"50\" "
            "aria-label=\"expected or seen\"><div class=\"stack\"><img src=\"{}\" "
            "alt=\"expected\"><img src=\"{}\" alt=\"seen\"></div></div>",
            markup_text(step.title), markup_text(step.message), expected, seen);
        if (!difference.empty()) {
            html += fmt::format(
                "<div class=\"names\"><span>difference</span></div><img "
                "src=\"{}\" alt=\"difference\">",
                difference);
        }
        return html + "</div>\n";
    }

    void add_steps(const TestResult& result) {
        html_ += "<table>\n";
        for (const StepResult& step : result.steps) {
            html_ += fmt::format(
                "<tr{}><td class=\"t\">{:.2f} s</td><td style=\"padding-left:{}em\">{}</td>"
                "<td>{}</td><td class=\"t\">{}</td></tr>\n",
                step.ok ? "" : " class=\"bad\"", step.seconds, step.depth * 1.2,
                markup_text(step.title), markup_text(step.message), markup_text(step.place));
        }
        html_ += "</table>\n";
    }

    void add_text(std::string_view title, const std::string& text) {
        if (!text.empty()) {
            html_ += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", title,
                                 markup_text(text));
        }
    }

    [[nodiscard]] static std::string lines(const std::vector<std::string>& all) {
        std::string text;
        for (const std::string& line : all) {
            text += line + '\n';
        }
        return text;
    }

    const TestReport& report_;
    const std::string& output_;
    std::string html_;
    size_t used_ = 0;  ///< bytes of pictures
    size_t left_out_ = 0;
};

}  // namespace

std::string html_report(const TestReport& report, const std::string& output) {
    return HtmlWriter{report, output}.write();
}

}  // namespace oriel::app
