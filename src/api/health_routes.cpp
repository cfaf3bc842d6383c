// Health, security, anomalies, delivery and comparison of repositories, as rows of the route table.
#include "analytics/anomalies.hpp"
#include "analytics/comparison.hpp"
#include "analytics/dora.hpp"
#include "analytics/health.hpp"
#include "api/csv.hpp"
#include "api/route.hpp"

namespace gem::api {

namespace {

std::vector<Anomaly> const& anomalies_of(Windowed<EventAnomalies> const& answer) { return answer.anomalies; }

void add_delivery_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/metrics/release-deployment",
                     .summary = "Releases and deployments",
                     .description = "What was released and deployed, how often and how well. Deployments come by "
                                    "webhook only.",
                     .parameters = windowed(720, {repo_parameter(true)}),
                     .handler = ask(&release_deployment),
                     .answer = answers<Windowed<ReleaseDeployment>>("ReleaseDeployment")});
    table.push_back(
        {.method = "GET",
         .path = "/metrics/dora",
         .summary = "The four keys of delivery",
         .description = "Deployment frequency, lead time, change failures and time to restore, with the counts they "
                        "came from. `basis` tells whether they are about deployments, releases or merges.",
         .parameters = windowed(720, {repo_parameter(true),
                                      {.name = "environment",
                                       .type = ParameterType::text,
                                       .sentence = "The environment that counts; `production` stands for whatever "
                                                   "starts with prod or live.",
                                       .default_text = "production",
                                       .max = 100}}),
         .handler = ask(&dora),
         .answer = answers<Windowed<Dora>>("Dora")});
}

} // namespace

void add_health_routes(std::vector<Route>& table) {
    table.push_back({.method = "GET",
                     .path = "/metrics/repository-health",
                     .summary = "The health of a repository",
                     .description =
                         "A score of 0 to 100 from activity, collaboration, maintenance and security, each with its "
                         "signals. What is not known is left out, and said so.",
                     .parameters = windowed(168, {repo_parameter(true), bots_parameter()}),
                     .handler = ask(&repository_health),
                     .answer = answers<Windowed<RepositoryHealth>>("RepositoryHealth")});
    table.push_back({.method = "GET",
                     .path = "/metrics/security-monitoring",
                     .summary = "How securely a repository is worked on",
                     .description = "Eight checks in the manner of OpenSSF Scorecard over what its events show, with "
                                    "the events behind each finding.",
                     .parameters = windowed(168, {repo_parameter(true)}),
                     .handler = ask(&security_monitoring),
                     .answer = answers<Windowed<SecurityMonitoring>>("SecurityMonitoring")});
    table.push_back(
        {.method = "GET",
         .path = "/metrics/event-anomalies",
         .summary = "Hours that stand out",
         .description = "Hours with far more or far fewer events of a type than the four weeks before let expect. "
                        "Hours without full coverage are never judged.",
         .parameters = windowed(168, {repo_parameter(true), format_parameter()}),
         .handler =
             ask_list<RepoWindowParams, Windowed<EventAnomalies>, Anomaly>(&event_anomalies, &csv_of, &anomalies_of),
         .answer = answers<Windowed<EventAnomalies>>("EventAnomalies")});
    add_delivery_routes(table);
    table.push_back({.method = "GET",
                     .path = "/comparison/repositories",
                     .summary = "Repositories side by side",
                     .description = "The figures of each, and who is ahead in what; a repository of which a figure is "
                                    "not known is not ranked by it.",
                     .parameters = windowed(168, {{.name = "repos",
                                                   .type = ParameterType::repos,
                                                   .sentence = "The repositories, as owner/name, comma-separated.",
                                                   .required = true,
                                                   .min = 2,
                                                   .max = 10},
                                                  bots_parameter()}),
                     .handler = ask(&compare_repositories),
                     .answer = answers<Windowed<Comparison>>("Comparison")});
}

} // namespace gem::api
