// Folds the write-ahead log into the database file on a thread of its own, so that the writer goes on meanwhile.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "base/log.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

class Checkpointer {
  public:
    /// Looks at the log after each commit of `writer`, which must outlive this. A log of 32 MB is folded beside the
    /// writer; at 64 MB the writer waits and folds the rest, so that the log begins anew.
    Checkpointer(Handle& writer, std::string const& path, Log& log);
    /// On the writer's thread, or when the writer is idle.
    ~Checkpointer();
    Checkpointer(Checkpointer const&) = delete;
    Checkpointer& operator=(Checkpointer const&) = delete;

    /// On the writer's thread: what was deleted must not linger in the log. False when somebody still reads it.
    bool empty_log();

  private:
    void log_has_grown(int frames);
    void fold(Handle& handle);

    Handle& writer_;
    Log& log_;
    std::mutex mutex_; ///< held by whoever folds: SQLite refuses a second one instead of making it wait
    Handle beside_;
    std::atomic<bool> asked_{false};
    boost::asio::thread_pool thread_{1}; ///< last: joined before the rest goes
};

} // namespace gem::sqlite
