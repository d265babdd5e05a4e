//===- ArtifactRunner.cpp - Build and run what was compiled ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramRunner.h"

#include "lathe/Driver/Artifact.h"
#include "lathe/Driver/OutputExtents.h"
#include "lathe/Target/Description/TargetDescription.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace lathe;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static std::string join(llvm::StringRef directory, const llvm::Twine &file) {
  llvm::SmallString<128> result(directory);
  path::append(result, file);
  return result.str().str();
}

std::string lathe::getRuntimeDirectory() {
  static int anchor;
  std::string program = fs::getMainExecutable(nullptr, &anchor);
  llvm::SmallString<128> installed(
      path::parent_path(path::parent_path(program)));
  path::append(installed, "share", "lathe", "runtime");
  return fs::is_directory(installed) ? installed.str().str()
                                     : LATHE_RUNTIME_DIRECTORY;
}

namespace {

/// One run: a temporary folder with the program and the tensors' files.
class Session {
public:
  Session(const Artifact &artifact, const TargetDescription &target)
      : artifact(artifact), target(target) {}
  ~Session() { fs::remove_directories(directory); }

  llvm::Expected<ArtifactRun> run(const NamedTensors &inputs);

private:
  llvm::Error selectEmulator();
  bool isForeign() const;
  llvm::Error build();
  llvm::Error writeGlue();
  llvm::Error execute();
  llvm::Error invoke(llvm::StringRef program,
                     llvm::ArrayRef<std::string> arguments);
  llvm::Error readResults(ArtifactRun &run);
  std::string inDirectory(const llvm::Twine &file) const {
    return join(directory, file);
  }

  const Artifact &artifact;
  const TargetDescription &target;
  const Emulator *emulator = nullptr;
  llvm::SmallString<64> directory;
};

} // namespace

static llvm::Error writeFile(llvm::StringRef file, llvm::StringRef contents) {
  std::error_code error;
  llvm::raw_fd_ostream os(file, error);
  if (!error) {
    os << contents;
    os.close();
    error = os.error();
    os.clear_error();
  }
  if (error)
    return llvm::createStringError(file + ": " + error.message());
  return llvm::Error::success();
}

bool Session::isForeign() const {
  if (target.triple.empty())
    return false; // C for any machine
  llvm::Triple host(llvm::sys::getProcessTriple());
  return llvm::Triple(target.triple).getArch() != host.getArch();
}

/// The first machine that has room for the model and some 256 KiB of code.
llvm::Error Session::selectEmulator() {
  if (!isForeign())
    return llvm::Error::success();
  uint64_t flash = artifact.weightsSize + uint64_t(256) * 1024;
  uint64_t ram = artifact.arenaSize + uint64_t(64) * 1024;
  for (const auto *tensors : {&artifact.inputs, &artifact.outputs})
    for (const Artifact::Tensor &tensor : *tensors)
      if (!tensor.offset)
        ram += HostTensor(tensor.kind, tensor.shape).getSizeInBytes();
  for (const Emulator &candidate : target.emulators)
    if (candidate.machine.empty() ||
        (flash <= candidate.flashBytes && ram <= candidate.ramBytes)) {
      emulator = &candidate;
      return llvm::Error::success();
    }
  if (!target.emulators.empty()) {
    emulator = &target.emulators.back();
    return llvm::Error::success();
  }
  return llvm::createStringError(
      "nothing here can run code for " + target.name +
      "; the same C runs on this machine if it is compiled for c99");
}

/// Writes the file that gives the runner the model's buffers.
llvm::Error Session::writeGlue() {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "#include \"" << artifact.name << ".h\"\n#include \"runner.h\"\n\n"
     << "static unsigned char arena["
     << std::max<int64_t>(artifact.arenaSize, 1) << "] __attribute__((aligned("
     << std::max<int64_t>(artifact.arenaAlign, 16) << ")));\n";
  auto buffer = [&](llvm::StringRef prefix, size_t i,
                    const Artifact::Tensor &tensor) -> std::string {
    if (tensor.offset)
      return "arena + " + std::to_string(*tensor.offset);
    return (prefix + llvm::Twine(i)).str();
  };
  auto declare = [&](llvm::StringRef prefix,
                     const std::vector<Artifact::Tensor> &tensors) {
    std::string list;
    for (auto [i, tensor] : llvm::enumerate(tensors)) {
      size_t bytes = HostTensor(tensor.kind, tensor.shape).getSizeInBytes();
      if (!tensor.offset)
        os << "static unsigned char " << prefix << i << "["
           << std::max<size_t>(bytes, 1) << "] __attribute__((aligned(16)));\n";
      list += "  {\"" + tensor.identifier + "\", " + buffer(prefix, i, tensor) +
              ", " + std::to_string(bytes) + "},\n";
    }
    os << "static const struct lathe_runner_tensor " << prefix << "s[] = {\n"
       << list << "};\n";
  };
  declare("input", artifact.inputs);
  declare("output", artifact.outputs);
  os << "static int run(void) {\n";
  if (!artifact.states.empty())
    os << "  int cleared = " << artifact.getFunctionName()
       << "_reset(arena);\n  if (cleared != 0)\n    return cleared;\n";
  os << "  return " << artifact.getFunctionName() << "_run(";
  if (!artifact.ioInArena) {
    for (size_t i = 0; i < artifact.inputs.size(); ++i)
      os << "(const void *)input" << i << ", ";
    for (size_t i = 0; i < artifact.outputs.size(); ++i)
      os << "(void *)output" << i << ", ";
  }
  os << "arena);\n}\n"
     << "const struct lathe_runner_model lathe_runner_model = {\n  \""
     << artifact.name << "\", " << artifact.inputs.size() << ", inputs, "
     << artifact.outputs.size() << ", outputs, run};\n";
  return writeFile(inDirectory("model.c"), text);
}

llvm::Error Session::invoke(llvm::StringRef program,
                            llvm::ArrayRef<std::string> arguments) {
  return runProgram(program, arguments, inDirectory("log"), "run this");
}

llvm::Error Session::build() {
  for (const std::string &file : artifact.files)
    if (llvm::StringRef(file).ends_with(".ll"))
      return llvm::createStringError(
          artifact.directory + ": '" + file +
          "' is LLVM IR, which a C compiler does not take; compile the model "
          "again without --emit=llvm to run it");
  std::string runtime = getRuntimeDirectory();
  bool isBoard = emulator && !emulator->machine.empty();
  std::vector<std::string> arguments(target.cFlags);
  auto add = [&](const llvm::Twine &argument) {
    arguments.push_back(argument.str());
  };
  add("-O2");
  for (const std::string &flag : artifact.flags)
    add(flag);
  add("-I" + artifact.directory);
  add("-I" + join(runtime, "runner"));
  add(join(join(runtime, "runner"), "runner.c"));
  add(inDirectory("model.c"));
  if (isBoard) {
    std::string qemu = join(runtime, "qemu");
    add("-nostartfiles");
    add("-T" + join(qemu, emulator->linkerScript));
    add("-L" + qemu);
    add(join(qemu, "startup.c"));
    add(join(qemu, "port.c"));
  } else {
    add(join(join(runtime, "runner"), "host.c"));
    if (isForeign())
      add("-static"); // no foreign shared libraries are needed to run it
  }
  for (const std::string &file : artifact.files)
    if (!llvm::StringRef(file).ends_with(".h"))
      add(join(artifact.directory, file));
  for (const std::string &library : artifact.libraries)
    add(library == "gomp" ? "-fopenmp" : "-l" + library);
  add("-lm");
  add("-o");
  add(inDirectory("program"));
  std::string compiler = target.cCompiler.empty() ? "cc" : target.cCompiler;
  return invoke(compiler, arguments);
}

llvm::Error Session::execute() {
  std::vector<std::string> files;
  for (size_t i = 0; i < artifact.inputs.size(); ++i)
    files.push_back(inDirectory("in" + llvm::Twine(i)));
  for (size_t i = 0; i < artifact.outputs.size(); ++i)
    files.push_back(inDirectory("out" + llvm::Twine(i)));
  std::string program = inDirectory("program");
  if (!emulator)
    return invoke(program, files);
  std::vector<std::string> arguments;
  if (emulator->machine.empty()) {
    if (!emulator->cpu.empty())
      arguments = {"-cpu", emulator->cpu};
    arguments.push_back(program);
    llvm::append_range(arguments, files);
    return invoke(emulator->program, arguments);
  }
  std::string semihosting = "enable=on,target=native,arg=model";
  for (const std::string &file : files)
    semihosting += ",arg=" + file;
  arguments = {
      "-M",         emulator->machine, "-cpu",    emulator->cpu,
      "-nographic", "-icount",         "shift=0", "-serial",
      "none",       "-monitor",        "none",    "-semihosting-config",
      semihosting,  "-kernel",         program};
  return invoke(emulator->program, arguments);
}

llvm::Error Session::readResults(ArtifactRun &run) {
  llvm::SmallVector<OutputExtents> extents;
  for (auto [i, tensor] : llvm::enumerate(artifact.outputs)) {
    auto buffer =
        llvm::MemoryBuffer::getFile(inDirectory("out" + llvm::Twine(i)));
    size_t bytes = HostTensor(tensor.kind, tensor.shape).getSizeInBytes();
    if (!buffer || (*buffer)->getBufferSize() != bytes)
      return llvm::createStringError("the program wrote no output '" +
                                     tensor.name + "'");
    llvm::StringRef data = (*buffer)->getBuffer();
    run.outputs.set(tensor.name,
                    HostTensor::copyOf(tensor.kind, tensor.shape,
                                       {data.data(), data.size()}));
    if (!tensor.dimsOf.empty())
      extents.emplace_back(tensor.dimsOf, tensor.name);
  }
  run.outputs = cropOutputs(run.outputs, extents);
  auto log = llvm::MemoryBuffer::getFile(inDirectory("log"));
  if (!log)
    return llvm::Error::success();
  llvm::SmallVector<llvm::StringRef> lines;
  (*log)->getBuffer().split(lines, '\n');
  for (llvm::StringRef line : lines) {
    uint64_t number;
    if (line.consume_front("stack ") && !line.trim().getAsInteger(10, number))
      run.stack = number;
    else if (line.consume_front("ticks ") &&
             !line.trim().getAsInteger(10, number) && emulator &&
             emulator->instructionsPerTick != 0)
      run.instructions =
          static_cast<uint64_t>(number * emulator->instructionsPerTick);
  }
  return llvm::Error::success();
}

llvm::Expected<ArtifactRun> Session::run(const NamedTensors &inputs) {
  if (std::error_code error = fs::createUniqueDirectory("lathe-run", directory))
    return llvm::createStringError("no temporary folder: " + error.message());
  for (auto [i, tensor] : llvm::enumerate(artifact.inputs)) {
    llvm::Expected<HostTensor> given =
        selectInput(inputs, tensor.name, artifact.inputs.size() == 1,
                    tensor.kind, tensor.shape);
    if (!given)
      return given.takeError();
    llvm::ArrayRef<char> bytes = given->getBytes();
    if (llvm::Error error = writeFile(inDirectory("in" + llvm::Twine(i)),
                                      {bytes.data(), bytes.size()}))
      return std::move(error);
  }
  if (llvm::Error error = selectEmulator())
    return std::move(error);
  if (llvm::Error error = writeGlue())
    return std::move(error);
  if (llvm::Error error = build())
    return std::move(error);
  if (llvm::Error error = execute())
    return std::move(error);
  ArtifactRun result;
  if (llvm::Error error = readResults(result))
    return std::move(error);
  return result;
}

llvm::Expected<ArtifactRun> lathe::runArtifact(const Artifact &artifact,
                                               const TargetDescription &target,
                                               const NamedTensors &inputs) {
  llvm::Expected<Artifact> selected = artifact.select(inputs);
  if (!selected)
    return selected.takeError();
  return Session(*selected, target).run(inputs);
}
