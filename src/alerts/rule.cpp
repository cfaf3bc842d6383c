#include "alerts/rule.hpp"

#include <algorithm>
#include <tuple>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "domain/repo_name.hpp"
#include "http/public_address.hpp"

namespace gem::alerts {

namespace {

struct Limits {
    std::int64_t fallback;
    std::int64_t min;
    std::int64_t max;
};

struct KindRow {
    std::string_view kind;
    Limits hours;
    std::optional<Limits> threshold;
};

constexpr std::array<KindRow, 5> kind_rows = {
    {{.kind = "anomaly", .hours = {3, 1, 168}, .threshold = {}},
     {.kind = "health_below", .hours = {168, 24, 720}, .threshold = Limits{60, 1, 100}},
     {.kind = "silence", .hours = {24, 1, 2160}, .threshold = {}},
     {.kind = "failed_deployment", .hours = {168, 1, 2160}, .threshold = {}},
     {.kind = "coverage_gap", .hours = {24, 1, 720}, .threshold = Limits{60, 0, 43200}}}};

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

Result<std::int64_t> number_of(std::string_view name, std::string_view kind, std::optional<std::int64_t> given,
                               Limits limits) {
    if (!given) return limits.fallback;
    if (*given < limits.min || *given > limits.max) {
        return refuse(fmt::format("`{}` of kind {} must be an integer from {} to {}, got {}", name, kind, limits.min,
                                  limits.max, *given));
    }
    return *given;
}

/// Only one kind takes the member.
Result<void> belongs(std::string_view name, bool given, std::string_view kind, std::string_view owner) {
    if (!given || kind == owner) return {};
    return refuse(fmt::format("`{}` belongs to kind {}, got kind {}", name, owner, kind));
}

/// `host` of `https://host:port/path`, without brackets.
std::string_view host_of(std::string_view after_scheme) {
    auto const authority = after_scheme.substr(0, after_scheme.find_first_of("/?#"));
    if (authority.starts_with('[')) return authority.substr(1, std::min(authority.find(']'), authority.size()) - 1);
    return authority.substr(0, authority.rfind(':'));
}

bool names_private_host(std::string_view host) {
    auto name = ascii_lower(host);
    while (name.ends_with('.')) name.pop_back();
    if (name == "localhost" || name.ends_with(".localhost")) return true;
    boost::system::error_code error;
    auto const address = boost::asio::ip::make_address(name, error);
    return !error && !http::is_public_address(address);
}

Result<void> check_url(std::string const& url, bool private_addresses) {
    std::string_view rest;
    for (std::string_view const scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme)) rest = std::string_view(url).substr(scheme.size());
    }
    auto const authority = rest.substr(0, rest.find_first_of("/?#"));
    bool const odd = std::ranges::any_of(url, [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '"' || c == '<' ||
               c == '>' || c == '\\' || c == '#';
    });
    auto const host = host_of(rest);
    if (host.empty() || odd || url.size() > longest_url || authority.find('@') != std::string_view::npos) {
        return refuse(fmt::format("`url` must be an http or https URL of at most {} bytes, without user and fragment",
                                  longest_url));
    }
    if (!private_addresses && names_private_host(host)) {
        return refuse(fmt::format("`url` must not lead to a private address, got {}; ALERT_ALLOW_PRIVATE_ADDRESSES=1 "
                                  "allows it",
                                  host));
    }
    return {};
}

/// Of a rule that nobody gave a name.
std::string usual_name(std::string_view kind, std::optional<std::string> const& repo) {
    return fmt::format("{} of {}", kind, repo.value_or("every watched repository"));
}

} // namespace

Result<AlertRule> rule_of(RuleDraft draft, bool private_addresses) {
    auto const row = std::ranges::find(kind_rows, std::string_view(draft.kind), &KindRow::kind);
    if (row == kind_rows.end())
        return refuse("`kind` must be one of anomaly, health_below, silence, failed_deployment, "
                      "coverage_gap");
    AlertRule rule{.id = {},
                   .name = draft.name.value_or(""),
                   .kind = draft.kind,
                   .repo = std::move(draft.repo),
                   .hours = 0,
                   .threshold = {},
                   .severity = std::move(draft.severity),
                   .event_type = std::move(draft.event_type),
                   .environment = std::move(draft.environment),
                   .url = draft.url.value_or(""),
                   .secret = draft.secret.value_or(""),
                   .enabled = draft.enabled != "false"};
    rule.cool_down_minutes = draft.cool_down_minutes.value_or(rule.cool_down_minutes);
    auto const hours = number_of("hours", rule.kind, draft.hours, row->hours);
    if (!hours) return fail(hours.error());
    rule.hours = *hours;
    if (row->threshold) {
        auto const threshold = number_of("threshold", rule.kind, draft.threshold, *row->threshold);
        if (!threshold) return fail(threshold.error());
        rule.threshold = *threshold;
    } else if (draft.threshold) {
        return refuse(
            fmt::format("`threshold` belongs to kinds health_below and coverage_gap, got kind {}", rule.kind));
    }
    for (auto const& checked : {belongs("severity", rule.severity.has_value(), rule.kind, "anomaly"),
                                belongs("event_type", rule.event_type.has_value(), rule.kind, "anomaly"),
                                belongs("environment", rule.environment.has_value(), rule.kind, "failed_deployment")}) {
        if (!checked) return fail(checked.error());
    }
    if (rule.kind == "anomaly" && !rule.severity) rule.severity = "low";
    if (rule.name.empty()) rule.name = usual_name(rule.kind, rule.repo);
    if (rule.url.empty() && !rule.secret.empty())
        return refuse("`secret` signs what is sent to `url`, which is missing");
    if (!rule.url.empty()) {
        if (auto const checked = check_url(rule.url, private_addresses); !checked) return fail(checked.error());
    }
    return rule;
}

Result<AlertRule> changed_rule(AlertRule const& rule, RuleChange change, bool private_addresses) {
    RuleDraft draft{{std::move(change)}, rule.kind};
    auto const keep = [](auto& wished, auto const& known) {
        if (!wished) wished = known;
    };
    auto const keep_text = [](std::optional<std::string>& wished, std::string const& known) {
        if (!wished && !known.empty()) wished = known;
    };
    if (rule.name != usual_name(rule.kind, rule.repo)) keep_text(draft.name, rule.name);
    keep(draft.repo, rule.repo);
    keep(draft.hours, rule.hours);
    keep(draft.threshold, rule.threshold);
    keep(draft.severity, rule.severity);
    keep(draft.event_type, rule.event_type);
    keep(draft.environment, rule.environment);
    keep_text(draft.url, rule.url);
    keep_text(draft.secret, rule.secret);
    keep(draft.cool_down_minutes, rule.cool_down_minutes);
    keep(draft.enabled, rule.enabled ? "true" : "false");
    auto changed = rule_of(std::move(draft), private_addresses);
    if (!changed) return changed;
    changed->id = rule.id;
    changed->created_at = rule.created_at;
    return changed;
}

bool judges_alike(AlertRule const& one, AlertRule const& other) {
    auto const terms = [](AlertRule const& rule) {
        return std::tie(rule.kind, rule.repo, rule.hours, rule.threshold, rule.severity, rule.event_type,
                        rule.environment, rule.enabled);
    };
    return terms(one) == terms(other);
}

std::string shown_url(std::string_view url) {
    auto const scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    auto const end = url.find_first_of("/?#", scheme + 3);
    if (end == std::string_view::npos) return std::string(url);
    return std::string(url.substr(0, end)) + "/…";
}

} // namespace gem::alerts
