// SPDX-License-Identifier: MIT
#include "test_run/one_test.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/control_server.h"
#include "core/clock.h"
#include "core/read_up_to.h"
#include "core/text.h"
#include "core/unique_fd.h"

namespace oriel::app {
namespace {

void write_line(int pipe, const nlohmann::json& object) {
    const std::string line = control_line(object) + '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t sent = ::write(pipe, rest.data(), rest.size());
        if (sent < 0 && errno != EINTR) {
            return;  // nobody reads any more: this process is about to end
        }
        rest.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
    }
}

class StepLines final : public StepListener {
public:
    explicit StepLines(int pipe) : pipe_{pipe} {}

private:
    void step_begins(const std::string& title) override { write_line(pipe_, {{"step", title}}); }

    int pipe_;
};

/// The end of a file.
std::string end_of(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    const off_t size = fd ? ::lseek(fd.get(), 0, SEEK_END) : 0;
    const off_t most = static_cast<off_t>(kMaxLogText);
    if (size <= 0 || ::lseek(fd.get(), std::max<off_t>(size - most, 0), SEEK_SET) < 0) {
        return {};
    }
    std::string text(kMaxLogText, '\0');
    const ssize_t got = read_up_to(fd.get(), text.data(), text.size());
    text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return text;
}

/// No report can be trusted whose recording is missing.
bool begin_recording(const Script& script, const TestProcess::Options& options, TestVm& vm,
                     TestResult& result) {
    if (!script.record) {
        return true;
    }
    result.recording = fmt::format("{}/{}", script.name, script.record->file);
    const auto begun =
        vm.start_recording(*script.record, fmt::format("{}/{}", options.output, result.recording));
    if (!begun) {
        result.recording.clear();
        result.verdict = Verdict::kBroken;
        result.message = begun.error().message();
    }
    return begun.has_value();
}

void end_recording(const Script& script, TestVm& vm, TestResult& result) {
    if (!script.record) {
        return;
    }
    const auto ended = vm.stop_recording(*script.record);
    result.recorded = ended ? *ended : ended.error().message();
    if (!ended && result.verdict == Verdict::kPassed) {
        result.verdict = Verdict::kBroken;
        result.message = ended.error().message();
    }
}

void do_steps(const Script& script, const TestProcess::Options& options, const std::string& folder,
              StepListener& listener, TestResult& result) {
    TestVm::Places places{.folder = folder, .trace = {}, .sandbox = options.sandbox};
    if (script.trace) {
        result.trace = script.name + "/trace.jsonl";
        places.trace = fmt::format("{}/{}", options.output, result.trace);
    }
    result.command = TestVm::command_line(script, places);
    auto vm = TestVm::start(script, places);
    if (!vm) {
        // The last line of what its programs have said is why they ended.
        const std::string log = end_of(folder + "/log.txt");
        const std::string_view said = last_line(log);
        result.verdict = Verdict::kBroken;
        result.message =
            said.empty() ? vm.error().message() : fmt::format("{}: {}", vm.error().message(), said);
        return;
    }
    if (!begin_recording(script, options, **vm, result)) {
        return;
    }
    ResultPictures pictures{options.output, script.name};
    StepRunner runner{script, **vm, pictures, options.update, listener, result};
    result.verdict = runner.run(script.steps) ? Verdict::kPassed : Verdict::kFailed;
    end_recording(script, **vm, result);
    if (const auto serial = (*vm)->serial()) {
        result.serial = serial->substr(serial->size() - std::min(serial->size(), kMaxLogText));
    }
}

}  // namespace

void run_one_test(const Script& script, const TestProcess::Options& options,
                  const std::string& folder, int pipe) {
    const SystemClock clock;
    const TimePoint start = clock.now();
    TestResult result{.name = script.name, .file = script.file};
    StepLines listener{pipe};
    try {
        do_steps(script, options, folder, listener, result);
    } catch (const std::exception& error) {
        result.verdict = Verdict::kBroken;
        result.message = error.what();
    }
    result.log = end_of(folder + "/log.txt");
    result.seconds = std::chrono::duration<double>(clock.now() - start).count();
    write_line(pipe, {{"result", to_json(result)}});
}

}  // namespace oriel::app
