#include "domain/event_type.hpp"

#include <algorithm>

namespace gem {

namespace {

constexpr std::array<EventTypeInfo, 23> types = {{
    {"CheckRunEvent", "quality", "A check run was created, finished or asked for again"},
    {"CheckSuiteEvent", "quality", "A suite of checks finished or was asked for"},
    {"CommitCommentEvent", "collaboration", "Somebody commented on a commit"},
    {"CreateEvent", "development", "A branch, a tag or the repository was created"},
    {"DeleteEvent", "development", "A branch or a tag was deleted"},
    {"DeploymentEvent", "deployment", "A deployment was asked for"},
    {"DeploymentStatusEvent", "deployment", "A deployment changed its state"},
    {"ForkEvent", "engagement", "Somebody forked the repository"},
    {"GollumEvent", "documentation", "A wiki page was created or changed"},
    {"IssueCommentEvent", "collaboration", "Somebody commented on an issue or a pull request"},
    {"IssuesEvent", "development", "An issue was opened, closed or changed"},
    {"MarketplacePurchaseEvent", "engagement", "A Marketplace plan was bought, changed or cancelled"},
    {"MemberEvent", "management", "A collaborator was added, removed or changed"},
    {"PublicEvent", "management", "The repository was made public"},
    {"PullRequestEvent", "development", "A pull request was opened, closed, merged or changed"},
    {"PullRequestReviewCommentEvent", "collaboration", "Somebody commented on the diff of a pull request"},
    {"PullRequestReviewEvent", "collaboration", "A pull request was reviewed"},
    {"PushEvent", "development", "Commits were pushed to a branch or a tag"},
    {"ReleaseEvent", "deployment", "A release was published or changed"},
    {"SponsorshipEvent", "engagement", "A sponsorship was created or changed"},
    {"StatusEvent", "quality", "The status of a commit changed"},
    {"TeamAddEvent", "management", "The repository was added to a team"},
    {"WatchEvent", "engagement", "Somebody starred the repository"},
}};

} // namespace

std::span<EventTypeInfo const> monitored_event_types() { return types; }

EventTypeInfo describe_event_type(std::string_view type) {
    auto const* const found = std::ranges::find(types, type, &EventTypeInfo::type);
    if (found != types.end()) return *found;
    return {.type = type, .category = "other", .description = "An event of a type that is not monitored by name"};
}

bool is_event_type(std::string_view type) {
    return !type.empty() && type.size() <= 64 &&
           std::ranges::all_of(type, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

} // namespace gem
