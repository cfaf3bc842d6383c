// The library as Python's module github_events_monitor._native: a thread of its own that asks, callbacks that tell.
// What people see of it is github_events_monitor/__init__.py.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <mutex>
#include <thread>

#include <boost/asio/redirect_error.hpp>

#include <github_events_monitor/collector.hpp>

namespace py = pybind11;

namespace {

/// (code, message, retryable, seconds to wait or None)
py::object as_python(gem::Error const& error) {
    py::object wait = py::none();
    if (error.retry_after) wait = py::int_(error.retry_after->count());
    return py::make_tuple(std::string(gem::to_string(error.code)), error.message, error.retryable, wait);
}

gem::Error bug(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::exception const& problem) {
        return {.code = gem::ErrorCode::internal, .message = problem.what(), .retryable = false, .retry_after = {}};
    }
}

/// A Python function that any thread may hold and let go of; only telling takes the interpreter's lock.
class Listener {
  public:
    explicit Listener(py::function function)
        : function_(new py::function(std::move(function)), [](py::function* held) {
              py::gil_scoped_acquire const lock;
              delete held;
          }) {}

    /// function(error, content type, body): an error as above or None, and then the answer.
    void tell(gem::Result<gem::RestAnswer> const& answer) const {
        py::gil_scoped_acquire const lock;
        try {
            if (!answer)
                (*function_)(as_python(answer.error()), py::none(), py::none());
            else
                (*function_)(py::none(), answer->content_type, py::bytes(answer->body));
        } catch (py::error_already_set& problem) {
            problem.discard_as_unraisable("github_events_monitor");
        }
    }

  private:
    std::shared_ptr<py::function> function_;
};

using Given = std::vector<std::pair<std::string, std::string>>;

/// A collector on a thread of its own, until close(). All methods may be called by any thread that holds the
/// interpreter's lock.
class Engine {
  public:
    explicit Engine(gem::EnhancedCollector collector)
        : collector_(std::move(collector)), work_(gem::asio::make_work_guard(context_)),
          thread_([this] { context_.run(); }) {}
    Engine(Engine const&) = delete;
    Engine& operator=(Engine const&) = delete;
    ~Engine() { close(); }

    /// Opens the store when nobody has yet.
    void open(py::function done) { start(opened(), Listener(std::move(done))); }

    void ask(std::string method, std::string path, Given given, py::function done) {
        start(asked(std::move(method), std::move(path), std::move(given)), Listener(std::move(done)));
    }

    /// Waits for what is under way, closes the store, ends the thread. Later questions fail.
    void close() {
        py::gil_scoped_release const unlocked;
        {
            std::scoped_lock const lock(mutex_);
            if (!closed_) gem::asio::co_spawn(context_, shut(), [](std::exception_ptr const&) {});
            closed_ = true;
        }
        std::scoped_lock const one_at_a_time(joining_);
        if (thread_.joinable()) thread_.join();
    }

  private:
    using Answer = gem::Result<gem::RestAnswer>;

    void start(gem::Async<Answer> coroutine, Listener listener) {
        py::gil_scoped_release const unlocked;
        std::unique_lock lock(mutex_);
        if (closed_) {
            lock.unlock();
            listener.tell(gem::fail(gem::ErrorCode::unavailable, "this collector is closed"));
            return;
        }
        gem::asio::co_spawn(context_, counted(std::move(coroutine)),
                            [listener = std::move(listener)](std::exception_ptr const& thrown, Answer answer) {
                                listener.tell(thrown ? Answer(gem::fail(bug(thrown))) : std::move(answer));
                            });
    }

    gem::Async<Answer> counted(gem::Async<Answer> coroutine) {
        ++under_way_;
        struct Count {
            Engine& engine;
            ~Count() {
                if (--engine.under_way_ == 0) engine.changed_.cancel();
            }
        } const count{*this};
        co_return co_await std::move(coroutine);
    }

    gem::Async<Answer> opened() {
        while (opening_) co_await change();
        if (!open_) {
            opening_ = true;
            struct Opening {
                Engine& engine;
                ~Opening() {
                    engine.opening_ = false;
                    engine.changed_.cancel();
                }
            } const opening{*this};
            auto const outcome = co_await collector_.initialize();
            if (!outcome) co_return gem::fail(outcome.error());
            open_ = true;
        }
        co_return gem::RestAnswer{.status = 200, .content_type = "application/json", .body = "null"};
    }

    gem::Async<Answer> asked(std::string method, std::string path, Given given) {
        if (auto const open = co_await opened(); !open) co_return open;
        co_return co_await collector_.ask(std::move(method), std::move(path), std::move(given));
    }

    gem::Async<void> shut() {
        while (under_way_ > 0) co_await change();
        co_await collector_.close();
        work_.reset();
    }

    /// Until something that others wait for has changed.
    gem::Async<void> change() {
        boost::system::error_code ignored;
        co_await changed_.async_wait(gem::asio::redirect_error(gem::asio::use_awaitable, ignored));
    }

    gem::asio::io_context context_{1};
    gem::EnhancedCollector collector_;
    gem::asio::steady_timer changed_{context_, std::chrono::steady_clock::time_point::max()}; ///< never; is cancelled
    int under_way_ = 0;
    bool opening_ = false;
    bool open_ = false;
    gem::asio::executor_work_guard<gem::asio::io_context::executor_type> work_;
    std::mutex mutex_; ///< of closed_
    bool closed_ = false;
    std::mutex joining_;
    std::thread thread_;
};

/// An Engine, or what is wrong with the settings.
py::object create(std::optional<std::string> provider, std::optional<std::string> db_path,
                  std::optional<std::string> region, std::optional<std::string> table_prefix,
                  std::optional<std::string> endpoint_url) {
    auto collector = gem::create_enhanced_collector({.provider = std::move(provider),
                                                     .db_path = std::move(db_path),
                                                     .region = std::move(region),
                                                     .table_prefix = std::move(table_prefix),
                                                     .endpoint_url = std::move(endpoint_url)});
    if (!collector) return as_python(collector.error());
    return py::cast(std::make_unique<Engine>(std::move(*collector)));
}

} // namespace

PYBIND11_MODULE(_native, module) {
    module.attr("version") = GEM_VERSION;
    module.def("create", &create, py::arg("provider"), py::arg("db_path"), py::arg("region"), py::arg("table_prefix"),
               py::arg("endpoint_url"));
    py::class_<Engine>(module, "Engine")
        .def("open", &Engine::open)
        .def("ask", &Engine::ask)
        .def("close", &Engine::close);
}
