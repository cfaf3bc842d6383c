// The example bodies of docs/openapi/examples keep the rules that hold for every endpoint.
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/time.hpp"

namespace {

namespace dom = simdjson::dom;

struct Example {
    std::string name; ///< without `.json`
    std::string path;
};

std::vector<Example> examples() {
    std::vector<Example> found;
    auto const folder = std::filesystem::path(GEM_SOURCE_DIR) / "docs" / "openapi" / "examples";
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".json")
            found.push_back({.name = entry.path().stem().string(), .path = entry.path().string()});
    std::ranges::sort(found, {}, &Example::name);
    return found;
}

bool is_request(std::string const& name) { return name.ends_with(".request"); }
bool is_problem(std::string const& name) { return name.starts_with("problem_"); }

/// Whether the endpoint answers about a window of time.
bool is_windowed(std::string const& name) {
    for (std::string_view const start :
         {"get_metrics_", "get_comparison_", "get_monitoring_", "get_commits_recent", "get_commits_summary",
          "get_enhanced_commits", "get_enhanced_repository", "get_enhanced_events", "get_enhanced_trending",
          "get_events", "get_monitors_id_events"})
        if (name.starts_with(start)) return true;
    return name == "get_alerts";
}

/// Every object of the document, with the path that leads to it.
template <class Visit>
void each_object(dom::element value, std::string const& path, Visit const& visit) {
    if (value.is_object()) {
        auto const object = value.get_object().value();
        visit(object, path);
        for (auto const [key, member] : object) each_object(member, path + "/" + std::string(key), visit);
    } else if (value.is_array()) {
        std::size_t index = 0;
        for (auto const element : value.get_array().value())
            each_object(element, path + "/" + std::to_string(index++), visit);
    }
}

bool has(dom::object object, std::string_view key) { return object.at_key(key).error() == simdjson::SUCCESS; }

std::optional<gem::UtcTime> time_at(dom::object object, std::string_view key) {
    std::string_view text;
    if (object.at_key(key).get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
    auto const time = gem::parse_time(text);
    return time && gem::format_time(*time) == text ? time : std::nullopt;
}

/// The sum of an object's numbers.
std::int64_t sum(dom::object object) {
    std::int64_t total = 0;
    for (auto const [key, member] : object) total += member.get_int64().value();
    return total;
}

class Examples : public testing::TestWithParam<Example> {
  protected:
    void SetUp() override {
        auto const error = parser_.load(GetParam().path).get(document_);
        ASSERT_EQ(error, simdjson::SUCCESS) << simdjson::error_message(error);
        ASSERT_TRUE(document_.is_object());
    }

    dom::parser parser_;
    dom::element document_;
};

TEST_P(Examples, say_when_they_were_computed) {
    if (is_request(GetParam().name)) GTEST_SKIP() << "a request has no time stamp";
    EXPECT_TRUE(time_at(document_.get_object().value(), "timestamp"));
}

TEST_P(Examples, of_windowed_endpoints_tell_window_and_coverage) {
    if (!is_windowed(GetParam().name)) GTEST_SKIP() << "not about a window";
    dom::object const body = document_.get_object().value();
    ASSERT_TRUE(has(body, "window"));
    dom::object const window = body["window"].get_object().value();
    auto const from = time_at(window, "from");
    auto const to = time_at(window, "to");
    ASSERT_TRUE(from && to);
    EXPECT_LT(*from, *to);
    EXPECT_EQ(gem::to_unix(*to) % 60, 0) << "windows end on a minute";

    ASSERT_TRUE(has(body, "coverage"));
    dom::object const coverage = body["coverage"].get_object().value();
    ASSERT_TRUE(has(coverage, "complete") && has(coverage, "gaps") && has(coverage, "sources"));
    bool const complete = coverage["complete"].get_bool().value();
    EXPECT_EQ(complete, coverage["gaps"].get_array().value().size() == 0);
    for (auto const gap : coverage["gaps"].get_array().value()) {
        dom::object const entry = gap.get_object().value();
        EXPECT_TRUE(time_at(entry, "from") && time_at(entry, "to") && has(entry, "reason"));
    }

    std::int64_t hours = 0;
    if (body.at_key("hours").get_int64().get(hours) == simdjson::SUCCESS ||
        body.at_key("analysis_period_hours").get_int64().get(hours) == simdjson::SUCCESS) {
        EXPECT_EQ(*to - *from, gem::hours(hours));
    }
}

TEST_P(Examples, explain_every_score) {
    dom::object const body = document_.get_object().value();
    bool explained = false;
    bool scored = false;
    each_object(document_, "", [&](dom::object object, std::string const& path) {
        explained = explained || has(object, "explanation");
        for (auto const [key, member] : object)
            scored = scored || (key.ends_with("_score") && !key.starts_with("min_") && !key.starts_with("avg_"));
        if (!has(object, "signal")) return;
        for (auto const* key : {"value", "weight", "points", "sentence"})
            EXPECT_TRUE(has(object, key)) << path << '/' << key;
    });
    if (is_request(GetParam().name) || !scored) GTEST_SKIP() << "no score in it";
    EXPECT_TRUE(has(body, "formula_version"));
    // A list of commits has its receipts where one commit is asked for.
    EXPECT_TRUE(explained || GetParam().name.find("commits") != std::string::npos);
}

TEST_P(Examples, add_up) {
    each_object(document_, "", [&](dom::object object, std::string const& path) {
        for (auto const* total : {"total_events", "total"}) {
            std::int64_t expected = 0;
            if (object.at_key(total).get_int64().get(expected) != simdjson::SUCCESS) continue;
            for (auto const* parts : {"counts", "event_breakdown", "activity_breakdown"}) {
                dom::object breakdown;
                if (object.at_key(parts).get_object().get(breakdown) == simdjson::SUCCESS) {
                    EXPECT_EQ(sum(breakdown), expected) << path << '/' << parts;
                }
            }
        }
        for (auto const* list : {"events", "commits", "monitors", "rules", "alerts", "repositories"}) {
            std::int64_t count = 0;
            dom::array items;
            if (object.at_key("count").get_int64().get(count) == simdjson::SUCCESS &&
                object.at_key(list).get_array().get(items) == simdjson::SUCCESS) {
                EXPECT_EQ(static_cast<std::int64_t>(items.size()), count) << path << '/' << list;
            }
        }
        std::string_view sha;
        if (object.at_key("sha").get_string().get(sha) == simdjson::SUCCESS) EXPECT_EQ(sha.size(), 40U) << path;
    });
}

TEST_P(Examples, of_problems_have_the_six_members) {
    if (!is_problem(GetParam().name)) GTEST_SKIP() << "not a problem";
    dom::object const body = document_.get_object().value();
    EXPECT_EQ(body.size(), 6U);
    for (auto const* key : {"type", "title", "status", "detail", "error_code", "timestamp"})
        EXPECT_TRUE(has(body, key)) << key;
    auto const status = body["status"].get_int64().value();
    EXPECT_TRUE(status >= 400 && status < 600) << status;
}

std::string test_name(testing::TestParamInfo<Example> const& info) {
    auto name = info.param.name;
    std::ranges::replace_if(name, [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(docs, Examples, testing::ValuesIn(examples()), test_name);

} // namespace
