// SPDX-License-Identifier: MIT
#include "run/vmm_process.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "net/local_socket.h"
#include "net/outside.h"
#include "outside/outside_process.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

constexpr Nanoseconds kLong{60'000'000'000};
constexpr Nanoseconds kShort{50'000'000};

/// Nothing runs there: no such process, or nobody has fetched its exit status yet.
bool gone(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    std::getline(file, line);
    const size_t name_end = line.rfind(')');
    return name_end == std::string::npos || line.substr(name_end + 2, 1) == "Z";
}

// Real processes need real time.
struct Rig final : private VmmListener {
    SystemClock clock;
    EventLoop loop{clock};
    test::TempDir folder;
    std::optional<ExitStatus> ended;
    std::unique_ptr<VmmProcess> vmm;

    /// A shell script, which has a file's name for the number of a process.
    explicit Rig(const std::string& script) {
        auto started = VmmProcess::start(loop, {"sh", "-c", script, folder.file("pid")}, *this);
        REQUIRE(started);
        vmm = std::move(*started);
    }
    void vmm_ended(const ExitStatus& status) override {
        CHECK_FALSE(ended);
        ended = status;
    }
    void run_for(Nanoseconds time) {
        const TimePoint until = clock.now() + time;
        while (!ended && clock.now() < until) {
            loop.dispatch(Nanoseconds{20'000'000});
        }
    }
    [[nodiscard]] bool ends() {
        run_for(Nanoseconds{20'000'000'000});
        return ended.has_value();
    }
    [[nodiscard]] bool goes_on() {
        run_for(Nanoseconds{200'000'000});
        return !ended && vmm->running();
    }
    /// What the script has written to its file.
    [[nodiscard]] pid_t pid() {
        pid_t number = 0;
        const TimePoint until = clock.now() + Nanoseconds{20'000'000'000};
        while (number == 0 && clock.now() < until) {
            std::ifstream{folder.file("pid")} >> number;
            ::usleep(1000);
        }
        REQUIRE(number > 0);
        return number;
    }
    [[nodiscard]] bool is_gone(pid_t process) const {
        const TimePoint until = clock.now() + Nanoseconds{20'000'000'000};
        while (!gone(process) && clock.now() < until) {
            ::usleep(1000);
        }
        return gone(process);
    }
};

/// As if the rig's process were in a sandbox: with one outside, and a VM of its own that has come
/// to the display's socket.
struct Sandboxed {
    test::TempDir folder;
    Outside::Places places{.vmm = {folder.file("display")}};
    UniqueFd listener = listen_local(folder.file("display")).value();
    std::optional<Outside> outside;
    pid_t holder = 0;
    UniqueFd connection;

    explicit Sandboxed(Rig& rig) {
        const ProcessHandle& program = rig.vmm->program();
        const std::vector<Outside::Child> children{{program.pid(), program.fd(), SIGTERM}};
        outside.emplace(rig.loop, start_outside(places).value(), places, children);
        const pid_t parent = ::getpid();
        holder = ::fork();
        if (holder == 0) {
            static_cast<void>(std::signal(SIGTERM, SIG_DFL));  // doctest's
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const auto socket = connect_local(folder.file("display"));
            while (socket && ::getppid() == parent) {
                ::pause();
            }
            ::_exit(1);
        }
        pollfd state{listener.get(), POLLIN, 0};
        REQUIRE(::poll(&state, 1, 20'000) == 1);
        connection.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    Sandboxed(const Sandboxed&) = delete;
    Sandboxed& operator=(const Sandboxed&) = delete;
    ~Sandboxed() {
        ::kill(holder, SIGKILL);
        ::waitpid(holder, nullptr, 0);
    }
};

/// A VM in the background, as QEMU with -daemonize: the program ends when the VM runs.
const std::string kBackground = "sleep 60 & echo $! >$0.new; mv $0.new $0; ";

TEST_SUITE("vmm process") {
    TEST_CASE("a program that ends alone is the end, with its status") {
        Rig well{"exit 0"};
        REQUIRE(well.ends());
        CHECK(well.ended->success());
        CHECK_FALSE(well.vmm->running());
        Rig badly{"exit 3"};
        REQUIRE(badly.ends());
        CHECK(badly.ended->code == 3);
    }

    TEST_CASE("the VM is who holds the display's socket, not who was started") {
        Rig rig{kBackground + "exit 0"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        CHECK(rig.goes_on());
        rig.vmm->terminate(kLong);
        rig.vmm->detached(kLong);
        REQUIRE(rig.ends());
        CHECK(rig.ended->success());
        CHECK(rig.is_gone(vm));
    }

    TEST_CASE("a VM that ends by itself in the background is the end") {
        Rig rig{kBackground + "exit 0"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        REQUIRE(rig.goes_on());
        ::kill(vm, SIGKILL);
        rig.run_for(kShort);
        rig.vmm->detached(kLong);
        CHECK(rig.ends());
    }

    TEST_CASE("a VM in the background that lets go of its display is asked to end") {
        Rig rig{kBackground + "exit 0"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        REQUIRE(rig.goes_on());
        rig.vmm->detached(kShort);
        CHECK(rig.ends());
        CHECK(rig.is_gone(vm));
    }

    TEST_CASE("a VM that has only lost its viewer is not asked to end, and its end is the end") {
        Rig rig{kBackground + "exit 0"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        REQUIRE(rig.goes_on());
        rig.vmm->disconnected();
        CHECK(rig.goes_on());
        CHECK_FALSE(gone(vm));
        ::kill(vm, SIGKILL);
        CHECK(rig.ends());
        CHECK(rig.vmm->was_attached());
    }

    TEST_CASE("who only looked at the display is not the VM, and is left alone") {
        Rig other{kBackground + "wait"};
        const pid_t looker = other.pid();
        Rig rig{"sleep 0.1; exit 3"};
        rig.vmm->attached(looker);
        CHECK(rig.vmm->was_attached());
        REQUIRE(rig.goes_on());
        rig.vmm->let_go();
        CHECK_FALSE(rig.vmm->was_attached());
        REQUIRE(rig.ends());
        CHECK(rig.ended->code == 3);
        rig.vmm.reset();
        CHECK_FALSE(gone(looker));
        ::kill(looker, SIGKILL);
    }

    TEST_CASE("a script that is killed leaves its VM running") {
        Rig rig{kBackground + "kill -KILL $$"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        CHECK(rig.goes_on());
        rig.vmm->terminate(kLong);
        rig.vmm->detached(kLong);
        CHECK(rig.ends());
        CHECK(rig.is_gone(vm));
    }

    TEST_CASE("a VM that can't be seen goes on until it lets go of its display") {
        Rig rig{kBackground + "exit 0"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(0);
        CHECK(rig.goes_on());
        rig.vmm->detached(kLong);
        CHECK(rig.ended);
        ::kill(vm, SIGKILL);
    }

    TEST_CASE("a program that leaves something behind is waited for, until that ends") {
        // It ends when the test says so, not after a time that a busy machine may need for less.
        Rig rig{"while [ ! -e $0.end ]; do sleep 0.05; done & exit 0"};
        CHECK(rig.goes_on());
        std::ofstream{rig.folder.file("pid.end")} << "now";
        CHECK(rig.ends());
        CHECK(rig.ended->success());
    }

    TEST_CASE("what comes from a program that was left behind is the VM") {
        Rig rig{kBackground + "exit 0"};
        const pid_t vm = rig.pid();
        REQUIRE(rig.goes_on());
        rig.vmm->attached(vm);
        CHECK(rig.goes_on());
        rig.vmm->terminate(kLong);
        rig.vmm->detached(kLong);
        CHECK(rig.ends());
        CHECK(rig.is_gone(vm));
    }

    TEST_CASE("a program that fails is the end, whatever it leaves behind") {
        Rig rig{kBackground + "exit 1"};
        const pid_t left = rig.pid();
        CHECK(rig.ends());
        ::kill(left, SIGKILL);
    }

    TEST_CASE("nobody waits for what was left behind when the end is asked for") {
        Rig rig{kBackground + "exit 0"};
        const pid_t left = rig.pid();
        REQUIRE(rig.goes_on());
        rig.vmm->terminate(kLong);
        CHECK(rig.ended);
        ::kill(left, SIGKILL);
    }

    TEST_CASE("a script and its VM are both asked to end") {
        Rig rig{kBackground + "wait"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        REQUIRE(rig.goes_on());
        rig.vmm->terminate(kLong);
        rig.vmm->detached(kLong);
        CHECK(rig.ends());
        CHECK(rig.is_gone(vm));
    }

    TEST_CASE("a VM that comes after the end was asked for is asked to end, too") {
        Rig rig{"sleep 60 & echo $! >$0.new; trap '' TERM; mv $0.new $0; wait"};
        const pid_t vm = rig.pid();
        rig.vmm->terminate(kLong);
        CHECK(rig.goes_on());
        rig.vmm->attached(vm);
        CHECK(rig.ends());
        CHECK(rig.is_gone(vm));
    }

    TEST_CASE("a script that starts its VM again is not asked to end") {
        Rig rig{"echo $$ >$0.script; " + kBackground + "wait; exec sleep 60"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        REQUIRE(rig.goes_on());
        ::kill(vm, SIGKILL);
        rig.vmm->detached(kShort);
        rig.vmm->attached(0);
        CHECK(rig.goes_on());
        pid_t script = 0;
        std::ifstream{rig.folder.file("pid.script")} >> script;
        CHECK_FALSE(gone(script));
        rig.vmm->terminate(kLong);
        CHECK(rig.ends());
    }

    TEST_CASE("nothing of a VM outlives its owner") {
        Rig rig{kBackground + "wait"};
        const pid_t vm = rig.pid();
        rig.vmm->attached(vm);
        REQUIRE(rig.goes_on());
        rig.vmm.reset();
        CHECK(rig.is_gone(vm));
        CHECK_FALSE(rig.ended);
    }

    TEST_CASE("in a sandbox the process outside asks the program to end, and kills it") {
        for (const char* const script :
             {"exec sleep 60", "trap '' TERM; while :; do sleep 1; done"}) {
            Rig rig{script};
            const Sandboxed sandboxed{rig};
            rig.run_for(kShort);
            rig.vmm->terminate(Nanoseconds{500'000'000});
            REQUIRE(rig.ends());
            CHECK(rig.ended->signal != 0);
        }
    }

    TEST_CASE("in a sandbox nothing of a VM outlives its owner either") {
        Rig rig{"echo $$ >$0.new; mv $0.new $0; exec sleep 60"};
        const pid_t program = rig.pid();
        std::optional<Sandboxed> sandboxed{std::in_place, rig};
        rig.vmm->attached(sandboxed->holder, sandboxed->connection.get());
        REQUIRE(rig.goes_on());
        rig.vmm.reset();
        sandboxed->outside.reset();
        CHECK(gone(program));
        CHECK(rig.is_gone(sandboxed->holder));
    }

    TEST_CASE("in a sandbox the VM is who holds the display's socket, too") {
        Rig rig{"while [ ! -e $0.end ]; do sleep 0.05; done"};
        const Sandboxed sandboxed{rig};
        SUBCASE("it is asked to end") {
            rig.vmm->attached(sandboxed.holder, sandboxed.connection.get());
            std::ofstream{rig.folder.file("pid.end")} << "now";
            REQUIRE(rig.goes_on());
            rig.vmm->terminate(kLong);
        }
        SUBCASE("and also when its end was asked for before it was found") {
            rig.vmm->attached(sandboxed.holder, sandboxed.connection.get());
            rig.vmm->terminate(kLong);
        }
        SUBCASE("or when it let go before it was found") {
            std::ofstream{rig.folder.file("pid.end")} << "now";
            rig.vmm->attached(sandboxed.holder, sandboxed.connection.get());
            rig.vmm->detached(kShort);
        }
        REQUIRE(rig.ends());
        CHECK(rig.is_gone(sandboxed.holder));
    }

    TEST_CASE("in a sandbox a holder that can't be found is one that can't be seen") {
        Rig rig{"while [ ! -e $0.end ]; do sleep 0.05; done"};
        const Sandboxed sandboxed{rig};
        rig.vmm->attached(sandboxed.holder, -1);
        std::ofstream{rig.folder.file("pid.end")} << "now";
        CHECK(rig.goes_on());
        rig.vmm->detached(kLong);
        CHECK(rig.ends());
        CHECK_FALSE(gone(sandboxed.holder));
    }

    TEST_CASE("a program that isn't there is an error that names it") {
        Rig rig{"exit 0"};
        struct Nobody final : VmmListener {
            void vmm_ended(const ExitStatus&) override { FAIL("never started"); }
        } nobody;
        const auto vmm = VmmProcess::start(rig.loop, {"/no/such/program"}, nobody);
        REQUIRE_FALSE(vmm);
        CHECK(vmm.error().message().find("/no/such/program") != std::string::npos);
    }
}

}  // namespace
}  // namespace oriel::app
