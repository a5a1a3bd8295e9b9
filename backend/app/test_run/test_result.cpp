// SPDX-License-Identifier: MIT
#include "test_run/test_result.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "control/json_fields.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kVerdicts{"passed", "failed", "broken", "skipped"};

double number_of(const json& object, const char* name) {
    const auto it = object.find(name);
    return it != object.end() && it->is_number() ? it->get<double>() : 0;
}

std::vector<std::string> strings_of(const json& object, const char* name) {
    std::vector<std::string> texts;
    const auto it = object.find(name);
    if (it != object.end() && it->is_array()) {
        texts.reserve(it->size());
        for (const json& text : *it) {
            texts.push_back(text.is_string() ? text.get<std::string>() : std::string{});
        }
    }
    return texts;
}

json step_json(const StepResult& step) {
    return {{"title", step.title},          {"place", step.place},     {"depth", step.depth},
            {"start", step.start},          {"seconds", step.seconds}, {"ok", step.ok},
            {"message", step.message},      {"picture", step.picture}, {"expected", step.expected},
            {"difference", step.difference}};
}

StepResult step_of(const json& object) {
    const auto text = [&object](const char* name) { return field_of(object, name, std::string{}); };
    return {.title = text("title"),
            .place = text("place"),
            .depth = static_cast<uint32_t>(field_of(object, "depth", int64_t{0})),
            .start = number_of(object, "start"),
            .seconds = number_of(object, "seconds"),
            .ok = field_of(object, "ok", false),
            .message = text("message"),
            .picture = text("picture"),
            .expected = text("expected"),
            .difference = text("difference")};
}

}  // namespace

const char* verdict_name(Verdict verdict) {
    return kVerdicts[static_cast<size_t>(verdict)];
}

size_t count_of(const std::vector<TestResult>& results, Verdict verdict) {
    return static_cast<size_t>(
        std::count_if(results.begin(), results.end(),
                      [verdict](const TestResult& result) { return result.verdict == verdict; }));
}

json to_json(const TestResult& result) {
    json steps = json::array();
    for (const StepResult& step : result.steps) {
        steps.push_back(step_json(step));
    }
    return {{"name", result.name},
            {"file", result.file},
            {"verdict", verdict_name(result.verdict)},
            {"seconds", result.seconds},
            {"message", result.message},
            {"steps", std::move(steps)},
            {"command", result.command},
            {"serial", result.serial},
            {"log", result.log},
            {"trace", result.trace},
            {"updated", result.updated},
            {"recording", result.recording},
            {"recorded", result.recorded}};
}

std::optional<TestResult> result_of_json(const json& object) {
    if (!object.is_object()) {
        return std::nullopt;
    }
    const auto text = [&object](const char* name) { return field_of(object, name, std::string{}); };
    TestResult result{.name = text("name"), .file = text("file")};
    bool known = false;
    for (size_t i = 0; i < kVerdicts.size(); ++i) {
        if (text("verdict") == kVerdicts[i]) {
            result.verdict = static_cast<Verdict>(i);
            known = true;
        }
    }
    result.seconds = number_of(object, "seconds");
    result.message = text("message");
    if (const auto steps = object.find("steps"); steps != object.end() && steps->is_array()) {
        for (const json& step : *steps) {
            if (step.is_object() && result.steps.size() < kMaxStepResults) {
                result.steps.push_back(step_of(step));
            }
        }
    }
    result.command = strings_of(object, "command");
    result.serial = text("serial");
    result.log = text("log");
    result.trace = text("trace");
    result.updated = strings_of(object, "updated");
    result.recording = text("recording");
    result.recorded = text("recorded");
    return known ? std::optional{std::move(result)} : std::nullopt;
}

}  // namespace oriel::app
