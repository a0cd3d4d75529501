// What a figure means nothing without: the machine, the versions and the settings.
#pragma once

#include <nlohmann/json.hpp>

#include <tools/zmesh/bench/scenario.hpp>

namespace zmesh {

/// Names and values, in the order they are shown.
nlohmann::ordered_json bench_machine(const Bench& bench, const Scenario& scenario);

}  // namespace zmesh
