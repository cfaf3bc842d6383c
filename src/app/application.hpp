// The composition root of `serve`: everything is made here, bottom-up, started and stopped.
#pragma once

#include "app/settings.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

namespace gem {

/// Serves until SIGINT or SIGTERM, then ends when what is in flight is answered. Fails when the database cannot be
/// opened or the address not be listened on; the message says what to do.
Result<void> serve(EffectiveSettings const& settings, Clock const& clock, Log& log);

} // namespace gem
