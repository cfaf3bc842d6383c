// What POST /collect and its provider-aware twin share.
#pragma once

#include <boost/describe/class.hpp>

#include "api/route.hpp"

namespace gem::api {

struct CollectFigures {
    std::string status; ///< `completed`, `partial` (some targets failed)
    std::int64_t events_collected = 0;
    std::int64_t new_events = 0;
    std::int64_t duplicate_events = 0;
    std::int64_t inserted = 0;
};
BOOST_DESCRIBE_STRUCT(CollectFigures, (), (status, events_collected, new_events, duplicate_events, inserted))

struct TimestampPart {
    UtcTime timestamp{};
};
BOOST_DESCRIBE_STRUCT(TimestampPart, (), (timestamp))

/// One cycle now. 503 GITHUB_UNAVAILABLE when GitHub answered for no target, DATABASE_UNAVAILABLE when the store does
/// not answer, COLLECTOR_UNAVAILABLE when this process does not collect.
Async<std::expected<CollectFigures, Problem>> collect_figures(Context const& context, Arguments const& arguments);

Parameter collect_limit_parameter();

} // namespace gem::api
