#include "base/time.hpp"

#include <array>

namespace gem {

namespace {

char* put_two(char* out, unsigned value) {
    *out++ = static_cast<char>('0' + value / 10 % 10);
    *out++ = static_cast<char>('0' + value % 10);
    return out;
}

char* put_day(char* out, std::chrono::year_month_day day) {
    auto const year = static_cast<unsigned>(static_cast<int>(day.year()));
    out = put_two(out, year / 100);
    out = put_two(out, year % 100);
    *out++ = '-';
    out = put_two(out, static_cast<unsigned>(day.month()));
    *out++ = '-';
    return put_two(out, static_cast<unsigned>(day.day()));
}

/// Takes digits and single characters from the front of a text; remembers whether all went well.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int digits(int count) {
        int value = 0;
        for (int i = 0; i < count; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
                good_ = false;
                return 0;
            }
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    bool one_of(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view characters) { good_ = one_of(characters) && good_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  private:
    std::string_view rest_;
    bool good_ = true;
};

} // namespace

std::string format_time(UtcTime time) {
    auto const day = std::chrono::floor<days>(time);
    auto const clock = static_cast<unsigned>((time - day).count());
    std::array<char, 20> text{};
    char* out = put_day(text.data(), std::chrono::year_month_day(day));
    *out++ = 'T';
    out = put_two(out, clock / 3600);
    *out++ = ':';
    out = put_two(out, clock / 60 % 60);
    *out++ = ':';
    out = put_two(out, clock % 60);
    *out = 'Z';
    return {text.data(), text.size()};
}

std::string format_day(UtcTime time) {
    std::array<char, 10> text{};
    put_day(text.data(), std::chrono::year_month_day(std::chrono::floor<days>(time)));
    return {text.data(), text.size()};
}

std::optional<UtcTime> parse_time(std::string_view text) {
    Scanner scan(text);
    int const year = scan.digits(4);
    scan.expect("-/");
    int const month = scan.digits(2);
    scan.expect("-/");
    int const day = scan.digits(2);
    scan.expect("Tt ");
    int const hour = scan.digits(2);
    scan.expect(":");
    int const minute = scan.digits(2);
    scan.expect(":");
    int second = scan.digits(2);
    if (scan.one_of(".,")) {
        scan.digits(1);
        while (scan.peek() >= '0' && scan.peek() <= '9') scan.digits(1);
    }
    while (scan.one_of(" ")) {
    }
    seconds offset{0};
    char const sign = scan.peek();
    if (sign == '+' || sign == '-') {
        scan.expect("+-");
        int const offset_hours = scan.digits(2);
        scan.one_of(":");
        int const offset_minutes = scan.digits(2);
        if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
        offset = hours(offset_hours) + minutes(offset_minutes);
        if (sign == '-') offset = -offset;
    } else if (scan.one_of("U")) {
        scan.expect("T");
        scan.expect("C");
    } else {
        scan.expect("Zz");
    }
    if (!scan.good() || !scan.at_end()) return std::nullopt;
    if (second == 60) second = 59; // a leap second belongs to the minute that it ends
    std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    UtcTime const time = std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset;
    if (to_unix(time) < 0 || year > 9999) return std::nullopt;
    return time;
}

} // namespace gem
