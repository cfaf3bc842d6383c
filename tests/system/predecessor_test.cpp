// The predecessor's SQLite file imported by the built program, into SQLite and into DynamoDB: both then say the same.
#include "system/dynamodb_program.hpp"
#include "system/predecessor_file.hpp"

namespace gem::tests {

namespace {

constexpr PredecessorContent predecessor_content{.events = 700, .commits = 60, .bad_events = 3};

class PredecessorImport : public DynamoProgram {
  protected:
    void SetUp() override {
        DynamoProgram::SetUp();
        write_predecessor_file(file(), predecessor_content);
    }
    [[nodiscard]] std::string file() const { return path("github_events.db"); }
    [[nodiscard]] std::vector<Variables> providers() const { return {{{"DATABASE_PROVIDER", "sqlite"}}, {}}; }
};

} // namespace

TEST_F(PredecessorImport, stores_the_same_in_both_providers) {
    std::vector<std::string> exports;
    for (auto const& provider : providers()) {
        auto const imported = run_with({"import", "--quiet", "--json", file()}, provider);
        ASSERT_EQ(imported.status, 0) << imported.err;
        EXPECT_EQ(number(imported.out, "inserted"), predecessor_content.events) << imported.out;
        EXPECT_EQ(number(imported.out, "rejected"), predecessor_content.bad_events) << imported.out;
        EXPECT_EQ(number(imported.out, "commit"), predecessor_content.commits) << imported.out;
        auto const again = run_with({"import", "--quiet", "--json", file()}, provider);
        EXPECT_EQ(again.status, 0) << again.err;
        EXPECT_EQ(number(again.out, "inserted"), 0) << again.out;
        EXPECT_EQ(number(again.out, "duplicates"), predecessor_content.events) << again.out;
        auto const verified = run_with({"db", "verify", "--json"}, provider);
        EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
        EXPECT_EQ(number(verified.out, "drift_total"), 0) << verified.out;
        EXPECT_EQ(number(verified.out, "events"), predecessor_content.events) << verified.out;
        auto exported = run_with({"export", "--quiet"}, provider);
        ASSERT_EQ(exported.status, 0) << exported.err;
        exports.push_back(std::move(exported.out));
    }
    EXPECT_TRUE(exports[0] == exports[1]) << exports[0].size() << " and " << exports[1].size() << " bytes";
    EXPECT_NE(exports[1].find(R"({"action": "started"})"), std::string::npos) << "payloads byte for byte";
}

TEST_F(PredecessorImport, is_answered_from_alike) {
    std::vector<std::vector<std::string>> answers;
    for (auto const& provider : providers()) {
        ASSERT_EQ(run_with({"import", "--quiet", file()}, provider).status, 0);
        auto variables = dynamodb();
        for (auto const& [name, value] : provider) variables[name] = value;
        auto const served = serve({}, variables);
        std::vector<std::string> all;
        for (auto const* const target : {
                 "/metrics/event-counts?offset_minutes=90&until=2024-03-01T12:00:00Z",
                 "/metrics/trending?hours=24&until=2024-03-01T12:00:00Z",
                 "/metrics/repository-health?repo=octo-org/project-3&until=2024-03-01T12:00:00Z",
                 "/events?repo=octo-org/project-5&since=2024-03-01T10:00:00Z&until=2024-03-01T12:00:00Z&limit=40",
                 "/commits/recent?repo=octo-org/project-2&hours=6&until=2024-03-01T12:00:00Z",
                 "/commits/summary?repo=octo-org/project-1&hours=6&until=2024-03-01T12:00:00Z",
                 "/monitoring/commits/authors?repo=octo-org/project-6&hours=6&until=2024-03-01T12:00:00Z",
             }) {
            auto answer = get(served.port, target);
            EXPECT_TRUE(answer.starts_with("200 ")) << target << answer;
            if (auto const at = answer.find(R"("timestamp":)"); at != std::string::npos)
                answer.erase(at, answer.find('Z', at) - at); // when it was asked
            all.push_back(std::move(answer));
        }
        answers.push_back(std::move(all));
    }
    EXPECT_EQ(answers[0], answers[1]);
    EXPECT_NE(answers[1].front().find(R"("total_events":)"), std::string::npos) << answers[1].front();
}

} // namespace gem::tests
