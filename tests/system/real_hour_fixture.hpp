// A test's own database with a real hour of GH Archive in it.
#pragma once

#include "support/shared_data.hpp"
#include "system/program_fixture.hpp"

namespace gem::tests {

/// The hour 2015-01-01T15, read by `backfill`; skips where the recorded data is not there.
class RealHour : public Program {
  protected:
    static constexpr auto until = "until=2015-01-01T16:00:00Z";

    void SetUp() override {
        Program::SetUp();
        auto const data = test::shared_data();
        if (!data) GTEST_SKIP() << "no shared data";
        auto const loaded = run({"backfill", "--quiet", (*data / "gharchive/2015-01-01-15.json.gz").string()});
        ASSERT_EQ(loaded.status, 0) << loaded.err;
    }
};

} // namespace gem::tests
