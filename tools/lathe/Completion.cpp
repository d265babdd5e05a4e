//===- Completion.cpp - lathe completion ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe::tool;
namespace cl = llvm::cl;

/// The flags of a verb as they are typed, with a `=` where a value must follow.
static std::vector<std::string> flagsOf(Command &command) {
  std::vector<std::string> flags;
  for (auto &[name, option] : command.getSubCommand().OptionsMap) {
    if (option->getOptionHiddenFlag() != cl::NotHidden)
      continue;
    std::string flag = (name.size() == 1 ? "-" : "--") + name.str();
    bool takesValue = option->getValueExpectedFlag() == cl::ValueRequired;
    flags.push_back(flag + (takesValue && name.size() > 1 ? "=" : ""));
  }
  llvm::sort(flags);
  return flags;
}

static void printBashCompletion(llvm::raw_ostream &os) {
  std::vector<std::string> verbs;
  for (Command *command : Command::getAll())
    verbs.push_back(command->getSubCommand().getName().str());
  llvm::sort(verbs);
  os << R"(_lathe() {
  local word=${COMP_WORDS[COMP_CWORD]} words=
  case $COMP_CWORD:${COMP_WORDS[1]}:$word in
  1:*) words=")"
     << llvm::join(verbs, " ") << "\" ;;\n";
  for (Command *command : Command::getAll())
    os << "  *:" << command->getSubCommand().getName() << ":-*) words=\""
       << llvm::join(flagsOf(*command), " ") << "\" ;;\n";
  // Without a match, bash completes the name of a file.
  os << R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2> /dev/null
}
complete -o default -F _lathe lathe
)";
}

namespace {

struct Completion : Command {
  Completion()
      : Command("completion", "Print what completes verbs and flags in a shell",
                "source <(lathe completion bash)"),
        shell(cl::Positional, cl::Required, cl::sub(getSubCommand()),
              cl::desc("bash")) {}

  ExitStatus run() override {
    if (shell != "bash")
      return reportError("there is no completion for '" + shell.getValue() +
                         "', only for bash");
    printBashCompletion(llvm::outs());
    return Done;
  }

  cl::opt<std::string> shell;
} completion;

} // namespace
