// Values that a parameter must refuse, and one that it takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/parameter.hpp"

namespace gem::tests {

/// What a parameter is given, and the statuses with which it may be refused.
struct Bad {
    std::string value;
    std::vector<int> statuses;
};

std::string good_value(api::Parameter const& parameter);
std::vector<Bad> bad_values_of(api::Parameter const& parameter);

/// Percent-encoded but for letters and digits.
std::string encoded(std::string_view text);
/// Letters of two bytes each, percent-encoded.
std::string many_letters(std::size_t count);

} // namespace gem::tests
