// Cursors of lists of events: a store's cursor with the window of the first page, `<from>.<to>.<the store's>`, so that
// later pages are about the same window although now has moved on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/time_window.hpp"

namespace gem::api {

struct WindowCursor {
    TimeWindow window;
    std::string rest; ///< the store's
};

/// Nothing if it is not one that write_cursor() made.
std::optional<WindowCursor> read_cursor(std::string_view text);

std::string write_cursor(TimeWindow window, std::string_view rest);

} // namespace gem::api
