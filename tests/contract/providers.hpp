// The providers under test. A new one adds its line to providers() and nothing else.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "storage/database_interface.hpp"

namespace gem::test {

struct ProviderOptions {
    std::filesystem::path
        place; ///< an empty directory of this test; managers with the same place share what they store
    days retention{0};
};

struct Provider {
    std::string name; ///< part of the tests' names: letters, digits, _
    /// A manager that is not initialized yet.
    std::function<std::unique_ptr<DatabaseManager>(Clock const&, Log&, ProviderOptions const&)> make;
    bool shared = false;  ///< two managers at one place are over the same store, and it outlives them
    bool backups = false; ///< backup() writes a file …
    /// … which this opens (not initialized yet). Only asked for with `backups`.
    std::function<std::unique_ptr<DatabaseManager>(Clock const&, Log&, std::filesystem::path const&)> open_backup;
    bool keeps_arrivals = true; ///< arrivals() tells of other managers too, and after a restart
    bool is_model = false;      ///< the reference that the others are compared with
};

std::vector<Provider> providers();

inline std::ostream& operator<<(std::ostream& out, Provider const& provider) { return out << provider.name; }

} // namespace gem::test
