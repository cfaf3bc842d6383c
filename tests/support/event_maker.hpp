// Builders for synthetic events: `make_event("1").of("acme/tool", 7).push(3)`. Nothing here was recorded.
#pragma once

#include <string>
#include <utility>

#include "domain/event.hpp"
#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"

namespace gem::test {

/// 2026-01-15T10:00:00Z: an hour boundary two hours before ManualClock starts.
inline constexpr UtcTime ten_o_clock = from_unix(1'768'471'200);

/// Makes one event; every step returns the maker, `done()` (or the conversion) gives the event.
class EventMaker {
  public:
    explicit EventMaker(std::string id) {
        event_.id = std::move(id);
        event_.type = "WatchEvent";
        event_.created_at = ten_o_clock;
        of("acme/tool", 7);
        by("ada", 1001);
    }

    EventMaker& type(std::string type) { return set(event_.type, std::move(type)); }
    EventMaker& at(UtcTime time) { return set(event_.created_at, time); }
    EventMaker& after(seconds since_ten) { return at(ten_o_clock + since_ten); }
    EventMaker& of(std::string repo, std::optional<std::int64_t> id) {
        event_.repo_id = id;
        return set(event_.repo_name, std::move(repo));
    }
    EventMaker& by(std::string login, std::optional<std::int64_t> id) {
        event_.actor_id = id;
        return set(event_.actor_login, std::move(login));
    }
    EventMaker& from(EventSource source) { return set(event_.source, source); }
    EventMaker& action(std::string action) { return set(event_.facts.action, std::move(action)); }
    EventMaker& facts(EventFacts facts) { return set(event_.facts, std::move(facts)); }
    EventMaker& payload(std::string json) { return set(event_.payload, JsonText::already_validated(std::move(json))); }
    /// A push that tells `distinct_size` commits, or does not tell.
    EventMaker& push(std::optional<std::int64_t> distinct_size) {
        event_.type = "PushEvent";
        event_.facts.ref = "refs/heads/main";
        return set(event_.facts.distinct_size, distinct_size);
    }

    [[nodiscard]] Event done() const { return event_; }
    operator Event() const { return event_; } // NOLINT(google-explicit-constructor): reads as the event it makes

  private:
    template <class T, class U>
    EventMaker& set(T& field, U&& value) {
        field = std::forward<U>(value);
        return *this;
    }
    Event event_;
};

/// A star of `acme/tool` (7) by `ada` at ten o'clock.
inline EventMaker make_event(std::string id) { return EventMaker(std::move(id)); }

inline RepoName repo(std::string_view text) { return RepoName::parse(text).value(); }

/// [ten o'clock + from, ten o'clock + to)
inline TimeWindow window_after_ten(seconds from, seconds to) {
    return {.from = ten_o_clock + from, .to = ten_o_clock + to};
}

/// The years 1970 to 9998.
inline TimeWindow all_time() { return {.from = from_unix(0), .to = from_unix(253'370'764'800)}; }

} // namespace gem::test
