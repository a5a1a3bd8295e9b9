// SPDX-License-Identifier: MIT
#include "ctl/ask_all.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "cli/command_table.h"
#include "control/runtime_folder.h"
#include "ctl/control_client.h"
#include "net/local_socket.h"

namespace oriel::app {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kRequest = "{\"command\":\"stats\"}\n";

struct Question {
    VmStats vm;
    UniqueFd socket;  ///< empty: nothing more is to come
    std::string line;
};

/// Asks, unless nobody is there; one that is too busy to be connected to hangs.
void ask(Question& question, const std::string& path, std::vector<Question>& all) {
    auto socket = connect_local(path);
    if (!socket && socket.error().code != EAGAIN) {
        return;
    }
    if (socket) {
        question.vm.pid = peer_process(socket->get());
        const auto sent = send_with_fd(socket->get(), kRequest, -1);
        if (sent && *sent == kRequest.size()) {
            question.socket = std::move(*socket);
        }
    }
    all.push_back(std::move(question));
}

void receive(Question& question) {
    std::array<char, 16384> buffer;
    const auto received = receive_with_fd(question.socket.get(), buffer);
    if (!received) {
        const int code = received.error().code;
        if (code != EAGAIN && code != EINTR) {
            question.socket.reset();
        }
        return;
    }
    question.line.append(buffer.data(), received->bytes);
    const bool complete = question.line.find('\n') != std::string::npos;
    if (complete) {
        const json answer = json::parse(question.line, nullptr, false);
        if (answer.is_object() && answer.contains("stats")) {
            question.vm.stats = answer.at("stats");
        }
    }
    if (complete || received->bytes == 0 || question.line.size() > kMaxAnswer) {
        question.socket.reset();
    }
}

}  // namespace

std::vector<VmStats> ask_all_for_stats(const std::string& folder, milliseconds patience) {
    std::vector<Question> all;
    for (const std::string& name : control_socket_names(folder)) {
        if (name == kKioskName) {
            continue;  // the supervisor, which shows nothing
        }
        Question question;
        question.vm.name = name;
        ask(question, control_socket_path(folder, name), all);
    }
    const auto deadline = steady_clock::now() + patience;
    for (;;) {
        std::vector<pollfd> watched;
        std::vector<Question*> asked;
        for (Question& question : all) {
            if (question.socket) {
                watched.push_back({question.socket.get(), POLLIN, 0});
                asked.push_back(&question);
            }
        }
        const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
        if (watched.empty() || left <= 0) {
            break;
        }
        static_cast<void>(::poll(watched.data(), watched.size(), static_cast<int>(left)));
        for (size_t i = 0; i < watched.size(); ++i) {
            if (watched[i].revents != 0) {
                receive(*asked[i]);
            }
        }
    }
    std::vector<VmStats> vms;
    vms.reserve(all.size());
    for (Question& question : all) {
        vms.push_back(std::move(question.vm));
    }
    return vms;
}

}  // namespace oriel::app
