// An Api over a fake database, a clock that stands still and a collector that says what it is told.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/api.hpp"
#include "http/target.hpp"
#include "support/fake_database.hpp"
#include "support/manual_clock.hpp"

namespace gem::test {

class FakeCollector final : public api::CollectorControl {
  public:
    std::optional<std::int64_t> limit;
    Result<api::CollectOutcome> outcome = api::CollectOutcome{"completed", 112, 9, 103, 9};
    std::map<std::string, api::WatchedRepo> list;

    Async<Result<api::CollectOutcome>> collect_now(std::optional<std::int64_t> most) override {
        limit = most;
        co_return outcome;
    }
    [[nodiscard]] std::string status() const override { return "healthy"; }
    [[nodiscard]] std::optional<UtcTime> last_poll() const override { return from_unix(1'768'478'352); }
    [[nodiscard]] std::vector<std::string> targets() const override { return {"octo-org/hello-world"}; }
    Async<Result<std::vector<api::WatchedRepo>>> watched() override {
        std::vector<api::WatchedRepo> all;
        for (auto const& [key, entry] : list) all.push_back(entry);
        co_return all;
    }
    Async<Result<std::optional<api::WatchedRepo>>> find_watched(RepoName repo) override {
        auto const found = list.find(repo.key());
        if (found == list.end()) co_return std::nullopt;
        co_return found->second;
    }
    Async<Result<std::pair<api::WatchedRepo, bool>>> watch(RepoName repo) override {
        auto const [place, fresh] = list.try_emplace(repo.key());
        if (fresh) place->second.repo = repo.text();
        co_return std::pair(place->second, fresh);
    }
    Async<Result<void>> unwatch(RepoName repo) override {
        auto const found = list.find(repo.key());
        if (found == list.end()) co_return fail(ErrorCode::not_found, "not watched");
        if (found->second.from_configuration) co_return fail(ErrorCode::conflict, "TARGET_REPOSITORIES names it");
        list.erase(found);
        co_return Result<void>{};
    }
};

class ApiTest : public testing::Test {
  protected:
    static inline std::chrono::steady_clock::time_point steady{};

    FakeStore store;
    ManualClock clock; // 2026-01-15T12:00:00Z
    FakeCollector collector;
    std::vector<std::string> logged;
    Log log{clock, LogLevel::debug, LogFormat::text, [this](std::string_view line) { logged.emplace_back(line); }};
    DatabaseService database{std::make_unique<FakeManager>(store)};
    api::ApiOptions options{
        .access = {}, .supported_providers = {"dynamodb", "sqlite"}, .cache = {}, .steady_now = [] { return steady; }};
    std::optional<api::Api> made;

    api::Api& service() {
        if (!made) made.emplace(database, &collector, clock, log, options);
        return *made;
    }

    static http::Request request(std::string method, std::string target) {
        http::Request made_request;
        made_request.method = std::move(method);
        made_request.target = std::move(target);
        EXPECT_TRUE(http::parse_target(made_request)) << made_request.target;
        return made_request;
    }
    http::Response send(http::Request const& asked) { return run_to_end(service().answer(asked)); }
    http::Response get(std::string target) { return send(request("GET", std::move(target))); }
    http::Response post(std::string target, std::string body, std::string type = "application/json") {
        auto asked = request("POST", std::move(target));
        asked.body = std::move(body);
        asked.headers.emplace_back("content-type", std::move(type));
        return send(asked);
    }
    static boost::json::value json_of(http::Response const& response) {
        return boost::json::parse(response.body->bytes());
    }
    boost::json::value body(std::string target) { return json_of(get(std::move(target))); }
    static std::string text(boost::json::value const& value) { return boost::json::serialize(value); }
    static std::optional<std::string> header(http::Response const& response, std::string_view name) {
        for (auto const& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return std::nullopt;
    }

    void store_event(std::string id, std::string type, UtcTime at, std::string repo = "octo-org/hello-world",
                     std::int64_t actor = 1, std::string login = "octo-ana") {
        Event event;
        event.id = std::move(id);
        event.type = std::move(type);
        event.created_at = at;
        event.repo_name = std::move(repo);
        event.actor_id = actor;
        event.actor_login = std::move(login);
        store.events.push_back(std::move(event));
        ++store.generation;
    }

    /// The refusal of a target: its status and error_code, and that the detail speaks of `about`.
    void expect_refused(std::string const& target, unsigned status, std::string_view code, std::string_view about) {
        auto const response = get(target);
        EXPECT_EQ(response.status, status) << target;
        EXPECT_EQ(response.content_type, "application/problem+json");
        auto const problem = json_of(response);
        EXPECT_EQ(problem.at("error_code").as_string(), code) << target;
        EXPECT_NE(problem.at("detail").as_string().find(about), std::string::npos) << text(problem);
    }
};

} // namespace gem::test
