#include "storage/database_factory.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gem {

Result<std::unique_ptr<DatabaseManager>> DatabaseFactory::create(DatabaseConfig const& config, Clock const& clock,
                                                                 Log& log) const {
    auto const found = makers_.find(config.provider);
    if (found == makers_.end()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("unknown database provider \"{}\"; DATABASE_PROVIDER can be {}", config.provider,
                                fmt::join(providers(), ", ")));
    }
    return found->second(config, clock, log);
}

std::vector<std::string> DatabaseFactory::providers() const {
    std::vector<std::string> names;
    for (auto const& [name, maker] : makers_) names.push_back(name);
    return names;
}

DatabaseTransfer& DatabaseManager::transfer() { throw std::logic_error("this store cannot be moved"); }

InsertResult& InsertResult::operator+=(InsertResult const& other) {
    inserted += other.inserted;
    duplicates += other.duplicates;
    expired += other.expired;
    rejected.insert(rejected.end(), other.rejected.begin(), other.rejected.end());
    return *this;
}

} // namespace gem
