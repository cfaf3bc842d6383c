// Every recorded file gives its true number of events or a clear error. The numbers were counted with Python's json.
#include <gtest/gtest.h>

#include "github/archive_reader.hpp"
#include "support/shared_data.hpp"

namespace gem {
namespace {

struct Expected {
    std::string_view file;
    std::uint64_t events;
    std::uint64_t no_repository = 0;
};

void PrintTo(Expected const& expected, std::ostream* out) { *out << expected.file; }

class ArchiveFiles : public testing::TestWithParam<Expected> {};

TEST_P(ArchiveFiles, give_their_true_number_of_events) {
    auto const data = test::shared_data();
    if (!data) GTEST_SKIP() << "the recorded data is not there";
    auto const file = *data / GetParam().file;
    ArchiveReader reader(*open_file(file.string()), EventSource::archive);
    std::uint64_t events = 0;
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        events += batch.size();
        for (auto const& event : batch) EXPECT_TRUE(is_json(event.payload.text())) << event.id;
    }
    for (auto const& bad : reader.bad_records()) ADD_FAILURE() << file << ":" << bad.line << ": " << bad.reason;
    EXPECT_EQ(events, GetParam().events);
    EXPECT_EQ(reader.counts().events, events);
    EXPECT_EQ(reader.counts().no_repository, GetParam().no_repository);
    EXPECT_FALSE(reader.problem().has_value()) << reader.problem()->message;
    EXPECT_EQ(reader.counts().input_bytes, file_size(file));
}

INSTANTIATE_TEST_SUITE_P(Recorded, ArchiveFiles,
                         testing::Values(Expected{"gharchive/2012-06-14-15.json.gz", 4976, 337},
                                         Expected{"gharchive/2015-01-01-15.json.gz", 11351},
                                         Expected{"gharchive/2016-01-01-1.json.gz", 12698},
                                         Expected{"gharchive/2016-01-01-2.json.gz", 12134},
                                         Expected{"gharchive/2016-01-02-3.json.gz", 14945},
                                         Expected{"gharchive/2026-06-01-15.preview.json.gz", 5000},
                                         Expected{"gharchive/samples/2015-02-01-0_quickwit_esbulk_100.json.gz", 100},
                                         Expected{"gharchive/samples/2021-07-21_pinot_800.ndjson", 800},
                                         Expected{"gharchive/samples/2024-05-21-0_push_full.json", 1},
                                         Expected{"gharchive/samples/2024-09-01_ghmap_a.json", 100},
                                         Expected{"gharchive/samples/2024-09-01_ghmap_b.json", 100},
                                         Expected{"gharchive/samples/2025-03-20_ghmap_100.json", 100},
                                         Expected{"gharchive/samples/2025-07-13_raptor_bigquery_rows.json", 17},
                                         Expected{"gharchive/samples/2025-09_and_2026-06_ghpulse_7.ndjson", 7},
                                         Expected{"gharchive/samples/2025-12-15-0_push_trimmed.json", 1},
                                         Expected{"gharchive/samples/devstats_examples_2012-2014_old_format.ndjson",
                                                  57},
                                         Expected{"gharchive/samples/devstats_examples_2017_full.ndjson", 31},
                                         Expected{"gharchive/samples/devstats_examples_2022_full.ndjson", 52},
                                         Expected{"events_api/full/2013-01-10_events.json", 30},
                                         Expected{"events_api/full/2020-12-18_5000.json.gz", 5000},
                                         Expected{"events_api/trimmed/2025-11-01_devstats_push.json", 13},
                                         Expected{"events_api/trimmed/2025-11_rabbit.json", 181},
                                         Expected{"events_api/trimmed/2025-12_dprateek996.json", 99},
                                         Expected{"events_api/trimmed/2026-01-30_vinkabot.json", 30},
                                         Expected{"events_api/trimmed/2026-05-07_keigo_repo_events.json", 20},
                                         Expected{"events_api/trimmed/2026-07_v1khyat.json", 30},
                                         Expected{"events_api/trimmed/2026-08_htbot34_torvalds_bom.json", 100},
                                         Expected{"events_api/trimmed/all_unique.ndjson", 1500}));

TEST(BrokenArchiveFiles, give_a_clear_error) {
    auto const data = test::shared_data();
    if (!data) GTEST_SKIP() << "the recorded data is not there";
    auto const folder = *data / "gharchive" / "broken";
    auto const problem = [&](std::string_view name) {
        ArchiveReader reader(*open_file((folder / name).string()), EventSource::archive);
        EXPECT_TRUE(reader.next_batch().empty());
        return reader.problem() ? reader.problem()->message : std::string();
    };
    EXPECT_NE(problem("2022-06-03-1.html-error-page.json.gz").find("is an HTML page, not"), std::string::npos);
    EXPECT_NE(problem("2015-01-01-11.not-gzip.json.gz").find("is neither gzip nor zstd nor JSON"), std::string::npos);
}

} // namespace
} // namespace gem
