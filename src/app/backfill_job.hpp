// `backfill` with its surroundings: the database, hours from a directory or a web site, and a signal that ends it.
#pragma once

#include <filesystem>

#include "app/settings.hpp"
#include "collector/backfill.hpp"
#include "http/client.hpp"

namespace gem {

struct BackfillJob {
    BackfillOptions options; ///< `stop_requested` is set here
    std::string directory;   ///< of a range: where its files are …
    std::string url;         ///< … or the address below which they are; at most one of the two
    bool gaps = false;       ///< the hours and repositories are those of the ledger's gaps (gaps_to_fill())
};

/// Where a range comes from when neither is named.
inline constexpr std::string_view archive_url = "https://data.gharchive.org";

/// Hours from a web site: each is fetched whole into a temporary file, which is gone when it is closed.
class WebHours final : public HourSource {
  public:
    explicit WebHours(std::string base);
    ~WebHours() override;
    WebHours(WebHours const&) = delete;
    WebHours& operator=(WebHours const&) = delete;
    Result<std::unique_ptr<ByteSource>> open(std::string const& file_name) override;
    [[nodiscard]] std::optional<std::uint64_t> size(std::string const& file_name) const override;

  private:
    std::string base_;
    std::filesystem::path directory_;
    http::CurlClient http_;
};

/// Runs to its end, or to the first SIGINT or SIGTERM: then it stops between batches, and the report says so.
Result<BackfillReport> run_backfill(Settings const& settings, BackfillJob job, Clock const& clock, Log& log);

} // namespace gem
