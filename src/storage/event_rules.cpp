#include "storage/event_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "domain/event_type.hpp"
#include "storage/payload_codec.hpp"

namespace gem {

namespace {

constexpr std::size_t max_id = 128;
constexpr std::size_t max_name = 256;

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

} // namespace

std::optional<std::string> reason_to_reject(Event const& event) {
    if (event.id.empty() || event.id.size() > max_id)
        return fmt::format("id: expected 1 to {} bytes, got {}", max_id, event.id.size());
    if (has_control_character(event.id)) return "id: has control characters";
    if (!is_event_type(event.type)) return "type: expected 1 to 64 letters";
    if (!event.repo_id && event.repo_name.empty()) return "repo: neither a number nor a name";
    if (event.repo_name.size() > max_name || has_control_character(event.repo_name))
        return fmt::format("repo: expected a name of at most {} bytes without control characters", max_name);
    if (event.actor_login.size() > max_name || has_control_character(event.actor_login))
        return fmt::format("actor: expected a login of at most {} bytes without control characters", max_name);
    if (to_unix(event.created_at) < 0 || to_unix(event.created_at) > 253402300799)
        return "created_at: expected a time between the years 1970 and 9999";
    if (event.payload.text().size() > PayloadCodec::max_payload) {
        return fmt::format("payload: {} bytes are more than the {} that are stored", event.payload.text().size(),
                           PayloadCodec::max_payload);
    }
    return std::nullopt;
}

} // namespace gem
