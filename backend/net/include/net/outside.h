// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/outside_wire.h"

namespace oriel {

class OutsideErrand;

/// For a process in a sandbox: the process outside of it, which carries out the little that this
/// one may not do itself, and only with what was named before there was a sandbox.
class Outside {
public:
    /// A program that may be started, and how many of it run at most: one more ends the oldest.
    struct Program {
        std::string path{};  ///< empty: it may not be started
        std::vector<std::string> arguments{};
        size_t most = 1;
    };
    /// What it may do anything with.
    struct Places {
        std::vector<std::string> connect{};  ///< sockets that may be connected to
        std::vector<std::string> remove{};   ///< those of this process, whose files go with it
        std::vector<std::string> vmm{};      ///< where only the VMM of `oriel run` is
        std::array<Program, kHelperKinds> programs{};  ///< by HelperKind
    };

    /// A process that this one has started before, and that the one outside signals.
    struct Child {
        pid_t pid;
        int pidfd;       ///< lent for the call
        int end_signal;  ///< when this process ends
    };

    /// From now on this process asks it (current()). `loop` is lent and must outlive this. Throws
    /// StartupError.
    Outside(EventLoop& loop, UniqueFd socket, Places places,
            const std::vector<Child>& children = {});
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;
    /// Waits until all that was asked for is done, for a second at most.
    ~Outside();

    /// Null: this process is in no sandbox, and does all by itself.
    [[nodiscard]] static Outside* current();

    /// Starts a helper with `socket` (lent), and returns its number. It has ended when that is
    /// closed.
    [[nodiscard]] Result<uint32_t> start(HelperKind kind, int socket);
    /// Ends a helper.
    void end(uint32_t helper);
    /// To a child, or to whom OutsideErrand::find_vmm() has found: SIGTERM or SIGKILL.
    void signal(pid_t process, int signal);
    /// Takes the file of a socket of ours away. Waits for that, so it is for the end.
    void remove(const std::string& path);

private:
    friend class OutsideErrand;

    /// Returns the number of the request. `fd` is lent.
    [[nodiscard]] Result<uint32_t> send(OutsideRequest request, int fd = -1);
    void readable();
    void lose();

    EventLoop& loop_;
    UniqueFd socket_;
    FdWatch watch_;
    const Places places_;
    uint32_t last_number_ = 0;
    /// What is not answered yet.
    std::map<uint32_t, OutsideErrand*> errands_;
};

/// Who waits for an OutsideErrand.
class OutsideListener {
public:
    OutsideListener() = default;
    OutsideListener(const OutsideListener&) = delete;
    OutsideListener& operator=(const OutsideListener&) = delete;

    /// Once, and last: it may destroy the errand. `fd`: what came along, if anything.
    virtual void outside_answered(Result<std::string> text, UniqueFd fd) = 0;

protected:
    ~OutsideListener() = default;
};

/// Something that the process outside is asked for; it ends with this object.
class OutsideErrand {
public:
    /// `listener` is lent and must outlive this.
    explicit OutsideErrand(OutsideListener& listener) : listener_{listener} {}
    OutsideErrand(const OutsideErrand&) = delete;
    OutsideErrand& operator=(const OutsideErrand&) = delete;
    ~OutsideErrand() { cancel(); }

    /// In place of what it was before. There must be a process outside. An error is told at once.
    void connect(const std::string& path, std::optional<uid_t> also);
    void probe();
    /// Who has this number and is at the other end of `connection` (lent), a VMM's; -1: of one of
    /// its sockets that was connected there. The answer has its pidfd.
    void find_vmm(pid_t process, int connection);
    void cancel();

private:
    friend class Outside;
    void begin(Result<uint32_t> number);

    OutsideListener& listener_;
    /// 0: nothing is asked for.
    uint32_t number_ = 0;
};

}  // namespace oriel
