// Names of hours, and hours in a directory.
#include "collector/hour_source.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

namespace gem {

namespace {

class DirectoryHours final : public HourSource {
  public:
    explicit DirectoryHours(std::string directory) : directory_(std::move(directory)) {}

    Result<std::unique_ptr<ByteSource>> open(std::string const& file_name) override {
        return open_file(path(file_name));
    }

    [[nodiscard]] std::optional<std::uint64_t> size(std::string const& file_name) const override {
        std::error_code error;
        auto const bytes = std::filesystem::file_size(path(file_name), error);
        if (error) return std::nullopt;
        return bytes;
    }

  private:
    [[nodiscard]] std::string path(std::string const& file_name) const {
        return (std::filesystem::path(directory_) / file_name).string();
    }
    std::string directory_;
};

} // namespace

std::string hour_file_name(UtcTime hour) {
    auto const of_day = std::chrono::floor<hours>(hour - std::chrono::floor<days>(hour)).count();
    return fmt::format("{}-{}.json.gz", format_day(hour), of_day);
}

std::optional<UtcTime> parse_hour(std::string_view text) {
    if (auto const whole = parse_time(text)) {
        if (std::chrono::floor<hours>(*whole) != *whole) return std::nullopt;
        return whole;
    }
    if (text.size() < 10) return std::nullopt;
    auto const day = parse_time(fmt::format("{}T00:00:00Z", text.substr(0, 10)));
    if (!day || text.size() == 10) return day;
    auto const rest = text.substr(11);
    int hour = 0;
    auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), hour);
    bool const separated = text[10] == 'T' || text[10] == '-' || text[10] == ' ';
    if (!separated || rest.empty() || rest.size() > 2 || error != std::errc{} || end != rest.data() + rest.size() ||
        hour < 0 || hour > 23)
        return std::nullopt;
    return *day + hours(hour);
}

std::unique_ptr<HourSource> hours_in_directory(std::string directory) {
    return std::make_unique<DirectoryHours>(std::move(directory));
}

} // namespace gem
