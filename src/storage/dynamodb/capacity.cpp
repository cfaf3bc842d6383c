#include "storage/dynamodb/capacity.hpp"

namespace gem::dynamodb {

CapacityUse& CapacityUse::operator+=(CapacityUse const& other) {
    read_units += other.read_units;
    write_units += other.write_units;
    requests += other.requests;
    return *this;
}

CapacityUse total(CapacitySnapshot const& snapshot) {
    CapacityUse sum;
    for (auto const& [key, use] : snapshot) sum += use;
    return sum;
}

void CapacityMeter::add(CapacityKey key, CapacityUse const& use) {
    std::scoped_lock const lock(mutex_);
    use_[std::move(key)] += use;
}

CapacitySnapshot CapacityMeter::snapshot() const {
    std::scoped_lock const lock(mutex_);
    return use_;
}

} // namespace gem::dynamodb
