// What the program is made of.
#pragma once

#include "base/json.hpp"

namespace gem {

/// Names and versions: the program first, then the compiler, then each library in use.
OrderedMap<std::string> version_parts();

} // namespace gem
