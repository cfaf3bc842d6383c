// Reads from a payload what metrics need of it (EventFacts), from full, trimmed and webhook payloads alike.
#pragma once

#include <string_view>

#include "domain/event.hpp"
#include "github/json_fields.hpp"

namespace gem::github {

/// Facts of the payload of an event of type `type`. A field of an unexpected type counts as not there. Beyond what
/// EventFacts says: a deployment, check or status puts the sha that it is about into `head`.
EventFacts read_facts(std::string_view type, Element payload);

} // namespace gem::github
