// What the subcommands need to describe their options. For *command.cpp only: parsing CLI11 takes the
// compiler longer than most of our files, and these are compiled together.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace zmesh {

/// Accepts what parse accepts, and shows its complaint.
template <class Parse>
CLI::Validator parsed_by(Parse parse, std::string type) {
  CLI::Validator validator(
      [parse](std::string& text) {
        auto value = parse(text);
        return value ? std::string() : value.error().text;
      },
      std::move(type));
  return validator;
}

}  // namespace zmesh
