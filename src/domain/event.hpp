// An event as all sources bring it and both providers keep it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "base/json_text.hpp"
#include "base/time.hpp"

namespace gem {

/// Where an event came from. The number is stored.
enum class EventSource : std::uint8_t { poll = 1, webhook = 2, archive = 3, import = 4 };

std::string_view to_string(EventSource source);
std::optional<EventSource> parse_event_source(std::string_view text);

/// What metrics need of a payload, read once when the event comes in; no metric inflates a payload. A field that the
/// payload does not have is empty.
struct EventFacts {
    std::optional<std::string> action;         ///< as sent: opened, closed, merged, published, started, created …
    std::optional<std::int64_t> number;        ///< of the issue or pull request
    std::optional<std::string> ref;            ///< branch or tag: push, create, delete
    std::optional<std::string> ref_type;       ///< create and delete: branch, tag, repository
    std::optional<std::string> head;           ///< sha: push, or the pull request's head
    std::optional<std::string> before;         ///< sha before a push; the base's sha of a pull request
    std::optional<std::int64_t> size;          ///< commits in the push, as GitHub counted them
    std::optional<std::int64_t> distinct_size; ///< of these the ones new to the repository
    std::optional<bool> merged;                ///< pull request: whether it is merged
    std::optional<std::string> state;          ///< review state, deployment state, status state, check conclusion
    std::optional<std::string> name;           ///< tag of a release, environment of a deployment, name of a check
    std::optional<std::int64_t> author_id;     ///< who opened the issue or pull request that this is about
    std::optional<std::string> author_login;   ///< the same by login
    std::optional<bool> flag; ///< release: prerelease or draft; issue comment: on a pull request; push: forced
    friend bool operator==(EventFacts const&, EventFacts const&) = default;
};
BOOST_DESCRIBE_STRUCT(EventFacts, (),
                      (action, number, ref, ref_type, head, before, size, distinct_size, merged, state, name, author_id,
                       author_login, flag))

struct Event {
    std::string id;   ///< GitHub's id, or `wh:<delivery>`; 1–128 bytes, no control characters. No identity alone.
    std::string type; ///< `PushEvent`; `[A-Za-z]{1,64}`, known or not
    UtcTime created_at{};
    std::optional<std::int64_t> repo_id; ///< GitHub's number of the repository, where the source tells it
    std::string repo_name;               ///< owner/name as it was then; empty where the source has none
    std::optional<std::int64_t> actor_id;
    std::string actor_login; ///< empty if unknown
    EventSource source = EventSource::archive;
    bool is_public = true;
    EventFacts facts;
    JsonText payload; ///< byte for byte as it came, at most 1 MiB

    friend bool operator==(Event const&, Event const&) = default;
};

/// What a repository is known by: its number, or `n:<lower-case name>` where there is none.
std::string repository_key(std::optional<std::int64_t> repo_id, std::string_view repo_name);

/// The action that counts: as sent, but `merged` for a `closed` pull request that says it is merged. Empty without one.
std::string_view counted_action(std::string_view type, EventFacts const& facts);

/// Why an actor counts as a bot (METRICS.md rule 4): by GitHub's own mark, by list, by the form of the login, or not.
enum class BotRule : std::uint8_t { human, app, listed, pattern };
BotRule classify_actor(std::string_view login);
inline bool is_bot(std::string_view login) { return classify_actor(login) != BotRule::human; }

} // namespace gem
