// Texts of drawings: their widths, how they are made to fit, how numbers are written.
#include "charts/text.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gem::charts {
namespace {

TEST(TextWidth, adds_up_the_widths_of_glyphs) {
    EXPECT_DOUBLE_EQ(text_width("", 10), 0);
    EXPECT_DOUBLE_EQ(text_width("00", 10), 12.72); // 2 · 0.636 · 10
    EXPECT_GT(text_width("MMM", 10), text_width("iii", 10));
    EXPECT_GT(text_width("bold", 10, true), text_width("bold", 10));
    EXPECT_DOUBLE_EQ(text_width("漢", 10), 10);
    EXPECT_DOUBLE_EQ(text_width("e\u0301", 10), text_width("e", 10)) << "an accent has no width of its own";
}

TEST(TextWidth, takes_broken_utf8_for_what_it_is) {
    EXPECT_DOUBLE_EQ(text_width("\xff\xfe", 10), 14);
    EXPECT_DOUBLE_EQ(text_width("\xe2\x80", 10), 14) << "cut off";
}

TEST(ShortenMiddle, keeps_the_beginning_and_the_end) {
    EXPECT_EQ(shorten_middle("octo-org/hello", 500, 12), "octo-org/hello");
    auto const shortened = shorten_middle("a-very-long-organisation/and-a-very-long-name-of-a-repository", 160, 12);
    EXPECT_LE(text_width(shortened, 12), 160);
    EXPECT_TRUE(shortened.starts_with("a-very")) << shortened;
    EXPECT_TRUE(shortened.ends_with("itory")) << shortened;
    EXPECT_NE(shortened.find("…"), std::string::npos);
}

TEST(ShortenMiddle, cuts_between_code_points_and_fits_at_any_width) {
    std::string const text = "日本語の長い名前のリポジトリ/とても長い";
    for (double width = 0; width < 300; width += 3) {
        auto const shortened = shorten_middle(text, width, 12);
        EXPECT_EQ(printable(shortened), shortened) << "still valid UTF-8";
        EXPECT_LE(text_width(shortened, 12), std::max(width, 12.0)) << "the sign for what is left out is 12 wide";
    }
}

TEST(Wrap, breaks_between_words_and_pieces) {
    auto const lines = wrap_words("no record says that this time was covered", 120, 12, 5);
    EXPECT_GT(lines.size(), 2U);
    for (auto const& line : lines) EXPECT_LE(text_width(line, 12), 120) << line;
    EXPECT_EQ(wrap_pieces({"one", "two"}, 500, 12, 2), (std::vector<std::string>{"one · two"}));
    EXPECT_EQ(wrap_pieces({"one", "two", "three"}, 60, 12, 3), (std::vector<std::string>{"one · two", "three"}));
    EXPECT_LE(wrap_words("a b c d e f g h", 1, 12, 3).size(), 3U);
}

TEST(Numbers, are_written_for_people) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(1'000), "1,000");
    EXPECT_EQ(format_count(1'234'567), "1,234,567");
    EXPECT_EQ(format_count(-1'234), "-1,234");
    EXPECT_EQ(format_short(9'999), "9,999");
    EXPECT_EQ(format_short(10'000), "10k");
    EXPECT_EQ(format_short(12'599), "12.5k");
    EXPECT_EQ(format_short(999'999), "999k") << "never rounded up to what was not reached";
    EXPECT_EQ(format_short(2'100'000'000), "2.1G");
    EXPECT_EQ(format_short(std::numeric_limits<std::int64_t>::max()), "9,223P");
}

TEST(TypeNames, are_words) {
    EXPECT_EQ(name_of_type("PullRequestEvent"), "pull requests");
    EXPECT_EQ(name_of_type("WorkflowRunEvent"), "workflow run");
    EXPECT_EQ(name_of_type("x"), "x");
}

TEST(Markup, is_escaped) {
    EXPECT_EQ(gem::escape_markup("<script>a&b</script>\"'"), "&lt;script&gt;a&amp;b&lt;/script&gt;&quot;&#39;");
    EXPECT_EQ(printable("a\x01\xff\u7a0bb\n"), "a??\u7a0bb?");
    EXPECT_EQ(printable("\xed\xa0\x80\xef\xbf\xbf"), "????") << "a surrogate, and what XML does not take";
}

} // namespace
} // namespace gem::charts
