// /metrics in the text format of Prometheus.
#pragma once

#include <string>

#include <nodes/admin/view.hpp>

namespace node {

std::string metrics_text(const View& view);

}  // namespace node
