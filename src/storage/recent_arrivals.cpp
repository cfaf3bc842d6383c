#include "storage/recent_arrivals.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace gem {

std::string arrival_position(std::string_view epoch, std::int64_t number) {
    return fmt::format("{}-{}", epoch, number);
}

std::optional<std::int64_t> arrival_number(std::string_view position, std::string_view epoch) {
    if (!position.starts_with(epoch) || position.substr(epoch.size(), 1) != "-") return std::nullopt;
    position.remove_prefix(epoch.size() + 1);
    std::int64_t number = -1;
    auto const* const end = position.data() + position.size();
    auto const [stopped, error] = std::from_chars(position.data(), end, number);
    if (error != std::errc() || stopped != end || number < 0) return std::nullopt;
    return number;
}

void RecentArrivals::add(Event event) {
    bytes_ += event.payload.text().size();
    events_.push_back(std::move(event));
    while (events_.size() > arrivals_kept || (bytes_ > most_bytes_ && events_.size() > 1)) {
        bytes_ -= events_.front().payload.text().size();
        events_.pop_front();
        ++before_first_;
    }
}

void RecentArrivals::skip(std::size_t count) {
    before_first_ += static_cast<std::int64_t>(events_.size() + count);
    events_.clear();
    bytes_ = 0;
}

ArrivalPage RecentArrivals::after(std::string const& position, std::size_t limit) const {
    auto const last = before_first_ + static_cast<std::int64_t>(events_.size());
    ArrivalPage page{.events = {}, .position = arrival_position(epoch_, last)};
    if (position.empty()) return page;
    auto const asked = arrival_number(position, epoch_);
    page.gap = !asked || *asked > last || *asked < before_first_;
    if (!asked || *asked > last) return page;
    auto number = std::max(*asked, before_first_);
    for (; number < last && page.events.size() < limit; ++number) {
        page.events.push_back({.event = events_[static_cast<std::size_t>(number - before_first_)],
                               .position = arrival_position(epoch_, number + 1)});
    }
    page.position = arrival_position(epoch_, number);
    page.more = number < last;
    return page;
}

} // namespace gem
