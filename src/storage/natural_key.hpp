// By what the same happening is known when two sources bring it under different ids: a webhook delivery has no event
// id.
#pragma once

#include <cstdint>
#include <string>

#include "domain/event.hpp"

namespace gem {

/// The name of a happening within its repository: type, object, action. It is a function of what is stored of an event
/// (its type, facts, actor and payload), so that it can be computed again at any time.
struct NaturalKey {
    std::string text;  ///< empty: no other source brings such an event, or it does not tell which object it is about
    bool once = false; ///< it can happen only once (opened, merged, a comment), so that times need not agree
    friend bool operator==(NaturalKey const&, NaturalKey const&) = default;
};

NaturalKey natural_key(Event const& event);

/// What can be repeated (close, reopen, close) is the same happening only within this time …
inline constexpr seconds matching_distance{120};
/// … and what happens once only within this: the Events API gives some events times that are two months old.
inline constexpr days furthest_match{90};

/// Sources that tell of a happening once each. Poll, archive and import share GitHub's ids, so they are one. A star is
/// told by two webhooks. The number is stored; the numbers of several make a set.
enum class Channel : std::uint8_t { feed = 1, hook = 2, star_hook = 4 };
Channel channel_of(Event const& event);

/// Whether the event came as a webhook delivery: its id, `wh:<delivery>`, is unique by itself.
bool is_delivery(Event const& event);

/// 64 bits of a key's text, the same on every machine.
std::int64_t hash_of(NaturalKey const& key);

} // namespace gem
