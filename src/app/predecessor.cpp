#include "app/predecessor.hpp"

#include "base/json.hpp"
#include "github/event_parser.hpp"
#include "storage/commit_rules.hpp"
#include "storage/sqlite/predecessor.hpp"

namespace gem {

namespace {

constexpr std::size_t page = 1000;

/// The row as one of BigQuery's, whose columns are called the same.
struct Row {
    std::string id;
    std::string type;
    std::string repo_name;
    std::string actor_login;
    std::string created_at;
    JsonText payload;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, type, repo_name, actor_login, created_at, payload))

/// Nothing if it is no event that can be stored.
std::optional<Event> read_event(EventParser& parser, sqlite::PredecessorEvent&& row) {
    auto payload = JsonText::parse(std::move(row.payload));
    if (!payload) return std::nullopt;
    Row const form{.id = std::move(row.id),
                   .type = std::move(row.type),
                   .repo_name = std::move(row.repo_name),
                   .actor_login = std::move(row.actor_login),
                   .created_at = std::move(row.created_at),
                   .payload = std::move(*payload)};
    Event event;
    auto const kind = parser.parse_text(json::to_string(form), EventSource::import, event);
    if (!kind || *kind != ParsedKind::event) return std::nullopt;
    return event;
}

class PredecessorImport {
  public:
    PredecessorImport(DatabaseService& database, ImportOptions options)
        : database_(database), options_(std::move(options)) {}

    Async<Result<ImportReport>> run(sqlite::Predecessor& file) {
        if (auto done = co_await events(file); !done) co_return fail(done.error());
        if (auto done = co_await commits(file); !done) co_return fail(done.error());
        report_.finished = !report_.stopped;
        if (options_.on_progress) options_.on_progress(report_);
        co_return report_;
    }

  private:
    bool stopped() {
        if (options_.on_progress) options_.on_progress(report_);
        report_.stopped = options_.stop_requested && options_.stop_requested();
        return report_.stopped;
    }

    Async<Result<void>> events(sqlite::Predecessor& file) {
        EventParser parser;
        for (std::int64_t last = 0; !stopped();) {
            auto rows = file.events(last, page);
            if (!rows) co_return fail(rows.error());
            if (rows->empty()) break;
            last = rows->back().row;
            report_.lines += static_cast<std::int64_t>(rows->size());
            std::vector<Event> batch;
            for (auto& row : *rows) {
                if (auto event = read_event(parser, std::move(row)))
                    batch.push_back(std::move(*event));
                else
                    ++report_.rejected;
            }
            report_.counts["event"] += static_cast<std::int64_t>(batch.size());
            auto const inserted = co_await database_.events().insert_events(std::move(batch));
            if (!inserted) co_return fail(inserted.error());
            report_.inserted += static_cast<std::int64_t>(inserted->inserted);
            report_.duplicates += static_cast<std::int64_t>(inserted->duplicates);
            report_.expired += static_cast<std::int64_t>(inserted->expired);
            report_.rejected += static_cast<std::int64_t>(inserted->rejected.size());
        }
        co_return Result<void>();
    }

    Async<Result<void>> commits(sqlite::Predecessor& file) {
        for (std::string last; !report_.stopped && !stopped();) {
            auto records = file.commits(last, page);
            if (!records) co_return fail(records.error());
            if (records->empty()) break;
            last = records->back().commit.sha;
            report_.lines += static_cast<std::int64_t>(records->size());
            report_.rejected += static_cast<std::int64_t>(std::erase_if(
                *records, [](CommitRecord const& record) { return reason_to_reject(record.commit).has_value(); }));
            report_.counts["commit"] += static_cast<std::int64_t>(records->size());
            auto const stored = co_await database_.commits().store_commits(std::move(*records));
            if (!stored) co_return fail(stored.error());
        }
        co_return Result<void>();
    }

    DatabaseService& database_;
    ImportOptions options_;
    ImportReport report_;
};

} // namespace

bool is_predecessor(std::string const& file) { return sqlite::Predecessor::is_sqlite(file); }

Async<Result<ImportReport>> import_predecessor(DatabaseService& database, ImportOptions options, std::string file) {
    auto opened = sqlite::Predecessor::open(file);
    if (!opened) co_return fail(opened.error());
    PredecessorImport import(database, std::move(options));
    co_return co_await import.run(**opened);
}

} // namespace gem
