// A complete DatabaseManager over the model of reference_store.hpp.
#pragma once

#include <memory>

#include "support/reference_store.hpp"

namespace gem::test {

/// A manager over `store`; managers over the same store are like processes over the same file. Events older than
/// `retention` (0: keep) are refused.
std::unique_ptr<DatabaseManager> make_reference_manager(std::shared_ptr<ReferenceStore> store, Clock const& clock,
                                                        days retention = days(0));

} // namespace gem::test
