// The rows of the table of settings: nothing is listed that nothing reads.
#include "app/settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "api/auth.hpp"
#include "github/event_target.hpp"

namespace gem {

namespace {

using Refusal = std::optional<std::string>;
using Store = std::function<Refusal(Settings&, SettingValue const&)>;

/// A store that cannot fail.
template <class Put>
Store always(Put put) {
    return [put](Settings& settings, SettingValue const& value) -> Refusal {
        put(settings, value);
        return std::nullopt;
    };
}

bool is_http_url(std::string_view text) {
    for (std::string_view const scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        auto const rest = text.substr(scheme.size());
        return !rest.empty() && rest.front() != '/' && rest.front() != ':' &&
               rest.find_first_of(" \t\r\n\"<>@?#") == std::string_view::npos;
    }
    return false;
}

Refusal store_targets(Settings& settings, SettingValue const& value) {
    for (auto const& target : value.list) {
        if (auto const parsed = github::EventTarget::parse(target); !parsed) return parsed.error().message;
    }
    settings.target_repositories = value.list;
    return std::nullopt;
}

Refusal store_api_tokens(Settings& settings, SettingValue const& value) {
    if (auto const tokens = api::TokenList::parse(value.text); !tokens) return tokens.error().message;
    settings.api_tokens = value.text;
    return std::nullopt;
}

/// A store for an http(s) URL; a slash at its end is dropped.
template <class Put>
Store http_url(Put put) {
    return [put](Settings& settings, SettingValue const& value) -> Refusal {
        std::string url = value.text;
        while (url.ends_with('/')) url.pop_back();
        if (!is_http_url(url)) return "expected a URL that begins with http:// or https://";
        put(settings, std::move(url));
        return std::nullopt;
    };
}

/// A store for what credentials are looked for by.
Store aws_variable(std::string name) {
    return always([name = std::move(name)](Settings& s, SettingValue const& v) {
        if (!v.text.empty()) s.database.dynamodb.environment[name] = v.text;
    });
}

template <bool DynamoDBConfig::* Member>
Store dynamodb_switch() {
    return always([](Settings& s, SettingValue const& v) { s.database.dynamodb.*Member = v.text == "1"; });
}

bool consists_of(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

Refusal store_region(Settings& settings, SettingValue const& value) {
    if (value.text.empty() || value.text.size() > 64 || !consists_of(value.text, "-"))
        return fmt::format("expected the name of a region, as eu-central-1, got \"{}\"", value.text);
    settings.database.region = value.text;
    return std::nullopt;
}

Refusal store_table_prefix(Settings& settings, SettingValue const& value) {
    if (value.text.size() > 200 || !consists_of(value.text, "_.-"))
        return fmt::format("expected at most 200 of letters, digits, \"_\", \".\", \"-\", got \"{}\"", value.text);
    settings.database.table_prefix = value.text;
    return std::nullopt;
}

void add_dynamodb(std::vector<SettingRow>& rows) {
    using enum SettingKind;
    using enum SettingGroup;
    rows.push_back({.name = "aws_region",
                    .flag = "--region",
                    .also = "AWS_DEFAULT_REGION",
                    .fallback = "us-east-1",
                    .group = storage,
                    .sentence = "DynamoDB's region; AWS_DEFAULT_REGION where this is not set",
                    .store = store_region});
    rows.push_back({.name = "dynamodb_table_prefix",
                    .flag = "--table-prefix",
                    .fallback = "github-events-",
                    .group = storage,
                    .sentence = "Begins the names of DynamoDB's nine tables",
                    .store = store_table_prefix});
    rows.push_back(
        {.name = "dynamodb_endpoint_url",
         .flag = "--endpoint-url",
         .also = "AWS_ENDPOINT_URL_DYNAMODB",
         .group = storage,
         .sentence = "In place of AWS's endpoint: http://localhost:8000 for DynamoDB Local; AWS_ENDPOINT_URL_DYNAMODB "
                     "where this is not set",
         .store = http_url([](Settings& s, std::string url) { s.database.endpoint_url = std::move(url); })});
    rows.push_back({.name = "dynamodb_allow_http",
                    .flag = "--allow-http",
                    .kind = choice,
                    .fallback = "0",
                    .choices = {"0", "1"},
                    .group = storage,
                    .sentence = "1 lets the endpoint be plain http on another machine than this one",
                    .store = dynamodb_switch<&DynamoDBConfig::allow_http>()});
    rows.push_back({.name = "dynamodb_pitr",
                    .flag = "--pitr",
                    .kind = choice,
                    .fallback = "0",
                    .choices = {"0", "1"},
                    .group = storage,
                    .sentence = "1 makes tables with point-in-time recovery; setup create sets it on tables there are",
                    .store = dynamodb_switch<&DynamoDBConfig::point_in_time_recovery>()});
    rows.push_back({.name = "dynamodb_deletion_protection",
                    .flag = "--deletion-protection",
                    .kind = choice,
                    .fallback = "0",
                    .choices = {"0", "1"},
                    .group = storage,
                    .sentence = "1 makes tables that nobody can delete; setup create sets it on tables there are",
                    .store = dynamodb_switch<&DynamoDBConfig::deletion_protection>()});
    rows.push_back({.name = "aws_profile",
                    .flag = "--aws-profile",
                    .group = storage,
                    .sentence = "Profile of ~/.aws/config and ~/.aws/credentials to take AWS credentials from",
                    .store = aws_variable("AWS_PROFILE")});
    rows.push_back({.name = "aws_access_key_id",
                    .secret = true,
                    .group = storage,
                    .sentence = "AWS access key; with none, profiles, web identity, container and instance are asked",
                    .store = aws_variable("AWS_ACCESS_KEY_ID")});
    rows.push_back({.name = "aws_secret_access_key",
                    .secret = true,
                    .group = storage,
                    .sentence = "The access key's secret",
                    .store = aws_variable("AWS_SECRET_ACCESS_KEY")});
    rows.push_back({.name = "aws_session_token",
                    .secret = true,
                    .group = storage,
                    .sentence = "The session's token, for temporary access keys",
                    .store = aws_variable("AWS_SESSION_TOKEN")});
}

void add_alerts(std::vector<SettingRow>& rows) {
    using enum SettingKind;
    using enum SettingGroup;
    rows.push_back({.name = "alerts",
                    .flag = "--alerts",
                    .kind = choice,
                    .fallback = "on",
                    .choices = {"on", "off"},
                    .group = server,
                    .sentence = "Whether serve and collect judge alert rules and send what they found",
                    .store = always([](Settings& s, SettingValue const& v) { s.alerts = v.text == "on"; })});
    rows.push_back(
        {.name = "alert_interval",
         .flag = "--alert-interval",
         .kind = integer,
         .fallback = "60",
         .minimum = 1,
         .maximum = 3600,
         .group = server,
         .sentence =
             "Seconds between two judgements of the alert rules; those about anomalies and health each tenth time",
         .store = always([](Settings& s, SettingValue const& v) { s.alert_interval = seconds(v.integer); })});
    rows.push_back(
        {.name = "alert_allow_private_addresses",
         .flag = "--alert-allow-private-addresses",
         .kind = choice,
         .fallback = "0",
         .choices = {"0", "1"},
         .group = server,
         .sentence = "1 lets alert rules send to this machine and to private networks, and through a proxy",
         .store = always([](Settings& s, SettingValue const& v) { s.alert_allow_private_addresses = v.text == "1"; })});
}

std::vector<SettingRow> make_table() {
    using enum SettingKind;
    using enum SettingGroup;
    std::vector<SettingRow> rows;

    // Storage
    rows.push_back({.name = "database_provider",
                    .flag = "--provider",
                    .kind = choice,
                    .fallback = "sqlite",
                    .choices = {"sqlite", "dynamodb"},
                    .group = storage,
                    .sentence = "Where events are kept",
                    .store = always([](Settings& s, SettingValue const& v) { s.database.provider = v.text; })});
    rows.push_back({.name = "database_path",
                    .flag = "--db-path",
                    .fallback = "./github_events.db",
                    .group = storage,
                    .sentence = "SQLite's file; :memory: keeps nothing",
                    .store = always([](Settings& s, SettingValue const& v) { s.database.db_path = v.text; })});
    rows.push_back(
        {.name = "retention_days",
         .flag = "--retention-days",
         .kind = integer,
         .fallback = "0",
         .minimum = 0,
         .maximum = 36500,
         .group = storage,
         .sentence = "Raw events older than this go, their counts stay; 0 keeps everything",
         .store = always([](Settings& s, SettingValue const& v) { s.database.retention = days(v.integer); })});
    add_dynamodb(rows);

    // Server
    rows.push_back({.name = "api_host",
                    .flag = "--host",
                    .fallback = "127.0.0.1",
                    .group = server,
                    .sentence = "Address to listen on; 0.0.0.0 for all, then whatever changes state asks for a token",
                    .store = always([](Settings& s, SettingValue const& v) { s.api_host = v.text; })});
    rows.push_back({.name = "api_port",
                    .flag = "--port",
                    .kind = integer,
                    .fallback = "8000",
                    .minimum = 0,
                    .maximum = 65535,
                    .group = server,
                    .sentence = "Port to listen on; 0 lets the system pick one; when not set and 8000 is taken, 8080",
                    .store = always([](Settings& s, SettingValue const& v) {
                        s.api_port = static_cast<std::uint16_t>(v.integer);
                    })});
    rows.push_back({.name = "cors_origins",
                    .flag = "--cors-origins",
                    .kind = list,
                    .group = server,
                    .sentence = "Origins whose pages may read the API, or * for any; none by default",
                    .store = always([](Settings& s, SettingValue const& v) { s.cors_origins = v.list; })});
    rows.push_back(
        {.name = "api_tokens",
         .kind = list,
         .secret = true,
         .group = server,
         .sentence = "Bearer tokens, read:TOKEN or admin:TOKEN; with any, everything but health asks for one",
         .store = store_api_tokens});
    rows.push_back({.name = "trusted_proxies",
                    .flag = "--trusted-proxies",
                    .kind = list,
                    .group = server,
                    .sentence = "Addresses or networks (10.0.0.0/8) whose X-Forwarded-For is believed",
                    .store = always([](Settings& s, SettingValue const& v) { s.trusted_proxies = v.list; })});
    rows.push_back({.name = "rate_limit",
                    .flag = "--rate-limit",
                    .kind = integer,
                    .fallback = "100",
                    .minimum = 1,
                    .maximum = 1000000,
                    .choices = {"off"},
                    .group = server,
                    .sentence = "Requests a second for each client address, with a burst of twice as many",
                    .store = always([](Settings& s, SettingValue const& v) {
                        s.rate_limit = v.text == "off" ? std::nullopt : std::optional(v.integer);
                    })});

    // GitHub
    rows.push_back({.name = "target_repositories",
                    .flag = "--target-repositories",
                    .kind = list,
                    .group = github,
                    .sentence = "What to poll, beside the watch list: owner/name, org:NAME, user:NAME, or public for "
                                "GitHub's public time line",
                    .store = store_targets});
    rows.push_back(
        {.name = "poll",
         .flag = "--poll",
         .kind = choice,
         .fallback = "auto",
         .choices = {"auto", "on", "off"},
         .group = server,
         .sentence =
             "Whether serve polls GitHub: auto when something is named or watched; on: else the public time line",
         .store = always([](Settings& s, SettingValue const& v) {
             s.poll = v.text == "on" ? PollMode::on : v.text == "off" ? PollMode::off : PollMode::automatic;
         })});
    rows.push_back({.name = "poll_interval",
                    .flag = "--poll-interval",
                    .kind = integer,
                    .fallback = "300",
                    .minimum = 1,
                    .maximum = 86400,
                    .group = github,
                    .sentence = "Seconds between two polls of a target, at most as long as the rate limit suffices; "
                                "GitHub's X-Poll-Interval is the floor",
                    .store = always([](Settings& s, SettingValue const& v) { s.poll_interval = seconds(v.integer); })});
    rows.push_back(
        {.name = "collector_lease",
         .flag = "--collector-lease",
         .kind = integer,
         .fallback = "60",
         .minimum = 3,
         .maximum = 3600,
         .group = github,
         .sentence = "Seconds after which a collector that no longer renews its lease is replaced by the others on the "
                     "same database, which share the targets",
         .store = always([](Settings& s, SettingValue const& v) { s.collector_lease = seconds(v.integer); })});
    rows.push_back(
        {.name = "commit_details",
         .flag = "--commit-details",
         .kind = choice,
         .fallback = "on",
         .choices = {"on", "off"},
         .group = github,
         .sentence = "Whether the commits of pushes to watched repositories are fetched, with stats and files",
         .store = always([](Settings& s, SettingValue const& v) { s.commit_details = v.text == "on"; })});
    rows.push_back(
        {.name = "commit_details_max_per_hour",
         .flag = "--commit-details-max-per-hour",
         .kind = integer,
         .fallback = "1000",
         .minimum = 1,
         .maximum = 1000000,
         .group = github,
         .sentence = "Requests for commits in an hour, at most; polls come first",
         .store = always([](Settings& s, SettingValue const& v) { s.commit_details_max_per_hour = v.integer; })});
    rows.push_back(
        {.name = "history_on_arrival",
         .flag = "--history-on-arrival",
         .kind = choice,
         .fallback = "on",
         .choices = {"on", "off"},
         .group = github,
         .sentence = "Whether GitHub is asked for the last 30 days of a repository that is newly watched: issues, pull "
                     "requests, releases and deployments; polls come first",
         .store = always([](Settings& s, SettingValue const& v) { s.history_on_arrival = v.text == "on"; })});
    rows.push_back({.name = "github_token",
                    .kind = list,
                    .secret = true,
                    .group = github,
                    .sentence = "GitHub token, or several: 5,000 requests an hour in place of 60",
                    .store = always([](Settings& s, SettingValue const& v) { s.github_tokens = v.list; })});
    rows.push_back({.name = "github_webhook_secret",
                    .kind = list,
                    .secret = true,
                    .group = server,
                    .sentence =
                        "Secret of the webhooks that send to /webhook, or several while one replaces another; without "
                        "any, deliveries are taken from this machine only",
                    .store = always([](Settings& s, SettingValue const& v) { s.webhook_secrets = v.list; })});
    rows.push_back({.name = "github_api_base",
                    .flag = "--github-api-base",
                    .fallback = "https://api.github.com",
                    .group = github,
                    .sentence = "GitHub's API, for GitHub Enterprise https://HOST/api/v3",
                    .store = http_url([](Settings& s, std::string url) { s.github_api_base = std::move(url); })});

    add_alerts(rows);

    // MCP
    rows.push_back({.name = "mcp_allow_writes",
                    .flag = "--mcp-allow-writes",
                    .kind = choice,
                    .fallback = "0",
                    .choices = {"0", "1"},
                    .group = SettingGroup::mcp,
                    .sentence = "Whether assistants get the tools that change something: collect, monitors",
                    .store = always([](Settings& s, SettingValue const& v) { s.mcp_allow_writes = v.text == "1"; })});
    rows.push_back(
        {.name = "mcp_output_schemas",
         .flag = "--mcp-output-schemas",
         .kind = choice,
         .fallback = "on",
         .choices = {"on", "off"},
         .group = SettingGroup::mcp,
         .sentence = "Whether tools/list describes answers too; off saves an assistant two thirds of its bytes",
         .store = always([](Settings& s, SettingValue const& v) { s.mcp_output_schemas = v.text == "on"; })});

    // Log
    rows.push_back(
        {.name = "log_level",
         .flag = "--log-level",
         .kind = choice,
         .fallback = "info",
         .choices = {"debug", "info", "warn", "error", "off"},
         .group = log,
         .sentence = "How much to log, on stderr",
         .store = always([](Settings& s, SettingValue const& v) { s.log_level = *parse_log_level(v.text); })});
    rows.push_back(
        {.name = "log_format",
         .flag = "--log-format",
         .kind = choice,
         .fallback = "text",
         .choices = {"text", "json"},
         .group = log,
         .sentence = "Log lines for a person or as JSON",
         .store = always([](Settings& s, SettingValue const& v) { s.log_format = *parse_log_format(v.text); })});
    return rows;
}

} // namespace

std::span<SettingRow const> settings_table() {
    static std::vector<SettingRow> const table = make_table();
    return table;
}

} // namespace gem
