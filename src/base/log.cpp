#include "base/log.hpp"

#include <cstdio>
#include <mutex>

#include "base/json.hpp"

namespace gem {

struct Log::Guard {
    std::mutex mutex;
};

Log::Log(Clock const& clock, LogLevel level, LogFormat format, Sink sink)
    : clock_(clock), level_(level), format_(format), sink_(std::move(sink)), guard_(std::make_unique<Guard>()) {}

Log::~Log() = default;

Log::Sink Log::to_stderr() {
    return [](std::string_view line) {
        std::string text(line);
        text += '\n';
        std::fwrite(text.data(), 1, text.size(), stderr);
    };
}

namespace {

std::string_view name_of(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return "debug";
    case LogLevel::info:
        return "info";
    case LogLevel::warn:
        return "warn";
    default:
        return "error";
    }
}

} // namespace

void Log::put(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!enabled(level)) return;
    std::string line;
    if (format_ == LogFormat::json) {
        line += "{\"time\":\"" + format_time(clock_.now()) + "\",\"level\":\"";
        line += name_of(level);
        line += "\",\"event\":";
        json::write_string(line, event);
        for (auto const& field : fields) {
            line += ',';
            json::write_string(line, field.key);
            line += ':';
            json::write_string(line, field.value);
        }
        line += '}';
    } else {
        line += format_time(clock_.now());
        line += fmt::format(" {:<5} {}", name_of(level), event);
        for (auto const& field : fields) {
            line += ' ';
            line += field.key;
            line += '=';
            bool const plain = !field.value.empty() && field.value.find_first_of(" \t\r\n\"=\\") == std::string::npos &&
                               field.value.find_first_not_of('\x1b') == 0;
            if (plain)
                line += field.value;
            else
                json::write_string(line, field.value);
        }
    }
    std::scoped_lock const lock(guard_->mutex);
    sink_(line);
}

Result<LogLevel> parse_log_level(std::string_view text) {
    if (text == "debug") return LogLevel::debug;
    if (text == "info") return LogLevel::info;
    if (text == "warn" || text == "warning") return LogLevel::warn;
    if (text == "error") return LogLevel::error;
    if (text == "off") return LogLevel::off;
    return fail(ErrorCode::invalid_argument, fmt::format("expected debug, info, warn, error or off, got \"{}\"", text));
}

Result<LogFormat> parse_log_format(std::string_view text) {
    if (text == "text") return LogFormat::text;
    if (text == "json") return LogFormat::json;
    return fail(ErrorCode::invalid_argument, fmt::format("expected text or json, got \"{}\"", text));
}

} // namespace gem
