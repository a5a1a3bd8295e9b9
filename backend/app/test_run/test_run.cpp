// SPDX-License-Identifier: MIT
#include "test_run/test_run.h"

#include <sys/prctl.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "cli/help.h"
#include "control/json_fields.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "ctl/ctl.h"
#include "run/qemu_command.h"
#include "run/qemu_probe.h"
#include "screen_wait/pattern.h"
#include "serve/signals.h"
#include "test_run/progress.h"
#include "test_run/reports.h"
#include "test_run/script_files.h"
#include "test_run/test_process.h"
#include "toml_file/mistake.h"

namespace oriel::app {
namespace {

namespace fs = std::filesystem;

constexpr int kTestFailed = 1;
constexpr int kTestUse = 2;
constexpr int kMachineryFailed = 3;
/// Tests of more than these ask for themselves.
constexpr size_t kMostQemus = 4;
constexpr size_t kMaxLastRun = size_t{4} << 20;

std::string last_run_path(const std::string& output) {
    return output + "/last-run.json";
}

/// The names of those that did not pass the last time.
std::set<std::string> failed_last_time(const std::string& output) {
    const std::string path = last_run_path(output);
    const auto text = load_toml_file(path, kMaxLastRun);
    if (!text) {
        throw StartupError{"--rerun-failed: " + text.error().message(), kTestUse};
    }
    const auto last = nlohmann::json::parse(*text, nullptr, false);
    const auto tests = last.is_object() ? last.find("tests") : last.end();
    if (!last.is_object() || tests == last.end() || !tests->is_object()) {
        throw StartupError{fmt::format("--rerun-failed: {} is not one of oriel's", path), kTestUse};
    }
    std::set<std::string> names;
    for (const auto& [name, verdict] : tests->items()) {
        if (verdict != verdict_name(Verdict::kPassed)) {
            names.insert(name);
        }
    }
    return names;
}

std::vector<Script> chosen_scripts(const TestOptions& options, uint32_t seed) {
    std::vector<Script> scripts = load_scripts(options.scripts);
    if (!options.filter.empty()) {
        const auto pattern = Pattern::compile(options.filter);
        if (!pattern) {
            throw StartupError{"--filter: " + pattern.error().message(), kTestUse};
        }
        std::erase_if(scripts, [&](const Script& script) { return !pattern->find(script.name); });
    }
    if (options.rerun_failed) {
        const auto failed = failed_last_time(options.output);
        std::erase_if(scripts, [&](const Script& script) { return !failed.contains(script.name); });
    }
    if (options.seed) {
        std::shuffle(scripts.begin(), scripts.end(), std::mt19937{seed});
    }
    return scripts;
}

/// Runs the tests of one call.
class TestRun final : private TestProcessListener, private StopListener {
public:
    TestRun(const TestOptions& options, std::vector<Script> scripts, uint32_t seed)
        : options_{options},
          scripts_{std::move(scripts)},
          seed_{seed},
          signals_{loop_, *this},
          progress_{scripts_.size(), options.tap} {}

    [[nodiscard]] int run() {
        ask_qemus();
        start_more();
        if (!running_.empty()) {
            static_cast<void>(loop_.run());
        }
        const double seconds = std::chrono::duration<double>(clock_.now() - start_).count();
        progress_.finish(results_, seconds);
        write_reports(seconds);
        return exit_code();
    }

private:
    struct Running {
        std::unique_ptr<TestProcess> process;
        std::string step;
    };

    /// Each QEMU once, and not each test's: before the loop runs, as this waits.
    void ask_qemus() {
        for (const Script& script : scripts_) {
            const std::string program = QemuCommand{script.vm.qemu}.program();
            if (!program.empty() && qemu_devices_.size() < kMostQemus &&
                !qemu_devices_.contains(program)) {
                qemu_devices_[program] = QemuProbe{program}.devices_for_others();
            }
        }
    }

    void start_more() {
        while (next_ < scripts_.size() && running_.size() < options_.jobs) {
            Script& script = scripts_[next_++];
            if (stopped_ || (failed_ && !options_.keep_going)) {
                end({.name = script.name,
                     .file = script.file,
                     .verdict = Verdict::kSkipped,
                     .message = stopped_ ? "stopped by a signal" : "another test has failed"});
                continue;
            }
            std::error_code error;
            fs::remove_all(options_.output + '/' + script.name, error);
            fs::create_directories(options_.output + '/' + script.name, error);
            const std::string name = script.name;
            const std::string file = script.file;
            const std::string program = QemuCommand{script.vm.qemu}.program();
            auto process = TestProcess::start(loop_, std::move(script),
                                              {.output = options_.output,
                                               .update = options_.update,
                                               .seed = seed_,
                                               .sandbox = options_.sandbox,
                                               .qemu_devices = qemu_devices_[program]},
                                              *this);
            if (process) {
                running_.push_back({std::move(*process), "starts"});
            } else {
                end({.name = name,
                     .file = file,
                     .verdict = Verdict::kBroken,
                     .message = process.error().message()});
            }
        }
        if (running_.empty()) {
            loop_.quit();
        }
        tell();
    }

    void end(TestResult result) {
        failed_ =
            failed_ || result.verdict == Verdict::kFailed || result.verdict == Verdict::kBroken;
        progress_.ended(result);
        results_.push_back(std::move(result));
    }

    void tell() {
        std::vector<std::string> lines;
        lines.reserve(running_.size());
        for (const Running& one : running_) {
            lines.push_back(fmt::format("{}: {}", one.process->script().name, one.step));
        }
        progress_.running(lines);
    }

    void test_steps(TestProcess& process, const std::string& title) override {
        for (Running& one : running_) {
            if (one.process.get() == &process) {
                one.step = title;
            }
        }
        tell();
    }

    void test_ended(TestProcess& process) override {
        end(process.take_result());
        running_.remove_if([&](Running& one) {
            if (one.process.get() != &process) {
                return false;
            }
            // It calls: it goes when it has returned.
            gone_.push_back(std::move(one.process));
            return true;
        });
        sweep_.schedule();
    }

    void sweep() {
        gone_.clear();
        start_more();
    }

    void stop_requested(int) override {
        stopped_ = true;
        for (Running& one : running_) {
            one.process->kill("stopped by a signal");
        }
    }

    void write_reports(double seconds) {
        const TestReport report{
            .results = results_, .seconds = seconds, .seed = seed_, .version = version_line()};
        nlohmann::json last{{"seed", seed_}, {"tests", nlohmann::json::object()}};
        for (const TestResult& result : results_) {
            last["tests"][result.name] = verdict_name(result.verdict);
        }
        const std::string folder = options_.output + '/';
        for (const auto& written :
             {write_report(folder + "results.tap", tap_report(report)),
              write_report(folder + "junit.xml", junit_report(report)),
              write_report(folder + "report.html", html_report(report, options_.output)),
              write_report(last_run_path(options_.output), last.dump(1) + '\n')}) {
            if (!written) {
                // log: once a report
                log_error("test", "{}", written.error().message());
                broken_ = true;
            }
        }
    }

    [[nodiscard]] int exit_code() const {
        if (broken_ || count_of(results_, Verdict::kBroken) > 0) {
            return kMachineryFailed;
        }
        return stopped_ || count_of(results_, Verdict::kFailed) > 0 ? kTestFailed : 0;
    }

    const TestOptions& options_;
    std::vector<Script> scripts_;
    uint32_t seed_;
    SystemClock clock_;
    const TimePoint start_ = clock_.now();
    EventLoop loop_{clock_};
    StopSignals signals_;
    Progress progress_;
    size_t next_ = 0;
    std::list<Running> running_;
    std::vector<std::unique_ptr<TestProcess>> gone_;
    DeferredCall sweep_{loop_, [this] { sweep(); }};
    /// By QEMU's program: what it says of its devices.
    std::map<std::string, std::string> qemu_devices_;
    std::vector<TestResult> results_;
    bool failed_ = false;
    bool stopped_ = false;
    bool broken_ = false;
};

}  // namespace

int run_tests(const TestOptions& options) {
    const uint32_t seed = options.seed.value_or(0);
    std::vector<Script> scripts = chosen_scripts(options, seed);
    if (options.list) {
        for (const Script& script : scripts) {
            print(printable(fmt::format("{:<24} {}", script.name, script.file)) + '\n');
        }
        return 0;
    }
    std::error_code error;
    fs::create_directories(options.output, error);
    if (error) {
        throw StartupError{HostError{error.value(), "create " + options.output}, kMachineryFailed};
    }
    // What a test's processes have started comes to us when they end, and is waited for.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    TestRun run{options, std::move(scripts), seed};
    return run.run();
}

}  // namespace oriel::app
