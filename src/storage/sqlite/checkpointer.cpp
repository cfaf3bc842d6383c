#include "storage/sqlite/checkpointer.hpp"

#include <sqlite3.h>
#include <sys/resource.h>

#include <boost/asio/post.hpp>

namespace gem::sqlite {

namespace {

// Frames of 16 KB. A checkpoint copies each changed page once, however often it changed: fewer, larger ones.
constexpr int frames_to_fold = 2000;
constexpr int frames_at_most = 4000;

} // namespace

Checkpointer::Checkpointer(Handle& writer, std::string const& path, Log& log)
    : writer_(writer), log_(log), beside_(path, OpenMode::existing, 64) {
    auto const hook = [](void* self, sqlite3*, char const*, int frames) {
        static_cast<Checkpointer*>(self)->log_has_grown(frames);
        return SQLITE_OK; // the commit is durable, whatever becomes of the log
    };
    sqlite3_wal_hook(writer_.raw(), hook, this);
    // The writer goes before it where there is one core only. On Linux the priority is the thread's.
    boost::asio::post(thread_, [this] {
        if (::setpriority(PRIO_PROCESS, 0, 10) != 0) log_.debug("priority_not_lowered", {{"thread", "checkpointer"}});
    });
}

Checkpointer::~Checkpointer() {
    sqlite3_wal_hook(writer_.raw(), nullptr, nullptr);
    thread_.join();
}

void Checkpointer::log_has_grown(int frames) {
    if (frames < frames_to_fold) return;
    if (frames >= frames_at_most) {
        std::scoped_lock const lock(mutex_);
        fold(writer_);
        return;
    }
    if (asked_.exchange(true)) return;
    boost::asio::post(thread_, [this] {
        std::scoped_lock const lock(mutex_);
        fold(beside_);
        asked_ = false;
    });
}

void Checkpointer::fold(Handle& handle) {
    int const code = sqlite3_wal_checkpoint_v2(handle.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY)
        log_.warn("log_not_folded", {{"reason", sqlite3_errmsg(handle.raw())}});
}

bool Checkpointer::empty_log() {
    std::scoped_lock const lock(mutex_);
    auto& statement = writer_.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    Rows rows(statement);
    return !rows.next() || rows->integer(0) == 0;
}

} // namespace gem::sqlite
