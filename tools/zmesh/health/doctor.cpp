#include <tools/zmesh/health/doctor.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

std::string finding_json(const Finding& finding) {
  return Json{{"good", finding.good},
              {"about", finding.about},
              {"what", finding.what},
              {"text", finding.text},
              {"advice", finding.advice.empty() ? Json() : Json(finding.advice)}}
             .dump(-1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

std::string finding_text(const Finding& finding) {
  const auto* colour = finding.good ? "\x1b[32m" : "\x1b[33m";
  std::string text = colour_out() ? colour : "";
  text += finding.good ? "ok    " : "look  ";
  if (colour_out()) text += "\x1b[0m";
  text += finding.about + ": " + finding.text + "\n";
  if (!finding.advice.empty()) text += "      -> " + finding.advice + "\n";
  return text;
}

}  // namespace

ExitCode doctor(const DoctorOptions& options) {
  auto probes = make_probes(options.where);
  if (!probes) return report(probes.error());
  const auto timeout = parse_duration(options.timeout).value();
  Findings findings;
  diagnose_machine(findings);
  const auto looks = look_at(*probes, timeout);
  diagnose_versions(looks, findings);
  for (const auto& look : looks) {
    diagnose_answer(look, findings);
    diagnose_journal(look, options.deep, findings);
    diagnose_process(look, findings);
    if (!look.answers()) continue;
    diagnose_clock(look, findings);
    diagnose_room(look, findings);
    diagnose_stream(look, timeout, findings);
    diagnose_groups(look, findings);
  }
  std::string out;
  for (const auto& finding : findings) out += options.json ? finding_json(finding) : finding_text(finding);
  if (!write_out(out)) return report_stdout();
  if (looks.empty()) {
    complain("no publisher was found on this machine: name a control endpoint, or start one");
    return ExitCode::unreachable;
  }
  const bool good =
      std::all_of(findings.begin(), findings.end(), [](const auto& finding) { return finding.good; });
  return good ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
