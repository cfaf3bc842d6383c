#include "storage/natural_key.hpp"

#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

#include "storage/cursor.hpp"

namespace gem {

namespace {

/// Where the id of the object stands in the payload of a type.
struct ObjectPlace {
    std::string_view type;
    char const* pointer; ///< JSON pointer
    std::string_view usual_action;
};

// An action that a source leaves out or names otherwise is the usual one: old comments have none, and a review is
// `created` in the Events API and `submitted` in a webhook.
constexpr ObjectPlace object_places[] = {
    {"CommitCommentEvent", "/comment/id", "created"},
    {"DiscussionEvent", "/discussion/id", "created"},
    {"ForkEvent", "/forkee/id", "forked"},
    {"GollumEvent", "/pages/0/sha", "edited"},
    {"IssueCommentEvent", "/comment/id", "created"},
    {"MemberEvent", "/member/id", "added"},
    {"PullRequestReviewCommentEvent", "/comment/id", "created"},
    {"PullRequestReviewEvent", "/review/id", "created"},
    {"ReleaseEvent", "/release/id", "published"},
};

std::optional<std::string> object_id(std::string const& payload, char const* pointer) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element id;
    if (parser.parse(payload).at_pointer(pointer).get(id) != simdjson::SUCCESS) return std::nullopt;
    if (std::int64_t number = 0; id.get_int64().get(number) == simdjson::SUCCESS) return std::to_string(number);
    if (std::string_view text; id.get_string().get(text) == simdjson::SUCCESS && !text.empty())
        return std::string(text);
    return std::nullopt;
}

/// A branch or tag as `create` and `delete` name it: without `refs/heads/`.
std::string_view short_ref(std::string_view ref) {
    for (std::string_view const front : {"refs/heads/", "refs/tags/"}) {
        if (ref.starts_with(front)) return ref.substr(front.size());
    }
    return ref;
}

/// Who starred, or which object and what happened to it; empty when that is not known.
std::string subject_of(Event const& event, bool& once) {
    auto const& facts = event.facts;
    if (event.type == "PushEvent") {
        if (!facts.ref || !facts.before || !facts.head) return {};
        return fmt::format("{}\n{}\n{}", *facts.ref, *facts.before, *facts.head);
    }
    if (event.type == "PullRequestEvent" || event.type == "IssuesEvent") {
        auto const action = counted_action(event.type, facts);
        if (!facts.number || action.empty()) return {};
        once = action == "opened" || action == "merged";
        return fmt::format("{}\n{}", *facts.number, action);
    }
    if (event.type == "WatchEvent") {
        if (event.actor_id) return std::to_string(*event.actor_id);
        return event.actor_login;
    }
    if (event.type == "CreateEvent" || event.type == "DeleteEvent") {
        if (!facts.ref || !facts.ref_type) return {};
        return fmt::format("{}\n{}", *facts.ref_type, short_ref(*facts.ref));
    }
    if (event.type == "PublicEvent") {
        once = true; // the Events API gives it old times
        return "public";
    }
    for (auto const& place : object_places) {
        if (place.type != event.type) continue;
        auto const id = object_id(event.payload.text(), place.pointer);
        if (!id) return {};
        auto action = facts.action.value_or(std::string(place.usual_action));
        if (event.type == "PullRequestReviewEvent" && action == "submitted") action = place.usual_action;
        once = action == place.usual_action && event.type != "MemberEvent" && event.type != "GollumEvent";
        return fmt::format("{}\n{}", *id, action);
    }
    return {};
}

} // namespace

NaturalKey natural_key(Event const& event) {
    NaturalKey key;
    auto const subject = subject_of(event, key.once);
    if (!subject.empty()) key.text = fmt::format("{}\n{}", event.type, subject);
    return key;
}

bool is_delivery(Event const& event) { return event.id.starts_with("wh:"); }

Channel channel_of(Event const& event) {
    if (!is_delivery(event)) return Channel::feed;
    bool const by_star = event.type == "WatchEvent" && event.facts.action == "created";
    return by_star ? Channel::star_hook : Channel::hook;
}

std::int64_t hash_of(NaturalKey const& key) { return static_cast<std::int64_t>(hash_question({key.text})); }

} // namespace gem
