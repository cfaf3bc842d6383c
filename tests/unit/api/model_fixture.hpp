// An Api over the model of the storage contract, for figures that need facts, commits or metric tables.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/api.hpp"
#include "http/target.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"

namespace gem::test {

/// It is 2026-01-15T12:00:00Z; events are of acme/tool around ten o'clock unless told otherwise.
class ModelApiTest : public testing::Test {
  protected:
    static inline std::chrono::steady_clock::time_point steady{};

    ManualClock clock;
    Log log{clock, LogLevel::error, LogFormat::text, [](std::string_view) {}};
    DatabaseService database{make_reference_manager(std::make_shared<ReferenceStore>(), clock)};
    std::optional<api::Api> made;
    int next_id = 1;

    void SetUp() override {
        wait_ok(database.initialize());
        made.emplace(
            database, nullptr, clock, log,
            api::ApiOptions{.access = {}, .supported_providers = {}, .cache = {}, .steady_now = [] { return steady; }});
    }

    http::Response get(std::string target) { return send("GET", std::move(target)); }
    http::Response send(std::string method, std::string target) {
        steady += std::chrono::seconds(1); // the store is asked anew whether something was written
        http::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        EXPECT_TRUE(http::parse_target(request)) << request.target;
        return run_to_end(made->answer(request));
    }
    boost::json::value body(std::string const& target) {
        auto const response = get(target);
        EXPECT_EQ(response.status, 200U) << target << ": " << response.body->bytes();
        return boost::json::parse(response.body->bytes());
    }
    static std::string text(boost::json::value const& value) { return boost::json::serialize(value); }

    EventMaker event(std::string type) {
        EventMaker maker(std::to_string(next_id++));
        maker.type(std::move(type));
        return maker;
    }
    void put(std::vector<Event> events) {
        auto const count = events.size();
        auto const result = wait_ok(database.events().insert_events(std::move(events)));
        EXPECT_EQ(result.inserted, count);
    }
    /// The records that vouch for the repository from `since` to `until`.
    void vouch(std::string const& repo, UtcTime since, UtcTime until) {
        auto const write = [&](std::string key, std::string json) {
            wait_ok(database.metrics().put_state(
                {.key = std::move(key), .value = JsonText::already_validated(std::move(json)), .version = 0}));
        };
        write("coverage#since#" + repo, fmt::format(R"({{"target":"{}","since":"{}"}})", repo, format_time(since)));
        write("poll#" + repo, fmt::format(R"({{"last_complete":"{}"}})", format_time(until)));
    }
};

} // namespace gem::test
