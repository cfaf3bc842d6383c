#include "domain/event.hpp"

#include <algorithm>
#include <array>

#include "domain/repo_name.hpp"

namespace gem {

std::string_view to_string(EventSource source) {
    switch (source) {
    case EventSource::poll:
        return "poll";
    case EventSource::webhook:
        return "webhook";
    case EventSource::archive:
        return "archive";
    case EventSource::import:
        return "import";
    }
    return "archive";
}

std::optional<EventSource> parse_event_source(std::string_view text) {
    for (auto const source : {EventSource::poll, EventSource::webhook, EventSource::archive, EventSource::import}) {
        if (to_string(source) == text) return source;
    }
    return std::nullopt;
}

std::string repository_key(std::optional<std::int64_t> repo_id, std::string_view repo_name) {
    if (repo_id) return std::to_string(*repo_id);
    return "n:" + ascii_lower(repo_name);
}

std::string_view counted_action(std::string_view type, EventFacts const& facts) {
    if (!facts.action) return {};
    if (type == "PullRequestEvent" && *facts.action == "closed" && facts.merged == true) return "merged";
    return *facts.action;
}

namespace {

// Well-known automata whose login does not tell.
constexpr std::array<std::string_view, 34> listed_bots = {
    "allcontributors",
    "asfgit",
    "azure-pipelines",
    "bors",
    "claassistant",
    "claude",
    "codecov-commenter",
    "codecov-io",
    "codex",
    "copilot",
    "coveralls",
    "cursoragent",
    "dependabot",
    "dependabot-preview",
    "devin-ai-integration",
    "dotnet-maestro",
    "facebook-github-bot",
    "gemini-code-assist",
    "github-actions",
    "github-classroom",
    "googlebot",
    "greenkeeper",
    "greenkeeperio-bot",
    "imgbot",
    "jenkins",
    "k8s-ci-robot",
    "mergify",
    "netlify",
    "openshift-merge-robot",
    "prowbot",
    "renovate",
    "snyk-bot",
    "travis-ci",
    "web-flow",
};

constexpr std::array<std::string_view, 2> bot_fronts = {"bot-", "robot-"};
constexpr std::array<std::string_view, 5> bot_ends = {"-bot", "-robot", "-ci", "-testing", "-jenkins"};

} // namespace

BotRule classify_actor(std::string_view login) {
    auto const lower = ascii_lower(login);
    if (lower.ends_with("[bot]")) return BotRule::app;
    if (std::ranges::find(listed_bots, lower) != listed_bots.end()) return BotRule::listed;
    auto const at_front = [&](std::string_view front) { return lower.starts_with(front); };
    auto const at_end = [&](std::string_view end) { return lower.ends_with(end); };
    if (std::ranges::any_of(bot_fronts, at_front) || std::ranges::any_of(bot_ends, at_end)) return BotRule::pattern;
    return BotRule::human;
}

} // namespace gem
