// A small sign with a name and a value, for a README.
#pragma once

#include <string>

#include "charts/drawing.hpp"

namespace gem::charts {

struct Badge {
    std::string name;
    std::string value;
    Ink ink = Ink::badge_plain; ///< behind the value
    std::string description;    ///< in a sentence, for those who cannot see it and for who points at it
};

/// Twenty pixels high, as wide as its texts; long ones are shortened in the middle.
Drawing draw(Badge const& badge);

} // namespace gem::charts
