#include "base/result.hpp"

namespace gem {

std::string_view to_string(ErrorCode code) {
    switch (code) {
    case ErrorCode::invalid_argument:
        return "invalid_argument";
    case ErrorCode::not_found:
        return "not_found";
    case ErrorCode::conflict:
        return "conflict";
    case ErrorCode::unauthorized:
        return "unauthorized";
    case ErrorCode::rate_limited:
        return "rate_limited";
    case ErrorCode::unavailable:
        return "unavailable";
    case ErrorCode::timed_out:
        return "timed_out";
    case ErrorCode::corrupt:
        return "corrupt";
    case ErrorCode::internal:
        return "internal";
    }
    return "internal";
}

Error Error::within(std::string_view context) const {
    Error error = *this;
    error.message = std::string(context) + ": " + message;
    return error;
}

} // namespace gem
