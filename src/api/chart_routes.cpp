// Charts as rows of the route table: a question of analytics, drawn.
#include "api/route.hpp"
#include "charts/figures.hpp"
#include "charts/png.hpp"
#include "charts/svg.hpp"

namespace gem::api {

namespace {

constexpr std::string_view chart_image_type = "image/svg+xml";
/// Drawings ask for nothing and run nothing, also when they are opened by themselves.
constexpr std::pair<std::string_view, std::string_view> chart_policy{"Content-Security-Policy",
                                                                     "default-src 'none'; style-src 'unsafe-inline'"};

/// format, theme, width, height and scale, after `more`. `natural` is the height when none is named.
std::vector<Parameter> drawn(std::vector<Parameter> more, charts::Size usual, std::string_view natural = {}) {
    auto const side = [](std::string_view name, std::string_view sentence, double least, double most) {
        return Parameter{.name = name,
                         .type = ParameterType::integer,
                         .sentence = sentence,
                         .min = static_cast<std::int64_t>(least),
                         .max = static_cast<std::int64_t>(most)};
    };
    more.push_back({.name = "format",
                    .type = ParameterType::choice,
                    .sentence = "The drawing as SVG (image/svg+xml) or PNG (image/png).",
                    .default_text = "svg",
                    .choices = {"svg", "png"}});
    more.push_back({.name = "theme",
                    .type = ParameterType::choice,
                    .sentence = "For a light or a dark page.",
                    .default_text = "light",
                    .choices = {"light", "dark"}});
    auto width = side("width", "Width in CSS pixels.", charts::smallest_chart.width, charts::largest_chart.width);
    width.default_number = static_cast<std::int64_t>(usual.width);
    auto height = side("height", natural.empty() ? "Height in CSS pixels." : natural, charts::smallest_chart.height,
                       charts::largest_chart.height);
    if (natural.empty()) height.default_number = static_cast<std::int64_t>(usual.height);
    auto scale = side("scale", "Pixels of a PNG to a CSS pixel: 2 for fine screens.", 1, 2);
    scale.default_number = 1;
    more.push_back(std::move(width));
    more.push_back(std::move(height));
    more.push_back(std::move(scale));
    return more;
}

/// A PNG is made beside the loop: a large one takes as long as hundreds of other answers.
Async<Outcome> image_of(Context const& context, charts::Drawing drawing, Arguments const& arguments) {
    auto const theme = arguments.get<std::string>("theme") == "dark" ? charts::Theme::dark : charts::Theme::light;
    Reply reply{.status = 200, .content_type = std::string(chart_image_type), .body = {}};
    if (arguments.get<std::string>("format") == "png") {
        auto const scale = static_cast<int>(arguments.get<std::int64_t>("scale").value_or(1));
        auto png = co_await run_on(context.workers, [&] { return charts::to_png(drawing, theme, scale); });
        if (!png) co_return std::unexpected(problem_of(png.error()));
        reply.content_type = "image/png";
        reply.body = std::move(*png);
    } else {
        reply.body = charts::to_svg(drawing, {.theme = theme});
    }
    reply.headers.emplace_back(chart_policy);
    co_return reply;
}

charts::Size size_of(Arguments const& arguments, double natural_height) {
    auto const width = arguments.get<std::int64_t>("width");
    auto const height = arguments.get<std::int64_t>("height");
    return {.width = width ? static_cast<double>(*width) : charts::usual_chart.width,
            .height = height ? static_cast<double>(*height) : natural_height};
}

double height_of(charts::BarChart const& chart) { return charts::natural_height(chart); }
double height_of(charts::TimeChart const&) { return charts::usual_chart.height; }
double height_of(charts::HeatmapChart const&) { return charts::usual_heatmap.height; }

/// Calls a question of analytics and draws its answer.
template <class Params, class Answer>
Handler draw_answer(Async<Result<Answer>> (*question)(DatabaseService&, Params, UtcTime)) {
    return [question](Context const& context, Arguments const& arguments) -> Async<Outcome> {
        auto const answer = co_await question(context.database, parameters_of<Params>(context, arguments), context.now);
        if (!answer) co_return std::unexpected(problem_of(answer.error()));
        auto const chart = charts::chart_of(*answer);
        co_return co_await image_of(context, charts::draw(chart, size_of(arguments, height_of(chart))), arguments);
    };
}

Async<Outcome> draw_pr_timeline(Context const& context, Arguments const& arguments) {
    auto asked = arguments;
    if (auto const length = arguments.get<std::int64_t>("days")) {
        if (arguments.has("hours") || arguments.has("offset_minutes")) {
            co_return std::unexpected(
                Problem{.status = 422,
                        .error_code = "INVALID_PARAMETER",
                        .detail = "`days`, `hours` and `offset_minutes` each name the window: give one of them"});
        }
        asked.set("hours", *length * 24);
    }
    static Handler const draw_it = draw_answer(&pr_timeline);
    co_return co_await draw_it(context, asked);
}

} // namespace

void add_chart_routes(std::vector<Route>& table) {
    AnswerType const image{.name = {}, .content_type = chart_image_type};
    table.push_back({.method = "GET",
                     .path = "/visualization/trending-chart",
                     .summary = "The busiest repositories as a drawing",
                     .description = "Bars of the repositories with the most events, made of their kinds of events.",
                     .parameters = drawn(windowed(24, {limit_parameter("How many repositories.", 5, 50)}),
                                         charts::usual_chart, "Height in CSS pixels; as the bars need when left out."),
                     .handler = draw_answer(&trending),
                     .answer = image});
    table.push_back({.method = "GET",
                     .path = "/visualization/event-counts-timeseries",
                     .summary = "Events over time as a drawing",
                     .description = "Stacked by type. Buckets that would be too thin to be seen are put together, and "
                                    "the axis says so; what is not covered is hatched.",
                     .parameters = drawn(windowed(24, {{.name = "bucket_minutes",
                                                        .type = ParameterType::integer,
                                                        .sentence = "Width of a bucket in minutes.",
                                                        .default_number = 5,
                                                        .min = 1,
                                                        .max = 1440},
                                                       repo_parameter(false)}),
                                         charts::usual_chart),
                     .handler = draw_answer(&event_series),
                     .answer = image});
    table.push_back({.method = "GET",
                     .path = "/visualization/pr-timeline",
                     .summary = "Pull requests by day as a drawing",
                     .description = "Opened, merged and closed on each day of UTC; 168 hours when no window is named.",
                     .parameters = drawn({hours_parameter(std::nullopt), offset_minutes_parameter(),
                                          Parameter{.name = "days",
                                                    .type = ParameterType::integer,
                                                    .sentence = "Length of the window in days, in place of `hours`.",
                                                    .min = 1,
                                                    .max = 365},
                                          until_parameter(), repo_parameter(true)},
                                         charts::usual_chart),
                     .handler = &draw_pr_timeline,
                     .answer = image});
    table.push_back({.method = "GET",
                     .path = "/visualization/activity-heatmap",
                     .summary = "Events by hour of the week as a drawing",
                     .description = "Seven days of 24 hours, in UTC; hours that are not covered are hatched.",
                     .parameters = drawn(windowed(672, {repo_parameter(true)}), charts::usual_heatmap),
                     .handler = draw_answer(&activity_heatmap),
                     .answer = image});
    add_badge_routes(table);
}

} // namespace gem::api
