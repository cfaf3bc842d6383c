// The writing side of events: identity, dictionaries, bodies and rollups in one transaction. On the writer's thread
// only.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/database_interface.hpp"
#include "storage/hour_page.hpp"
#include "storage/sqlite/arrivals.hpp"
#include "storage/sqlite/claims.hpp"
#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/tallies.hpp"

namespace gem::sqlite {

/// Whether an event that another source brought is a duplicate, or only one of the same identity.
enum class Matching : std::uint8_t { on, off };

/// A batch that was checked and compressed beside the writer.
struct PreparedBatch {
    std::vector<Event> events;         ///< payloads are empty now
    std::vector<std::string> payloads; ///< compressed; empty for a rejected event
    std::vector<Rejection> rejected;
    std::vector<NaturalKey> keys; ///< of all events, or empty: then the writer makes those that it needs
    Matching matching = Matching::on;
};

/// `with_keys`: repositories of this store have claims, so that natural keys will be needed.
PreparedBatch prepare_batch(std::vector<Event> batch, bool with_keys);

class EventWriter {
  public:
    /// One transaction around all of these batches; a result for each, in order. Events from before `horizon` are
    /// counted as expired and not stored. Throws SqliteError when nothing of any of them was stored.
    std::vector<InsertResult> store(Handle& handle, std::vector<PreparedBatch const*> const& batches,
                                    std::optional<UtcTime> horizon);
    /// Must be called when rows of the dictionaries may have gone.
    void forget_everything();
    /// Whether natural keys will be needed, as far as it was seen. Thread-safe.
    [[nodiscard]] bool wants_keys() const { return wants_keys_; }

  private:
    struct KnownName {
        std::string name;
        std::int64_t first_seen = 0;
        std::int64_t last_seen = 0;
        bool dirty = false;
        bool fresh = false; ///< its row is written at the end of the transaction, if an event bears it
    };
    struct KnownRepo {
        std::uint32_t id = 0;
        std::string const* key = nullptr; ///< of the map that holds it
        std::vector<KnownName> names;     ///< those met so far; the dictionary's own first
    };
    struct KnownActor {
        std::uint32_t id = 0;
        bool bot = false;
        std::string login;
    };
    /// An event on its way into the store.
    struct Row {
        std::size_t index = 0;
        KnownRepo* repo = nullptr;
        std::size_t name = 0; ///< in repo->names
        KnownActor const* actor = nullptr;
    };

    void begin(Handle& handle);
    InsertResult store_batch(Handle& handle, PreparedBatch const& batch, UtcTime oldest);
    KnownRepo& repo_of(Handle& handle, Event const& event);
    std::size_t name_of(Handle& handle, KnownRepo& repo, Event const& event);
    KnownActor const* actor_of(Handle& handle, Event const& event);
    void write_name(Handle& handle, KnownRepo const& repo, std::size_t index);
    std::uint16_t kind_of(Handle& handle, Event const& event);
    bool store_new(Handle& handle, PreparedBatch const& batch, Row const& row);
    bool insert(Handle& handle, Row const& row, Event const& event, std::string const& payload);
    void count(Row const& row, Event const& event, std::uint16_t kind);
    void flush_repo_hour(Handle& handle);
    void flush(Handle& handle, std::size_t inserted);
    void append_page(Handle& handle, std::int64_t hour, std::vector<PageRow>& rows);

    std::uint64_t handle_ = 0; ///< whose tables are remembered
    std::int64_t data_version_ = -1;
    std::int64_t next_body_ = 0; ///< 0: what comes next in each table is not known
    std::uint32_t next_repo_ = 0;
    std::uint32_t next_actor_ = 0;
    bool aliases_exist_ = false;
    std::unordered_map<std::string, KnownRepo> repos_;
    std::unordered_map<std::string, KnownActor> actors_;
    std::unordered_map<std::string, std::uint16_t> kinds_;
    Claims claims_;
    Arrivals arrivals_;
    std::atomic<bool> wants_keys_ = false;
    std::string key_; ///< scratch

    // What one transaction gathers.
    bool dictionaries_grew_ = false;
    std::vector<KnownRepo*> touched_;
    std::map<std::pair<std::int64_t, std::uint16_t>, KindCounts> hour_counts_;
    std::map<std::int64_t, std::vector<PageRow>> page_rows_;
    std::uint32_t open_repo_ = 0;
    std::int64_t open_hour_ = -1;
    std::vector<std::pair<std::uint16_t, KindCounts>> open_counts_;
};

} // namespace gem::sqlite
