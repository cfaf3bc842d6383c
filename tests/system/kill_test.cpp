// Ends a backfill at moments that it did not choose: kill -9, a full disk, a second writer, readers beside it.
// Afterwards nothing is missing, nothing is there twice, and every count is right.
#include <random>
#include <thread>

#include <sys/mount.h>
#include <sys/stat.h>

#include "support/packed.hpp"
#include "system/program_fixture.hpp"

namespace {

using gem::tests::ChildProcess;
using gem::tests::ProcessOutcome;
using gem::tests::Program;

constexpr int hours_of_history = 6; // from 2015-01-01T12:00:00Z

/// Events for a test: `lines` holds some of them twice, at once or much later.
struct History {
    std::vector<std::string> lines;
    std::int64_t events = 0;
    std::map<std::string, std::int64_t> by_type;

    /// The lines of [from, to).
    [[nodiscard]] std::string text(std::size_t from = 0, std::size_t to = std::string::npos) const {
        std::string all;
        for (auto i = from; i < std::min(to, lines.size()); ++i) all += lines[i];
        return all;
    }
};

History history(int events) {
    struct Kind {
        char const* type;
        char const* payload;
    };
    constexpr Kind kinds[] = {
        {"WatchEvent", R"({"action":"started"})"},
        {"PushEvent",
         R"({"push_id":1,"size":3,"distinct_size":2,"ref":"refs/heads/main","head":"0123456789abcdef0123456789abcdef01234567","before":"89abcdef0123456789abcdef0123456789abcdef","commits":[]})"},
        {"IssuesEvent", R"({"action":"opened","issue":{"id":5,"number":6,"title":"It breaks","state":"open"}})"},
        {"ForkEvent", R"({"forkee":{"id":8,"full_name":"someone/hello-world"}})"},
        {"CreateEvent", R"({"ref":"topic","ref_type":"branch","master_branch":"main","description":"A try"})"}};
    History made;
    made.events = events;
    for (int i = 0; i < events; ++i) {
        auto const& kind = kinds[i % std::size(kinds)];
        auto const second = static_cast<std::int64_t>(i) * hours_of_history * 3600 / events;
        auto const repo = (i * 7919) % 301;
        made.lines.push_back(fmt::format(
            R"({{"id":"{}","type":"{}","actor":{{"id":{},"login":"octocat{}"}},"repo":{{"id":{},"name":"octo-org/project-{}"}},"payload":{},"public":true,"created_at":"2015-01-01T{:02}:{:02}:{:02}Z"}})"
            "\n",
            100'000 + i, kind.type, i % 997 + 1, i % 997 + 1, repo + 1, repo, kind.payload, 12 + second / 3600,
            second / 60 % 60, second % 60));
        ++made.by_type[kind.type];
        if (i % 97 == 0) made.lines.push_back(made.lines.back());
        if (i % 11 == 0) made.lines.push_back(made.lines[made.lines.size() / 2]);
    }
    return made;
}

class Crash : public Program {
  protected:
    [[nodiscard]] ProcessOutcome backfill(std::vector<std::string> files) const {
        files.insert(files.begin(), {"backfill", "--quiet", "--json"});
        return run(std::move(files));
    }

    /// The file is whole and every figure right; returns the number of events in it. None when there is no file yet.
    [[nodiscard]] std::int64_t sound_events() const {
        if (!std::filesystem::exists(database())) return 0;
        auto const checked = run({"db", "check"});
        EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
        auto const verified = run({"db", "verify", "--json"});
        EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
        EXPECT_EQ(number(verified.out, "drift_total"), 0) << verified.out;
        return number(verified.out, "events");
    }

    /// Reads `file` again: what was missing is stored, what was there recognised, and then all is there once.
    void complete(std::string const& file, History const& all, std::int64_t already) const {
        auto const again = backfill({file});
        EXPECT_EQ(again.status, 0) << again.out << again.err;
        EXPECT_EQ(number(again.out, "inserted"), all.events - already);
        EXPECT_EQ(number(again.out, "duplicates"), std::ssize(all.lines) - (all.events - already));
        EXPECT_EQ(sound_events(), all.events);
    }

    /// The sum of an answer's counts by type.
    static std::int64_t counted(std::string const& answer) {
        std::int64_t sum = 0;
        for (auto const* const type : {"WatchEvent", "PushEvent", "IssuesEvent", "ForkEvent", "CreateEvent"})
            sum += std::max<std::int64_t>(number(answer, type), 0);
        return sum;
    }

    void remove_database() const {
        for (auto const* const end : {"", "-wal", "-shm"}) std::filesystem::remove(database() + end);
    }
};

// ---------------------------------------------------------------------------------------------------------------------

constexpr int shards = 10;

/// GEM_KILL_ROUNDS rounds, dealt out to as many tests as there are shards, so that no test takes long.
class Kill : public Crash, public testing::WithParamInterface<int> {
  protected:
    static int rounds() {
        auto const* const text = std::getenv("GEM_KILL_ROUNDS");
        return text == nullptr ? 10 : std::stoi(text);
    }
    /// GEM_KILL_SEED repeats the moments of a former run as far as a machine can.
    static unsigned seed() {
        auto const* const text = std::getenv("GEM_KILL_SEED");
        return text == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(text));
    }
};

TEST_P(Kill, at_a_random_moment_of_a_backfill_loses_nothing_and_a_rerun_completes_it) {
    auto const all = history(20'000);
    auto const file = write("history.json.gz", gem::test::gzipped(all.text()));
    auto const begun = std::chrono::steady_clock::now();
    auto const whole = backfill({file});
    std::chrono::nanoseconds const undisturbed = std::chrono::steady_clock::now() - begun;
    ASSERT_EQ(whole.status, 0) << whole.err;
    ASSERT_EQ(number(whole.out, "inserted"), all.events);

    auto const chosen = seed();
    std::mt19937_64 random(chosen + static_cast<unsigned>(GetParam()));
    std::uniform_int_distribution<std::int64_t> moment(0, undisturbed.count());
    for (int round = GetParam(); round < rounds(); round += shards) {
        remove_database();
        std::int64_t before = 0;
        int kills = 0;
        // A second and a third process meet what the first left behind.
        for (; kills < 3; ++kills) {
            std::chrono::nanoseconds const after(moment(random));
            SCOPED_TRACE(fmt::format("GEM_KILL_SEED={} round {} killed after {} of {} us", chosen, round,
                                     after.count() / 1000, undisturbed.count() / 1000));
            ChildProcess process(GEM_PROGRAM, {"backfill", "--quiet", "--json", file}, environment());
            bool const ended = process.ended_within(after);
            process.signal(SIGKILL);
            auto const outcome = process.wait();
            auto const now = sound_events();
            EXPECT_GE(now, before) << "what was durable is gone";
            if (ended) {
                EXPECT_EQ(outcome.status, 0) << outcome.err;
                EXPECT_EQ(now, all.events);
            }
            before = now;
            if (HasFailure()) return;
        }
        SCOPED_TRACE(fmt::format("GEM_KILL_SEED={} round {}", chosen, round));
        complete(file, all, before);
        if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Shards, Kill, testing::Range(0, shards));

// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Crash, two_backfills_of_the_same_files_at_once_store_each_event_once) {
    auto const all = history(20'000);
    auto const half = all.lines.size() / 2;
    std::vector<std::string> const files = {write("a.json.gz", gem::test::gzipped(all.text(0, half))),
                                            write("b.json.gz", gem::test::gzipped(all.text(half / 2)))};
    std::vector<std::string> const arguments = {"backfill", "--quiet", "--json", "--jobs", "2", files[0], files[1]};
    ChildProcess first(GEM_PROGRAM, arguments, environment());
    ChildProcess second(GEM_PROGRAM, arguments, environment());
    auto const one = first.wait();
    auto const two = second.wait();
    EXPECT_EQ(one.status, 0) << one.out << one.err;
    EXPECT_EQ(two.status, 0) << two.out << two.err;
    EXPECT_EQ(number(one.out, "inserted") + number(two.out, "inserted"), all.events) << one.out << two.out;
    EXPECT_EQ(sound_events(), all.events);
}

/// How long another process's write may go unnoticed (docs/API.md).
constexpr std::chrono::milliseconds documented_lag{20};

TEST_F(Crash, a_server_notices_what_another_process_wrote_within_the_documented_time) {
    ASSERT_EQ(run({"setup", "create"}).status, 0);
    auto const served = serve({"--rate-limit", "off"});
    auto const target =
        fmt::format("/metrics/event-counts?offset_minutes={}&until=2015-01-01T18:00:00Z", hours_of_history * 60);
    auto const all = history(1000);
    auto const share = all.lines.size() / 5;
    std::int64_t stored = 0;
    for (std::size_t round = 0; round < 5; ++round) {
        auto const file = write("share.json.gz", gem::test::gzipped(all.text(round * share, (round + 1) * share)));
        // Asks all the time, so that the answer is kept and the server thinks that it has just looked.
        std::jthread asking([&](std::stop_token const& stop) {
            while (!stop.stop_requested()) get(served.port, target);
        });
        auto const outcome = backfill({file});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        stored += number(outcome.out, "inserted");
        std::this_thread::sleep_for(documented_lag);
        EXPECT_EQ(counted(get(served.port, target)), stored) << "round " << round;
    }
    EXPECT_GT(stored, 900);
}

TEST_F(Crash, a_server_tells_true_counts_while_another_process_backfills) {
    auto const all = history(20'000);
    ASSERT_EQ(run({"setup", "create"}).status, 0);
    auto const served = serve({"--rate-limit", "off"});
    auto const counts = [&] {
        return get(served.port, fmt::format("/metrics/event-counts?offset_minutes={}&until=2015-01-01T18:00:00Z",
                                            hours_of_history * 60));
    };
    EXPECT_EQ(counted(counts()), 0);

    // The writer gets one half, and the other only when the server has told of the first.
    auto const pipe = path("events.fifo");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    ChildProcess writer(GEM_PROGRAM, {"backfill", "--quiet", "--json", pipe}, environment());
    std::ofstream into(pipe, std::ios::binary);
    auto const half = all.lines.size() / 2;
    into << all.text(0, half) << std::flush;
    std::int64_t last = 0;
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (last == 0) {
        auto const answer = counts();
        ASSERT_EQ(answer.substr(0, 3), "200") << answer;
        last = counted(answer);
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << writer.err();
    }
    EXPECT_LT(last, all.events);
    into << all.text(half);
    into.close();
    while (!writer.ended_within(std::chrono::milliseconds(1))) {
        auto const answer = counts();
        ASSERT_EQ(answer.substr(0, 3), "200") << answer;
        auto const now = counted(answer);
        EXPECT_GE(now, last);
        last = now;
    }
    auto const outcome = writer.wait();
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_EQ(number(outcome.out, "inserted"), all.events);
    std::this_thread::sleep_for(documented_lag);
    auto const answer = counts();
    for (auto const& [type, count] : all.by_type) EXPECT_EQ(number(answer, type), count) << type << " " << answer;
    EXPECT_NE(get(served.port, "/health").find(fmt::format("\"total_events_stored\":{}", all.events)),
              std::string::npos);
    served.process->signal(SIGTERM);
    EXPECT_EQ(served.process->wait().status, 0);
    EXPECT_EQ(sound_events(), all.events);
}

// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Crash, a_full_disk_stops_a_backfill_with_a_clear_message_and_a_rerun_with_room_completes_it) {
    auto const all = history(20'000);
    auto const file = write("history.json.gz", gem::test::gzipped(all.text()));
    auto const disk = path("disk");
    std::filesystem::create_directory(disk);
    // In a name space of our own, so that what is mounted ends with this process, however it ends.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
        GTEST_SKIP() << "only root may mount a small disk; the test with a limit on the size of files has run";
    }
    std::vector<std::string> const small = {"--db-path", disk + "/events.db"};
    auto const with = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), small.begin(), small.end());
        return run(std::move(arguments));
    };
    auto const stopped = with({"backfill", "--quiet", file});
    EXPECT_EQ(stopped.status, 1);
    EXPECT_NE(stopped.err.find("the disk is full"), std::string::npos) << stopped.err;
    EXPECT_NE(stopped.err.find("run the same command again"), std::string::npos) << stopped.err;

    ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=100m"), 0);
    auto const verified = with({"db", "verify", "--json"});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
    EXPECT_EQ(with({"db", "check"}).status, 0);
    auto const kept = number(verified.out, "events");
    EXPECT_LT(kept, all.events);
    EXPECT_NE(stopped.out.find(fmt::format(" {} stored", kept)), std::string::npos) << stopped.out << verified.out;
    auto const again = with({"backfill", "--quiet", "--json", file});
    EXPECT_EQ(again.status, 0) << again.out << again.err;
    EXPECT_EQ(number(again.out, "inserted"), all.events - kept);
    EXPECT_EQ(number(with({"db", "verify", "--json"}).out, "events"), all.events);
    EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST_F(Crash, a_limit_on_the_size_of_files_stops_a_backfill_with_a_clear_message) {
    auto const all = history(20'000);
    auto const file = write("history.json.gz", gem::test::gzipped(all.text()));
    auto const stopped =
        ChildProcess(GEM_PROGRAM, {"backfill", "--quiet", file}, environment(), {}, std::uint64_t{1} << 20).wait();
    EXPECT_EQ(stopped.status, 1) << stopped.out << stopped.err;
    EXPECT_NE(stopped.err.find("the disk refused"), std::string::npos) << stopped.err;
    auto const kept = sound_events();
    EXPECT_NE(stopped.out.find(fmt::format(" {} stored", kept)), std::string::npos) << stopped.out << stopped.err;
    complete(file, all, kept);
}

} // namespace
