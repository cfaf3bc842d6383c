// Logging: an event name and key=value fields, as text or as JSON lines on stderr. Passed in, never global.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace gem {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { text, json };

/// One key=value of a log line.
struct LogField {
    std::string_view key;
    std::string value;
    template <class T>
    LogField(std::string_view name, T const& what) : key(name), value(fmt::format("{}", what)) {}
};

/// Thread-safe. info: what an operator wants on a quiet day; warn: a person should look; debug: the rest. Nothing that
/// an outsider can repeat without bound at info; no tokens, no bodies.
class Log {
  public:
    using Sink = std::function<void(std::string_view line)>;
    /// `sink` gets one line without its newline, from any thread, one at a time.
    Log(Clock const& clock, LogLevel level, LogFormat format, Sink sink);
    ~Log();
    Log(Log const&) = delete;
    Log& operator=(Log const&) = delete;

    /// A sink that writes to stderr.
    static Sink to_stderr();

    void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
        put(LogLevel::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
        put(LogLevel::info, event, fields);
    }
    void warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
        put(LogLevel::warn, event, fields);
    }
    void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
        put(LogLevel::error, event, fields);
    }
    [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }

  private:
    void put(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
    Clock const& clock_;
    LogLevel level_;
    LogFormat format_;
    Sink sink_;
    struct Guard;
    std::unique_ptr<Guard> guard_;
};

Result<LogLevel> parse_log_level(std::string_view text);
Result<LogFormat> parse_log_format(std::string_view text);

} // namespace gem
