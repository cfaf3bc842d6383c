// One stored event as the API shows it, in lists and in the stream alike.
#pragma once

#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include "base/json_text.hpp"
#include "domain/event.hpp"

namespace gem::api {

struct EventItem {
    std::string id;
    std::string type;
    UtcTime created_at{};
    std::optional<std::int64_t> repo_id;
    std::string repo_name;
    std::optional<std::int64_t> actor_id;
    std::string actor_login;
    std::string source;
    bool is_public = true;
    JsonText payload;
};
BOOST_DESCRIBE_STRUCT(EventItem, (),
                      (id, type, created_at, repo_id, repo_name, actor_id, actor_login, source, is_public, payload))

/// Takes the texts of `event`.
inline EventItem item_of(Event& event) {
    return {.id = std::move(event.id),
            .type = std::move(event.type),
            .created_at = event.created_at,
            .repo_id = event.repo_id,
            .repo_name = std::move(event.repo_name),
            .actor_id = event.actor_id,
            .actor_login = std::move(event.actor_login),
            .source = std::string(to_string(event.source)),
            .is_public = event.is_public,
            .payload = std::move(event.payload)};
}

} // namespace gem::api
