#include <tools/zmesh/shell/shell.hpp>

namespace zmesh {
namespace {

// The words are taken from the line itself: bash would split tcp://127.0.0.1:5601 at its colons.
constexpr const char* bash_script =
    R"(# bash completion of zmesh; in ~/.bashrc: source <(zmesh completion bash)
_zmesh() {
  local line=${COMP_LINE:0:COMP_POINT} words current candidate _about files=
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[-1]}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _about; do
    if [[ $candidate == :files ]]; then files=1; else COMPREPLY+=("$candidate"); fi
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  if [[ -n $files ]]; then
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
  # What bash takes for earlier words must not come again.
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    local before=${current%"${current##*:}"} at
    for at in "${!COMPREPLY[@]}"; do COMPREPLY[at]=${COMPREPLY[at]#"$before"}; done
  fi
}
complete -F _zmesh zmesh
)";

constexpr const char* zsh_script = R"(#compdef zmesh
# zsh completion of zmesh; as _zmesh in a directory of $fpath, or in ~/.zshrc: source <(zmesh completion zsh)
_zmesh() {
  local -a described
  local line word about files=
  while IFS= read -r line; do
    word=${line%%$'\t'*}
    about=${line#*$'\t'}
    if [[ $word == :files ]]; then
      files=1
    else
      described+=("${word//:/\\:}:$about")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#described} )) && _describe -t zmesh zmesh described
  [[ -n $files ]] && _files
  return 0
}
if [[ ${funcstack[1]} == _zmesh ]]; then
  _zmesh "$@"
else
  compdef _zmesh zmesh
fi
)";

}  // namespace

std::string completion_script(const std::string& shell) {
  return shell == "zsh" ? zsh_script : bash_script;
}

}  // namespace zmesh
