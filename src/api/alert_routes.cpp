// Alert rules, and what they found.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "alerts/alert_engine.hpp"
#include "api/collect_answer.hpp"
#include "api/route.hpp"
#include "storage/cursor.hpp"

namespace gem::api {

namespace {

struct RuleItem {
    std::string id;
    std::string name;
    std::string kind;
    std::optional<std::string> repo;
    std::int64_t hours = 0;
    std::optional<std::int64_t> threshold;
    std::optional<std::string> severity;
    std::optional<std::string> event_type;
    std::optional<std::string> environment;
    std::optional<std::string> url; ///< scheme and host; the rest may be a secret
    bool signed_ = false;
    std::int64_t cool_down_minutes = 0;
    bool enabled = true;
    UtcTime created_at{};
};
BOOST_DESCRIBE_STRUCT(RuleItem, (),
                      (id, name, kind, repo, hours, threshold, severity, event_type, environment, url, signed_,
                       cool_down_minutes, enabled, created_at))

struct RuleAnswer : RuleItem, TimestampPart {};
BOOST_DESCRIBE_STRUCT(RuleAnswer, (RuleItem, TimestampPart), ())

struct RuleList {
    std::int64_t count = 0;
    std::vector<RuleItem> rules;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(RuleList, (), (count, rules, timestamp))

struct AlertsParams {
    std::optional<RepoName> repo;
    std::string state = "all";
    std::int64_t limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(AlertsParams, (), (repo, state, limit, cursor))

struct AlertList {
    std::optional<std::string> repo;
    std::string state;
    std::int64_t limit = 0;
    std::int64_t count = 0;
    std::vector<gem::alerts::AlertItem> alerts;
    std::optional<std::string> next_cursor;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(AlertList, (), (repo, state, limit, count, alerts, next_cursor, timestamp))

RuleItem rule_item(alerts::AlertRule const& rule) {
    RuleItem item{.id = rule.id,
                  .name = rule.name,
                  .kind = rule.kind,
                  .repo = rule.repo,
                  .hours = rule.hours,
                  .threshold = rule.threshold,
                  .severity = rule.severity,
                  .event_type = rule.event_type,
                  .environment = rule.environment,
                  .url = {},
                  .signed_ = !rule.secret.empty(),
                  .cool_down_minutes = rule.cool_down_minutes,
                  .enabled = rule.enabled,
                  .created_at = rule.created_at};
    if (!rule.url.empty()) item.url = alerts::shown_url(rule.url);
    return item;
}

Reply reply_with(Context const& context, alerts::AlertRule const& rule, unsigned status) {
    RuleAnswer answer;
    static_cast<RuleItem&>(answer) = rule_item(rule);
    answer.timestamp = context.now;
    return Reply::json(answer, status);
}

Problem no_rule(std::string_view id) {
    return {
        .status = 404, .error_code = "ALERT_RULE_NOT_FOUND", .detail = fmt::format("There is no alert rule {}.", id)};
}

/// The draft of a rule as the body gave it; a repository in the spelling of the body.
alerts::RuleDraft draft_of(Arguments const& arguments) {
    auto draft = arguments.read<alerts::RuleDraft>();
    if (auto const repo = arguments.get<RepoName>("repo")) draft.repo = repo->text();
    return draft;
}

Async<Outcome> add_rule(Context const& context, Arguments const& arguments) {
    auto rule = alerts::rule_of(draft_of(arguments), context.private_receivers);
    if (!rule) co_return std::unexpected(problem_of(rule.error()));
    auto added = co_await alerts::AlertStore(context.database).add_rule(std::move(*rule), context.now);
    if (!added) co_return std::unexpected(problem_of(added.error()));
    auto reply = reply_with(context, *added, 201);
    reply.headers.emplace_back("Location", "/alerts/rules/" + added->id);
    co_return reply;
}

bool is_hidden(Context const& context, std::string const& repo) { return is_among(context.hidden, repo); }

Async<Outcome> list_rules(Context const& context, Arguments const&) {
    auto rules = co_await alerts::AlertStore(context.database).rules();
    if (!rules) co_return std::unexpected(problem_of(rules.error()));
    std::erase_if(*rules, [&](auto const& rule) { return is_hidden(context, rule.repo.value_or("")); });
    RuleList answer{.count = static_cast<std::int64_t>(rules->size()), .rules = {}, .timestamp = context.now};
    for (auto const& rule : *rules) answer.rules.push_back(rule_item(rule));
    co_return Reply::json(answer);
}

Async<Outcome> get_rule(Context const& context, Arguments const& arguments) {
    auto const id = arguments.get<std::string>("id").value_or("");
    auto const rule = co_await alerts::AlertStore(context.database).rule(id);
    if (!rule) co_return std::unexpected(problem_of(rule.error()));
    if (!*rule || is_hidden(context, (*rule)->repo.value_or(""))) co_return std::unexpected(no_rule(id));
    co_return reply_with(context, **rule, 200);
}

Async<Outcome> remove_rule(Context const& context, Arguments const& arguments) {
    auto const id = arguments.get<std::string>("id").value_or("");
    auto const removed = co_await alerts::AlertStore(context.database).remove_rule(id, context.now);
    if (!removed) co_return std::unexpected(problem_of(removed.error()));
    if (!*removed) co_return std::unexpected(no_rule(id));
    co_return Reply{.status = 204, .content_type = {}, .body = {}};
}

template <bool Enabled>
Async<Outcome> switch_rule(Context const& context, Arguments const& arguments) {
    auto const id = arguments.get<std::string>("id").value_or("");
    auto const rule = co_await alerts::AlertStore(context.database).enable_rule(id, Enabled, context.now);
    if (!rule) co_return std::unexpected(problem_of(rule.error()));
    if (!*rule) co_return std::unexpected(no_rule(id));
    co_return reply_with(context, **rule, 200);
}

Async<Outcome> change_rule(Context const& context, Arguments const& arguments) {
    auto const id = arguments.get<std::string>("id").value_or("");
    auto change = arguments.read<alerts::RuleChange>();
    if (auto const repo = arguments.get<RepoName>("repo")) change.repo = repo->text();
    auto const rule = co_await alerts::AlertStore(context.database)
                          .change_rule(id, std::move(change), context.private_receivers, context.now);
    if (!rule) co_return std::unexpected(problem_of(rule.error()));
    if (!*rule) co_return std::unexpected(no_rule(id));
    co_return reply_with(context, **rule, 200);
}

/// Where the page before ended.
struct Place {
    UtcTime fired_at{};
    std::string id;
};

std::uint64_t question_of(AlertsParams const& params) {
    return hash_question({"alerts", params.repo ? std::string_view(params.repo->key()) : "", params.state});
}

std::expected<Place, Problem> place_of(AlertsParams const& params) {
    auto const fields = decode_cursor(question_of(params), *params.cursor, 2);
    if (!fields) return std::unexpected(problem_of(fields.error()));
    std::int64_t number = 0;
    auto const& text = fields->front();
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::unexpected(problem_of(fail(ErrorCode::invalid_argument, "cursor").error()));
    return Place{.fired_at = from_unix(number), .id = fields->back()};
}

Async<Outcome> list_alerts(Context const& context, Arguments const& arguments) {
    auto const params = arguments.read<AlertsParams>();
    std::optional<Place> after;
    if (params.cursor) {
        auto place = place_of(params);
        if (!place) co_return std::unexpected(std::move(place.error()));
        after = std::move(*place);
    }
    auto all = co_await alerts::AlertStore(context.database).alerts();
    if (!all) co_return std::unexpected(problem_of(all.error()));
    AlertList answer{.repo = {},
                     .state = params.state,
                     .limit = params.limit,
                     .count = 0,
                     .alerts = {},
                     .next_cursor = {},
                     .timestamp = context.now};
    if (params.repo) answer.repo = params.repo->text();
    for (auto& each : *all) { // newest first
        if (is_hidden(context, each.repo)) continue;
        if (params.repo && ascii_lower(each.repo) != params.repo->key()) continue;
        if (params.state != "all" && each.state != params.state) continue;
        if (after && std::tie(each.fired_at, each.id) >= std::tie(after->fired_at, after->id)) continue;
        if (static_cast<std::int64_t>(answer.alerts.size()) == params.limit) {
            auto const& last = answer.alerts.back();
            answer.next_cursor = encode_cursor(question_of(params), {std::to_string(to_unix(last.fired_at)), last.id});
            break;
        }
        answer.alerts.push_back(std::move(each));
    }
    answer.count = static_cast<std::int64_t>(answer.alerts.size());
    co_return Reply::json(answer);
}

Parameter in_body(std::string_view name, ParameterType type, std::string_view sentence, std::int64_t min,
                  std::int64_t max) {
    return {.name = name, .type = type, .sentence = sentence, .min = min, .max = max, .place = ParameterPlace::body};
}

Parameter choice_in_body(std::string_view name, std::string_view sentence, std::vector<std::string_view> choices) {
    return {.name = name,
            .type = ParameterType::choice,
            .sentence = sentence,
            .choices = std::move(choices),
            .place = ParameterPlace::body};
}

std::vector<Parameter> rule_parameters() {
    using enum ParameterType;
    auto kind = choice_in_body("kind", "What is watched for.", {alerts::rule_kinds.begin(), alerts::rule_kinds.end()});
    kind.required = true;
    auto one_repo = repo_parameter(false);
    one_repo.sentence = "One repository, as owner/name; every repository of the watch list when left out.";
    one_repo.place = ParameterPlace::body;
    auto cool_down = in_body("cool_down_minutes", integer,
                             "How long after a message that something has begun no second one is sent.", 0, 10080);
    cool_down.default_number = 60;
    auto enabled = choice_in_body("enabled", "Whether the rule is judged.", {"true", "false"});
    enabled.default_text = "true";
    return {std::move(kind),
            std::move(one_repo),
            in_body("name", text, "What people call it.", 0, alerts::longest_name),
            in_body("hours", integer, "How far back the rule looks; limits and default go by kind.", 1, 2160),
            in_body("threshold", integer,
                    "health_below: the score (60) below which it fires; coverage_gap: the minutes (60) above which.", 0,
                    43200),
            choice_in_body("severity", "anomaly: of at least this severity; low when left out.",
                           {alerts::severities.begin(), alerts::severities.end()}),
            in_body("event_type", event_type, "anomaly: in events of this type alone.", 0, 0),
            in_body("environment", text, "failed_deployment: to this environment alone, as /metrics/dora takes it.", 0,
                    255),
            in_body("url", text, "Where messages are sent by POST; the log alone is told when left out.", 0,
                    alerts::longest_url),
            in_body("secret", text, "Signs the messages (X-Signature-256); never shown again.", 0, 256),
            std::move(cool_down),
            std::move(enabled)};
}

std::vector<Parameter> rule_id() {
    return {{.name = "id",
             .type = ParameterType::text,
             .sentence = "Id of the rule.",
             .required = true,
             .max = 64,
             .place = ParameterPlace::path}};
}

/// The id, and each member but the kind; none is needed, none has a default.
std::vector<Parameter> change_parameters() {
    auto parameters = rule_id();
    for (auto& each : rule_parameters()) {
        if (each.name == "kind") continue;
        each.default_number.reset();
        each.default_text = {};
        parameters.push_back(std::move(each));
    }
    return parameters;
}

void add_rule_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/alerts/rules",
                     .summary = "Alert rules",
                     .description = "Oldest first. Of a URL scheme and host are shown, of a secret that there is one.",
                     .parameters = {},
                     .handler = &list_rules,
                     .answer = answers<RuleList>("AlertRules"),
                     .keeping = Keeping::tagged});
    table.push_back({.method = "POST",
                     .path = "/alerts/rules",
                     .summary = "Add an alert rule",
                     .description = "Judged within a minute, as long as a process serves or collects. At most 100.",
                     .parameters = rule_parameters(),
                     .handler = &add_rule,
                     .answer = answers<RuleAnswer>("AlertRule", 201),
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "GET",
                     .path = "/alerts/rules/{id}",
                     .summary = "One alert rule",
                     .description = "404 when there is none of that id.",
                     .parameters = rule_id(),
                     .handler = &get_rule,
                     .answer = answers<RuleAnswer>("AlertRule"),
                     .keeping = Keeping::tagged});
    table.push_back({.method = "PATCH",
                     .path = "/alerts/rules/{id}",
                     .summary = "Change an alert rule",
                     .description = "What is left out stays; the kind stays always. When it judges otherwise "
                                    "afterwards, what it found is resolved and messages on their way are not sent.",
                     .parameters = change_parameters(),
                     .handler = &change_rule,
                     .answer = answers<RuleAnswer>("AlertRule"),
                     .access = Access::admin,
                     .keeping = Keeping::never,
                     .problems = {409}});
    table.push_back({.method = "DELETE",
                     .path = "/alerts/rules/{id}",
                     .summary = "Remove an alert rule",
                     .description = "What it found stays in the list, resolved; messages on their way are not sent.",
                     .parameters = rule_id(),
                     .handler = &remove_rule,
                     .answer = {.name = {}, .content_type = {}, .status = 204},
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "POST",
                     .path = "/alerts/rules/{id}/enable",
                     .summary = "Judge an alert rule again",
                     .description = "The rule; nothing changes when it was enabled.",
                     .parameters = rule_id(),
                     .handler = &switch_rule<true>,
                     .answer = answers<RuleAnswer>("AlertRule"),
                     .access = Access::admin,
                     .keeping = Keeping::never});
    table.push_back({.method = "POST",
                     .path = "/alerts/rules/{id}/disable",
                     .summary = "Judge an alert rule no more",
                     .description = "What it found is resolved; messages on their way are not sent.",
                     .parameters = rule_id(),
                     .handler = &switch_rule<false>,
                     .answer = answers<RuleAnswer>("AlertRule"),
                     .access = Access::admin,
                     .keeping = Keeping::never});
}

} // namespace

void add_alert_routes(std::vector<Route>& table) {
    add_rule_routes(table);
    table.push_back({.method = "GET",
                     .path = "/alerts",
                     .summary = "What alert rules found",
                     .description = "Newest first; the last 90 days, at most 1,000. An alert is open while what it is "
                                    "about lasts.",
                     .parameters = {repo_parameter(false),
                                    {.name = "state",
                                     .type = ParameterType::choice,
                                     .sentence = "Open ones, resolved ones, or all.",
                                     .default_text = "all",
                                     .choices = {"all", "open", "resolved"}},
                                    limit_parameter("How many alerts a page has at most.", 100, 1000),
                                    cursor_parameter()},
                     .handler = &list_alerts,
                     .answer = answers<AlertList>("Alerts"),
                     .keeping = Keeping::tagged});
}

std::vector<CollectorFigure> alert_figures(alerts::AlertEngine const& engine) {
    auto const& counts = engine.counts();
    std::vector<CollectorFigure> all;
    auto const add = [&](std::string name, std::string help, bool counter, std::int64_t value,
                         std::vector<std::pair<std::string, std::string>> labels = {}) {
        all.push_back({.name = std::move(name),
                       .help = std::move(help),
                       .counter = counter,
                       .labels = std::move(labels),
                       .value = static_cast<double>(value)});
    };
    add("gem_alert_rules", "Alert rules that are enabled.", false, counts.rules);
    add("gem_alerts_open", "Alerts that are open.", false, counts.open);
    for (auto const& [kind, count] : counts.fired)
        add("gem_alerts_fired_total", "Alerts that began, by kind of rule.", true, count, {{"kind", kind}});
    for (auto const& [kind, count] : counts.resolved)
        add("gem_alerts_resolved_total", "Alerts that ended, by kind of rule.", true, count, {{"kind", kind}});
    auto const deliveries = [&](std::string outcome, std::int64_t value) {
        add("gem_alert_deliveries_total", "Attempts to deliver a message about an alert, by outcome.", true, value,
            {{"outcome", std::move(outcome)}});
    };
    deliveries("delivered", counts.delivered);
    deliveries("failed", counts.failed);
    add("gem_alert_deliveries_given_up_total", "Messages about alerts that were given up after a day.", true,
        counts.given_up);
    add("gem_alert_errors_total", "Rules that could not be judged, messages that could not be kept.", true,
        counts.errors);
    return all;
}

} // namespace gem::api
