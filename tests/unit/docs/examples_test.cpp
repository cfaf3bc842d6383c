// The example bodies of docs/openapi/examples keep the rules that hold for every endpoint.
#include <filesystem>
#include <map>
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
    return false;
}

template <class Visit>
void each_object(dom::element value, std::string const& path, Visit const& visit);

/// Every object of the document, with the path that leads to it.
template <class Visit>
void each_object(dom::object object, std::string const& path, Visit const& visit) {
    visit(object, path);
    for (auto const [key, member] : object) each_object(member, path + "/" + std::string(key), visit);
}

template <class Visit>
void each_object(dom::element value, std::string const& path, Visit const& visit) {
    if (value.is_object()) {
        each_object(value.get_object().value(), path, visit);
    } else if (value.is_array()) {
        std::size_t index = 0;
        dom::array const elements = value.get_array().value(); // value() refers to what get_array() returned
        for (auto const element : elements) each_object(element, path + "/" + std::to_string(index++), visit);
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

/// Calls `check(name, body)` for every example that is one; a file that is no JSON object fails the test.
template <class Check>
void each_example(Check const& check) {
    auto const all = examples();
    ASSERT_FALSE(all.empty());
    for (auto const& example : all) {
        SCOPED_TRACE(example.name);
        dom::parser parser;
        dom::object body;
        auto const error = parser.load(example.path).get_object().get(body);
        if (error == simdjson::SUCCESS)
            check(example.name, body);
        else
            ADD_FAILURE() << simdjson::error_message(error);
    }
}

TEST(Examples, say_when_they_were_computed) {
    each_example([](std::string const& name, dom::object body) {
        if (!is_request(name)) EXPECT_TRUE(time_at(body, "timestamp"));
    });
}

TEST(Examples, of_windowed_endpoints_tell_their_window) {
    each_example([](std::string const& name, dom::object body) {
        if (!is_windowed(name)) return;
        dom::object window;
        ASSERT_EQ(body.at_key("window").get_object().get(window), simdjson::SUCCESS);
        auto const from = time_at(window, "from");
        auto const to = time_at(window, "to");
        ASSERT_TRUE(from && to);
        EXPECT_LT(*from, *to);
        EXPECT_EQ(gem::to_unix(*to) % 60, 0) << "windows end on a minute";
        std::int64_t hours = 0;
        if (body.at_key("hours").get_int64().get(hours) == simdjson::SUCCESS ||
            body.at_key("analysis_period_hours").get_int64().get(hours) == simdjson::SUCCESS) {
            EXPECT_EQ(*to - *from, gem::hours(hours));
        }
    });
}

TEST(Examples, of_windowed_endpoints_tell_what_was_covered) {
    each_example([](std::string const& name, dom::object body) {
        if (!is_windowed(name)) return;
        dom::object coverage;
        ASSERT_EQ(body.at_key("coverage").get_object().get(coverage), simdjson::SUCCESS);
        bool complete = false;
        dom::array gaps;
        ASSERT_EQ(coverage.at_key("complete").get_bool().get(complete), simdjson::SUCCESS);
        ASSERT_EQ(coverage.at_key("gaps").get_array().get(gaps), simdjson::SUCCESS);
        EXPECT_TRUE(coverage.at_key("sources").is_array());
        EXPECT_EQ(complete, gaps.size() == 0);
        for (auto const gap : gaps) {
            dom::object const entry = gap.get_object().value();
            EXPECT_TRUE(time_at(entry, "from") && time_at(entry, "to") && has(entry, "reason"));
        }
    });
}

TEST(Examples, explain_every_score) {
    each_example([](std::string const& name, dom::object body) {
        if (is_request(name)) return;
        bool explained = false;
        bool scored = false;
        each_object(body, "", [&](dom::object object, std::string const& path) {
            explained = explained || has(object, "explanation");
            for (auto const [key, member] : object)
                scored = scored || (key.ends_with("_score") && !key.starts_with("min_") && !key.starts_with("avg_"));
            if (!has(object, "signal")) return;
            for (auto const* key : {"value", "weight", "points", "sentence"})
                EXPECT_TRUE(has(object, key)) << path << '/' << key;
        });
        if (!scored) return;
        EXPECT_TRUE(has(body, "formula_version"));
        // A list of commits has its receipts where one commit is asked for.
        EXPECT_TRUE(explained || name.find("commits") != std::string::npos);
    });
}

TEST(Examples, add_up) {
    each_example([](std::string const&, dom::object body) {
        each_object(body, "", [](dom::object object, std::string const& path) {
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
            std::int64_t count = 0;
            if (object.at_key("count").get_int64().get(count) == simdjson::SUCCESS) {
                for (auto const* list : {"events", "commits", "monitors", "rules", "alerts", "repositories"}) {
                    dom::array items;
                    if (object.at_key(list).get_array().get(items) == simdjson::SUCCESS) {
                        EXPECT_EQ(static_cast<std::int64_t>(items.size()), count) << path << '/' << list;
                    }
                }
            }
            std::string_view sha;
            if (object.at_key("sha").get_string().get(sha) == simdjson::SUCCESS) {
                EXPECT_EQ(sha.size(), 40U) << path;
            }
        });
    });
}

TEST(Examples, of_problems_have_the_six_members_and_one_status_for_each_code) {
    std::map<std::string, std::int64_t, std::less<>> statuses;
    each_example([&](std::string const& name, dom::object body) {
        if (!is_problem(name)) return;
        EXPECT_EQ(body.size(), 6U);
        for (auto const* key : {"type", "title", "status", "detail", "error_code", "timestamp"})
            EXPECT_TRUE(has(body, key)) << key;
        std::int64_t status = 0;
        EXPECT_EQ(body.at_key("status").get_int64().get(status), simdjson::SUCCESS);
        EXPECT_TRUE(status >= 400 && status < 600) << status;
        std::string_view code;
        ASSERT_EQ(body.at_key("error_code").get_string().get(code), simdjson::SUCCESS);
        auto const [known, added] = statuses.emplace(code, status);
        EXPECT_EQ(known->second, status) << code << " has two statuses";
    });
}

} // namespace
