#include "http/client.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "http/client_errors.hpp"

namespace gem::http {

namespace {

constexpr std::size_t max_header_bytes = std::size_t{256} << 10;

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// libcurl wants to be set up once for the process, and torn down by nobody.
void set_up_libcurl() {
    static CURLcode const done = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (done != CURLE_OK) throw std::runtime_error("libcurl cannot be set up");
}

/// One request on its way. Built on the caller's thread, then the loop's alone, until `resume` is called.
struct Transfer {
    ClientRequest request;
    ClientResponse response;
    std::optional<Error> error;
    std::string host;
    std::unique_ptr<CURL, EasyDeleter> easy;
    std::unique_ptr<curl_slist, ListDeleter> header_list;
    std::array<char, CURL_ERROR_SIZE> detail{};
    std::size_t header_bytes = 0;
    std::atomic<bool> cancelled = false;
    std::move_only_function<void()> resume; ///< hands the transfer back to the caller's executor

    void refuse(ErrorCode code, std::string what) { error = fail(code, host + ": " + std::move(what)).error(); }

    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
        auto& transfer = *static_cast<Transfer*>(self);
        std::string_view line(data, size);
        transfer.header_bytes += size;
        if (transfer.header_bytes > max_header_bytes) {
            transfer.refuse(ErrorCode::corrupt,
                            fmt::format("the answer's headers are longer than {} bytes", max_header_bytes));
            return 0;
        }
        if (line.starts_with("HTTP/")) { // a further head after 1xx
            transfer.response.headers.clear();
            return size;
        }
        auto const colon = line.find(':');
        if (colon == std::string_view::npos) return size;
        std::string name(line.substr(0, colon));
        for (char& c : name) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        auto value = line.substr(colon + 1);
        auto const first = value.find_first_not_of(" \t\r\n");
        auto const last = value.find_last_not_of(" \t\r\n");
        value = first == std::string_view::npos ? std::string_view() : value.substr(first, last - first + 1);
        transfer.response.headers.emplace_back(std::move(name), value);
        return size;
    }

    static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
        auto& transfer = *static_cast<Transfer*>(self);
        std::string_view const piece(data, size);
        if (transfer.request.body_sink) {
            long status = 0;
            curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
            if (status >= 200 && status < 300) {
                if (transfer.request.body_sink(piece)) return size;
                transfer.refuse(ErrorCode::internal, "what it sent could not be taken");
                return 0;
            }
        }
        if (transfer.response.body.size() + size > transfer.request.max_body) {
            transfer.refuse(ErrorCode::corrupt,
                            fmt::format("the answer is larger than {} bytes", transfer.request.max_body));
            return 0;
        }
        transfer.response.body += piece;
        return size;
    }

    /// Fills the easy handle; what is wrong with the request is left in `error`.
    void prepare(ClientOptions const& options);
};

void Transfer::prepare(ClientOptions const& options) {
    bool const http = request.url.starts_with("http://") || request.url.starts_with("https://");
    if (!http || host == "(no host)")
        return refuse(ErrorCode::invalid_argument, "expected an absolute http or https URL");
    easy.reset(curl_easy_init());
    if (!easy) return refuse(ErrorCode::internal, "out of memory");
    auto* const handle = easy.get();
    for (auto const& [name, value] : request.headers) {
        if (name.empty() || (name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            return refuse(ErrorCode::invalid_argument, "a header's name or value has characters that cannot be sent");
        }
        auto const line = value.empty() ? name + ";" : name + ": " + value;
        if (auto* const longer = curl_slist_append(header_list.get(), line.c_str())) {
            static_cast<void>(header_list.release());
            header_list.reset(longer);
        }
    }
    if (auto* const longer = curl_slist_append(header_list.get(), "Expect:")) { // no waiting for 100 Continue
        static_cast<void>(header_list.release());
        header_list.reset(longer);
    }
    curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L); // a slow name server must not hold up a cancelled transfer
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::max<std::int64_t>(1, request.deadline.count())));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_deadline.count()));
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, options.user_agent.c_str());
    if (request.accept_gzip) curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.use_proxy) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    if (request.method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, header_list.get());
    if (request.configure) request.configure(handle);
}

} // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
    auto const found = std::ranges::find(headers, name, &HeaderList::value_type::first);
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

// -- The loop --------------------------------------------------------------------------------------------------------

struct CurlClient::Loop {
    explicit Loop(ClientOptions given) : options(std::move(given)) {
        set_up_libcurl();
        multi = curl_multi_init();
        if (multi == nullptr) throw std::runtime_error("libcurl cannot be set up");
        curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.connections_per_host));
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
        thread = std::thread([this] { run(); });
    }

    ~Loop() {
        {
            std::scoped_lock const lock(mutex);
            stopping = true;
        }
        curl_multi_wakeup(multi);
        thread.join();
        curl_multi_cleanup(multi);
    }

    void submit(std::shared_ptr<Transfer> transfer) {
        {
            std::scoped_lock const lock(mutex);
            incoming.push_back(std::move(transfer));
        }
        curl_multi_wakeup(multi);
    }

    void cancel(Transfer& transfer) {
        transfer.cancelled = true;
        {
            std::scoped_lock const lock(mutex);
            look_for_cancelled = true;
        }
        curl_multi_wakeup(multi);
    }

    void run() {
        while (true) {
            std::deque<std::shared_ptr<Transfer>> arrived;
            bool look = false;
            bool stop = false;
            {
                std::scoped_lock const lock(mutex);
                arrived.swap(incoming);
                look = std::exchange(look_for_cancelled, false);
                stop = stopping;
            }
            for (auto& transfer : arrived) start(std::move(transfer));
            if (look || stop) drop_some(stop);
            if (stop) return;
            int running = 0;
            curl_multi_perform(multi, &running);
            finish_done();
            curl_multi_poll(multi, nullptr, 0, active.empty() ? 60'000 : 1'000, nullptr);
        }
    }

    void start(std::shared_ptr<Transfer> transfer) {
        transfer->prepare(options);
        auto* const easy = transfer->easy.get();
        if (!transfer->error && curl_multi_add_handle(multi, easy) != CURLM_OK) {
            transfer->refuse(ErrorCode::internal, "the transfer cannot be started");
        }
        if (transfer->error) return hand_back(*transfer);
        active.emplace(easy, std::move(transfer));
    }

    void drop_some(bool all) {
        for (auto entry = active.begin(); entry != active.end();) {
            auto const transfer = entry->second;
            if (!all && !transfer->cancelled) {
                ++entry;
                continue;
            }
            curl_multi_remove_handle(multi, entry->first);
            entry = active.erase(entry);
            transfer->refuse(ErrorCode::unavailable, "given up, this program is shutting down");
            hand_back(*transfer);
        }
    }

    void finish_done() {
        int left = 0;
        while (auto const* const message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            auto* const easy = message->easy_handle;
            auto const code = message->data.result;
            auto const entry = active.find(easy);
            if (entry == active.end()) continue;
            auto const transfer = entry->second;
            active.erase(entry);
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            transfer->response.status = static_cast<unsigned>(status);
            curl_multi_remove_handle(multi, easy);
            if (code != CURLE_OK && !transfer->error) {
                transfer->error = client_error(code, transfer->host, transfer->detail.data());
            }
            hand_back(*transfer);
        }
    }

    static void hand_back(Transfer& transfer) {
        transfer.easy.reset();
        transfer.request.body_sink = nullptr; // what it refers to may be gone as soon as the caller runs
        transfer.request.configure = nullptr;
        auto resume = std::move(transfer.resume);
        resume();
    }

    ClientOptions options;
    CURLM* multi = nullptr;
    std::mutex mutex;
    std::deque<std::shared_ptr<Transfer>> incoming; // mutex
    bool look_for_cancelled = false;                // mutex
    bool stopping = false;                          // mutex
    std::unordered_map<CURL*, std::shared_ptr<Transfer>> active;
    std::thread thread;
};

CurlClient::CurlClient(ClientOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
CurlClient::~CurlClient() = default;

Async<Result<ClientResponse>> CurlClient::send(ClientRequest request) {
    auto const transfer = std::make_shared<Transfer>();
    transfer->host = host_of(request.url);
    transfer->request = std::move(request);
    auto const start = [&](auto handler) {
        auto executor = asio::get_associated_executor(handler);
        auto guard = asio::make_work_guard(executor);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([this, weak = std::weak_ptr(transfer)](asio::cancellation_type) {
                if (auto const alive = weak.lock()) loop_->cancel(*alive);
            });
        }
        transfer->resume = [handler = std::move(handler), guard = std::move(guard), executor, slot]() mutable {
            // The guard stays here: the caller's event loop must not end while this thread is still inside of post().
            asio::post(executor, [handler = std::move(handler), slot]() mutable {
                if (slot.is_connected()) slot.clear();
                std::move(handler)();
            });
        };
        loop_->submit(transfer);
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable) const, void()>(start, asio::use_awaitable);
    if (transfer->cancelled) throw boost::system::system_error(asio::error::operation_aborted);
    if (transfer->error) co_return fail(std::move(*transfer->error));
    co_return std::move(transfer->response);
}

} // namespace gem::http
