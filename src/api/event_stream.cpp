#include "api/event_stream.hpp"

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include "api/event_item.hpp"
#include "base/json.hpp"

namespace gem::api {

namespace {

constexpr std::size_t events_a_piece = 100;

struct Tick {
    std::optional<std::int64_t> events_stored;
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(Tick, (), (events_stored, timestamp))

} // namespace

bool StreamFilter::takes(Event const& event) const {
    if (public_only && !event.is_public) return false;
    if (type && event.type != *type) return false;
    return !repo || ascii_lower(event.repo_name) == repo->key();
}

std::string server_sent(std::string_view id, std::string_view name, std::string_view data) {
    std::string text;
    if (!id.empty()) text = fmt::format("id: {}\n", id);
    text += fmt::format("event: {}\ndata: ", name);
    for (char const c : data) {
        if (c == '\r') continue; // JSON has line ends between tokens only
        text += c;
        if (c == '\n') text += "data: ";
    }
    text += "\n\n";
    return text;
}

EventStream::EventStream(DatabaseService& database, Clock const& clock, StreamFilter filter, std::string after,
                         std::shared_ptr<void const> ticket)
    : database_(database), clock_(clock), filter_(std::move(filter)), position_(std::move(after)),
      ticket_(std::move(ticket)), next_tick_(Steady::now() + between_ticks) {}

Async<std::optional<std::string>> EventStream::next() {
    while (!finished_) {
        if (!greeted_) {
            greeted_ = true;
            if (position_.empty()) co_await look(); // what is stored once the client was greeted is not missed
            co_return "retry: 2000\n\n";
        }
        auto const generation = co_await database_.connection().write_generation();
        if (more_ || generation != generation_) {
            generation_ = generation;
            auto text = co_await look();
            if (!text.empty()) co_return text;
            if (more_) continue;
        }
        if (Steady::now() >= next_tick_) co_return co_await tick();
        co_await sleep_for(patience);
    }
    co_return std::nullopt;
}

/// What was stored since the last look and is for this client; empty if nothing.
Async<std::string> EventStream::look() {
    auto page = co_await database_.events().arrivals(position_, events_a_piece);
    more_ = false;
    if (!page) {
        // The client need not know: what is stored meanwhile is found at the next look.
        generation_ = 0;
        co_return std::string();
    }
    std::string text;
    if (page->gap) text = server_sent({}, "reset", "{}");
    for (auto& arrival : page->events) {
        if (!filter_.takes(arrival.event)) continue;
        auto const item = item_of(arrival.event);
        text += server_sent(arrival.position, "event", json::to_string(item));
    }
    more_ = page->more;
    position_ = std::move(page->position);
    co_return text;
}

/// Shows that the connection lives, and moves the client's position on though nothing was for it.
Async<std::string> EventStream::tick() {
    next_tick_ = Steady::now() + between_ticks;
    auto const totals = co_await database_.events().totals();
    Tick tick{.events_stored = {}, .timestamp = clock_.now()};
    if (totals) tick.events_stored = totals->events;
    co_return server_sent(position_, "tick", json::to_string(tick));
}

} // namespace gem::api
