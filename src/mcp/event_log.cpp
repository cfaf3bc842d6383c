#include "mcp/event_log.hpp"

#include <fmt/format.h>

namespace gem::mcp {

namespace {

class EventStream final : public http::BodyStream {
  public:
    EventStream(std::shared_ptr<EventLog> log, EventStreamOptions options)
        : log_(std::move(log)), options_(std::move(options)), position_(options_.from),
          suspensions_(options_.resumed ? log_->suspensions() : 0) {}

    ~EventStream() override {
        if (!done_ && options_.gone) options_.gone();
    }

    Async<std::optional<std::string>> next() override {
        if (std::exchange(options_.primed, false))
            co_return fmt::format("id: {}-{}\nretry: 1000\ndata: \n\n", options_.id_prefix, position_);
        while (true) {
            std::string frames;
            while (true) {
                auto const [number, message] = log_->after(position_);
                if (message == nullptr) break;
                position_ = number;
                if (!options_.id_prefix.empty()) frames += fmt::format("id: {}-{}\n", options_.id_prefix, number);
                frames += "event: message\ndata: ";
                frames += *message; // JSON on one line
                frames += "\n\n";
            }
            log_->forget_up_to(position_);
            if (!frames.empty()) co_return frames;
            bool const suspended = suspensions_ != log_->suspensions();
            if (log_->ended() || suspended || finished_) {
                done_ = true;
                co_return std::nullopt;
            }
            auto const before = log_->last();
            auto const deadline = std::chrono::steady_clock::now() + options_.keep_alive;
            co_await log_->changed().wait(options_.keep_alive);
            if (log_->last() == before && std::chrono::steady_clock::now() >= deadline) co_return ": alive\n\n";
        }
    }

    void finish() override {
        if (options_.finish)
            options_.finish();
        else
            finished_ = true;
        log_->changed().set();
    }

  private:
    std::shared_ptr<EventLog> log_;
    EventStreamOptions options_;
    std::uint64_t position_;
    std::uint64_t suspensions_;
    bool finished_ = false;
    bool done_ = false;
};

} // namespace

void EventLog::put(std::string message) {
    if (!ended_) put_last(std::move(message));
}

void EventLog::put_last(std::string message) {
    events_.push_back(std::move(message));
    if (events_.size() > most) {
        events_.pop_front();
        ++first_;
    }
    changed_.set();
}

void EventLog::end() {
    ended_ = true;
    changed_.set();
}

void EventLog::suspend() {
    ++suspensions_;
    changed_.set();
}

std::pair<std::uint64_t, std::string const*> EventLog::after(std::uint64_t number) const {
    auto const wanted = std::max(number + 1, first_);
    if (wanted >= first_ + events_.size()) return {number, nullptr};
    return {wanted, &events_[static_cast<std::size_t>(wanted - first_)]};
}

void EventLog::forget_up_to(std::uint64_t number) {
    while (!keeping_ && !events_.empty() && first_ <= number) {
        events_.pop_front();
        ++first_;
    }
}

std::shared_ptr<http::BodyStream> read_events(std::shared_ptr<EventLog> log, EventStreamOptions options) {
    return std::make_shared<EventStream>(std::move(log), std::move(options));
}

} // namespace gem::mcp
