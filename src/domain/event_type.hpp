// The event types that GitHub sends: which are monitored, what they mean, where they belong.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace gem {

struct EventTypeInfo {
    std::string_view type; ///< `PushEvent`
    std::string_view
        category; ///< engagement, development, collaboration, management, documentation, deployment, quality
    std::string_view description; ///< one sentence for a person
};

/// The 23 monitored types, sorted by name. Others are stored and counted all the same, in category `other`.
std::span<EventTypeInfo const> monitored_event_types();

/// What is known of `type`; category `other` for a type that is not monitored.
EventTypeInfo describe_event_type(std::string_view type);

/// Whether `type` can be stored: `[A-Za-z]{1,64}`, known or not.
bool is_event_type(std::string_view type);

} // namespace gem
