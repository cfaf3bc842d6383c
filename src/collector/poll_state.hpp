// What a restart needs to know of one polled time line, and its form as a state document.
//
// Keys in the store, TARGET being EventTarget::key():
//   poll#TARGET              PollState
//   lease#ID             membership.hpp
//   watch#OWNER/NAME         {"repo","added_at"}: the watch list (watch_list.hpp)
//   coverage#since#TARGET    {"target","since"}: polled without a break from here on, but for the gaps
//   coverage#gap#TARGET#FROM {"target","from","to","reason"}: [from, to) in which events may have been missed
//   history#…                    storage/repo_history.hpp: what happened before
//   coverage#archive#SCOPE#MONTH {"hours"}: archive_coverage.hpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/event.hpp"

namespace gem {

struct PollState {
    std::string target{}; ///< EventTarget::text()
    std::string path{};   ///< where a rename led; empty: the target's own
    std::string etag{};   ///< of page 1 at the last complete poll; belongs to path and etag_token
    std::string etag_token{};
    std::optional<UtcTime> last_poll{};     ///< when GitHub last answered, 304 too
    std::optional<UtcTime> last_complete{}; ///< when all that it had was stored; where a gap starts
    UtcTime next_poll{};
    UtcTime not_before{};      ///< GitHub's own word (X-Poll-Interval, Retry-After): not even by hand
    std::int64_t failures = 0; ///< in a row
    bool parked = false;
    std::string reason{};              ///< why parked or failing; empty when all is well
    std::optional<UtcTime> gap_from{}; ///< the last poll found a gap: it started here
    Ratio events_per_hour{};           ///< as the plan of polls reckons (poll_plan.hpp)
    std::string recent{};              ///< event_mark() of the events of the last complete poll, newest first
    std::string holder{};              ///< the collector that asks (membership.hpp); whoever is gone holds nothing

    friend bool operator==(PollState const&, PollState const&) = default;
};
BOOST_DESCRIBE_STRUCT(PollState, (),
                      (target, path, etag, etag_token, last_poll, last_complete, next_poll, not_before, failures,
                       parked, reason, gap_from, events_per_hour, recent, holder))

/// The document at since_key().
struct PolledSince {
    std::string target{};
    UtcTime since{};
};
BOOST_DESCRIBE_STRUCT(PolledSince, (), (target, since))

inline constexpr std::size_t event_mark_size = 12;

/// 12 hex digits of an event's identity (repository, time, type, id): enough to recognise it among a few hundred. The
/// same on every machine.
std::string event_mark(Event const& event);

JsonText to_json(PollState const& state);
/// With the newest marks only, for a process that goes on polling: it takes one write unit on DynamoDB. After a crash
/// more is asked, and taken for new, than need be.
JsonText to_short_json(PollState state);
/// `corrupt` if the text is not of that form; unknown members are passed over, missing ones keep their defaults.
Result<PollState> parse_poll_state(std::string_view text);

inline std::string poll_key(std::string_view target_key) { return "poll#" + std::string(target_key); }
inline std::string watch_key(std::string_view repo_key) { return "watch#" + std::string(repo_key); }
inline std::string since_key(std::string_view target_key) { return "coverage#since#" + std::string(target_key); }
std::string gap_key(std::string_view target_key, UtcTime from);

} // namespace gem
