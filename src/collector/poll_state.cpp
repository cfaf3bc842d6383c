#include "collector/poll_state.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

namespace gem {

namespace {

/// FNV-1a, 64 bits; a zero byte ends each part.
class Hash {
  public:
    void add(std::string_view text) {
        for (char const c : text) add_byte(static_cast<unsigned char>(c));
        add_byte(0);
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

  private:
    void add_byte(unsigned char byte) {
        value_ ^= byte;
        value_ *= 0x100000001b3ULL;
    }
    std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

void read(simdjson::dom::object object, std::string_view key, std::string& out) {
    std::string_view text;
    if (object[key].get_string().get(text) == simdjson::SUCCESS) out = text;
}

std::optional<UtcTime> read_time(simdjson::dom::object object, std::string_view key) {
    std::string_view text;
    if (object[key].get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
    return parse_time(text);
}

} // namespace

std::string event_mark(Event const& event) {
    Hash hash;
    hash.add(repository_key(event.repo_id, event.repo_name));
    hash.add(std::to_string(to_unix(event.created_at)));
    hash.add(event.type);
    hash.add(event.id);
    return fmt::format("{:016x}", hash.value()).substr(0, event_mark_size);
}

JsonText to_short_json(PollState state) {
    constexpr std::size_t marks = 24;
    state.recent.resize(std::min(state.recent.size(), marks * event_mark_size));
    return to_json(state);
}

JsonText to_json(PollState const& state) { return JsonText::already_validated(json::to_string(state)); }

Result<PollState> parse_poll_state(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(text.data(), text.size(), true).get_object().get(object) != simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt, "the stored state of a poll is not a JSON object");
    }
    PollState state;
    read(object, "target", state.target);
    read(object, "path", state.path);
    read(object, "etag", state.etag);
    read(object, "etag_token", state.etag_token);
    state.last_poll = read_time(object, "last_poll");
    state.last_complete = read_time(object, "last_complete");
    state.next_poll = read_time(object, "next_poll").value_or(UtcTime{});
    state.not_before = read_time(object, "not_before").value_or(UtcTime{});
    std::int64_t failures = 0;
    if (object["failures"].get_int64().get(failures) == simdjson::SUCCESS) state.failures = failures;
    bool parked = false;
    if (object["parked"].get_bool().get(parked) == simdjson::SUCCESS) state.parked = parked;
    read(object, "reason", state.reason);
    state.gap_from = read_time(object, "gap_from");
    double rate = 0;
    if (object["events_per_hour"].get_double().get(rate) == simdjson::SUCCESS) state.events_per_hour = rate;
    read(object, "recent", state.recent);
    read(object, "holder", state.holder);
    return state;
}

std::string gap_key(std::string_view target_key, UtcTime from) {
    return fmt::format("coverage#gap#{}#{}", target_key, format_time(from));
}

} // namespace gem
