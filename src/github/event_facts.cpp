// One pass over each object that matters; members arrive in any order.
#include "github/event_facts.hpp"

namespace gem::github {

namespace {

void read_author(Element user, EventFacts& facts) {
    each_member(user, [&](std::string_view key, Element value) {
        if (key == "id")
            facts.author_id = integer_of(value);
        else if (key == "login")
            facts.author_login = filled_text(value);
    });
}

std::optional<std::string> sha_of(Element branch) {
    auto const sha = member_of(branch, "sha");
    return sha ? filled_text(*sha) : std::nullopt;
}

void read_pull_request(Element pull_request, bool with_merged, EventFacts& facts) {
    std::optional<bool> merged_at;
    each_member(pull_request, [&](std::string_view key, Element value) {
        if (key == "number") {
            if (auto const number = integer_of(value)) facts.number = number;
        } else if (key == "user")
            read_author(value, facts);
        else if (key == "head")
            facts.head = sha_of(value);
        else if (key == "base")
            facts.before = sha_of(value);
        else if (key == "merged" && with_merged)
            facts.merged = bool_of(value);
        else if (key == "merged_at")
            merged_at = !value.is_null();
    });
    if (with_merged && !facts.merged) facts.merged = merged_at;
}

/// Whether an issue is a pull request: old payloads give every issue a `pull_request` whose URLs are null.
bool is_pull_request(Element reference) {
    if (!reference.is_object()) return false;
    auto const html_url = reference["html_url"];
    return html_url.error() != simdjson::SUCCESS || !html_url.is_null();
}

void read_issue(Element issue, bool is_comment, EventFacts& facts) {
    if (!issue.is_object()) return;
    if (is_comment) facts.flag = false;
    each_member(issue, [&](std::string_view key, Element value) {
        if (key == "number") {
            if (auto const number = integer_of(value)) facts.number = number;
        } else if (key == "user")
            read_author(value, facts);
        else if (key == "pull_request" && is_comment)
            facts.flag = is_pull_request(value);
    });
}

void read_push(Element payload, EventFacts& facts) {
    each_member(payload, [&](std::string_view key, Element value) {
        if (key == "ref")
            facts.ref = filled_text(value);
        else if (key == "head")
            facts.head = filled_text(value);
        else if (key == "after" && !facts.head)
            facts.head = filled_text(value);
        else if (key == "before")
            facts.before = filled_text(value);
        else if (key == "size")
            facts.size = integer_of(value);
        else if (key == "distinct_size")
            facts.distinct_size = integer_of(value);
        else if (key == "forced")
            facts.flag = bool_of(value);
    });
}

void read_release(Element release, EventFacts& facts) {
    std::optional<bool> draft;
    std::optional<bool> prerelease;
    each_member(release, [&](std::string_view key, Element value) {
        if (key == "tag_name")
            facts.name = filled_text(value);
        else if (key == "draft")
            draft = bool_of(value);
        else if (key == "prerelease")
            prerelease = bool_of(value);
    });
    if (draft || prerelease) facts.flag = draft.value_or(false) || prerelease.value_or(false);
}

void read_deployment(Element deployment, EventFacts& facts) {
    each_member(deployment, [&](std::string_view key, Element value) {
        if (key == "environment" && !facts.name)
            facts.name = filled_text(value);
        else if (key == "sha")
            facts.head = filled_text(value);
        else if (key == "ref")
            facts.ref = filled_text(value);
    });
}

void read_deployment_status(Element status, EventFacts& facts) {
    each_member(status, [&](std::string_view key, Element value) {
        if (key == "state")
            facts.state = filled_text(value);
        else if (key == "environment") {
            if (auto name = filled_text(value)) facts.name = std::move(name);
        }
    });
}

void read_status(Element payload, EventFacts& facts) {
    each_member(payload, [&](std::string_view key, Element value) {
        if (key == "state")
            facts.state = filled_text(value);
        else if (key == "context")
            facts.name = filled_text(value);
        else if (key == "sha")
            facts.head = filled_text(value);
    });
}

/// check_run, check_suite and workflow_run look alike.
void read_check(Element check, EventFacts& facts) {
    each_member(check, [&](std::string_view key, Element value) {
        if (key == "conclusion")
            facts.state = filled_text(value);
        else if (key == "name")
            facts.name = filled_text(value);
        else if (key == "head_sha")
            facts.head = filled_text(value);
        else if (key == "head_branch")
            facts.ref = filled_text(value);
    });
}

void read_review_state(Element review, EventFacts& facts) {
    if (auto const state = member_of(review, "state")) facts.state = filled_text(*state);
}

} // namespace

EventFacts read_facts(std::string_view type, Element payload) {
    EventFacts facts;
    if (type == "PushEvent") {
        read_push(payload, facts);
        return facts;
    }
    bool const is_pull_request_event = type == "PullRequestEvent";
    bool const is_comment = type == "IssueCommentEvent";
    bool const is_reference = type == "CreateEvent" || type == "DeleteEvent";
    each_member(payload, [&](std::string_view key, Element value) {
        if (key == "action")
            facts.action = filled_text(value);
        else if (key == "number") {
            if (auto const number = integer_of(value); number && !facts.number) facts.number = number;
        } else if (key == "pull_request")
            read_pull_request(value, is_pull_request_event, facts);
        else if (key == "issue")
            read_issue(value, is_comment, facts);
        else if (key == "ref" && is_reference)
            facts.ref = filled_text(value);
        else if (key == "ref_type" && is_reference)
            facts.ref_type = filled_text(value);
        else if (key == "release")
            read_release(value, facts);
        else if (key == "review")
            read_review_state(value, facts);
        else if (key == "deployment")
            read_deployment(value, facts);
        else if (key == "deployment_status")
            read_deployment_status(value, facts);
        else if (key == "check_run" || key == "check_suite" || key == "workflow_run")
            read_check(value, facts);
    });
    if (type == "StatusEvent") read_status(payload, facts);
    if (is_pull_request_event && facts.action == "merged") facts.merged = true;
    return facts;
}

} // namespace gem::github
