// Who did something, out of facts of events: the same person under a number and a login, and who counts.
#pragma once

#include <optional>
#include <string>

#include "analytics/answer.hpp"

namespace gem {

/// Somebody as an event names them: by number, by login, by both, or not at all.
struct Person {
    std::optional<std::int64_t> id;
    std::string login;

    [[nodiscard]] bool known() const { return id.has_value() || !login.empty(); }
    /// By number where both have one, else by login without regard to case. Unknown people are nobody's equal.
    [[nodiscard]] bool same_as(Person const& other) const;
    /// One text for each person; empty if unknown. Two events that name somebody once with a number and once without
    /// have different ones.
    [[nodiscard]] std::string key() const;
};

Person actor_of(EventFactsRow const& row);
/// Who opened the issue or pull request that the event is about; the actor of an `opened` one.
Person author_of(EventFactsRow const& row);

/// Whether a figure about people that takes bots this way counts `login`.
inline bool counts_for(Bots bots, std::string_view login) {
    return bots == Bots::include || is_bot(login) == (bots == Bots::only);
}

/// Whether it is known that a human did it.
inline bool is_human(Person const& person) { return person.known() && !is_bot(person.login); }

} // namespace gem
