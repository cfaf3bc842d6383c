// Two processes store the same events in DynamoDB; one is stopped (SIGSTOP) at a request of its own, overtaken, and
// goes on: every event is there once, and was acknowledged as new once.
#include <thread>

#include "base/clock.hpp"
#include "support/fault_proxy.hpp"
#include "system/dynamodb_program.hpp"

namespace gem::tests {

namespace {

constexpr int frozen_events = 90;

class DynamoFreeze : public DynamoProgram {
  protected:
    /// From `first` on, within an hour and a half.
    std::string file_of_events(UtcTime first) const {
        std::string lines;
        for (int i = 0; i < frozen_events; ++i) {
            lines += fmt::format(
                R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"ada"}},"repo":{{"id":{},"name":"acme/tool-{}"}},)"
                R"("payload":{{"action":"started"}},"public":true,"created_at":"{}"}})"
                "\n",
                1000 + i, 7 + i % 3, i % 3, format_time(first + seconds(i * 60)));
        }
        return write("events.json", lines);
    }

    Variables through_proxy(std::string const& prefix) const {
        auto variables = dynamodb(prefix);
        variables["DYNAMODB_ENDPOINT_URL"] = proxy_.url();
        return variables;
    }

    std::string new_tables() const {
        auto const prefix = test::DynamoDbLocal::unique_prefix();
        EXPECT_EQ(ChildProcess(GEM_PROGRAM, {"setup", "create"}, dynamodb(prefix)).wait().status, 0);
        return prefix;
    }

    static void expect_each_once(Variables const& tables) {
        auto const verified = ChildProcess(GEM_PROGRAM, {"db", "verify", "--json"}, tables).wait();
        EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
        EXPECT_EQ(number(verified.out, "drift_total"), 0) << verified.out;
        EXPECT_EQ(number(verified.out, "events"), frozen_events) << verified.out;
    }

    /// How many requests it sends when nobody disturbs it.
    std::uint64_t requests_of(std::vector<std::string> const& arguments) {
        std::atomic<std::uint64_t> requests = 0;
        proxy_.set_script([&](test::ProxiedCall const&) -> std::optional<test::Fault> {
            ++requests;
            return std::nullopt;
        });
        EXPECT_EQ(ChildProcess(GEM_PROGRAM, arguments, through_proxy(new_tables())).wait().status, 0);
        proxy_.set_script({});
        return requests;
    }

    /// Stops at its request of that number.
    std::unique_ptr<ChildProcess> stopped_at(std::uint64_t request, std::vector<std::string> const& arguments,
                                             std::string const& prefix) {
        std::atomic<pid_t> pid = 0;
        std::atomic<bool> stopped = false;
        std::atomic<std::uint64_t> seen = 0;
        proxy_.set_script([&](test::ProxiedCall const&) -> std::optional<test::Fault> {
            if (++seen >= request && pid > 0 && !stopped.exchange(true)) ::kill(pid, SIGSTOP);
            return std::nullopt;
        });
        auto process = std::make_unique<ChildProcess>(GEM_PROGRAM, arguments, through_proxy(prefix));
        pid = process->pid();
        while (!stopped && !process->ended_within(std::chrono::milliseconds(5))) {
        }
        proxy_.set_script({});
        proxy_.wait_until_idle();
        return process;
    }

    test::FaultProxy proxy_{test::DynamoDbLocal::instance().url(), {}, 1};
};

/// How many moments are tried: GEM_KILL_ROUNDS, at most 20.
int freezes() {
    auto const* const text = std::getenv("GEM_KILL_ROUNDS");
    return text == nullptr ? 4 : std::clamp(std::stoi(text), 1, 20);
}

/// How long a process stays stopped at least; so that a person can try a quarter of an hour.
std::chrono::seconds freeze_length() {
    auto const* const text = std::getenv("GEM_FREEZE_SECONDS");
    return std::chrono::seconds(text == nullptr ? 0 : std::stoi(text));
}

} // namespace

TEST_F(DynamoFreeze, a_process_that_was_stopped_and_overtaken_loses_and_doubles_nothing) {
    auto const file = file_of_events(SystemClock().now() - hours(2));
    std::vector<std::string> const backfill = {"backfill", "--quiet", "--json", file};
    auto const requests = requests_of(backfill);
    ASSERT_GT(requests, frozen_events);
    for (int freeze = 0; freeze < freezes() && !HasFailure(); ++freeze) {
        auto const request = requests * static_cast<std::uint64_t>(2 * freeze + 1) / (2U * freezes());
        SCOPED_TRACE(fmt::format("stopped at request {} of {}", request, requests));
        auto const prefix = new_tables();
        auto const stopped = stopped_at(request, backfill, prefix);
        auto const overtaking = ChildProcess(GEM_PROGRAM, backfill, dynamodb(prefix)).wait();
        EXPECT_EQ(overtaking.status, 0) << overtaking.err;
        std::this_thread::sleep_for(freeze_length());
        stopped->signal(SIGCONT);
        auto const woken = stopped->wait();
        EXPECT_EQ(woken.status, 0) << woken.out << woken.err;
        EXPECT_EQ(number(overtaking.out, "inserted") + number(woken.out, "inserted"), frozen_events)
            << overtaking.out << woken.out;
        EXPECT_EQ(number(overtaking.out, "duplicates") + number(woken.out, "duplicates"), frozen_events)
            << overtaking.out << woken.out;
        expect_each_once(dynamodb(prefix));
    }
}

} // namespace gem::tests
