// A store moves from SQLite to DynamoDB and out again while its exports and imports are killed at random moments: what
// comes out is to the byte what went in.
#include <random>

#include "system/dynamodb_program.hpp"
#include "system/predecessor_file.hpp"

namespace gem::tests {

namespace {

constexpr PredecessorContent moved_content{.events = 1'600, .commits = 100};
constexpr int kills_a_round = 4;
using Moment = std::chrono::nanoseconds;

class MoveKill : public DynamoProgram {
  protected:
    /// Four kills, or as many as GEM_KILL_ROUNDS says, at most 20.
    static int rounds() {
        auto const* const text = std::getenv("GEM_KILL_ROUNDS");
        return text == nullptr ? 1 : (std::clamp(std::stoi(text), 1, 20) + kills_a_round - 1) / kills_a_round;
    }
    static unsigned seed() {
        auto const* const text = std::getenv("GEM_KILL_SEED");
        return text == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(text));
    }

    Variables sqlite() const { return {{"DATABASE_PATH", database()}}; }

    /// How long it takes undisturbed.
    static Moment time_of(std::vector<std::string> const& arguments, Variables const& variables) {
        auto const begun = std::chrono::steady_clock::now();
        auto const outcome = ChildProcess(GEM_PROGRAM, arguments, variables).wait();
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return std::chrono::steady_clock::now() - begun;
    }

    /// Tables that nobody else has.
    Variables new_tables() const {
        auto const variables = dynamodb(test::DynamoDbLocal::unique_prefix());
        time_of({"setup", "create"}, variables);
        return variables;
    }

    /// Whether it ended by itself before that.
    bool killed_after(Moment moment, std::vector<std::string> const& arguments, Variables const& variables) {
        ChildProcess process(GEM_PROGRAM, arguments, variables);
        bool const ended = process.ended_within(moment);
        process.signal(SIGKILL);
        auto const outcome = process.wait();
        if (ended) EXPECT_EQ(outcome.status, 0) << outcome.err;
        killed_ += ended ? 0 : 1;
        return ended;
    }

    Moment moment_within(Moment whole) {
        return Moment(std::uniform_int_distribution<Moment::rep>(0, whole.count() * 7 / 10)(random_));
    }

    /// Into `file`, killed once and then whole.
    std::string export_killed(Variables const& variables, std::string const& file, Moment whole) {
        std::vector<std::string> const arguments = {"export", "--quiet", "--output", file};
        bool const ended = killed_after(moment_within(whole), arguments, variables);
        EXPECT_TRUE(ended || !std::filesystem::exists(file)) << "half an export looks like a whole one";
        time_of(arguments, variables);
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    static void expect_no_drift(Variables const& variables) {
        auto const verified = ChildProcess(GEM_PROGRAM, {"db", "verify", "--json"}, variables).wait();
        EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
        EXPECT_EQ(number(verified.out, "drift_total"), 0) << verified.out;
    }

    unsigned const seed_ = seed();
    std::mt19937_64 random_{seed_};
    int killed_ = 0;
};

} // namespace

TEST_F(MoveKill, at_random_moments_of_export_and_import_changes_no_byte_of_what_arrives) {
    SCOPED_TRACE(fmt::format("GEM_KILL_SEED={}", seed_));
    write_predecessor_file(path("before.db"), moved_content);
    time_of({"import", "--quiet", path("before.db")}, sqlite());
    auto const exporting = time_of({"export", "--quiet", "--output", path("there.json")}, sqlite());
    time_of({"import", "--quiet", path("there.json")}, new_tables()); // warms DynamoDB Local up
    auto const importing = time_of({"import", "--quiet", path("there.json")}, new_tables());
    for (int round = 0; round < rounds() && !HasFailure(); ++round) {
        auto const there = export_killed(sqlite(), path(fmt::format("there{}.json", round)), exporting);
        auto const tables = new_tables();
        std::vector<std::string> const import = {"import", "--quiet", "--json",
                                                 path(fmt::format("there{}.json", round))};
        for (int kill = 0; kill < kills_a_round - 2; ++kill) {
            auto const moment = moment_within(importing);
            SCOPED_TRACE(fmt::format("round {}, import killed after {} of {} ms", round, moment.count() / 1'000'000,
                                     importing.count() / 1'000'000));
            killed_after(moment, import, tables);
            expect_no_drift(tables);
        }
        auto const resumed = ChildProcess(GEM_PROGRAM, import, tables).wait();
        ASSERT_EQ(resumed.status, 0) << resumed.err;
        expect_no_drift(tables);
        auto const back = export_killed(tables, path(fmt::format("back{}.json", round)), exporting);
        EXPECT_TRUE(back == there) << back.size() << " and " << there.size() << " bytes";
        EXPECT_GT(there.size(), 200'000U);
    }
    EXPECT_GE(killed_, rounds()) << "nearly all of them ended before they could be killed";
    std::printf("%d of %d killed before their end\n", killed_, rounds() * kills_a_round);
}

} // namespace gem::tests
