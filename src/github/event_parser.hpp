// Turns the JSON of one GitHub event, in any of the forms in which it is handed around, into an Event.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/event.hpp"

namespace gem {

/// What one JSON object turned out to be.
enum class ParsedKind {
    event,
    not_an_event,  ///< a line that only accompanies events: the `{"index":…}` of an Elasticsearch bulk file
    no_repository, ///< an event without a repository (GistEvent, FollowEvent before 2015): nothing to file it under
};

/// An array of events, as the Events API answers.
struct EventPageContent {
    std::vector<Event> events;
    std::vector<Error> bad;        ///< one for each element that is no event, in order; the message names its place
    std::size_t no_repository = 0; ///< events left out because they belong to no repository
};

/// Understands: events of 2015 and later with full or trimmed payloads; a payload that is a string of JSON; rows of
/// BigQuery (`repo_id`, `repo_name`, `actor_login` …); the form before 2015 (`repository`, `actor_attributes`, `actor`
/// a string); times as RFC 3339, as older spellings or in epoch (milli)seconds; numbers that are written as strings.
///
/// An event that came without an id gets one from its content, so that the same event gets the same id again:
/// `old:` (form before 2015) or `row:` (BigQuery) and the first 16 hex digits of a SHA-256.
///
/// Keeps its buffers from call to call. Not thread-safe: one parser a thread.
class EventParser {
  public:
    /// How many bytes after the text of parse_line must be readable (their values do not matter).
    static constexpr std::size_t padding = 64;
    /// The longest payload that can be stored.
    static constexpr std::size_t max_payload = std::size_t{1} << 20;

    EventParser();
    ~EventParser();
    EventParser(EventParser&&) noexcept;
    EventParser& operator=(EventParser&&) noexcept;

    /// Reads the one JSON object that `json` is; a byte order mark and white space around it are ignored. `event` must
    /// be fresh; it is filled when the answer is `event`, and else left in any state. `invalid_argument` says what was
    /// expected. `json` must have `padding` readable bytes after its end.
    Result<ParsedKind> parse_line(std::string_view json, EventSource source, Event& event);

    /// The same for a text without padding (copies it).
    Result<ParsedKind> parse_text(std::string_view json, EventSource source, Event& event);

    /// Reads an answer of the Events API: an array of events (or one event), without need of padding. Fails with
    /// `invalid_argument` when the whole is not JSON or no array of objects; a bad element is told in `bad`.
    Result<EventPageContent> parse_page(std::string_view body, EventSource source);

  private:
    struct Buffers;
    std::unique_ptr<Buffers> buffers_;
};

} // namespace gem
