#include "control/telemetry/access_format.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>

namespace tandem::telemetry {
namespace {

using observe::AccessHeader;
using observe::AccessRecord;
using observe::AccessText;
using observe::HeaderMode;
using testing::HasSubstr;
using testing::Not;

/// A request that a server answered.
AccessRecord usual() {
  AccessRecord record;
  record.numbers = {.duration_ns = 3'500'000,
                    .origin_duration_ns = 2'000'000,
                    .downstream_bytes = 10,
                    .origin_bytes = 10,
                    .downstream_status = 200,
                    .origin_status = 200,
                    .client_port = 4711,
                    .has_query = true,
                    .reached_origin = true};
  record[AccessText::kClientIp] = "10.0.0.1";
  record[AccessText::kHost] = "a.test:8080";
  record[AccessText::kMethod] = "GET";
  record[AccessText::kPath] = "/x";
  record[AccessText::kQuery] = "a;b=<\"c\">";
  record[AccessText::kRouter] = "r@file";
  record[AccessText::kService] = "s@file";
  record[AccessText::kServerUrl] = "http://u:p@10.0.0.2:80/base";
  record[AccessText::kEntryPoint] = "web";
  return record;
}

model::AccessLog format_named(std::string format) {
  model::AccessLog options;
  options.format = std::move(format);
  return options;
}

std::string line(const model::AccessLog& options, const AccessRecord& record) {
  std::vector<std::string> problems;
  const auto format = make_access_format(options, problems);
  LineBuffer out;
  format->append(record, 3, out);
  return std::string(out.view());
}

TEST(AccessJson, ShowsEveryFieldInTheOrderOfNames) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(line(format_named("json"), usual()),
            R"({"ClientAddr":"10.0.0.1:4711","ClientHost":"10.0.0.1","ClientPort":"4711","ClientUsername":"-",)"
            R"("DownstreamContentSize":10,"DownstreamStatus":200,"Duration":3500000,"OriginContentSize":10,)"
            R"("OriginDuration":2000000,"OriginStatus":200,"Overhead":1500000,"RequestAddr":"a.test:8080",)"
            R"("RequestContentSize":0,"RequestCount":3,"RequestHost":"a.test","RequestMethod":"GET",)"
            R"("RequestPath":"/x?a\u0026b=\u003c\"c\"\u003e","RequestPort":"8080","RequestProtocol":"HTTP/1.1",)"
            R"("RequestScheme":"http","RetryAttempts":0,"RouterName":"r@file","ServiceAddr":"10.0.0.2:80",)"
            R"("ServiceName":"s@file","ServiceURL":"http://u:p@10.0.0.2:80/base",)"
            R"("StartLocal":"1970-01-01T00:00:00Z","StartUTC":"1970-01-01T00:00:00Z","entryPointName":"web",)"
            R"("level":"info","msg":"","time":"1970-01-01T00:00:00Z"})"
            "\n");
}

TEST(AccessJson, LeavesOutWhatARefusedRequestHasNot) {
  AccessRecord record = usual();
  record.numbers.reached_origin = false;
  record.numbers.origin_bytes = 0;
  record[AccessText::kRouter] = record[AccessText::kServerUrl] = record[AccessText::kHost] = "";
  const std::string text = line(format_named("json"), record);
  EXPECT_THAT(text, HasSubstr("\"GzipRatio\":0,"));
  for (const auto* name : {"RouterName", "ServiceURL", "ServiceName", "RequestHost", "TLSVersion"}) {
    EXPECT_THAT(text, Not(HasSubstr(name)));
  }
}

TEST(AccessJson, JoinsAndSortsHeaders) {
  const std::vector<AccessHeader> headers{{.of_request = true, .name = "X-B", .value = "1"},
                                          {.of_request = true, .name = "Accept", .value = "\xff"},
                                          {.of_request = true, .name = "X-B", .value = "2"},
                                          {.of_request = false, .name = "Vary", .value = "v"}};
  AccessRecord record = usual();
  record.headers = headers;
  EXPECT_THAT(line(format_named("json"), record),
              HasSubstr(R"("downstream_Vary":"v","entryPointName":"web","level":"info","msg":"","origin_Vary":"v",)"
                        R"("request_Accept":"\ufffd","request_X-B":"1,2","time":)"));
}

TEST(AccessJson, TellsTheRatioOfSizesAsGoDoes) {
  AccessRecord record = usual();
  record.numbers.origin_bytes = 1000;
  record.numbers.downstream_bytes = 45;
  EXPECT_THAT(line(format_named("json"), record), HasSubstr("\"GzipRatio\":22.22222222222222,"));
}

TEST(AccessJson, KeepsOnlyTheFieldsNamed) {
  model::AccessLog options = format_named("json");
  options.fields.emplace();
  options.fields->defaultMode = "drop";
  options.fields->names = {{"requestpath", "keep"}, {"Nonsense", "keep"}};
  options.fields->queryParameters.defaultMode = "drop";
  EXPECT_EQ(line(options, usual()), R"({"RequestPath":"/x","level":"info","msg":"","time":"1970-01-01T00:00:00Z"})"
                                    "\n");
}

TEST(AccessCommon, EndsWithTraefiksFields) {
  AccessRecord record = usual();
  const std::vector<AccessHeader> headers{{.of_request = true, .name = "User-Agent", .value = "a \"q\" \\ \x07"}};
  record.headers = headers;
  const std::string common = line(format_named("common"), record);
  EXPECT_EQ(common,
            "10.0.0.1 - - [01/Jan/1970:00:00:00 +0000] \"GET /x?a&b=<\"c\"> HTTP/1.1\" 200 10 \"-\" "
            "\"a \\\"q\\\" \\ \\x07\" 3 \"r@file\" \"http://u:p@10.0.0.2:80/base\" 3ms\n");
  const std::string generic = line(format_named("genericCLF"), record);
  EXPECT_EQ(generic, common.substr(0, common.find(" 3 \"")) + "\n");
}

TEST(AccessCommon, ShowsADashForWhatIsDropped) {
  model::AccessLog options = format_named("common");
  options.fields.emplace();
  options.fields->defaultMode = "drop";
  EXPECT_EQ(line(options, usual()), "- - - [] \"- - -\" - - \"-\" \"-\" - \"-\" \"-\" 0ms\n");
}

TEST(AccessCommon, CannotBeForgedByNames) {
  AccessRecord record = usual();
  record[AccessText::kUser] = "eve\nroot";
  EXPECT_THAT(line(format_named("common"), record), HasSubstr(" - eve\\x0aroot ["));
}

TEST(AccessFormat, SaysThatAFormatIsUnknown) {
  std::vector<std::string> problems;
  (void)make_access_format(format_named("xml"), problems);
  EXPECT_THAT(problems, testing::ElementsAre(HasSubstr("\"xml\"")));
}

TEST(AccessFields, ReadFiltersAndHeaders) {
  model::AccessLog options;
  options.filters.emplace();
  options.filters->statusCodes = {"200", "300-302"};
  options.fields.emplace();
  options.fields->headers.names = {{"user-agent", "keep"}, {"X-Token", "redact"}, {"X-Odd", "odd"}};
  std::vector<std::string> problems;
  const observe::AccessPlan plan = access_plan(options, problems);
  EXPECT_THAT(problems, testing::IsEmpty());
  EXPECT_THAT(plan.statuses, testing::ElementsAre(std::pair(200, 200), std::pair(300, 302)));
  EXPECT_EQ(plan.mode_of("User-Agent"), HeaderMode::kKeep);
  EXPECT_EQ(plan.mode_of("X-Token"), HeaderMode::kRedact);
  EXPECT_EQ(plan.mode_of("X-Odd"), HeaderMode::kDrop);
  options.filters->statusCodes = {"200", "3xx"};
  EXPECT_THAT(access_plan(options, problems).statuses, testing::IsEmpty());
  EXPECT_THAT(problems, testing::SizeIs(1));
}

TEST(AccessClock, CutsTheFractionAsGoDoes) {
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  AccessClock clock;
  std::array<char, AccessClock::kLongest> text{};
  const auto shown = [&text](char* end) { return std::string(text.data(), end); };
  EXPECT_EQ(shown(clock.write_utc(1'500'000'000, text.data())), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(shown(clock.write_local(1'000'000'001, text.data())), "1970-01-01T01:00:01.000000001+01:00");
  EXPECT_EQ(shown(clock.write_common(0, false, text.data())), "01/Jan/1970:01:00:00 +0100");
  EXPECT_EQ(shown(clock.write_common(0, true, text.data())), "01/Jan/1970:00:00:00 +0000");
  ::setenv("TZ", "UTC", 1);
  ::tzset();
}

}  // namespace
}  // namespace tandem::telemetry
